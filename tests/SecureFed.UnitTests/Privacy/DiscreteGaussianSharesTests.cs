using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using static SecureFed.UnitTests.Privacy.DpTables;

namespace SecureFed.UnitTests.Privacy;

/// <summary>Noise in shares on a grid of few bits: against the published bound, and against what sums of shares really do.</summary>
public sealed class DiscreteGaussianSharesTests
{
    [SharedFact(Folder)]
    public void Tau_is_that_of_the_table_and_above_what_shares_really_do() =>
        ForEachRow(
            "d_sum_of_discrete_gaussians",
            least: 14,
            row =>
            {
                decimal tau = (decimal)DiscreteGaussianShares.Tau(Of(row, "sigma2_share"), (int)Of(row, "n"));
                Assert.InRange(tau / Exactly(row, "tau_bound"), 1m - 1e-14m, 1m + 1e-12m);
                Assert.True(tau >= Exactly(row, "max_log_ratio_within_8sd"));
            }
        );

    // spec 02-privacy#renyi-8
    [Theory]
    [InlineData(0.0625, 2)]
    [InlineData(0.0625, 5)]
    [InlineData(0.25, 2)]
    [InlineData(0.25, 5)]
    [InlineData(1, 3)]
    public void Tau_is_above_how_much_the_ratio_of_a_sum_of_shares_to_one_Gaussian_really_changes(
        double variance,
        int shares
    )
    {
        double[] sum = SumOfShares(variance, shares);
        double least = double.PositiveInfinity;
        double most = double.NegativeInfinity;
        for (int k = -12; k <= 12; k++)
        {
            double ratio = Math.Log(sum[k + (sum.Length / 2)]) + (k * k / (2 * variance * shares));
            (least, most) = (Math.Min(least, ratio), Math.Max(most, ratio));
        }

        double tau = DiscreteGaussianShares.Tau(variance, shares);
        Assert.InRange(most - least, 0, tau);

        for (double k = 1; k < shares; k++)
        {
            double s = variance * k / (k + 1);
            double even = 0;
            double alternating = 0;
            for (int i = -60; i <= 60; i++)
            {
                double term = Math.Exp(-2 * Math.PI * Math.PI * s * i * i);
                even += term;
                alternating += i % 2 == 0 ? term : -term;
            }

            Assert.InRange(Math.Log(even / alternating), 0, 10 * Math.Exp(-2 * Math.PI * Math.PI * s));
        }
    }

    [Theory]
    [InlineData(0.25, 2, 1, 2)]
    [InlineData(0.25, 4, 1, 1.5)]
    [InlineData(0.25, 4, 2, 8)]
    [InlineData(0.5, 3, 1, 3)]
    [InlineData(1, 3, 2, 4)]
    public void The_divergence_of_a_sum_of_shares_is_above_the_true_one_and_above_that_of_one_Gaussian(
        double variance,
        int shares,
        int shift,
        double order
    )
    {
        double[] sum = SumOfShares(variance, shares);
        double moment = 0;
        for (int k = shift; k < sum.Length; k++)
        {
            if (sum[k] > 0 && sum[k - shift] > 0)
            {
                moment += Math.Exp((order * Math.Log(sum[k - shift])) - ((order - 1) * Math.Log(sum[k])));
            }
        }

        double found = RenyiPrivacy.Divergence(
            PrivacyEvent.SumOfDiscreteGaussians(variance, shares, shift, dimension: 1),
            order
        );
        Assert.True(found >= Math.Log(moment) / (order - 1));
        Assert.True(found > order * shift * shift / (2 * shares * variance));
    }

    [Fact]
    public void Shares_on_a_fine_grid_are_one_discrete_Gaussian()
    {
        double found = RenyiPrivacy.Divergence(
            PrivacyEvent.SumOfDiscreteGaussians(16, 100, 10, dimension: 1_000_000),
            order: 5
        );
        double one = RenyiPrivacy.Divergence(PrivacyEvent.DiscreteGaussian(4), 5);
        Assert.InRange(found / one, 1 - 1e-12, 1 + 1e-12);

        // And on a coarse one they are not.
        double coarse = RenyiPrivacy.Divergence(
            PrivacyEvent.SumOfDiscreteGaussians(0.25, 100, 1.25, dimension: 1_000_000),
            order: 5
        );
        Assert.True(coarse > one * 1000);
    }

    [Theory]
    [InlineData(0.06, 3, 1, 1, null, "shareVariance")]
    [InlineData(double.NaN, 3, 1, 1, null, "shareVariance")]
    [InlineData(double.PositiveInfinity, 3, 1, 1, null, "shareVariance")]
    [InlineData(1, 0, 1, 1, null, "shares")]
    [InlineData(1, 16_777_217, 1, 1, null, "shares")]
    [InlineData(1, 3, 0, 1, null, "l2Sensitivity")]
    [InlineData(1, 3, 1, 0, null, "dimension")]
    [InlineData(1, 3, 1, 1, -1.0, "l1Sensitivity")]
    public void A_number_of_shares_outside_its_domain_is_refused_by_name(
        double variance,
        int shares,
        double l2,
        long dimension,
        double? l1,
        string parameter
    ) =>
        Assert.Equal(
            parameter,
            Assert
                .Throws<PrivacyDomainException>(() =>
                    PrivacyEvent.SumOfDiscreteGaussians(variance, shares, l2, dimension, l1)
                )
                .ParamName
        );

    [Fact]
    public void An_L1_bound_beyond_the_largest_changes_nothing_and_a_smaller_one_does()
    {
        Assert.Equal(
            PrivacyEvent.SumOfDiscreteGaussians(1, 3, 2, 100),
            PrivacyEvent.SumOfDiscreteGaussians(1, 3, 2, 100, 1000)
        );
        Assert.NotEqual(
            PrivacyEvent.SumOfDiscreteGaussians(1, 3, 2, 100),
            PrivacyEvent.SumOfDiscreteGaussians(1, 3, 2, 100, 3)
        );
    }

    // The distribution of the sum, centred, by convolution.
    private static double[] SumOfShares(double variance, int shares)
    {
        const int Radius = 60;
        double[] one = [.. Enumerable.Range(-Radius, (2 * Radius) + 1).Select(k => Math.Exp(-k * k / (2 * variance)))];
        double[] normal = [.. one.Select(weight => weight / one.Sum())];
        double[] sum = normal;
        for (int n = 1; n < shares; n++)
        {
            double[] next = new double[sum.Length + (2 * Radius)];
            for (int i = 0; i < sum.Length; i++)
            {
                for (int k = 0; k < normal.Length; k++)
                {
                    next[i + k] += sum[i] * normal[k];
                }
            }

            sum = next;
        }

        return sum;
    }
}
