using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.VectorTests;

/// <summary>The library against the vectors of an implementation that shares no code with it: byte for byte.</summary>
public class MaskingVectorTests
{
    private static readonly RoundFile s_rounds = MaskingVectorFile.ReadRounds();
    private static readonly RefusalFile s_refusals = MaskingVectorFile.ReadRefusals();
    private static readonly GraphFile s_graphs = MaskingVectorFile.ReadGraphs();

    public static TheoryData<string> Rounds => [.. s_rounds.Ids];

    public static TheoryData<string> Refusals => [.. s_refusals.Ids];

    public static TheoryData<string> Graphs => [.. s_graphs.Ids];

    [Theory]
    [MemberData(nameof(Rounds))]
    public void A_round_takes_every_step_as_the_reference_does(string id)
    {
        RoundVector vector = s_rounds.Cases.Single(round => round.Id == id);
        using ScriptedRound round = new(vector);

        foreach (StepVector step in vector.Steps)
        {
            round.Play(step);
        }

        round.AssertEverythingDrawn();
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_wrong_event_ends_as_the_reference_says(string id)
    {
        RefusalVector refusal = s_refusals.Cases.Single(entry => entry.Id == id);
        RoundVector vector = s_rounds.Cases.Single(round => round.Id == refusal.Base);
        using ScriptedRound round = new(vector, refusal);
        foreach (StepVector step in vector.Steps.Take(refusal.After))
        {
            // An offer of another kind is refused by the client it is made to; nobody else is needed.
            if (refusal.Descriptor is null)
            {
                round.Play(step);
            }
        }

        round.Play(refusal.Step, refusal.Messages);
    }

    [Fact]
    public void Every_reason_and_fault_has_a_case_or_a_sentence_that_says_why_not()
    {
        HashSet<int> reasons = [.. s_refusals.Cases.Select(refusal => refusal.Step.Ended?.Aborted ?? 0)];
        HashSet<int> faults =
        [
            .. s_refusals.Cases.SelectMany(refusal => refusal.Step.Faults).Select(fault => fault.Kind),
        ];

        Assert.Equal(
            Enum.GetValues<AbortReason>()
                .Select(reason => (int)reason)
                .Where(number => number != 0 && !reasons.Contains(number)),
            s_refusals.ReasonsWithoutCase.Select(entry => entry.Number)
        );
        Assert.Equal(
            Enum.GetValues<PeerFaultKind>()
                .Select(kind => (int)kind)
                .Where(number => number != 0 && !faults.Contains(number)),
            s_refusals.FaultsWithoutCase.Select(entry => entry.Number).Except(faults)
        );
        Assert.All(
            s_refusals.ReasonsWithoutCase.Concat(s_refusals.FaultsWithoutCase),
            entry => Assert.NotEmpty(entry.Why)
        );
    }

    [Theory]
    [MemberData(nameof(Graphs))]
    public void A_graph_is_the_one_of_the_reference(string id)
    {
        GraphVector vector = s_graphs.Cases.Single(graph => graph.Id == id);
        GraphParameters? size = GraphSizing.ForRound(vector.Cohort, vector.CollusionBound, vector.MinimumSurvivors);
        if (vector.Refused is { } reason)
        {
            Assert.Equal((int)AbortReason.GraphMismatch, reason);
            Assert.Null(size);
            return;
        }

        Assert.Equal(
            (vector.Neighbours, vector.Threshold, vector.CorruptNeighbours),
            (size!.Neighbours, size.Threshold, size.CorruptNeighbours)
        );
        MaskGraph graph = MaskGraph.TryCreate(
            new RoundPlan
            {
                Scheme = SchemeKind.MaskedSparse,
                CollusionBound = vector.CollusionBound,
                MinimumSurvivors = vector.MinimumSurvivors,
            }.Build(TestFederation.OfToys(vector.Cohort)),
            Digest.FromBytes(Convert.FromHexString(vector.K)),
            PartySet.Of(vector.Cohort, Enumerable.Range(0, vector.Cohort).Select(i => (ushort)i))
        )!;
        Assert.Equal(vector.NeighboursOfPosition0, graph.NeighboursOf(0).Select(other => (int)other));
        Assert.Equal(vector.Ring, graph.Ring.Take(vector.Ring!.Length).Select(position => (int)position));
        Assert.Equal(
            vector.RingDigest,
            Convert.ToHexStringLower(
                SHA256.HashData([.. graph.Ring.SelectMany(position => BitConverter.GetBytes(position))])
            )
        );
    }

    [Theory]
    [InlineData("""{ "schema": "securefed/masking-rounds/2", "cases": [] }""", "known are")]
    [InlineData("""{ "cases": [] }""", "'none'")]
    [InlineData("""[]""", "'none'")]
    [InlineData("""{ "schema": "securefed/masking-graphs/1", "cases": [] }""", "is expected there")]
    [InlineData("""{ "schema": "securefed/masking-rounds/1", "cases": [] }""", "no case")]
    [InlineData("""{ "schema": "securefed/masking-rounds/1", "cases": [], "more": 1 }""", "more")]
    [InlineData("""{ "schema": "securefed/masking-rounds/1" }""", "cases")]
    [InlineData("""{ "schema": "securefed/masking-rounds/1", "cases": [{ "id": "x" }] }""", "rounds.json")]
    public void A_file_that_is_not_understood_is_refused_and_says_why(string text, string because)
    {
        VectorFileException refused = Assert.Throws<VectorFileException>(() =>
            MaskingVectorFile.Parse<RoundFile>(text, MaskingVectorFile.Rounds, "rounds.json")
        );

        Assert.Contains(because, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_that_expects_something_else_fails()
    {
        // The must-fail neighbours of the runner itself: another byte sent, another fault, another ending, another record.
        RoundVector vector = s_rounds.Cases[0];
        StepVector first = vector.Steps[0];
        string invitation = vector.Messages["RoundInvitation"];
        Dictionary<string, string> other = new(vector.Messages)
        {
            ["RoundInvitation"] = invitation[..^1] + (invitation[^1] == '0' ? '1' : '0'),
        };
        StepVector[] wrong =
        [
            first with
            {
                Sends = [.. first.Sends.Skip(1)],
            },
            first with
            {
                Faults = [new FaultVector(first.At, 1)],
            },
            first with
            {
                Ended = new EndVector { Aborted = 1, Named = [] },
            },
            first with
            {
                Store = new StoreVector(16, vector.D, vector.D),
            },
        ];

        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Play(first, other));
        Assert.All(wrong, step => Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Play(step, vector.Messages)));
        Play(first, vector.Messages);

        void Play(StepVector step, Dictionary<string, string> messages)
        {
            using ScriptedRound round = new(vector);
            round.Play(step, messages);
        }
    }
}
