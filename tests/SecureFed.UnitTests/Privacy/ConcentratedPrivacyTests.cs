using FsCheck;
using FsCheck.Fluent;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;
using static SecureFed.UnitTests.Privacy.DpTables;

namespace SecureFed.UnitTests.Privacy;

public sealed class ConcentratedPrivacyTests(ITestOutputHelper output)
{
    [SharedFact(Folder)]
    public void Epsilon_is_within_1e_8_of_the_table_and_never_below() =>
        ForEachRow(
            "d_zcdp_to_epsilon",
            least: 50,
            row =>
            {
                double epsilon = ConcentratedPrivacy.Epsilon(Of(row, "rho"), Of(row, "delta"));
                Assert.InRange((decimal)epsilon / Exactly(row, "epsilon"), 1m - 1e-14m, 1m + 1e-8m);
            }
        );

    [SharedFact(Folder)]
    public void The_largest_rho_is_within_1e_8_of_the_table_and_never_above() =>
        ForEachRow(
            "d_epsilon_to_rho",
            least: 15,
            row =>
            {
                double rho = ConcentratedPrivacy.LargestRho(Of(row, "epsilon"), Of(row, "delta"));
                Assert.InRange((decimal)rho / Exactly(row, "rho"), 1m - 1e-8m, 1m + 1e-14m);
            }
        );

    [Fact]
    public void No_order_gives_less_than_the_one_that_is_found()
    {
        Gen<(double Rho, double Delta, double Order)> cases =
            from rho in Draw.Logarithmic(1e-12, 100)
            from delta in Draw.Logarithmic(1e-290, 0.5)
            from excess in Draw.Logarithmic(1e-3, 1e8)
            select (rho, delta, 1 + excess);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double rho, double delta, double order) = input;
                    double found = ConcentratedPrivacy.Epsilon(rho, delta);
                    double other = (order * rho) + Math.Log(1 - (1 / order)) - (Math.Log(order * delta) / (order - 1));
                    return (found <= Math.Max(other, 0) + (1e-9 * (1 + Math.Abs(other)))).Label(
                        $"{found:R}, {other:R}"
                    );
                }
            )
            .Holds(output, 2000);
    }

    [Fact]
    public void The_conversion_is_above_the_exact_epsilon_of_a_Gaussian_and_below_the_older_rule()
    {
        Gen<(double Sigma, double Delta)> cases =
            from sigma in Draw.Logarithmic(0.2, 1e4)
            from delta in Draw.Logarithmic(1e-200, 0.1)
            select (sigma, delta);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double sigma, double delta) = input;
                    double rho = ConcentratedPrivacy.OfGaussian(sigma);
                    double epsilon = ConcentratedPrivacy.Epsilon(rho, delta);
                    double exact = AnalyticGaussian.Epsilon(sigma, delta);
                    double older = rho + (2 * Math.Sqrt(-rho * Math.Log(delta)));
                    return (exact <= epsilon && epsilon <= older).Label($"{exact:R} <= {epsilon:R} <= {older:R}");
                }
            )
            .Holds(output, 500);
    }

    [Fact]
    public void The_largest_rho_of_a_budget_stays_in_it_and_a_millionth_more_does_not()
    {
        Gen<(double Epsilon, double Delta)> cases =
            from epsilon in Draw.Logarithmic(1e-3, 100)
            from delta in Draw.Logarithmic(1e-290, 0.1)
            select (epsilon, delta);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    double rho = ConcentratedPrivacy.LargestRho(input.Epsilon, input.Delta);
                    double kept = ConcentratedPrivacy.Epsilon(rho, input.Delta);
                    double over = ConcentratedPrivacy.Epsilon(rho * (1 + 1e-6), input.Delta);
                    return (kept <= input.Epsilon && over > input.Epsilon).Label($"ρ = {rho:R}: {kept:R}, {over:R}");
                }
            )
            .Holds(output, 300);
    }

    [Theory]
    [InlineData(0, 1e-5, "rho")]
    [InlineData(-1, 1e-5, "rho")]
    [InlineData(double.NaN, 1e-5, "rho")]
    [InlineData(5e-324, 1e-5, "rho")]
    [InlineData(1, 0, "delta")]
    [InlineData(1, 1, "delta")]
    public void A_number_outside_its_domain_is_refused_by_name(double rho, double delta, string parameter) =>
        Assert.Equal(
            parameter,
            Assert.Throws<PrivacyDomainException>(() => ConcentratedPrivacy.Epsilon(rho, delta)).ParamName
        );

    [Fact]
    public void A_budget_of_nothing_and_noise_out_of_all_proportion_are_refused()
    {
        Assert.Throws<PrivacyDomainException>(() => ConcentratedPrivacy.LargestRho(0, 1e-5));
        Assert.Throws<PrivacyDomainException>(() => ConcentratedPrivacy.OfGaussian(1e-200));
        Assert.Throws<PrivacyDomainException>(() => ConcentratedPrivacy.OfGaussian(1e200));
        Assert.Throws<PrivacyDomainException>(() => ConcentratedPrivacy.OfGaussian(0));
    }
}
