using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;
using static SecureFed.UnitTests.Privacy.DpTables;

namespace SecureFed.UnitTests.Privacy;

/// <summary>Calibration of one Gaussian: against published tables, an exact reference, and laws.</summary>
public sealed class AnalyticGaussianTests(ITestOutputHelper output)
{
    [SharedFact(Folder)]
    public void Sigma_is_within_1e_9_of_the_table_and_never_below() =>
        ForEachRow(
            "a_analytic_gaussian_sigma",
            least: 90,
            row =>
            {
                decimal ratio =
                    (decimal)AnalyticGaussian.Sigma(Of(row, "epsilon"), Of(row, "delta"), Of(row, "sensitivity"))
                    / Exactly(row, "sigma");
                Assert.InRange(ratio, 1m, 1m + 1e-9m);
            }
        );

    [SharedFact(Folder)]
    public void Delta_is_within_1e_8_of_the_table_and_never_below() =>
        ForEachRow(
            "a_analytic_gaussian_delta",
            least: 90,
            row =>
            {
                double delta = AnalyticGaussian.Delta(Of(row, "sigma"), Of(row, "epsilon"));
                if (double.Parse(row.GetProperty("log10_delta").GetString()!, CultureInfo.InvariantCulture) < -300)
                {
                    Assert.Equal(1e-300, delta);
                    return;
                }

                // The table's value itself is rounded to a double here.
                Assert.InRange(delta / Of(row, "delta"), 1 - 3e-16, 1 + 1e-8);
            }
        );

    [SharedFact(Folder)]
    public void Epsilon_is_within_1e_9_of_the_table_and_never_below() =>
        ForEachRow(
            "a_analytic_gaussian_epsilon",
            least: 90,
            row =>
            {
                double expected = Of(row, "epsilon");
                double epsilon = AnalyticGaussian.Epsilon(Of(row, "sigma"), Of(row, "delta"));
                Assert.InRange(epsilon - expected, -3e-16 * (1 + expected), 1e-9 * (1 + expected));
            }
        );

    [Fact]
    public void Every_result_is_on_the_safe_side_of_an_exact_reference_and_close_to_it()
    {
        Gen<(double Epsilon, double Ratio)> cases =
            from epsilon in Draw.Logarithmic(1e-3, 30)
            from ratio in Draw.Logarithmic(1e-3, 8)
            where (epsilon / ratio) - (ratio / 2) < 12 && (epsilon / ratio) + (ratio / 2) < 16
            select (epsilon, ratio);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    double delta = AnalyticGaussian.DeltaFromAbove(input.Ratio, input.Epsilon);
                    double over = BigReal.Of(delta).Over(Reference(input.Ratio, input.Epsilon));
                    return (over >= 1 && over <= 1 + 1e-9).Label($"δ = {delta:R} is {over:R} of the true one");
                }
            )
            .Holds(output, 60);
    }

    [Fact]
    public void Sigma_gives_back_no_more_than_the_delta_and_the_epsilon_it_was_made_for_and_a_billionth_less_gives_more()
    {
        Gen<(double Epsilon, double Delta, double Sensitivity)> cases =
            from epsilon in Draw.Logarithmic(1e-3, 100)
            from delta in Draw.Logarithmic(1e-290, 0.5)
            from sensitivity in Draw.Logarithmic(1e-6, 1e6)
            select (epsilon, delta, sensitivity);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    double sigma = AnalyticGaussian.Sigma(input.Epsilon, input.Delta, input.Sensitivity);
                    double back = AnalyticGaussian.Delta(sigma, input.Epsilon, input.Sensitivity);
                    double less = AnalyticGaussian.Delta(sigma * (1 - 1e-8), input.Epsilon, input.Sensitivity);
                    double epsilon = AnalyticGaussian.Epsilon(sigma, input.Delta, input.Sensitivity);
                    return (
                        back <= input.Delta * (1 + 1e-10)
                        && less > input.Delta
                        && Math.Abs(epsilon - input.Epsilon) <= 1e-8 * (1 + input.Epsilon)
                    ).Label($"σ = {sigma:R}, δ = {back:R}, with less noise {less:R}, ε = {epsilon:R}");
                }
            )
            .Holds(output, 300);
    }

    [Fact]
    public void More_noise_never_promises_less()
    {
        Gen<(double Ratio, double Epsilon, double Factor)> cases =
            from ratio in Draw.Logarithmic(1e-12, 30)
            from epsilon in Gen.OneOf(Gen.Constant(0.0), Draw.Logarithmic(1e-6, 100))
            from factor in Draw.Logarithmic(1.000001, 10)
            select (ratio, epsilon, factor);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    double more = AnalyticGaussian.DeltaFromAbove(input.Ratio, input.Epsilon);
                    double less = AnalyticGaussian.DeltaFromAbove(input.Ratio / input.Factor, input.Epsilon);
                    double weaker = AnalyticGaussian.DeltaFromAbove(input.Ratio, input.Epsilon * input.Factor);
                    return (less <= more * (1 + 1e-9) && weaker <= more * (1 + 1e-9)).Label(
                        $"{more:R}, {less:R}, {weaker:R}"
                    );
                }
            )
            .Holds(output, 2000);
    }

    [Theory]
    [InlineData(1e-3, 1e-300)]
    [InlineData(100, 1e-300)]
    [InlineData(0, 1e-300)]
    [InlineData(0, 0.999)]
    [InlineData(700, 0.999999)]
    [InlineData(100_000, 1e-300)]
    [InlineData(100_000, 0.999999)]
    public void The_corners_of_the_domain_have_an_answer(double epsilon, double delta)
    {
        double sigma = AnalyticGaussian.Sigma(epsilon, delta);
        Assert.InRange(AnalyticGaussian.Delta(sigma, epsilon) / delta, 1 - 1e-8, 1 + 1e-10);
    }

    [Theory]
    [InlineData(-0.1, 1e-5, 1, "epsilon")]
    [InlineData(double.NaN, 1e-5, 1, "epsilon")]
    [InlineData(double.PositiveInfinity, 1e-5, 1, "epsilon")]
    [InlineData(100_001, 1e-5, 1, "epsilon")]
    [InlineData(5e-324, 1e-5, 1, "epsilon")]
    [InlineData(1, 0, 1, "delta")]
    [InlineData(1, 1, 1, "delta")]
    [InlineData(1, 1e-301, 1, "delta")]
    [InlineData(1, double.NaN, 1, "delta")]
    [InlineData(1, 1e-5, 0, "sensitivity")]
    [InlineData(1, 1e-5, -1, "sensitivity")]
    [InlineData(1, 1e-5, 5e-324, "sensitivity")]
    [InlineData(1, 1e-5, double.PositiveInfinity, "sensitivity")]
    [InlineData(0.001, 1e-300, 1e308, "sensitivity")]
    public void A_number_outside_its_domain_is_refused_by_name(
        double epsilon,
        double delta,
        double sensitivity,
        string parameter
    )
    {
        PrivacyDomainException refusal = Assert.Throws<PrivacyDomainException>(() =>
            AnalyticGaussian.Sigma(epsilon, delta, sensitivity)
        );
        Assert.Equal(parameter, refusal.ParamName);
        Assert.Contains(refusal.Domain, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(1e-7)]
    [InlineData(5e-324)]
    public void Noise_that_promises_nothing_is_refused(double sigma)
    {
        Assert.Throws<PrivacyDomainException>(() => AnalyticGaussian.Epsilon(sigma, 1e-5));
        Assert.Throws<PrivacyDomainException>(() => AnalyticGaussian.Delta(sigma, 1));
    }

    [Fact]
    public void An_epsilon_above_the_domain_is_an_error_and_not_a_number() =>
        Assert.Equal(
            "sigma",
            Assert.Throws<PrivacyDomainException>(() => AnalyticGaussian.Epsilon(0.001, 1e-5)).ParamName
        );

    // δ = Φ(μ/2 − ε/μ) − e^ε·Φ(−μ/2 − ε/μ), as it stands in the theorem.
    private static BigReal Reference(double ratio, double epsilon)
    {
        BigReal mu = BigReal.Of(ratio);
        BigReal far = BigReal.Of(epsilon) / mu;
        BigReal half = mu / BigReal.Of(2);
        return BigReal.Cumulative(half - far)
            - (BigReal.Exp(BigReal.Of(epsilon)) * BigReal.Cumulative(BigReal.Of(0) - half - far));
    }
}
