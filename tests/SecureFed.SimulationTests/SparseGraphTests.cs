using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Testing;
using Xunit.Abstractions;

namespace SecureFed.SimulationTests;

/// <summary>
/// Rounds on the sparse graph with toy keys: exact sums whoever leaves, restarts of the server, servers that lie about who
/// survived after they have seen the graph. Judged by what all revealed shares and the unknown masks allow.
/// </summary>
public class SparseGraphTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, 257, 1, 231)]
    [InlineData(2, 300, 5, 240)]
    [InlineData(3, 300, 0, 300)]
    [InlineData(4, 350, 20, 300)]
    [InlineData(5, 400, 8, 360)]
    public void A_round_gives_the_exact_sum_whoever_leaves_at_any_boundary(
        ulong seed,
        int parties,
        int collusionBound,
        int minimumSurvivors
    )
    {
        using SeededRandomSource random = new(seed, "leaving");
        using Cast cast = new(seed, parties, collusionBound, minimumSurvivors: minimumSurvivors);
        // As many as may leave before the survivors are fixed, and as many again after that as signatures allow.
        int[] order = [.. Enumerable.Range(0, parties).OrderBy(_ => random.Next(1 << 30))];
        Dictionary<int, int> silent = order
            .Take(parties - minimumSurvivors)
            .ToDictionary(party => party, _ => random.Next(4));
        foreach (int party in order.Skip(silent.Count).Take(Math.Min(10, parties / 20)))
        {
            silent.Add(party, minimumSurvivors == parties ? 4 : 3 + random.Next(2));
        }

        using World world = new(seed, cast, new Faults { SilentAfter = silent, MaximumDelaySeconds = 20 });
        world.Run();

        world.AssertSound();
        AggregateResult result = Assert.IsType<RoundEnding<AggregateResult>.Completed>(world.Ending).Result;
        Assert.Equal(SchemeKind.MaskedSparse, result.Scheme);
        Assert.Equal(
            Enumerable.Range(0, parties).Where(party => silent.GetValueOrDefault(party, 5) >= 3),
            result.Survivors.Select(cast.IndexOf)
        );
        // Nothing but the one sum can be learned from all that was revealed, and no more honest terms are promised than it has.
        int[] sum = Assert.Single(world.Revealed.LearnableSums([.. result.Survivors.Select(cast.IndexOf)]));
        Assert.Equal(result.Survivors.Length, sum.Length);
        Assert.InRange(result.EffectiveCohort, 8, sum.Length - collusionBound);
        output.WriteLine(
            $"n = {parties}, k = {world.Revealed.Graph!.Neighbours}, t = {world.Revealed.Graph.Threshold}, effective cohort {result.EffectiveCohort}, {sum.Length} survivors"
        );
    }

    [Theory]
    [InlineData(0, 26, AbortReason.NotEnoughPeers)]
    [InlineData(1, 26, AbortReason.NotEnoughPeers)]
    [InlineData(2, 26, AbortReason.NotEnoughSurvivors)]
    [InlineData(3, 127, AbortReason.NotEnoughPeers)]
    [InlineData(3, 128, AbortReason.NotEnoughSignatures)]
    public void A_round_that_too_many_leave_ends_in_the_named_abort(int messages, int tooMany, AbortReason reason)
    {
        // U = 232 and τ = 130: 25 may leave. Of the signers a neighbourhood needs its t as well: 130 are too few for that.
        const int Parties = 257;
        using Cast cast = new(seed: 9, Parties, collusionBound: 1, minimumSurvivors: 232);
        Assert.Equal(130, cast.Threshold);

        using World enough = Play(25);
        Assert.IsType<RoundEnding<AggregateResult>.Completed>(enough.Ending);
        using World tooFew = Play(tooMany);

        tooFew.AssertSound();
        Assert.Equal(reason, Assert.IsType<RoundEnding<AggregateResult>.Aborted>(tooFew.Ending).Reason);
        Assert.Equal(0, tooFew.Revealed.Messages);

        World Play(int leaving)
        {
            Dictionary<int, int> silent = SpreadOverTheRing(cast, leaving).ToDictionary(party => party, _ => messages);
            World world = new(9, cast, new Faults { SilentAfter = silent });
            world.Run();
            return world;
        }
    }

    [Fact]
    public void A_party_without_t_of_its_neighbours_leaves_and_the_round_aborts_before_any_share()
    {
        const int Parties = 300;
        using Cast cast = new(seed: 4, Parties, collusionBound: 5, minimumSurvivors: 240);
        MaskGraph graph = GraphOf(cast);
        ushort starved = graph.Members.Members[17];
        int tooMany = graph.Neighbours - graph.Threshold + 1;
        Assert.True(tooMany <= Parties - 240, "so many may leave");

        using World fine = Play(tooMany - 1);
        using World starving = Play(tooMany);

        Assert.IsType<RoundEnding<AggregateResult>.Completed>(fine.Ending);
        RoundEnding<AggregateResult>.Aborted aborted = Assert.IsType<RoundEnding<AggregateResult>.Aborted>(
            starving.Ending
        );
        Assert.Equal(AbortReason.NotEnoughPeers, aborted.Reason);
        Assert.Empty(aborted.Named);
        Assert.Equal(0, starving.Revealed.Messages);

        World Play(int leaving)
        {
            World world = new(
                4,
                cast,
                new Faults
                {
                    SilentAfter = graph.NeighboursOf(starved).Take(leaving).ToDictionary(party => (int)party, _ => 2),
                }
            );
            world.Run();
            return world;
        }
    }

    [Fact]
    public void A_server_that_restarts_at_any_action_gives_the_same_result()
    {
        int actions;
        using (Cast cast = new(seed: 6, parties: 257, collusionBound: 1, minimumSurvivors: 240))
        {
            using World world = new(6, cast, new Faults());
            world.Run();
            actions = world.ServerActions;
        }

        // The actions around each decision, and some between: six phases of one record and up to 257 messages each.
        using SeededRandomSource random = new(6, "crashes");
        foreach (int crash in Enumerable.Range(0, 12).Select(i => i < 2 ? i : random.Next(actions)))
        {
            using Cast cast = new(seed: 6, parties: 257, collusionBound: 1, minimumSurvivors: 240);
            using World world = new(
                6,
                cast,
                new Faults
                {
                    ServerCrashAtAction = crash,
                    MaximumDelaySeconds = 30,
                    SilentAfter = new Dictionary<int, int> { [3] = 2, [200] = 1 },
                }
            );

            world.Run();

            world.AssertSound();
            Assert.Equal(1, world.Crashes);
            Assert.IsType<RoundEnding<AggregateResult>.Completed>(world.Ending);
        }
    }

    [Fact]
    public void A_server_that_tells_its_clients_different_survivors_learns_no_sum_below_the_effective_cohort()
    {
        int revealed = 0;
        for (ulong seed = 0; seed < 6; seed++)
        {
            using SeededRandomSource random = new(seed, "sparse liar");
            int corrupt = random.Next(6);
            using LyingServer server = new(seed, 260, collusionBound: 5, corrupt, minimumSurvivors: 200);
            PartySet all = server.Set([.. Enumerable.Range(0, 260)]);
            PartySet some = server.RandomSurvivors(random, 200);
            PartySet others = server.RandomSurvivors(random, 200);
            int mostly = random.Next(4);

            // Told one set by most, or by half: only in the first case there can be enough signatures.
            server.AnnounceSurvivors(_ =>
                random.Next(4) < mostly ? all
                : random.Next(2) == 0 ? some
                : others
            );
            server.RequestUnmaskingWithEverySignatureThatVerifies();

            server.AssertLaw();
            revealed += server.Revealed.Messages > 0 ? 1 : 0;
        }

        output.WriteLine($"{revealed} of 6 lying servers found enough signatures on one set");
        Assert.InRange(revealed, 1, 5);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 5)]
    public void A_server_that_cuts_the_ring_learns_no_sum_below_the_effective_cohort(ulong seed, int corrupt)
    {
        const int Parties = 500;
        const int Survivors = 375;
        using LyingServer server = new(seed, Parties, collusionBound: 5, corrupt, minimumSurvivors: Survivors);
        MaskGraph graph = server.Revealed.Graph!;
        int half = graph.Neighbours / 2;
        ushort[] ring = RingOf(graph);

        // Two gaps as wide as half a neighbourhood, corrupt parties left in them: the arc between them is cut off.
        HashSet<ushort> dropped = [];
        for (int i = 0; i < half; i++)
        {
            dropped.Add(ring[20 + i]);
            dropped.Add(ring[20 + half + graph.Threshold + i]);
        }

        dropped.RemoveWhere(party => party < corrupt);
        Assert.True(Parties - dropped.Count >= Survivors, "so many may be declared dropped");
        PartySet told = server.Set([.. Enumerable.Range(0, Parties).Where(party => !dropped.Contains((ushort)party))]);

        server.AnnounceSurvivors(_ => told);
        server.RequestUnmaskingWithEverySignatureThatVerifies();

        // spec 03-masking#graph-5: those at the edge of a gap have lost half their neighbours, and leave. That alone keeps
        // the arc's masks in: their seeds are never given away by themselves, and those beside them lose holders.
        Assert.Equal(AbortReason.NotEnoughPeers, server.Left[ring[19]]);
        Assert.Equal(
            Enumerable
                .Range(corrupt, Parties - corrupt)
                .Where(party =>
                    !told.Contains(party)
                    || graph.HoldersOf((ushort)party).Count(holder => told.Contains(holder)) < graph.Threshold
                ),
            server.Left.Keys.Order()
        );
        server.AssertLaw();
    }

    [Fact]
    public void A_federation_of_260_with_real_keys_sums_exactly_on_the_sparse_graph()
    {
        const int Parties = 260;
        using InProcessFederation federation = InProcessFederation.FromMembers(
            "many",
            Enumerable.Range(0, Parties).Select(i => FederationMember.Generate(ParticipantId.FromIndex(i))),
            P256Suite.Instance,
            SystemRandomSource.Instance
        );
        AggregationPlan plan = AggregationPlan.Create(
            length: 2,
            maximumParticipants: Parties,
            clipNorm: 8,
            fractionBits: 4,
            privacy: PrivacyPlan.None(because: "test"),
            scheme: AggregationScheme.PairwiseMasked(minimumSurvivors: 240, collusionBound: 3)
        );
        using InProcessRound round = federation.StartRound(plan);
        for (int i = 0; i < Parties; i++)
        {
            round.Contribute(ParticipantId.FromIndex(i), [i % 5, -1.5f]);
        }

        int[] dropped = [.. Enumerable.Range(0, 12).Select(i => 7 + (i * 20))];
        foreach (int party in dropped)
        {
            round.Drop(
                ParticipantId.FromIndex(party),
                during: party % 40 < 20 ? RoundPhase.ShareKeys : RoundPhase.MaskedInput
            );
        }

        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(round.Complete());

        Assert.Equal(SchemeKind.MaskedSparse, done.Result.Scheme);
        Assert.Equal(GraphSizing.RoundEffectiveCohort, plan.EffectiveCohort);
        Assert.Equal(Parties - dropped.Length, done.Result.Survivors.Length);
        long[] expected =
        [
            Enumerable.Range(0, Parties).Except(dropped).Sum(party => 16L * (party % 5)),
            -24L * (Parties - dropped.Length),
        ];
        Assert.Equal(expected, done.Sum.Integers());
    }

    private static MaskGraph GraphOf(Cast cast)
    {
        using World world = new(1, cast, new Faults());
        world.Run();
        return world.Revealed.Graph!;
    }

    private static ushort[] RingOf(MaskGraph graph) =>
        [.. graph.Ring.Select(position => graph.Members.Members[position])];

    private static int[] SpreadOverTheRing(Cast cast, int count)
    {
        ushort[] ring = RingOf(GraphOf(cast));
        return [.. Enumerable.Range(0, count).Select(i => (int)ring[(int)((long)i * ring.Length / count)])];
    }
}
