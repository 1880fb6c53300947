using FsCheck;
using FsCheck.Fluent;
using SecureFed.Privacy;
using SecureFed.Privacy.Sampling;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;
using static SecureFed.UnitTests.Privacy.DpTables;

namespace SecureFed.UnitTests.Privacy;

/// <summary>The divergence of one release at one order: against published tables, exact references, and laws.</summary>
public sealed class RenyiPrivacyTests(ITestOutputHelper output)
{
    private static BigReal One => BigReal.Of(1);

    // spec 02-privacy#renyi-3 and 02-privacy#renyi-5
    [SharedFact(Folder)]
    public void A_Poisson_sampled_Gaussian_is_within_the_tolerance_of_the_table_and_never_below() =>
        ForEachRow(
            "g_rdp_per_order",
            least: 200,
            row =>
            {
                double order = Of(row, "order");
                double divergence = RenyiPrivacy.Divergence(
                    PrivacyEvent.PoissonSampledGaussian(Of(row, "noise_multiplier"), Of(row, "sampling_prob")),
                    order
                );
                decimal tolerance = double.IsInteger(order) ? 1e-9m : 1e-7m;
                Assert.InRange((decimal)divergence / Exactly(row, "rdp"), 1m - 1e-14m, 1m + tolerance);
            }
        );

    [SharedFact(Folder)]
    public void A_Poisson_sampled_discrete_Gaussian_is_exact_at_integer_orders() =>
        ForEachRow(
            "g_subsampled_discrete_gaussian_rdp",
            least: 40,
            row =>
            {
                double multiplier = Math.Sqrt(Of(row, "sigma2")) / Of(row, "shift");
                double divergence = RenyiPrivacy.Divergence(
                    PrivacyEvent.PoissonSampledDiscreteGaussian(multiplier, Of(row, "sampling_prob")),
                    Of(row, "order")
                );
                Assert.InRange((decimal)divergence / Exactly(row, "rdp_remove"), 1m - 1e-14m, 1m + 1e-12m);
                Assert.True((decimal)divergence > Exactly(row, "rdp_add"));
            }
        );

    [Fact]
    public void Integer_orders_of_a_Poisson_sample_are_on_the_safe_side_of_an_exact_reference_and_close_to_it()
    {
        Gen<(double Z, double Q, int Order)> cases =
            from z in Draw.Logarithmic(0.4, 1e4)
            from q in Draw.Logarithmic(1e-9, 0.999)
            from order in Gen.Choose(2, 20)
            select (z, q, order);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    double found = RenyiPrivacy.Divergence(
                        PrivacyEvent.PoissonSampledGaussian(input.Z, input.Q),
                        input.Order
                    );
                    return IsJustAbove(found, input.Order, Poisson(input.Z, input.Q, input.Order), 1e-9);
                }
            )
            .Holds(output, 150);
    }

    // Two ways that share nothing: the sum, and the integral that is used between the integers.
    [Fact]
    public void The_integral_agrees_with_the_sum_at_integer_orders_and_is_never_below_it()
    {
        Gen<(double Z, double Q, int Order)> cases =
            from z in Draw.Logarithmic(0.1, 1e5)
            from q in Draw.Logarithmic(1e-12, 0.9999)
            from order in Gen.Choose(2, 30)
            select (z, q, order);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    double sum = new PoissonSampling(input.Z, input.Q, isDiscrete: true).LogMoment(input.Order);
                    double integral = PoissonSamplingIntegral.Create(input.Z, input.Q)!.LogMoment(input.Order);
                    double ratio = integral / sum;
                    return (ratio >= 1 - 1e-11 && ratio <= 1 + 1e-9).Label($"{integral:R} / {sum:R} = {ratio:R}");
                }
            )
            .Holds(output, 400);
    }

    [Fact]
    public void Between_integers_a_continuous_sample_is_below_the_bounds_that_a_discrete_one_is_given()
    {
        Gen<(double Z, double Q, double Order)> cases =
            from z in Draw.Logarithmic(0.3, 20)
            from q in Draw.Logarithmic(1e-3, 0.9)
            from order in Draw.Logarithmic(1.01, 10)
            where !double.IsInteger(order)
            select (z, q, order);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double z, double q, double order) = input;
                    PrivacyEvent discrete = PrivacyEvent.PoissonSampledDiscreteGaussian(z, q);
                    double low = Math.Floor(order);
                    double part = order - low;
                    double first = low == 1 ? 0 : (low - 1) * RenyiPrivacy.Divergence(discrete, low);
                    double second = low * RenyiPrivacy.Divergence(discrete, low + 1);
                    double convex = Math.Log(1 + (q * (Math.Exp(order * (order - 1) / (2 * z * z)) - 1)));
                    double chord = Math.Min((first * (1 - part)) + (second * part), convex) / (order - 1);
                    double continuous = RenyiPrivacy.Divergence(PrivacyEvent.PoissonSampledGaussian(z, q), order);
                    double onChord = RenyiPrivacy.Divergence(discrete, order);
                    return (
                        continuous < onChord && onChord >= chord * (1 - 1e-9) && onChord <= chord * (1 + 1e-9)
                    ).Label($"{continuous:R}, {onChord:R}, chord {chord:R}");
                }
            )
            .Holds(output, 300);
    }

    // spec 02-privacy#renyi-6
    [Fact]
    public void A_sample_without_replacement_is_on_the_safe_side_of_its_theorem_and_close_to_it()
    {
        Gen<(double Z, int Sample, int Order)> cases =
            from z in Draw.Logarithmic(0.5, 200)
            from sample in Gen.Choose(1, 1000)
            from order in Gen.Choose(2, 14)
            select (z, sample, order);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double z, int sample, int order) = input;
                    double found = RenyiPrivacy.Divergence(
                        PrivacyEvent.SampledWithoutReplacement(z, sample, 1000),
                        order
                    );
                    BigReal rate = BigReal.Of(sample) / BigReal.Of(1000);
                    BigReal theorem = BigReal.Of(0);
                    for (int j = 2; j <= order; j++)
                    {
                        BigReal weight = TheoremWeight(z, j);
                        theorem += BigReal.Choose(order, j) * BigReal.Power(rate, j) * weight;
                    }

                    BigReal convex = rate * (Exponential(z, order) - One);
                    return IsJustAbove(found, order, convex < theorem ? convex : theorem, 1e-9);
                }
            )
            .Holds(output, 100);
    }

    // spec 02-privacy#renyi-7
    [Fact]
    public void Laplace_noise_and_pure_promises_are_on_the_safe_side_of_their_closed_forms_and_close_to_them()
    {
        Gen<(double Scale, int Order)> cases =
            from scale in Draw.Logarithmic(0.2, 1e6)
            from order in Gen.Choose(2, 30)
            select (scale, order);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double scale, int order) = input;
                    BigReal s = One / BigReal.Of(scale);
                    BigReal a = BigReal.Of(order);
                    BigReal b = BigReal.Of(order - 1);
                    BigReal laplace =
                        ((a * BigReal.Exp(b * s)) + (b * BigReal.Exp(BigReal.Of(0) - (a * s)))) / (a + b) - One;
                    double epsilon = 1 / scale;
                    BigReal e = BigReal.Of(epsilon);
                    BigReal response =
                        (BigReal.Exp(a * e) + BigReal.Exp(BigReal.Of(0) - (b * e))) / (One + BigReal.Exp(e)) - One;
                    double first = RenyiPrivacy.Divergence(PrivacyEvent.Laplace(scale), order);
                    double second = RenyiPrivacy.Divergence(PrivacyEvent.Approximate(epsilon, 0), order);
                    return IsJustAbove(first, order, laplace, 1e-11)
                        .And(IsJustAbove(second, order, response, 1e-11))
                        .And((first < second).Label("Laplace noise is better than all that is known of its ε"));
                }
            )
            .Holds(output, 200);
    }

    [Theory]
    [InlineData(0.5, 2)]
    [InlineData(1, 1.5)]
    [InlineData(3, 20)]
    public void Discrete_Laplace_noise_at_distance_one_is_a_pure_promise_and_worse_than_Laplace_noise(
        double scale,
        double order
    )
    {
        double sum = 0;
        double norm = Math.Tanh(0.5 / scale);
        for (int k = -400; k <= 400; k++)
        {
            sum += norm * Math.Exp(((-order * Math.Abs(k)) + ((order - 1) * Math.Abs(k - 1))) / scale);
        }

        double truth = Math.Log(sum) / (order - 1);

        double pure = RenyiPrivacy.Divergence(PrivacyEvent.Approximate(1 / scale, 0), order);
        Assert.InRange(pure / truth, 1 - 1e-12, 1 + 1e-9);
        Assert.True(RenyiPrivacy.Divergence(PrivacyEvent.Laplace(scale), order) < truth * 0.99);
    }

    // spec 02-privacy#renyi-2
    [Fact]
    public void Without_sampling_only_the_noise_multiplier_counts()
    {
        Gen<(double Z, double Order)> cases =
            from z in Draw.Logarithmic(1e-3, 1e6)
            from order in Draw.Logarithmic(1.001, 1e6)
            select (z, order);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double z, double order) = input;
                    double expected = order / (2 * z * z);
                    double[] found =
                    [
                        RenyiPrivacy.Divergence(PrivacyEvent.Gaussian(z), order),
                        RenyiPrivacy.Divergence(PrivacyEvent.DiscreteGaussian(z), order),
                        RenyiPrivacy.Divergence(PrivacyEvent.PoissonSampledGaussian(z, 1), order),
                        RenyiPrivacy.Divergence(PrivacyEvent.PoissonSampledDiscreteGaussian(z, 1), order),
                    ];
                    return found
                        .All(one => one / expected is >= 1 - 1e-15 and <= 1 + 1e-14)
                        .Label($"{string.Join(", ", found)} for {expected:R}");
                }
            )
            .Holds(output, 300);
    }

    [Fact]
    public void More_noise_a_smaller_sample_and_a_smaller_order_never_cost_more()
    {
        Gen<(double Z, double Q, double Order, double Factor)> cases =
            from z in Draw.Logarithmic(0.01, 1e4)
            from q in Draw.Logarithmic(1e-8, 1)
            from order in Draw.Logarithmic(1.01, 1e5)
            from factor in Draw.Logarithmic(1.0001, 4)
            select (z, q, order, factor);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double z, double q, double order, double factor) = input;
                    double Cost(double multiplier, double rate, double at) =>
                        RenyiPrivacy.Divergence(PrivacyEvent.PoissonSampledGaussian(multiplier, rate), at);
                    double all = Cost(z, q, order);
                    double quieter = Cost(z * factor, q, order);
                    double smaller = Cost(z, q / factor, order);
                    double unsampled = RenyiPrivacy.Divergence(PrivacyEvent.Gaussian(z), order);

                    // Beyond the largest order whose sum is made the bound is another, looser one.
                    double higher = order * factor < BinomialMoment.LargestOrder ? Cost(z, q, order * factor) : all;
                    double slack = 1 + 1e-8;
                    return (
                        quieter <= all * slack
                        && smaller <= all * slack
                        && all <= unsampled * slack
                        && all <= higher * slack
                    ).Label($"{all:R}: {quieter:R}, {smaller:R}, {unsampled:R}, {higher:R}");
                }
            )
            .Holds(output, 300);
    }

    [Theory]
    [InlineData(1e-5, 0.5, 1.5)]
    [InlineData(1e-5, 0.5, 20_000)]
    [InlineData(1e12, 1e-200, 2)]
    [InlineData(1e200, 0.5, 2)]
    [InlineData(1e200, 0.5, 1.5)]
    [InlineData(1, 0.99999999, 1.7)]
    [InlineData(0.1, 1e-30, 63.5)]
    [InlineData(1e9, 1e-30, 1.000001)]
    public void The_corners_of_the_domain_have_a_positive_finite_answer(double multiplier, double rate, double order)
    {
        double poisson = RenyiPrivacy.Divergence(PrivacyEvent.PoissonSampledGaussian(multiplier, rate), order);
        double unsampled = RenyiPrivacy.Divergence(PrivacyEvent.Gaussian(multiplier), order);
        Assert.True(poisson > 0);
        Assert.True(poisson <= (unsampled * (1 + 1e-12)) + 1e-299);

        double sample = RenyiPrivacy.Divergence(
            PrivacyEvent.SampledWithoutReplacement(multiplier, 1, 1_000_000_000_000),
            order
        );
        Assert.True(sample > 0);
        Assert.True(sample <= (unsampled * (1 + 1e-12)) + 1e-299);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.5)]
    [InlineData(1.0000001)]
    [InlineData(1e13)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void An_order_outside_its_domain_is_refused_by_name(double order)
    {
        Assert.Equal(
            "order",
            Assert
                .Throws<PrivacyDomainException>(() => RenyiPrivacy.Divergence(PrivacyEvent.Gaussian(1), order))
                .ParamName
        );
        Assert.Equal(
            "order",
            Assert.Throws<PrivacyDomainException>(() => RenyiPrivacy.Epsilon(order, 1, 1e-5)).ParamName
        );
    }

    [Theory]
    [InlineData(-1, 1e-5, "divergence")]
    [InlineData(double.NaN, 1e-5, "divergence")]
    [InlineData(double.PositiveInfinity, 1e-5, "divergence")]
    [InlineData(1, 0, "delta")]
    [InlineData(1, 1, "delta")]
    public void A_conversion_outside_its_domain_is_refused_by_name(double divergence, double delta, string parameter) =>
        Assert.Equal(
            parameter,
            Assert.Throws<PrivacyDomainException>(() => RenyiPrivacy.Epsilon(2, divergence, delta)).ParamName
        );

    [Fact]
    public void Noise_that_promises_nothing_is_refused()
    {
        Assert.Throws<PrivacyDomainException>(() => RenyiPrivacy.Divergence(PrivacyEvent.Gaussian(1e-200), 2));
        Assert.Throws<PrivacyDomainException>(() =>
            RenyiPrivacy.Divergence(PrivacyEvent.PoissonSampledGaussian(1e-200, 0.5), 2)
        );
    }

    // e^((α − 1)r) − 1 over the reference of it.
    private static Property IsJustAbove(double divergence, int order, BigReal reference, double tolerance)
    {
        BigReal found = BigReal.Exp(BigReal.Of(divergence) * BigReal.Of(order - 1)) - One;
        double over = found.Over(reference);

        // A relative error of r is that many times larger in its exponential.
        double room = tolerance * (1 + (divergence * (order - 1)));
        return (over >= 1 && over <= 1 + room).Label($"r = {divergence:R} gives {over:R} of the true one");
    }

    private static BigReal Exponential(double z, int i) =>
        BigReal.Exp(BigReal.Of(i) * BigReal.Of(i - 1) / (BigReal.Of(2) * BigReal.Of(z) * BigReal.Of(z)));

    private static BigReal Poisson(double z, double q, int order)
    {
        BigReal sum = BigReal.Of(0);
        for (int i = 0; i <= order; i++)
        {
            sum +=
                BigReal.Choose(order, i)
                * BigReal.Power(One - BigReal.Of(q), order - i)
                * BigReal.Power(BigReal.Of(q), i)
                * Exponential(z, i);
        }

        return sum - One;
    }

    private static BigReal TheoremWeight(double z, int j)
    {
        BigReal cap = BigReal.Of(2) * Exponential(z, j);
        BigReal other =
            BigReal.Of(4) * BigReal.Sqrt(CentralMoment(z, j / 2 * 2)) * BigReal.Sqrt(CentralMoment(z, (j + 1) / 2 * 2));
        return other < cap ? other : cap;
    }

    private static BigReal CentralMoment(double z, int power)
    {
        BigReal sum = BigReal.Of(0);
        for (int i = 0; i <= power; i++)
        {
            BigReal term = BigReal.Choose(power, i) * Exponential(z, i);
            sum = i % 2 == 0 ? sum + term : sum - term;
        }

        return sum;
    }
}
