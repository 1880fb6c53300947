using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Metrics through whole rounds: exact over the survivors, given out from the plan's number on, and of no influence on the rest.</summary>
public sealed class MetricFrontDoorTests(ITestOutputHelper output)
{
    private const int Length = 6;

    private static readonly MetricBlock[] s_blocks =
    [
        MetricBlock.Create("clipped", 1, 1),
        MetricBlock.Create("loss", 1, 64L << 20, 20),
        MetricBlock.Create("bins", 7, 1000),
    ];

    [Fact]
    public void The_metrics_of_a_round_are_the_plain_sum_of_its_survivors_or_there_is_no_sum()
    {
        int completed = 0;
        Prop.ForAll(
                Arb.From(
                    from parties in Gen.Choose(4, 8)
                    from drops in Gen.Choose(0, 6).ArrayOf(8)
                    from seed in Gen.Choose(1, int.MaxValue)
                    select (parties, drops, seed)
                ),
                testCase =>
                {
                    (int parties, int[] drops, int seed) = testCase;
                    AggregationPlan plan = Plans.Masked(Length, parties, parties - 1).WithMetrics(s_blocks);
                    using InProcessFederation federation = SecureFed.Testing.TestFederation.Create(
                        parties,
                        (ulong)seed
                    );
                    using InProcessRound round = federation.StartRound(plan);
                    long[][] steps = [.. Enumerable.Range(0, parties).Select(party => StepsOf(seed, party))];
                    for (int party = 0; party < parties; party++)
                    {
                        round.Contribute(
                            ParticipantId.FromIndex(party),
                            Plans.OnGrid(Length, party),
                            metrics: ValuesOf(steps[party])
                        );

                        // Two in seven parties fall silent, at one of five phases.
                        if (drops[party] < 2)
                        {
                            round.Drop(
                                ParticipantId.FromIndex(party),
                                (RoundPhase)(1 + ((seed + party) % (int)RoundPhase.Unmask))
                            );
                        }
                    }

                    RoundOutcome outcome = round.Complete();
                    if (outcome is not RoundOutcome.Completed done)
                    {
                        return true;
                    }

                    completed++;

                    int[] survivors =
                    [
                        .. done.Survivors.Select(id =>
                            Enumerable.Range(0, parties).Single(party => ParticipantId.FromIndex(party) == id)
                        ),
                    ];
                    MetricSums sums = done.Metrics.SumsOrThrow();
                    long[] read = [.. s_blocks.SelectMany(block => sums.Integers(block.Name))];
                    return sums.Contributors == survivors.Length
                        && read.SequenceEqual(
                            Enumerable.Range(0, 9).Select(i => survivors.Sum(party => steps[party][i]))
                        )
                        && done.Sum.Integers().SequenceEqual(Plans.SumOf(Length, survivors))
                        && done.Sum.IsWithinPlan;
                }
            )
            .Holds(output, 200);

        // More than a third of the cases complete; fewer than one in twenty of 200 is less likely than 1e-9.
        Assert.True(completed > 10, $"{completed} completed");
    }

    [Theory]
    [InlineData(null, 4, true)]
    [InlineData(4, 4, true)]
    [InlineData(5, 4, false)]
    [InlineData(5, 5, true)]
    public void Metrics_are_given_out_from_the_plans_number_of_survivors_on(int? minimum, int survivors, bool isGiven)
    {
        AggregationPlan plan = Plans.Masked(Length, parties: 5, survivors: 4).WithMetrics(s_blocks, minimum);
        using InProcessFederation federation = SecureFed.Testing.TestFederation.Create(5, seed: 3);
        using InProcessRound round = Filled(federation, plan, loss: 1);
        if (survivors == 4)
        {
            round.Drop(ParticipantId.FromIndex(2), RoundPhase.MaskedInput);
        }

        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(round.Complete());

        Assert.Equal(survivors, done.Survivors.Length);
        Assert.NotEmpty(done.Sum.Average());
        if (isGiven)
        {
            Assert.Equal(survivors, done.Metrics.SumsOrThrow().Sums("loss")[0]);
        }
        else
        {
            MetricRelease.Withheld withheld = Assert.IsType<MetricRelease.Withheld>(done.Metrics);
            Assert.Equal((4, 5), (withheld.Contributors, withheld.MinimumContributors));
        }
    }

    [Fact]
    public void A_plan_without_metrics_gives_out_none_and_takes_none()
    {
        AggregationPlan plan = Plans.Masked(Length, parties: 4, survivors: 4);
        using InProcessFederation federation = SecureFed.Testing.TestFederation.Create(4, seed: 3);
        using InProcessRound round = federation.StartRound(plan);
        Assert.Throws<ContributionRefusedException>(() =>
            round.Contribute(ParticipantId.FromIndex(0), new float[Length], metrics: ValuesOf(StepsOf(1, 1)))
        );
        for (int party = 0; party < 4; party++)
        {
            round.Contribute(ParticipantId.FromIndex(party), Plans.OnGrid(Length, party));
        }

        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(round.Complete());

        Assert.Empty(done.Metrics.SumsOrThrow().Blocks);
        Assert.Throws<ArgumentException>(() => done.Metrics.SumsOrThrow().Integers("loss"));
    }

    [Fact]
    public void A_contribution_without_its_metrics_or_with_one_out_of_range_is_refused_and_can_be_given_again()
    {
        AggregationPlan plan = Plans.Masked(Length, parties: 4, survivors: 4).WithMetrics(s_blocks);
        using InProcessFederation federation = SecureFed.Testing.TestFederation.Create(4, seed: 3);
        using InProcessRound round = federation.StartRound(plan);
        ParticipantId first = ParticipantId.FromIndex(0);

        ContributionRefusedException none = Assert.Throws<ContributionRefusedException>(() =>
            round.Contribute(first, new float[Length])
        );
        ContributionRefusedException wrong = Assert.Throws<ContributionRefusedException>(() =>
            round.Contribute(first, new float[Length], metrics: Values(loss: double.NaN))
        );

        Assert.Equal((UpdateFault.MetricsMismatch, "clipped"), (none.Update!.Fault, none.Update.Metric));
        Assert.Equal((UpdateFault.MetricOutOfRange, "loss"), (wrong.Update!.Fault, wrong.Update.Metric));
        ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create(new float[Length]), plan.Encoding);
        round.Contribute(first, clipped, Values(loss: 1));
        Assert.Equal(
            ContributionFault.DuplicateParty,
            Assert.Throws<ContributionRefusedException>(() => round.Contribute(first, clipped, Values(loss: 1))).Fault
        );
        ClippedUpdate other = ClippedUpdate.Clip(
            LocalUpdate.Create(new float[Length]),
            Plans.Masked(Length, parties: 4, survivors: 4).Encoding
        );
        Assert.Throws<ArgumentException>(() => round.Contribute(ParticipantId.FromIndex(1), other, Values(loss: 1)));
    }

    [Fact]
    public void What_is_measured_changes_no_message_but_the_masked_vectors_and_the_result()
    {
        RoundTranscript low = Transcript(loss: 0);
        RoundTranscript high = Transcript(loss: 63);

        Assert.Equal(low.Messages.Count, high.Messages.Count);
        int changed = 0;
        for (int i = 0; i < low.Messages.Count; i++)
        {
            (RoundMessage one, RoundMessage other) = (low.Messages[i], high.Messages[i]);
            Assert.Equal((one.From, one.To, one.Type), (other.From, other.To, other.Type));
            Assert.Equal(one.Bytes.Length, other.Bytes.Length);
            bool same = one.Bytes.Span.SequenceEqual(other.Bytes.Span);
            changed += same ? 0 : 1;
            Assert.Equal(one.Type is not (MessageType.MaskedInput or MessageType.ResultAnnouncement), same);
        }

        Assert.Equal(8, changed);

        static RoundTranscript Transcript(double loss)
        {
            RoundTranscript transcript = new();
            using InProcessFederation federation = SecureFed.Testing.TestFederation.Create(4, seed: 9);
            using InProcessRound round = Filled(
                federation,
                Plans.Masked(Length, parties: 4, survivors: 4).WithMetrics(s_blocks),
                loss,
                new InProcessOptions { Observer = transcript }
            );
            Assert.IsType<RoundOutcome.Completed>(round.Complete());
            return transcript;
        }
    }

    [Fact]
    public void A_weight_bound_finds_the_median_weight_through_masked_rounds()
    {
        long[] weights = [10, 20, 40, 80, 160];
        using InProcessFederation federation = SecureFed.Testing.TestFederation.Create(5, seed: 4);
        WeightBound bound = WeightBound.Start(4000, quantile: 0.5, rate: 0.5);
        List<long> bounds = [];
        for (int i = 0; i < 40; i++)
        {
            AggregationPlan plan = Plans
                .Masked(Length, parties: 5, survivors: 4, maximumWeight: bound.Value)
                .WithMetrics([WeightBound.Block]);
            using InProcessRound round = federation.StartRound(plan);
            for (int party = 0; party < 5; party++)
            {
                round.Contribute(
                    ParticipantId.FromIndex(party),
                    Plans.OnGrid(Length, party),
                    bound.Cap(weights[party]),
                    bound.AddTo(MetricValues.None, weights[party])
                );
            }

            RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(round.Complete());
            MetricSums sums = done.Metrics.SumsOrThrow();
            Assert.Equal(weights.Sum(weight => Math.Min(weight, bound.Value)), done.Sum.TotalWeight);
            Assert.Equal(weights.Count(weight => weight <= bound.Value), sums.Integers(WeightBound.MetricName)[0]);
            bound = bound.Next(sums);
            bounds.Add(bound.Value);
        }

        // Two or three of five parties are at or below it: it goes to and fro across the weight in the middle.
        Assert.All(bounds[^10..], value => Assert.InRange(value, 34, 46));
        Assert.True(bounds[4] > 1000);
    }

    [Fact]
    public void Every_number_of_the_metrics_counts_in_the_digest_of_a_plan()
    {
        AggregationPlan without = Plans.Masked(Length, parties: 5, survivors: 4);
        MetricBlock a = MetricBlock.Create("a", 1, 5);
        MetricBlock b = MetricBlock.Create("b", 1, 5);
        AggregationPlan[] plans =
        [
            without,
            without.WithMetrics([a]),
            without.WithMetrics([a], minimumContributors: 5),
            without.WithMetrics([a, b]),
            without.WithMetrics([b, a]),
            without.WithMetrics([MetricBlock.Create("a", 2, 5)]),
            without.WithMetrics([MetricBlock.Create("a", 1, 6)]),
            without.WithMetrics([MetricBlock.Create("a", 1, 5, 1)]),
        ];

        Assert.Equal(plans.Length, plans.Select(plan => plan.Digest).Distinct().Count());
        Assert.Equal(without.Digest, plans[1].WithMetrics([]).Digest);
        Assert.Equal(plans[1].Digest, without.WithMetrics([a], minimumContributors: 4).Digest);
        Assert.Throws<ArgumentOutOfRangeException>(() => without.WithMetrics([a], minimumContributors: 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => without.WithMetrics([a], minimumContributors: 6));
    }

    private static InProcessRound Filled(
        InProcessFederation federation,
        AggregationPlan plan,
        double loss,
        InProcessOptions? options = null
    )
    {
        InProcessRound round = federation.StartRound(plan, options);
        for (int party = 0; party < plan.MaximumParticipants; party++)
        {
            round.Contribute(ParticipantId.FromIndex(party), Plans.OnGrid(Length, party), metrics: Values(loss));
        }

        return round;
    }

    private static MetricValues Values(double loss) =>
        MetricValues.None.With("clipped", 1).With("loss", loss).With("bins", 1, 2, 3, 4, 5, 6, 7);

    private static long[] StepsOf(int seed, int party)
    {
        Random random = new(unchecked(seed + (party * 7919)));
        return
        [
            random.Next(2),
            random.NextInt64((64L << 20) + 1),
            .. Enumerable.Range(0, 7).Select(_ => random.NextInt64(1001)),
        ];
    }

    private static MetricValues ValuesOf(long[] steps) =>
        MetricValues
            .None.With("clipped", steps[0])
            .With("loss", Math.ScaleB((double)steps[1], -20))
            .With("bins", [.. steps[2..].Select(step => (double)step)]);
}
