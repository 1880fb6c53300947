using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>A round in one process: what it gives, what it refuses and how it ends.</summary>
public sealed class InProcessRoundTests
{
    private const int Length = 6;

    [Fact]
    public void A_weighted_mean_is_exact()
    {
        AggregationPlan plan = Plans.Masked(Length, parties: 4, survivors: 4, maximumWeight: 8);
        using InProcessFederation federation = TestFederation.Create(4, seed: 1);
        using InProcessRound round = federation.StartRound(plan);
        long[] weights = [1, 2, 4, 8];
        for (int i = 0; i < 4; i++)
        {
            // Multiples of W = 8 grid steps: w/W of them stays on the grid, so the mean has no rounding at all.
            round.Contribute(Id(i), Multiples(i), weights[i]);
        }

        UpdateSum sum = round.Complete().SumOrThrow();

        Assert.Equal(15, sum.TotalWeight);
        for (int k = 0; k < Length; k++)
        {
            double expected = Enumerable.Range(0, 4).Sum(i => weights[i] * (double)Multiples(i)[k]) / 15;
            Assert.Equal((float)expected, sum.Average()[k]);
        }
    }

    [Theory]
    [InlineData(RoundPhase.AdvertiseKeys, false)]
    [InlineData(RoundPhase.ShareKeys, false)]
    [InlineData(RoundPhase.MaskedInput, false)]
    [InlineData(RoundPhase.Consistency, true)]
    [InlineData(RoundPhase.Unmask, true)]
    public void A_party_that_drops_out_counts_exactly_when_its_vector_arrived(RoundPhase during, bool counts)
    {
        using InProcessFederation federation = TestFederation.Create(5, seed: 2);
        using InProcessRound round = Filled(federation, Plans.Masked(Length, parties: 5, survivors: 4));
        round.Drop(Id(3), during);

        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(round.Complete());

        int[] expected = counts ? [0, 1, 2, 3, 4] : [0, 1, 2, 4];
        Assert.Equal(expected.Select(Id), done.Survivors);
        Assert.Equal<ParticipantId[]>(counts ? [] : [Id(3)], [.. done.Dropped]);
        Assert.Equal(Plans.SumOf(Length, expected), done.Sum.Integers());
        Assert.Contains(done.Faults, fault => fault.Who == Id(3) && fault.Kind == PeerFaultKind.Disconnected);
    }

    [Theory]
    [InlineData(RoundPhase.AdvertiseKeys, AbortReason.NotEnoughPeers)]
    [InlineData(RoundPhase.ShareKeys, AbortReason.NotEnoughPeers)]
    [InlineData(RoundPhase.MaskedInput, AbortReason.NotEnoughSurvivors)]
    [InlineData(RoundPhase.Consistency, AbortReason.NotEnoughSignatures)]
    [InlineData(RoundPhase.Unmask, AbortReason.NotEnoughPeers)]
    public void With_too_many_dropouts_there_is_no_sum_and_the_outcome_says_why(RoundPhase during, AbortReason reason)
    {
        using InProcessFederation federation = TestFederation.Create(5, seed: 3);
        using InProcessRound round = Filled(federation, Plans.Masked(Length, parties: 5, survivors: 4));
        round.Drop(Id(0), during);
        round.Drop(Id(2), during);

        RoundOutcome.Aborted aborted = Assert.IsType<RoundOutcome.Aborted>(round.Complete());

        Assert.Equal(reason, aborted.Reason);
        Assert.Contains(reason.Describe(), aborted.Explanation, StringComparison.Ordinal);
        RoundAbortedException thrown = Assert.Throws<RoundAbortedException>(aborted.SumOrThrow);
        Assert.Equal(reason, thrown.Reason);
        Assert.Contains("spec/07-registry.md#abort-reasons", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Masked_and_unprotected_rounds_give_the_same_integers()
    {
        using InProcessFederation federation = TestFederation.Create(4, seed: 4);
        AggregationPlan plain = AggregationPlan.Create(
            Length,
            maximumParticipants: 4,
            clipNorm: 4096,
            Plans.FractionBits,
            PrivacyPlan.None(because: "test"),
            AggregationScheme.Unprotected(because: "baseline", minimumSurvivors: 3)
        );

        using InProcessRound masked = Filled(federation, Plans.Masked(Length, parties: 4, survivors: 3));
        using InProcessRound open = Filled(federation, plain);
        RoundOutcome.Completed first = Assert.IsType<RoundOutcome.Completed>(masked.Complete());
        RoundOutcome.Completed second = Assert.IsType<RoundOutcome.Completed>(open.Complete());

        Assert.Equal(first.Sum.Integers(), second.Sum.Integers());
        Assert.Equal(2, first.EffectiveCohort);
        Assert.Equal(0, second.EffectiveCohort);
        Assert.Equal(Plans.Integers(Length, 1)[0], Signed(second.MaskedVectorOf(Id(1))[0], plain.RingBits));
        Assert.NotEqual(first.MaskedUploadOf(Id(1)).ToArray(), second.MaskedUploadOf(Id(1)).ToArray());
    }

    [Fact]
    public void The_outcome_tells_bytes_times_and_receipts()
    {
        ManualTimeProvider time = new();
        RoundTranscript transcript = new();
        using InProcessFederation federation = TestFederation.Create(4, seed: 5);
        AggregationPlan plan = Plans.Masked(Length, parties: 4, survivors: 3);
        using InProcessRound round = Filled(
            federation,
            plan,
            new InProcessOptions { Time = time, Observer = transcript }
        );

        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(round.Complete());

        Assert.Equal(transcript.SeenByServer.Sum(message => message.Bytes.Length), done.Traffic.BytesToServer);
        Assert.Equal(
            transcript.SeenByServer.Where(message => message.From == Id(2)).Sum(message => message.Bytes.Length),
            done.Traffic.BytesSentBy(Id(2))
        );
        Assert.Equal(plan.VectorBytesPerUpload, done.MaskedUploadOf(Id(2)).Length);
        Assert.Equal(
            [
                RoundPhase.AdvertiseKeys,
                RoundPhase.ShareKeys,
                RoundPhase.MaskedInput,
                RoundPhase.Consistency,
                RoundPhase.Unmask,
            ],
            done.Timings.Select(timing => timing.Phase)
        );
        Assert.All(done.Receipts.Values, receipt => Assert.Equal(done.Cohort, receipt.Cohort));
        Assert.Throws<KeyNotFoundException>(() => done.MaskedUploadOf(ParticipantId.Parse("stranger")));
    }

    [Fact]
    public void A_cancelled_round_is_aborted_and_a_later_round_is_not()
    {
        using InProcessFederation federation = TestFederation.Create(4, seed: 6);
        AggregationPlan plan = Plans.Masked(Length, parties: 4, survivors: 3);
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();

        using InProcessRound first = Filled(federation, plan);
        using InProcessRound second = Filled(federation, plan);

        Assert.Equal(
            AbortReason.Cancelled,
            Assert.IsType<RoundOutcome.Aborted>(first.Complete(cancelled.Token)).Reason
        );
        Assert.IsType<RoundOutcome.Completed>(second.Complete());
    }

    [Fact]
    public void Wrong_contributions_are_refused_with_party_place_and_remedy()
    {
        AggregationPlan plan = Plans.Masked(Length, parties: 4, survivors: 3);
        using InProcessFederation federation = TestFederation.Create(4, seed: 7);
        using InProcessRound round = federation.StartRound(plan);
        float[] notFinite = new float[Length];
        notFinite[4] = float.NaN;

        ContributionRefusedException wrongLength = Refused(() => round.Contribute(Id(0), new float[Length + 1]));
        ContributionRefusedException notANumber = Refused(() => round.Contribute(Id(0), notFinite));
        ContributionRefusedException stranger = Refused(() =>
            round.Contribute(ParticipantId.Parse("stranger"), new float[Length])
        );
        ContributionRefusedException nobody = Refused(() => round.Contribute(default, new float[Length]));
        round.Contribute(Id(0), new float[Length]);
        ContributionRefusedException twice = Refused(() => round.Contribute(Id(0), new float[Length]));
        ContributionRefusedException tooFew = Refused(() => round.Complete());

        Assert.Equal(UpdateFault.LengthMismatch, wrongLength.Update?.Fault);
        Assert.Contains("party-000000", wrongLength.Message, StringComparison.Ordinal);
        Assert.Equal(UpdateFault.NonFinite, notANumber.Update?.Fault);
        Assert.Equal(4, notANumber.Update?.CoordinateIndex);
        Assert.Equal(ContributionFault.UnknownParty, stranger.Fault);
        Assert.Contains("party-000003", stranger.Message, StringComparison.Ordinal);
        Assert.Equal(ContributionFault.UnknownParty, nobody.Fault);
        Assert.Equal(ContributionFault.DuplicateParty, twice.Fault);
        Assert.Equal(ContributionFault.TooFewContributions, tooFew.Fault);
        Assert.Contains("U = 3", tooFew.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_completed_round_takes_nothing_more()
    {
        using InProcessFederation federation = TestFederation.Create(4, seed: 8);
        using InProcessRound round = Filled(federation, Plans.Masked(Length, parties: 4, survivors: 3));
        round.Complete();

        Assert.Equal(ContributionFault.RoundOver, Refused(() => round.Complete()).Fault);
        Assert.Equal(ContributionFault.RoundOver, Refused(() => round.Drop(Id(0), RoundPhase.Unmask)).Fault);
    }

    [Fact]
    public void A_store_that_refuses_ends_the_round_without_a_sum()
    {
        for (int append = 0; append < 5; append++)
        {
            FaultyRoundStore store = new() { FailAt = append, Fault = AppendFault.Refused };
            using InProcessFederation federation = TestFederation.Create(4, seed: 9);
            using InProcessRound round = Filled(
                federation,
                Plans.Masked(Length, parties: 4, survivors: 3),
                new InProcessOptions { Store = store }
            );

            RoundOutcome.Aborted aborted = Assert.IsType<RoundOutcome.Aborted>(round.Complete());

            Assert.Equal(AbortReason.StorageFailure, aborted.Reason);
            Assert.Empty(aborted.Receipts);
        }
    }

    internal static InProcessRound Filled(
        InProcessFederation federation,
        AggregationPlan plan,
        InProcessOptions? options = null
    )
    {
        InProcessRound round = federation.StartRound(plan, options);
        Fill(round, federation.Members.Length);
        return round;
    }

    [Fact]
    public void CFG_04_A_sum_without_noise_says_why_in_its_outcome_and_there_is_none_without_a_reason()
    {
        using InProcessFederation federation = TestFederation.Create(5, seed: 8);
        AggregationPlan masked = Plans.Masked(length: 3, parties: 5, survivors: 4);

        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(
            federation.RunRound(masked, round => Fill(round, 5))
        );

        Assert.Equal("test", done.Descriptor.NoPrivacyBecause);
        Assert.Equal(
            (SchemeKind.MaskedComplete, string.Empty),
            (done.Result.Scheme, done.Descriptor.UnprotectedBecause)
        );
        Assert.Throws<ArgumentException>(() => PrivacyPlan.None(because: " "));
    }

    internal static void Fill(InProcessRound round, int parties, params int[] without)
    {
        foreach (int i in Enumerable.Range(0, parties).Except(without))
        {
            round.Contribute(Id(i), Plans.OnGrid(round.Plan.Length, i));
        }
    }

    private static ParticipantId Id(int index) => ParticipantId.FromIndex(index);

    private static float[] Multiples(int party) => [.. Plans.OnGrid(Length, party).Select(value => value * 8)];

    private static long Signed(ulong element, int bits) => unchecked((long)(element << (64 - bits)) >> (64 - bits));

    private static ContributionRefusedException Refused(Action action) =>
        Assert.Throws<ContributionRefusedException>(action);
}
