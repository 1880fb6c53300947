using SecureFed.Samples.Shared;

namespace SecureFed.UnitTests.Samples;

public sealed class ServerViewTests
{
    // Upper tail points of the chi-square distribution and of exp(-x), from printed tables.
    [Theory]
    [InlineData(0.5, 3.841458820694124, 0.05)]
    [InlineData(5, 18.307038053275146, 0.05)]
    [InlineData(5, 3.940299136076, 0.95)]
    [InlineData(50, 124.342113404004, 0.05)]
    [InlineData(1, 4, 0.1353352832366127)]
    public void The_incomplete_gamma_function_meets_the_tables(double halfDegrees, double statistic, double p) =>
        Assert.Equal(p, ServerViewStatistics.UpperGammaShare(halfDegrees, statistic / 2), 1e-10);

    [Fact]
    public void The_incomplete_gamma_function_agrees_with_the_closed_form_for_whole_numbers()
    {
        // Q(n, x) = exp(−x) Σ_{k<n} x^k / k!
        foreach (int n in (int[])[1, 2, 7, 30])
        {
            foreach (double x in (double[])[0.01, 1, 5, 29.5, 60])
            {
                double term = Math.Exp(-x);
                double sum = term;
                for (int k = 1; k < n; k++)
                {
                    term *= x / k;
                    sum += term;
                }

                Assert.Equal(sum, ServerViewStatistics.UpperGammaShare(n, x), 1e-12);
            }
        }
    }

    [Fact]
    public void Uniform_bytes_give_p_values_spread_over_the_whole_range()
    {
        // 200 p-values of fixed seeds: for uniform bytes each half of the range gets about 100.
        double[] values =
        [
            .. Enumerable
                .Range(0, 200)
                .Select(seed =>
                {
                    byte[] bytes = new byte[8192];
                    new Random(seed).NextBytes(bytes);
                    return ServerViewStatistics.ChiSquareP(bytes);
                }),
        ];

        Assert.InRange(values.Count(p => p < 0.5), 60, 140);
        Assert.InRange(values.Min(), 1e-6, 0.1);
        Assert.InRange(values.Max(), 0.9, 1);
    }

    [Fact]
    public void The_bytes_of_floats_are_not_uniform()
    {
        byte[] bytes = [.. Enumerable.Range(0, 4096).SelectMany(i => BitConverter.GetBytes(0.001f * i))];

        Assert.True(ServerViewStatistics.ChiSquareP(bytes) < 1e-9);
    }

    [Fact]
    public void Perfectly_even_bytes_give_one() =>
        Assert.Equal(
            1,
            ServerViewStatistics.ChiSquareP([.. Enumerable.Range(0, 2560).Select(i => (byte)(i % 256))]),
            1e-12
        );

    [Fact]
    public void Too_few_bytes_are_refused() =>
        Assert.Throws<ArgumentException>("bytes", () => ServerViewStatistics.ChiSquareP(new byte[39]));

    [Fact]
    public void Correlation_is_one_for_a_scaled_copy_and_minus_one_for_its_negative()
    {
        double[] values = [1, 5, -2, 7];

        Assert.Equal(1, ServerViewStatistics.Correlation(values, [.. values.Select(v => (3 * v) + 2)]), 1e-12);
        Assert.Equal(-1, ServerViewStatistics.Correlation(values, [.. values.Select(v => -v)]), 1e-12);
    }

    [Fact]
    public void Correlation_of_vectors_at_right_angles_is_zero() =>
        Assert.Equal(0, ServerViewStatistics.Correlation([1, -1, 1, -1], [1, 1, -1, -1]), 1e-12);

    [Fact]
    public void Correlation_with_a_constant_is_zero() =>
        Assert.Equal(0, ServerViewStatistics.Correlation([1, 2, 3], [4, 4, 4]));

    [Fact]
    public void Correlation_of_different_lengths_is_refused() =>
        Assert.Throws<ArgumentException>("right", () => ServerViewStatistics.Correlation([1, 2], [1, 2, 3]));
}
