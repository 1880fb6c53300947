using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using static SecureFed.UnitTests.Privacy.DpTables;

namespace SecureFed.UnitTests.Privacy;

/// <summary>The discrete Gaussian against tables and against its own definition.</summary>
public sealed class DiscreteGaussianTests
{
    [SharedFact(Folder)]
    public void Probabilities_and_variance_are_within_1e_12_of_the_table() =>
        ForEachRow(
            "d_discrete_gaussian_pmf",
            least: 80,
            row =>
            {
                double variance = Of(row, "sigma2");
                double probability = DiscreteGaussian.Probability(variance, (long)Of(row, "k"));
                Assert.InRange(probability / Of(row, "pmf"), 1 - 1e-12, 1 + 1e-12);
                Assert.InRange(DiscreteGaussian.Variance(variance) / Of(row, "variance"), 1 - 1e-12, 1 + 1e-12);
            }
        );

    [SharedFact(Folder)]
    public void Delta_is_within_1e_8_of_the_table_and_never_below() =>
        ForEachRow(
            "d_discrete_gaussian_delta",
            least: 150,
            row =>
            {
                double expected = Of(row, "delta");
                double delta = DiscreteGaussian.Delta(
                    Of(row, "sigma2"),
                    Of(row, "epsilon"),
                    (long)Of(row, "sensitivity")
                );
                if (expected >= 1e-250)
                {
                    Assert.InRange(delta / expected, 1 - 3e-16, 1 + 1e-8);
                }
            }
        );

    [SharedFact(Folder)]
    public void Epsilon_is_within_1e_9_of_the_table_and_never_below() =>
        ForEachRow(
            "d_discrete_gaussian_epsilon",
            least: 90,
            row =>
            {
                double expected = Of(row, "epsilon");
                double epsilon = DiscreteGaussian.Epsilon(
                    Of(row, "sigma2"),
                    Of(row, "delta"),
                    (long)Of(row, "sensitivity")
                );
                Assert.InRange(epsilon - expected, -1e-14 * (1 + expected), 1e-9 * (1 + expected));
            }
        );

    [Theory]
    [InlineData(0.3)]
    [InlineData(1.999)]
    [InlineData(2)]
    [InlineData(50)]
    public void Probabilities_add_up_to_one_and_give_the_variance(double variance)
    {
        double total = 0;
        double second = 0;
        for (int k = -400; k <= 400; k++)
        {
            double probability = DiscreteGaussian.Probability(variance, k);
            Assert.Equal(probability, DiscreteGaussian.Probability(variance, -k));
            total += probability;
            second += probability * k * k;
        }

        Assert.InRange(total, 1 - 1e-12, 1 + 1e-12);
        Assert.InRange(second / DiscreteGaussian.Variance(variance), 1 - 1e-12, 1 + 1e-12);
        Assert.True(second < variance);
    }

    [Theory]
    [InlineData(0.5, 0.7, 1)]
    [InlineData(3, 1.2, 2)]
    [InlineData(40, 0.01, 3)]
    [InlineData(900, 2, 25)]
    public void Delta_is_the_sum_that_defines_it(double variance, double epsilon, int sensitivity)
    {
        double expected = 0;
        for (int k = -600; k <= 900; k++)
        {
            expected += Math.Max(
                0,
                DiscreteGaussian.Probability(variance, k)
                    - (Math.Exp(epsilon) * DiscreteGaussian.Probability(variance, k + sensitivity))
            );
        }

        Assert.InRange(DiscreteGaussian.Delta(variance, epsilon, sensitivity) / expected, 1 - 1e-12, 1 + 1e-9);
        double back = DiscreteGaussian.Epsilon(
            variance,
            DiscreteGaussian.Delta(variance, epsilon, sensitivity),
            sensitivity
        );
        Assert.InRange(back, epsilon - 1e-9, epsilon + 1e-9);
    }

    [Fact]
    public void On_a_fine_grid_it_promises_what_the_continuous_Gaussian_promises()
    {
        double discrete = DiscreteGaussian.Epsilon(1 << 20, 1e-6, 300);
        double continuous = AnalyticGaussian.Epsilon(1024, 1e-6, 300);
        Assert.InRange(discrete / continuous, 1 - 1e-4, 1 + 1e-4);
    }

    [Theory]
    [InlineData(0, 1, 1, "variance")]
    [InlineData(-1, 1, 1, "variance")]
    [InlineData(double.NaN, 1, 1, "variance")]
    [InlineData(double.PositiveInfinity, 1, 1, "variance")]
    [InlineData(1 << 25, 1, 1, "variance")]
    [InlineData(1, -1, 1, "epsilon")]
    [InlineData(1, double.NaN, 1, "epsilon")]
    [InlineData(1, 1, 0, "sensitivity")]
    [InlineData(1, 1, 1L << 32, "sensitivity")]
    public void A_number_outside_its_domain_is_refused_by_name(
        double variance,
        double epsilon,
        long sensitivity,
        string parameter
    ) =>
        Assert.Equal(
            parameter,
            Assert
                .Throws<PrivacyDomainException>(() => DiscreteGaussian.Delta(variance, epsilon, sensitivity))
                .ParamName
        );

    [Fact]
    public void Noise_that_promises_nothing_is_refused() =>
        Assert.Throws<PrivacyDomainException>(() => DiscreteGaussian.Epsilon(0.0001, 1e-5, 1L << 20));
}
