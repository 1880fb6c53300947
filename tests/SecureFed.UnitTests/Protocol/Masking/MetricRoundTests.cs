using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using SecureFed.UnitTests.Protocol.Attacks;

namespace SecureFed.UnitTests.Protocol.Masking;

/// <summary>Metrics in rounds of real sessions: exact sums, cheats that show, floors that hold. spec 06-security#metrics-1</summary>
public sealed class MetricRoundTests
{
    private const int First = 17;
    private static readonly TestFederation s_five = TestFederation.Of(5);

    private static readonly RoundPlan s_plan = new()
    {
        Metrics = [MetricBlock.Create("loss", 1, 1L << 20, 10), MetricBlock.Create("counts", 3, 100)],
    };

    [Theory]
    [InlineData(SchemeKind.MaskedComplete, 0)]
    [InlineData(SchemeKind.MaskedComplete, 9)]
    [InlineData(SchemeKind.Unprotected, 0)]
    [InlineData(SchemeKind.Unprotected, 9)]
    public void The_sums_of_metrics_are_those_of_the_survivors_with_and_without_weights(
        SchemeKind scheme,
        long maximumWeight
    )
    {
        RoundPlan plan = scheme == SchemeKind.Unprotected ? RoundPlan.Plain with { Metrics = s_plan.Metrics } : s_plan;
        using MessageRound round = new(
            s_five,
            plan with
            {
                MaximumWeight = maximumWeight,
            },
            Options() with
            {
                WeightFor = party => Math.Max(1, Math.Min(maximumWeight, party + 1)),
            }
        );
        round.Hook = sent => sent is { Type: MessageType.MaskedInput or MessageType.PlainInput, From: 3 } ? [] : [sent];

        round.Run();

        round.AssertExact(0, 1, 2, 4);
        AssertSums(round, 0, 1, 2, 4);
        Assert.Equal(maximumWeight == 0 ? 4 : 1 + 2 + 3 + 5, round.Result.Sum.Decode().TotalWeight);
    }

    [Fact]
    public void A_server_that_restarts_before_its_last_decision_ends_with_the_same_metrics()
    {
        using MessageRound round = new(s_five, s_plan, Options());
        bool restarted = false;
        round.Hook = sent =>
        {
            if (sent.Type == MessageType.UnmaskRequest && !restarted)
            {
                restarted = true;
                round.RestartServer([.. round.ServerRecords]);
                return [];
            }

            return [sent];
        };

        round.Run();

        Assert.True(restarted);
        round.AssertExact(0, 1, 2, 3, 4);
        AssertSums(round, 0, 1, 2, 3, 4);
    }

    [Theory]
    [InlineData(SchemeKind.MaskedComplete)]
    [InlineData(SchemeKind.Unprotected)]
    public void A_metric_that_makes_the_sum_impossible_leaves_no_sum_and_one_inside_its_range_does(SchemeKind scheme)
    {
        RoundPlan plan = scheme == SchemeKind.Unprotected ? RoundPlan.Plain with { Metrics = s_plan.Metrics } : s_plan;

        // The sum of coordinate 2 of the counts is 5 · 10; it can be 5 · 100.
        Assert.Null(Play(10));
        Assert.Null(Play(460));
        Assert.Equal(AbortReason.AggregateOutOfRange, Play(461));
        Assert.Equal(AbortReason.AggregateOutOfRange, Play(unchecked((ulong)-41)));
        Assert.Null(Play(unchecked((ulong)-40)));

        AbortReason? Play(ulong lie)
        {
            using MessageRound round = new(
                s_five,
                plan,
                Options() with
                {
                    Corrupt = (party, values) => values[First + 3] = party == 2 ? lie : values[First + 3],
                }
            );
            round.Run();
            if (round.Ending is RoundEnding<AggregateResult>.Aborted)
            {
                Assert.DoesNotContain(round.Sent, sent => sent.Type == MessageType.ResultAnnouncement);
            }

            return Inside.ReasonOf(round.Ending);
        }
    }

    [Fact]
    public void A_client_takes_a_round_with_metrics_to_its_floor_and_one_without_to_the_usual_one()
    {
        // U = 4 here, and the default floor for metrics is 5.
        ClientPolicy strict = Policy(new ClientPolicy { PinnedRoster = [], Federation = "x" }.MinimumCohortForMetrics);
        AssertRefused(s_plan, strict);
        AssertRefused(s_plan with { MinimumSurvivors = 4 }, Policy(5));
        AssertRefused(s_plan with { MinimumSurvivors = 5 }, Policy(6));
        AssertJoins(s_plan with { MinimumSurvivors = 5 }, strict);
        AssertJoins(s_plan, Policy(4));
        AssertJoins(s_plan with { Metrics = [] }, strict);

        // It raises the usual floor and never lowers it.
        AssertRefused(s_plan, Policy(0, minimumCohort: 5));
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(5, false)]
    public void A_cohort_or_survivor_set_below_the_floor_for_metrics_is_refused(int floor, bool isTaken)
    {
        using MessageRound round = new(s_five, s_plan, Options());
        ClientSetup setup = Setup(round, Policy(floor));
        round.Take(MessageType.CohortAnnouncement, to: 0);
        CohortView cohort = round.FixedCohort;

        Assert.Equal(isTaken ? null : AbortReason.CohortTooSmall, CohortChecks.CheckSize(setup, count: 4)?.Reason);
        Assert.Equal(
            isTaken ? null : AbortReason.CohortTooSmall,
            SurvivorChecks.CheckSet(setup, self: 0, cohort, round.Everyone, round.Set(0, 1, 2, 3))?.Reason
        );
    }

    [Fact]
    public void An_update_with_other_metrics_than_the_offer_is_refused_before_anything_leaves()
    {
        foreach (
            RoundPlan other in new[]
            {
                s_plan with
                {
                    Metrics = [.. s_plan.Metrics.Reverse()],
                },
                s_plan with
                {
                    Metrics = [s_plan.Metrics[0], MetricBlock.Create("counts", 3, 101)],
                },
            }
        )
        {
            using MessageRound round = new(
                s_five,
                s_plan,
                Options() with
                {
                    EncodingFor = party => (party == 0 ? other : s_plan).EncodingFor(5),
                }
            );

            Step<ClientReceipt> step = round.ToClient(0, new RoundEvent.Started());

            Assert.Equal(AbortReason.InputRefused, Inside.ReasonOf(step.Ended));
            Assert.Empty(step.Send);
            Assert.Null(step.StoreFirst);
        }
    }

    [Fact]
    public void A_descriptor_whose_ring_ignores_its_metrics_is_refused()
    {
        RoundPlan wide = s_plan with { Metrics = [MetricBlock.Create("loss", 1, 1L << 40)] };
        int needed = wide.EncodingFor(5).RingBits;
        int ignored = new RoundPlan().EncodingFor(5).RingBits;

        Assert.Null(DescriptorRules.Check(wide.Build(s_five)));
        Assert.True(ignored < needed);
        Assert.Equal(
            AbortReason.OverflowRisk,
            DescriptorRules.Check((wide with { RingBits = ignored }).Build(s_five))?.Reason
        );
        Assert.Equal(
            AbortReason.RoundParametersChanged,
            DescriptorRules.Check((wide with { RingBits = needed + 1 }).Build(s_five))?.Reason
        );
        RoundPlan tooWide = wide with { Metrics = [MetricBlock.Create("loss", 1, 1L << 62)], RingBits = 64 };
        Assert.Equal(AbortReason.OverflowRisk, DescriptorRules.Check(tooWide.Build(s_five))?.Reason);
    }

    private static RoundOptions Options() =>
        new() { MetricsFor = MetricsOf, PolicyFor = _ => Policy(3, unprotected: true) };

    private static MetricValues MetricsOf(int party) =>
        MetricValues.None.With("loss", 0.25 * (party + 1)).With("counts", 1 << party, 100, 10);

    private static ClientPolicy Policy(int forMetrics, int minimumCohort = 3, bool unprotected = false) =>
        new()
        {
            PinnedRoster = s_five.Roster,
            Federation = "test",
            WithoutPrivacyNoise = LocalConsent.Given("test data"),
            Unprotected = unprotected ? LocalConsent.Given("test data") : LocalConsent.Refused,
            MinimumCohort = minimumCohort,
            MinimumCohortForMetrics = forMetrics,
        };

    private static ClientSetup Setup(MessageRound round, ClientPolicy policy) =>
        new()
        {
            Descriptor = round.Descriptor,
            Self = s_five.IdOf(0),
            Signer = s_five.Signers[0],
            Suite = SecureFed.Crypto.P256Suite.Instance,
            Random = new SeededRandomSource(1),
            Policy = policy,
            History = ClientHistory.Empty,
            ExpectedModel = round.Descriptor.ModelDigest,
            Update = round.UpdateOf(0),
        };

    private static Step<ClientReceipt> Offer(RoundPlan plan, ClientPolicy policy)
    {
        using MessageRound round = new(
            s_five,
            plan,
            new RoundOptions { MetricsFor = plan.Metrics.IsEmpty ? null : MetricsOf, PolicyFor = _ => policy }
        );
        return round.ToClient(0, new RoundEvent.Started());
    }

    private static void AssertRefused(RoundPlan plan, ClientPolicy policy)
    {
        Step<ClientReceipt> step = Offer(plan, policy);
        Assert.Equal(AbortReason.CohortTooSmall, Inside.ReasonOf(step.Ended));
        Assert.Empty(step.Send);
        Assert.Null(step.StoreFirst);
    }

    private static void AssertJoins(RoundPlan plan, ClientPolicy policy) =>
        Assert.Equal(MessageType.KeyAdvertisement, Assert.Single(Offer(plan, policy).Send).Type);

    private static void AssertSums(MessageRound round, params int[] survivors)
    {
        UpdateSum sum = round.Result.Sum.Decode();
        MetricSums sums = sum.Metrics(survivors.Length).SumsOrThrow();
        Assert.True(sum.IsWithinPlan);
        Assert.Equal(survivors.Sum(party => 256L * (party + 1)), Assert.Single(sums.Integers("loss")));
        Assert.Equal(survivors.Sum(party => 0.25 * (party + 1)), Assert.Single(sums.Sums("loss")));
        Assert.Equal<long[]>(
            [survivors.Sum(party => 1L << party), 100L * survivors.Length, 10L * survivors.Length],
            [.. sums.Integers("counts")]
        );
    }
}
