using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;
using static SecureFed.UnitTests.Privacy.DpTables;

namespace SecureFed.UnitTests.Privacy;

/// <summary>Composition: against published tables, exact answers where there are some, and laws.</summary>
public sealed class RenyiAccountantTests(ITestOutputHelper output)
{
    private static RenyiAccountant Empty => new(NeighbouringRelation.AddOrRemoveOne);

    private static Gen<PrivacyEvent> Releases =>
        Gen.OneOf(
            Draw.Logarithmic(0.3, 1e4).Select(PrivacyEvent.Gaussian),
            Draw.Logarithmic(0.3, 1e4).Select(PrivacyEvent.DiscreteGaussian),
            from z in Draw.Logarithmic(0.5, 30)
            from q in Draw.Logarithmic(1e-4, 1)
            select PrivacyEvent.PoissonSampledGaussian(z, q),
            Draw.Logarithmic(0.5, 1e4).Select(PrivacyEvent.Laplace),
            from epsilon in Draw.Logarithmic(1e-4, 1)
            from delta in Draw.Logarithmic(1e-30, 1e-9)
            select PrivacyEvent.Approximate(epsilon, delta),
            from variance in Draw.Logarithmic(0.3, 1e6)
            from shares in Gen.Choose(1, 50)
            select PrivacyEvent.SumOfDiscreteGaussians(variance, shares, 1, 100)
        );

    // The table's lower bound is the best real order's.
    [SharedFact(Folder)]
    public void Epsilon_of_a_sampled_training_is_between_the_best_real_order_and_the_published_answer() =>
        ForEachRow(
            "b_c_subsampled_gaussian",
            least: 1000,
            row =>
            {
                double epsilon = Training(row, PrivacyEvent.PoissonSampledGaussian);
                Assert.InRange(
                    epsilon,
                    (Of(row, "eps_rdp_opt") * (1 - 1e-6)) - 1e-9,
                    (Of(row, "eps_rdp") * (1 + 1e-6)) + 1e-9
                );
            }
        );

    [SharedFact(Folder)]
    public void Epsilon_of_sampled_integer_noise_is_no_more_than_by_integer_orders_and_below_the_generic_bound() =>
        ForEachRow(
            "e_subsampled_ddgauss",
            least: 30,
            row =>
            {
                double epsilon = Training(row, PrivacyEvent.PoissonSampledDiscreteGaussian);
                Assert.True(epsilon <= Of(row, "eps_tight_integer_orders") * (1 + 1e-9));
                Assert.True(epsilon >= Training(row, PrivacyEvent.PoissonSampledGaussian));
            }
        );

    [SharedFact(Folder)]
    public void Epsilon_of_samples_of_fixed_size_is_no_more_than_the_published_answer() =>
        ForEachRow(
            "g_fixed_size_wor_rdp",
            least: 40,
            row =>
            {
                PrivacyEvent release = PrivacyEvent.SampledWithoutReplacement(
                    Of(row, "noise_multiplier"),
                    (long)Of(row, "sample_size"),
                    (long)Of(row, "population")
                );
                double published = Of(row, "eps_rdp");
                double epsilon = new RenyiAccountant(NeighbouringRelation.ReplaceOne)
                    .Compose(release, (long)Of(row, "steps"))
                    .Epsilon(Of(row, "delta"))
                    .Epsilon;

                // A replaced unit whose new value is zero is a removed one: the truth is not below that of a Poisson sample.
                double rate = Of(row, "sample_size") / Of(row, "population");
                double removed = Empty
                    .Compose(
                        PrivacyEvent.PoissonSampledDiscreteGaussian(Of(row, "noise_multiplier"), rate),
                        (long)Of(row, "steps")
                    )
                    .Epsilon(Of(row, "delta"))
                    .Epsilon;
                Assert.InRange(epsilon, removed, published * (1 + 1e-6));
            }
        );

    [SharedFact(Folder)]
    public void A_mixed_ledger_has_the_published_epsilon_at_the_published_orders_and_no_more_by_its_own() =>
        ForEachRow(
            "g_heterogeneous_ledger",
            least: 28,
            row =>
            {
                RenyiAccountant ledger = Empty;
                foreach (JsonElement release in row.GetProperty("events").EnumerateArray())
                {
                    ledger = ledger.Compose(Release(release), release.GetProperty("count").GetInt64());
                }

                double[] orders =
                [
                    .. Enumerable.Range(11, 99).Select(tenths => tenths / 10.0),
                    .. Enumerable.Range(11, 53).Select(order => (double)order),
                    128,
                    256,
                    512,
                    1024,
                ];
                foreach (string delta in (string[])["1e-05", "1e-06"])
                {
                    double given = double.Parse(delta, CultureInfo.InvariantCulture);
                    double published = Of(row, $"eps_rdp_{delta}");
                    double same = orders.Min(order =>
                        RenyiPrivacy.Epsilon(order, ledger.Divergence(order), given - ledger.ConsumedDelta)
                    );
                    Assert.InRange(same / published, 1 - 1e-7, 1 + 1e-7);
                    double own = ledger.Epsilon(given).Epsilon;
                    Assert.True(own <= same * (1 + 1e-12));
                    if (row.TryGetProperty($"eps_pld_upper_{delta}", out _))
                    {
                        Assert.True(own >= (Of(row, $"eps_pld_upper_{delta}") * 0.98) - 3e-3);
                    }
                }
            }
        );

    // spec 02-privacy#renyi-10
    [Fact]
    public void A_count_is_a_loop_a_split_count_is_a_whole_one_and_the_order_of_releases_is_of_no_account()
    {
        Gen<(PrivacyEvent[] Releases, int[] Counts, int Seed)> cases =
            from releases in Releases.ArrayOf(5)
            from counts in Gen.Choose(1, 40).ArrayOf(5)
            from seed in Gen.Choose(0, 119)
            select (releases, counts, seed);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (PrivacyEvent[] releases, int[] counts, int seed) = input;
                    RenyiAccountant counted = Empty;
                    RenyiAccountant looped = Empty;
                    List<PrivacyEvent> single = [];
                    for (int i = 0; i < releases.Length; i++)
                    {
                        counted = counted.Compose(releases[i], counts[i]);
                        single.AddRange(Enumerable.Repeat(releases[i], counts[i]));
                    }

                    // One permutation of all single releases for every seed.
                    foreach (PrivacyEvent release in single.OrderBy(_ => seed = ((seed * 75) + 74) % 65_537))
                    {
                        looped = looped.Compose(release);
                    }

                    RenyiEpsilon first = counted.Epsilon(1e-6);
                    RenyiEpsilon second = looped.Epsilon(1e-6);
                    RenyiEpsilon more = looped.Compose(releases[0]).Epsilon(1e-6);
                    return (
                        first == second
                        && counted.ConsumedDelta.Equals(looped.ConsumedDelta)
                        && more.Epsilon > second.Epsilon
                    ).Label($"{first}, {second}, {more}");
                }
            )
            .Holds(output, 60);
    }

    [Fact]
    public void More_noise_a_smaller_sample_fewer_steps_and_a_larger_delta_never_cost_more()
    {
        Gen<(double Z, double Q, int Steps, double Delta, double Factor)> cases =
            from z in Draw.Logarithmic(0.4, 100)
            from q in Draw.Logarithmic(1e-4, 0.9)
            from steps in Gen.Choose(1, 100_000)
            from delta in Draw.Logarithmic(1e-200, 0.01)
            from factor in Draw.Logarithmic(1.001, 10)
            select (z, q, steps, delta, factor);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double z, double q, int steps, double delta, double factor) = input;
                    double Cost(double multiplier, double rate, long count, double at) =>
                        Empty.Compose(PrivacyEvent.PoissonSampledGaussian(multiplier, rate), count).Epsilon(at).Epsilon;
                    double all = Cost(z, q, steps, delta);
                    double[] less =
                    [
                        Cost(z * factor, q, steps, delta),
                        Cost(z, q / factor, steps, delta),
                        Cost(z, q, Math.Max(1, (long)(steps / factor)), delta),
                        Cost(z, q, steps, delta * factor),
                    ];
                    return less.All(one => one <= all * (1 + 1e-8)).Label($"{all:R}: {string.Join(", ", less)}");
                }
            )
            .Holds(output, 40);
    }

    // Small noise and large, few releases and many: the orders are never far from the best one.
    [Fact]
    public void Gaussian_noise_is_certified_above_its_exact_epsilon_and_within_a_hundredth_of_the_best_real_order()
    {
        Gen<(double Z, int Count, double Delta)> cases =
            from z in Draw.Logarithmic(0.05, 1e6)
            from count in Gen.Choose(1, 1_000_000)
            from delta in Draw.Logarithmic(1e-100, 1e-3)
            where z / Math.Sqrt(count) is > 0.01 and < 1e6
            select (z, count, delta);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double z, int count, double delta) = input;
                    double epsilon = Empty.Compose(PrivacyEvent.Gaussian(z), count).Epsilon(delta).Epsilon;
                    double exact = AnalyticGaussian.Epsilon(z / Math.Sqrt(count) * (1 + 1e-14), delta);
                    double best = ConcentratedPrivacy.Epsilon(count / (2 * z * z), delta);
                    // Near ε = 0 terms of the size of δ cancel.
                    return (epsilon >= exact && epsilon <= (best * 1.01) + (delta / 10)).Label(
                        $"{exact:R} <= {epsilon:R} <= {best:R}"
                    );
                }
            )
            .Holds(output, 500);
    }

    [Fact]
    public void A_sample_of_all_is_no_sample()
    {
        RenyiAccountant sampled = Empty.Compose(PrivacyEvent.PoissonSampledGaussian(1.5, 1), 10);
        RenyiAccountant whole = Empty.Compose(PrivacyEvent.Gaussian(1.5), 10);
        Assert.Equal(whole.Epsilon(1e-6), sampled.Epsilon(1e-6));

        RenyiAccountant half = Empty.Compose(PrivacyEvent.PoissonSampledGaussian(1.5, 0.5), 10);
        Assert.True(half.Epsilon(1e-6).Epsilon < whole.Epsilon(1e-6).Epsilon * 0.8);
    }

    // spec 02-privacy#event-1
    [Fact]
    public void Releases_of_the_other_relation_are_refused_with_both_names_and_those_of_either_are_not()
    {
        PrivacyEvent poisson = PrivacyEvent.PoissonSampledGaussian(1, 0.1);
        PrivacyEvent sample = PrivacyEvent.SampledWithoutReplacement(1, 1, 10);
        RenyiAccountant replace = new(NeighbouringRelation.ReplaceOne);

        MixedRelationsException refusal = Assert.Throws<MixedRelationsException>(() => Empty.Compose(sample));
        Assert.Equal(NeighbouringRelation.AddOrRemoveOne, refusal.Ledger);
        Assert.Equal(NeighbouringRelation.ReplaceOne, refusal.Release);
        Assert.Contains("AddOrRemoveOne", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ReplaceOne", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<MixedRelationsException>(() => replace.Compose(poisson));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RenyiAccountant(default));

        foreach (PrivacyEvent free in (PrivacyEvent[])[PrivacyEvent.Gaussian(1), PrivacyEvent.Laplace(1)])
        {
            Assert.Equal(Empty.Compose(free).Epsilon(1e-5).Epsilon, replace.Compose(free).Epsilon(1e-5).Epsilon);
        }

        Assert.True(Empty.Compose(poisson).Epsilon(1e-5).Epsilon > 0);
        Assert.True(replace.Compose(sample).Epsilon(1e-5).Epsilon > 0);
    }

    [Fact]
    public void The_delta_of_approximate_releases_is_taken_from_the_budget_and_a_consumed_budget_is_refused()
    {
        RenyiAccountant ledger = Empty.Compose(PrivacyEvent.Approximate(0.01, 1e-8), 100);
        Assert.InRange(ledger.ConsumedDelta, 1e-6, 1e-6 * (1 + 1e-12));
        Assert.Equal("delta", Assert.Throws<PrivacyDomainException>(() => ledger.Epsilon(1e-6)).ParamName);

        double left = ledger.Epsilon(2e-6).Epsilon;
        double pure = Empty.Compose(PrivacyEvent.Approximate(0.01, 0), 100).Epsilon(1e-6).Epsilon;
        Assert.InRange(left / pure, 1, 1 + 1e-9);
        Assert.True(ledger.Epsilon(1.0000001e-6).Epsilon > left * 1.3);
    }

    [Fact]
    public void An_epsilon_of_zero_is_answered_only_where_delta_allows_it()
    {
        Assert.Equal(0, Empty.Epsilon(1e-300).Epsilon);

        // r(1.001) is 0.0005: its root is 0.0224. The exact δ of ε = 0 is 0.0126.
        RenyiAccountant one = Empty.Compose(PrivacyEvent.Gaussian(31.638));
        double exact = AnalyticGaussian.Delta(31.638, 0);
        Assert.InRange(exact, 0.0126, 0.01262);
        Assert.Equal(0, one.Epsilon(0.0224).Epsilon);
        Assert.True(one.Epsilon(exact * 0.999).Epsilon > 0);
    }

    [Fact]
    public void An_accountant_never_changes_and_tells_its_divergences_and_its_best_order()
    {
        RenyiAccountant first = Empty.Compose(PrivacyEvent.Gaussian(2));
        double before = first.Epsilon(1e-5).Epsilon;
        RenyiAccountant second = first.Compose(PrivacyEvent.Gaussian(2));
        Assert.Equal(before, first.Epsilon(1e-5).Epsilon);

        RenyiEpsilon best = second.Epsilon(1e-5);
        Assert.Contains(best.Order, RenyiAccountant.Orders);
        Assert.Equal(best.Epsilon, RenyiPrivacy.Epsilon(best.Order, second.Divergence(best.Order), 1e-5));
        Assert.InRange(second.Divergence(4) / (2 * 4 / 8.0), 1, 1 + 1e-14);
        Assert.Equal(0, Empty.Divergence(4));
        Assert.Equal("order", Assert.Throws<PrivacyDomainException>(() => second.Divergence(4.05)).ParamName);
    }

    [Fact]
    public void The_orders_rise_and_hold_every_integer_to_256()
    {
        Assert.Equal(RenyiAccountant.Orders.Order(), RenyiAccountant.Orders);
        Assert.Equal(RenyiAccountant.Orders.Distinct(), RenyiAccountant.Orders);
        double[] needed = [.. Enumerable.Range(2, 255).Select(order => (double)order), 512, 1024, 1.1, 3.9];
        Assert.Empty(needed.Except(RenyiAccountant.Orders));
        Assert.Equal(1.001, RenyiAccountant.Orders[0]);
        Assert.Equal(1 << 30, RenyiAccountant.Orders[^1]);
    }

    [Fact]
    public void Releases_that_promise_nothing_are_refused_and_an_epsilon_far_over_any_budget_is_not()
    {
        RenyiAccountant far = Empty.Compose(PrivacyEvent.Gaussian(1), 1_000_000_000);
        Assert.InRange(far.Epsilon(1e-5).Epsilon, 5e8, 6e8);
        Assert.Equal(
            "count",
            Assert.Throws<PrivacyDomainException>(() => far.Compose(PrivacyEvent.Gaussian(1), 10_000_000_000)).ParamName
        );
        Assert.Throws<PrivacyDomainException>(() => Empty.Compose(PrivacyEvent.Gaussian(1e-200)));
        Assert.Throws<PrivacyDomainException>(() => Empty.Compose(PrivacyEvent.Gaussian(1e-5)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_count_below_one_is_refused(long count) =>
        Assert.Equal(
            "count",
            Assert.Throws<PrivacyDomainException>(() => Empty.Compose(PrivacyEvent.Gaussian(1), count)).ParamName
        );

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1e-301)]
    [InlineData(double.NaN)]
    public void A_delta_outside_its_domain_is_refused(double delta) =>
        Assert.Equal("delta", Assert.Throws<PrivacyDomainException>(() => Empty.Epsilon(delta)).ParamName);

    [Theory]
    [InlineData(8, 1e-6, 0.01, 10_000)]
    [InlineData(1, 1e-5, 1, 1)]
    [InlineData(0.1, 1e-8, 0.001, 1000)]
    [InlineData(0.05, 1e-6, 1, 500)]
    [InlineData(500, 1e-6, 0.5, 3)]
    [InlineData(2, 1e-5, 0.3, 100)]
    public void The_noise_multiplier_is_certified_for_its_budget_and_a_millionth_less_is_not(
        double epsilon,
        double delta,
        double rate,
        long steps
    )
    {
        double multiplier = RenyiAccountant.NoiseMultiplier(epsilon, delta, rate, steps);
        double Cost(double z) =>
            Empty.Compose(PrivacyEvent.PoissonSampledGaussian(z, rate), steps).Epsilon(delta).Epsilon;
        Assert.True(Cost(multiplier) <= epsilon);
        Assert.True(Cost(multiplier * (1 - 1e-6)) > epsilon);
    }

    [Theory]
    [InlineData(0, 1e-5, 0.1, 1, "epsilon")]
    [InlineData(double.NaN, 1e-5, 0.1, 1, "epsilon")]
    [InlineData(100_001, 1e-5, 0.1, 1, "epsilon")]
    [InlineData(1e-9, 1e-300, 1, 1, "epsilon")]
    [InlineData(1, 0, 0.1, 1, "delta")]
    [InlineData(1, 1e-5, 0, 1, "samplingRate")]
    [InlineData(1, 1e-5, 1.1, 1, "samplingRate")]
    [InlineData(1, 1e-5, 0.1, 0, "steps")]
    public void A_budget_outside_its_domain_is_refused_by_name(
        double epsilon,
        double delta,
        double rate,
        long steps,
        string parameter
    ) =>
        Assert.Equal(
            parameter,
            Assert
                .Throws<PrivacyDomainException>(() => RenyiAccountant.NoiseMultiplier(epsilon, delta, rate, steps))
                .ParamName
        );

    private static double Training(JsonElement row, Func<double, double, PrivacyEvent> release) =>
        Empty
            .Compose(release(Of(row, "noise_multiplier"), Of(row, "sampling_prob")), (long)Of(row, "steps"))
            .Epsilon(Of(row, "delta"))
            .Epsilon;

    private static PrivacyEvent Release(JsonElement release) =>
        release.GetProperty("type").GetString() switch
        {
            "gauss" => PrivacyEvent.Gaussian(Of(release, "noise_multiplier")),
            "poisson" => PrivacyEvent.PoissonSampledGaussian(
                Of(release, "noise_multiplier"),
                Of(release, "sampling_prob")
            ),
            "dgauss" => PrivacyEvent.DiscreteGaussian(Of(release, "sigma") / Of(release, "sensitivity")),
            "laplace" => PrivacyEvent.Laplace(Of(release, "scale_over_sensitivity")),
            _ => PrivacyEvent.Approximate(Of(release, "epsilon"), Of(release, "delta")),
        };
}
