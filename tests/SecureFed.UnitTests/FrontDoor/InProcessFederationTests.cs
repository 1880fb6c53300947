using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;
using ForwardingSuite = SecureFed.Tests.Shared.ForwardingSuite;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>The same parties over many rounds.</summary>
public sealed class InProcessFederationTests
{
    private static readonly AggregationPlan s_plan = Plans.Masked(length: 3, parties: 5, survivors: 4);

    [Fact]
    public void Rounds_follow_each_other_with_the_same_keys_and_fresh_masks()
    {
        using InProcessFederation federation = TestFederation.Create(5, seed: 1);

        RoundOutcome.Completed first = Assert.IsType<RoundOutcome.Completed>(Run(federation));
        RoundOutcome.Completed second = Assert.IsType<RoundOutcome.Completed>(Run(federation));

        Assert.Equal(first.Sum.Integers(), second.Sum.Integers());
        Assert.Equal([1UL, 2UL], new[] { first.Descriptor.Round, second.Descriptor.Round });
        Assert.NotEqual(first.Cohort, second.Cohort);
        Assert.NotEqual(
            first.MaskedUploadOf(ParticipantId.FromIndex(0)).ToArray(),
            second.MaskedUploadOf(ParticipantId.FromIndex(0)).ToArray()
        );
    }

    [Fact]
    public void A_round_number_that_members_joined_before_is_refused_by_every_client()
    {
        IReadOnlyList<FederationMember> members = TestFederation.Members(5);
        using InProcessFederation before = FromMembers(members, lastRound: 0);
        Assert.IsType<RoundOutcome.Completed>(Run(before));

        using InProcessFederation rolledBack = FromMembers(members, lastRound: 0);
        using InProcessFederation continued = FromMembers(members, lastRound: 1);
        RoundOutcome.Aborted replayed = Assert.IsType<RoundOutcome.Aborted>(Run(rolledBack));

        Assert.All(replayed.ClientAborts.Values, reason => Assert.Equal(AbortReason.RoundReplayed, reason));
        Assert.Equal(5, replayed.ClientAborts.Count);
        Assert.Contains("RoundReplayed", replayed.Explanation, StringComparison.Ordinal);
        Assert.IsType<RoundOutcome.Completed>(Run(continued));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_dealer_of_inconsistent_shares_is_named_and_the_next_attempt_runs_without_it_where_the_floor_allows(
        int differenceFloor
    )
    {
        LyingSuite suite = new(liesAtSplits: [0, 1]);
        using InProcessFederation federation = InProcessFederation.FromMembers(
            "test-federation",
            TestFederation.Members(5),
            suite,
            new SeededRandomSource(3)
        );

        // The failed attempt's survivor set was signed: clients of the default floor refuse the same set without one party.
        RoundOutcome outcome = federation.RunRound(
            s_plan,
            round => InProcessRoundTests.Fill(round, 5, without: federation.Excluded.IsEmpty ? [] : [0]),
            options: new InProcessOptions { MinimumCohortDifference = differenceFloor }
        );
        if (differenceFloor > 1)
        {
            RoundOutcome.Aborted refused = Assert.IsType<RoundOutcome.Aborted>(outcome);
            Assert.Contains(AbortReason.CohortDifferencing, refused.ClientAborts.Values);
            Assert.Contains("CohortDifferencing", refused.Explanation, StringComparison.Ordinal);
            return;
        }

        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(outcome);
        Assert.Equal<ParticipantId[]>([ParticipantId.FromIndex(0)], [.. federation.Excluded]);
        Assert.Equal(2u, done.Descriptor.Attempt);
        Assert.Equal(Plans.SumOf(3, [1, 2, 3, 4]), done.Sum.Integers());
        RoundOutcome next = federation.RunRound(
            s_plan,
            round => InProcessRoundTests.Fill(round, 5),
            options: new InProcessOptions { MinimumCohortDifference = differenceFloor }
        );
        Assert.Equal(5, Assert.IsType<RoundOutcome.Completed>(next).Survivors.Length);
    }

    [Fact]
    public void SYB_02_The_members_of_a_federation_refuse_the_last_cohort_without_one_of_them()
    {
        using InProcessFederation federation = TestFederation.Create(5, seed: 5);
        Assert.IsType<RoundOutcome.Completed>(Run(federation));

        RoundOutcome.Aborted less = Assert.IsType<RoundOutcome.Aborted>(
            federation.RunRound(s_plan, round => InProcessRoundTests.Fill(round, 5, without: [4]), maximumAttempts: 1)
        );
        RoundOutcome.Completed again = Assert.IsType<RoundOutcome.Completed>(Run(federation));
        RoundOutcome.Completed otherModel = Assert.IsType<RoundOutcome.Completed>(
            federation.RunRound(
                s_plan,
                round => InProcessRoundTests.Fill(round, 5, without: [4]),
                maximumAttempts: 1,
                new InProcessOptions { ModelDigest = Digest.Of("the next model"u8) }
            )
        );

        Assert.Equal(4, less.ClientAborts.Count);
        Assert.All(less.ClientAborts.Values, reason => Assert.Equal(AbortReason.CohortDifferencing, reason));
        Assert.Equal((5, 4), (again.Survivors.Length, otherModel.Survivors.Length));
    }

    [Fact]
    public void After_a_sum_there_is_no_further_attempt()
    {
        using InProcessFederation federation = TestFederation.Create(5, seed: 4);
        Run(federation);

        Assert.Throws<InvalidOperationException>(() => federation.StartAttempt(s_plan));
    }

    [Fact]
    public void Members_are_checked_when_they_enrol()
    {
        IReadOnlyList<FederationMember> members = TestFederation.Members(3);

        Assert.Throws<ArgumentException>(() => FromMembers([.. members, members[0]], lastRound: 0));
        Assert.Throws<ArgumentException>(() =>
            InProcessFederation.FromMembers("Bad Name", members, TestSuite.Instance, new SeededRandomSource(1))
        );
        Assert.Throws<ArgumentException>(() =>
            InProcessFederation.FromMembers(
                "f",
                members,
                SecureFed.Crypto.P256Suite.Instance,
                new SeededRandomSource(1)
            )
        );
    }

    private static InProcessFederation FromMembers(IReadOnlyList<FederationMember> members, ulong lastRound) =>
        InProcessFederation.FromMembers(
            "test-federation",
            members,
            TestSuite.Instance,
            new SeededRandomSource(lastRound),
            lastRound
        );

    private static RoundOutcome Run(InProcessFederation federation) =>
        federation.RunRound(s_plan, round => InProcessRoundTests.Fill(round, 5), maximumAttempts: 1);

    /// <summary>The toy suite, except that some splits share another secret: every share is well-formed, and together they lie.</summary>
    private sealed class LyingSuite(int[] liesAtSplits) : ForwardingSuite(TestSuite.Instance)
    {
        private int _splits;

        public override SecretBytes[] Split(SecretBytes secret, int threshold, int holderCount, RandomSource random)
        {
            if (!liesAtSplits.Contains(_splits++))
            {
                return base.Split(secret, threshold, holderCount, random);
            }

            using SecretBytes another = SecretBytes.Generate(SecretSizeInBytes, random);
            return base.Split(another, threshold, holderCount, random);
        }
    }
}
