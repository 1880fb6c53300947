using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Privacy;

/// <summary>The accountant of privacy losses: laws, exact references, refusals.</summary>
public sealed class LossAccountantTests(ITestOutputHelper output)
{
    private static readonly Gen<PrivacyEvent> s_release = Gen.OneOf(
        Draw.Logarithmic(0.3, 100).Select(PrivacyEvent.Gaussian),
        Draw.Logarithmic(0.5, 50).Select(PrivacyEvent.Laplace),
        from epsilon in Draw.Logarithmic(1e-3, 1)
        from delta in Gen.Elements(0, 1e-9)
        select PrivacyEvent.Approximate(epsilon, delta),
        from noise in Draw.Logarithmic(0.5, 5)
        from rate in Draw.Logarithmic(1e-3, 0.5)
        select PrivacyEvent.PoissonSampledGaussian(noise, rate)
    );

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(1e5)]
    public void The_exact_epsilon_of_composed_Gaussians_lies_between_the_bounds(double noiseMultiplier)
    {
        foreach (long count in (long[])[1, 7, 1000])
        {
            foreach (double delta in (double[])[0.3, 1e-5, 1e-10, 1e-100])
            {
                LossBracket found = New().Compose(PrivacyEvent.Gaussian(noiseMultiplier), count).Epsilon(delta);
                double exact = AnalyticGaussian.Epsilon(noiseMultiplier / Math.Sqrt(count), delta);
                AssertBetween(found, exact, 1e-9 * (1 + exact));
                AssertClose(found);

                // A little more or less noise is told apart.
                if (exact > 0.01)
                {
                    double sigma = noiseMultiplier / Math.Sqrt(count);
                    Assert.True(AnalyticGaussian.Epsilon(sigma * 0.99, delta) > found.Upper);
                    Assert.True(AnalyticGaussian.Epsilon(sigma * 1.01, delta) < found.Lower);
                }
            }
        }
    }

    [Theory]
    [InlineData(1.0, 0.0)]
    [InlineData(1.0, 2.0)]
    [InlineData(1.0, 12.0)]
    [InlineData(30.0, 0.1)]
    public void The_exact_delta_of_composed_Gaussians_lies_between_the_bounds(double noiseMultiplier, double epsilon)
    {
        LossBracket found = New().Compose(PrivacyEvent.Gaussian(noiseMultiplier), 5).Delta(epsilon);
        double exact = AnalyticGaussian.Delta(noiseMultiplier / Math.Sqrt(5), epsilon);
        AssertBetween(found, exact, 1e-8 * exact);
        Assert.InRange(found.Upper - found.Lower, 0, (1e-3 * exact) + 1e-18);
    }

    [Fact]
    public void One_sampled_step_has_its_closed_form_between_the_bounds()
    {
        Gen<(double Noise, double Rate, double Epsilon)> cases =
            from noise in Draw.Logarithmic(0.4, 10)
            from rate in Draw.Logarithmic(1e-3, 0.9)
            from epsilon in Draw.Logarithmic(1e-3, 3)
            select (noise, rate, epsilon);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double noise, double rate, double epsilon) = input;
                    (double removing, double adding) = OneStep(noise, rate, epsilon);
                    LossAccountant accountant = New().Compose(PrivacyEvent.PoissonSampledGaussian(noise, rate));
                    LossBracket removed = accountant.Delta(epsilon, LossDirection.Removing);
                    LossBracket added = accountant.Delta(epsilon, LossDirection.Adding);
                    LossBracket worse = accountant.Delta(epsilon);

                    // The closed form is a difference of numbers near 1.
                    const double Slack = 1e-13;
                    return (
                        removed.Lower <= removing + Slack
                        && removing <= removed.Upper + Slack
                        && added.Lower <= adding + Slack
                        && adding <= added.Upper + Slack
                        && worse.Lower <= Math.Max(removing, adding) + Slack
                        && Math.Max(removing, adding) <= worse.Upper + Slack
                        && removed.Upper - removed.Lower <= (0.01 * removing) + 1e-12
                    ).Label($"{removed} around {removing:R}, {added} around {adding:R}");
                }
            )
            .Holds(output, 25);
    }

    [Theory]
    [InlineData(1.0, 0.1, 3)]
    [InlineData(0.7, 0.3, 2)]
    [InlineData(2.0, 0.5, 4)]
    public void A_direct_convolution_without_transform_lies_between_the_bounds(double noise, double rate, int count)
    {
        LossAccountant accountant = New().Compose(PrivacyEvent.PoissonSampledGaussian(noise, rate), count);
        foreach (double epsilon in (double[])[0.05, 0.5, 1.5])
        {
            (double low, double high) = Convolved(noise, rate, count, epsilon);
            LossBracket found = accountant.Delta(epsilon, LossDirection.Removing);
            Assert.InRange(high - low, 0, 0.1 * high);
            Assert.True(found.Lower <= high && low <= found.Upper, $"{found} against {low:R} … {high:R}");

            // The proven bounds are much closer than the rounded losses of the reference.
            Assert.InRange(found.Upper - found.Lower, 0, (high - low) / 2);
        }
    }

    [Fact]
    public void The_bounds_are_ordered_and_close_for_random_releases()
    {
        Gen<((PrivacyEvent Release, long Count)[] Ledger, double Delta)> cases =
            from ledger in Ledger()
            from delta in Draw.Logarithmic(1e-7, 1e-2)
            select (ledger, delta);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    LossBracket found = Of(input.Ledger).Epsilon(input.Delta);
                    return (
                        found.Lower <= found.Upper && found.Upper - found.Lower <= (4e-3 * found.Upper) + 4e-5
                    ).Label($"{found}");
                }
            )
            .Holds(output, 25);
    }

    [Fact]
    public void Neither_order_nor_splitting_of_counts_changes_a_bit()
    {
        Gen<((PrivacyEvent Release, long Count)[] Ledger, double Delta)> cases =
            from ledger in Ledger()
            from delta in Draw.Logarithmic(1e-7, 1e-2)
            select (ledger, delta);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    LossBracket found = Of(input.Ledger).Epsilon(input.Delta);
                    (PrivacyEvent, long)[] split =
                    [
                        .. input
                            .Ledger.Reverse()
                            .SelectMany(entry => Enumerable.Repeat((entry.Release, 1L), (int)entry.Count)),
                    ];
                    return (found == Of(split).Epsilon(input.Delta)).Label($"{found}");
                }
            )
            .Holds(output, 10);
    }

    [Fact]
    public void More_noise_less_sampling_fewer_steps_and_a_larger_delta_never_promise_less()
    {
        Gen<(double Noise, double Rate, long Count, double Delta)> cases =
            from noise in Draw.Logarithmic(0.5, 5)
            from rate in Draw.Logarithmic(1e-3, 0.5)
            from count in Gen.Choose(1, 300)
            from delta in Draw.Logarithmic(1e-8, 1e-3)
            select (noise, rate, (long)count, delta);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double noise, double rate, long count, double delta) = input;
                    double upper = Epsilon(noise, rate, count, delta).Upper;
                    double[] better =
                    [
                        Epsilon(noise * 1.1, rate, count, delta).Lower,
                        Epsilon(noise, rate / 1.1, count, delta).Lower,
                        Epsilon(noise, rate, Math.Max(1, count * 9 / 10), delta).Lower,
                        Epsilon(noise, rate, count, delta * 1.1).Lower,
                    ];
                    LossBracket unsampled = Epsilon(noise, 1, count, delta);
                    return (
                        better.All(lower => lower <= upper)
                        && Epsilon(noise, rate, count, delta).Lower <= unsampled.Upper
                    ).Label($"{upper:R}, {string.Join(' ', better)}");
                }
            )
            .Holds(output, 12);
    }

    [Fact]
    public void A_rate_of_one_is_no_sampling_and_concentrated_privacy_is_never_below()
    {
        LossBracket sampled = Epsilon(1.3, 1, 50, 1e-6);
        Assert.Equal(New().Compose(PrivacyEvent.Gaussian(1.3), 50).Epsilon(1e-6), sampled);
        Assert.True(sampled.Upper <= ConcentratedPrivacy.Epsilon(50 * ConcentratedPrivacy.OfGaussian(1.3), 1e-6));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(4.0)]
    public void One_Laplace_release_and_one_known_only_by_its_numbers_have_closed_forms(double scale)
    {
        double pure = 1 / scale;
        foreach (double epsilon in (double[])[0, pure / 3, pure * 0.99])
        {
            AssertBetween(
                New().Compose(PrivacyEvent.Laplace(scale)).Delta(epsilon),
                1 - Math.Exp((epsilon - pure) / 2),
                1e-12
            );
        }

        LossBracket known = New().Compose(PrivacyEvent.Approximate(pure, 1e-7)).Epsilon(2e-7);
        Assert.True(known.Upper <= pure * (1 + 1e-9));

        // Two randomised responses: the losses are 2ε, 0 and −2ε.
        double truth = 1 / (1 + Math.Exp(-pure));
        AssertBetween(
            New().Compose(PrivacyEvent.Approximate(pure, 0), 2).Delta(pure),
            truth * truth * (1 - Math.Exp(-pure)),
            1e-12
        );
    }

    [Fact]
    public void A_delta_of_1e_12_is_answered_as_closely_as_a_large_one()
    {
        foreach (double delta in (double[])[1e-5, 1e-12, 1e-20])
        {
            AssertClose(Epsilon(0.8, 0.02, 1000, delta));
        }
    }

    [Fact]
    public void The_least_noise_fits_and_a_thousandth_less_does_not()
    {
        double found = LossAccountant.NoiseMultiplier(2, 1e-5, 0.01, 1000);
        Assert.True(Epsilon(found, 0.01, 1000, 1e-5).Upper <= 2);
        Assert.True(Epsilon(found * 0.999, 0.01, 1000, 1e-5).Lower > 2 * (1 - 1e-3));
        Assert.True(Epsilon(found * 0.998, 0.01, 1000, 1e-5).Upper > 2);

        // Without sampling the exact answer is known.
        double exact = AnalyticGaussian.Sigma(1, 1e-6) * Math.Sqrt(10);
        Assert.InRange(LossAccountant.NoiseMultiplier(1, 1e-6, 1, 10), exact, exact * 1.002);
    }

    [Fact]
    public void Nothing_composed_promises_everything()
    {
        Assert.Equal(new LossBracket(0, 0, IsContinuousEquivalent: false), New().Epsilon(1e-5));
        Assert.Equal(new LossBracket(0, 1e-200, IsContinuousEquivalent: false), New().Delta(0));
    }

    [Fact]
    public void Discrete_noise_is_counted_as_continuous_noise_and_says_so()
    {
        LossBracket discrete = New().Compose(PrivacyEvent.PoissonSampledDiscreteGaussian(1, 0.1), 10).Epsilon(1e-5);
        LossBracket continuous = Epsilon(1, 0.1, 10, 1e-5);
        Assert.True(discrete.IsContinuousEquivalent);
        Assert.False(continuous.IsContinuousEquivalent);
        Assert.Equal(continuous, discrete with { IsContinuousEquivalent = false });
        Assert.True(New().Compose(PrivacyEvent.DiscreteGaussian(3)).IsContinuousEquivalent);
    }

    [Fact]
    public void Other_relations_and_releases_without_a_pair_are_refused()
    {
        MixedRelationsException mixed = Assert.Throws<MixedRelationsException>(() =>
            new LossAccountant(NeighbouringRelation.ReplaceOne).Compose(PrivacyEvent.PoissonSampledGaussian(1, 0.1))
        );
        Assert.Equal(
            (NeighbouringRelation.ReplaceOne, NeighbouringRelation.AddOrRemoveOne),
            (mixed.Ledger, mixed.Release)
        );
        NotSupportedException unsupported = Assert.Throws<NotSupportedException>(() =>
            new LossAccountant(NeighbouringRelation.ReplaceOne).Compose(
                PrivacyEvent.SampledWithoutReplacement(1, 10, 100)
            )
        );
        Assert.Contains("Rényi accountant", unsupported.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new LossAccountant((NeighbouringRelation)3));
        Assert.Throws<ArgumentOutOfRangeException>(() => New().Delta(1, (LossDirection)3));
    }

    [Fact]
    public void A_number_outside_its_domain_is_refused_by_name()
    {
        AssertRefused("count", () => New().Compose(PrivacyEvent.Gaussian(1), 0));
        AssertRefused("count", () => New().Compose(PrivacyEvent.Gaussian(1), 10_000_001));
        AssertRefused(
            "count",
            () => New().Compose(PrivacyEvent.Gaussian(1), 10_000_000).Compose(PrivacyEvent.Gaussian(2))
        );
        AssertRefused("noiseMultiplier", () => New().Compose(PrivacyEvent.Gaussian(0.009)));
        AssertRefused("noiseMultiplier", () => New().Compose(PrivacyEvent.PoissonSampledGaussian(1.1e6, 0.1)));
        AssertRefused("samplingRate", () => New().Compose(PrivacyEvent.PoissonSampledGaussian(1, 1e-13)));
        AssertRefused("scale", () => New().Compose(PrivacyEvent.Laplace(0.001)));
        AssertRefused("delta", () => New().Epsilon(0));
        AssertRefused("delta", () => New().Epsilon(1e-201));
        AssertRefused("delta", () => New().Compose(PrivacyEvent.Approximate(1, 1e-6), 10).Epsilon(1e-6));
        AssertRefused("epsilon", () => New().Delta(-1));
        AssertRefused("epsilon", () => LossAccountant.NoiseMultiplier(0, 1e-5));
        AssertRefused("samplingRate", () => LossAccountant.NoiseMultiplier(1, 1e-5, 0));
        AssertRefused("epsilon", () => LossAccountant.NoiseMultiplier(1e-7, 1e-10));
    }

    private static LossAccountant New() => new(NeighbouringRelation.AddOrRemoveOne);

    private static LossBracket Epsilon(double noise, double rate, long count, double delta) =>
        New().Compose(PrivacyEvent.PoissonSampledGaussian(noise, rate), count).Epsilon(delta);

    private static Gen<(PrivacyEvent Release, long Count)[]> Ledger() =>
        from size in Gen.Choose(1, 4)
        from entries in (
            from release in s_release
            from count in Gen.Choose(1, 12)
            select (release, (long)count)
        ).ArrayOf(size)
        select entries;

    private static LossAccountant Of((PrivacyEvent Release, long Count)[] ledger) =>
        ledger.Aggregate(New(), (accountant, entry) => accountant.Compose(entry.Release, entry.Count));

    private static void AssertBetween(LossBracket found, double exact, double slack) =>
        Assert.True(found.Lower <= exact + slack && exact <= found.Upper + slack, $"{exact:R} is not in {found}");

    private static void AssertClose(LossBracket found) =>
        Assert.InRange(found.Upper - found.Lower, 0, (1e-3 * found.Upper) + 1e-5);

    private static void AssertRefused(string parameter, Func<object> call) =>
        Assert.Equal(parameter, Assert.Throws<PrivacyDomainException>(call).ParamName);

    // δ of one sampled step in both directions, from the distribution functions.
    private static (double Removing, double Adding) OneStep(double noise, double rate, double epsilon)
    {
        double above = ((Math.Exp(epsilon) - 1) / rate) + 1;
        double u = (noise * Math.Log(above)) + (1 / (2 * noise));
        double removing = ((1 - rate - Math.Exp(epsilon)) * Cumulative(-u)) + (rate * Cumulative((1 / noise) - u));
        double below = ((Math.Exp(-epsilon) - 1) / rate) + 1;
        if (below <= 0)
        {
            return (removing, 0);
        }

        double w = (noise * Math.Log(below)) + (1 / (2 * noise));
        double adding =
            Cumulative(w) - (Math.Exp(epsilon) * (((1 - rate) * Cumulative(w)) + (rate * Cumulative(w - (1 / noise)))));
        return (removing, adding);
    }

    private static double Cumulative(double x) => SecureFed.Privacy.Numerics.NormalTail.Cumulative(x);

    // δ of removing a unit, with losses rounded down and up to a grid and added by the definition of a convolution.
    private static (double Low, double High) Convolved(double noise, double rate, int count, double epsilon)
    {
        const double Step = 0.004;
        const int Cells = 3000;
        double edge = Math.Log(1 - rate);
        double[] masses = new double[Cells];
        double before = 0;
        for (int i = 0; i < Cells; i++)
        {
            double y = Math.Log((1 - rate) * (Math.Exp(Step * (i + 1)) - 1) / rate);
            double u = (noise * y) + (1 / (2 * noise));
            double to = ((1 - rate) * Cumulative(u)) + (rate * Cumulative(u - (1 / noise)));
            masses[i] = Math.Max(0, to - before);
            before = to;
        }

        double[] sum = [1];
        int used = Array.FindLastIndex(masses, mass => mass > 1e-18) + 1;
        for (int n = 0; n < count; n++)
        {
            double[] next = new double[sum.Length + used - 1];
            for (int i = 0; i < sum.Length; i++)
            {
                for (int j = 0; j < used; j++)
                {
                    next[i + j] += sum[i] * masses[j];
                }
            }

            sum = next;
        }

        return (Delta(0), Delta(count));

        double Delta(int raised) =>
            sum.Select(
                    (mass, i) => mass * Math.Max(0, 1 - Math.Exp(epsilon - ((count * edge) + (Step * (i + raised)))))
                )
                .Sum();
    }
}
