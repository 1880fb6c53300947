using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using SecureFed.UnitTests.Protocol.Graph;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Protocol.Masking;

/// <summary>The graph that every party derives for itself: size, order, neighbourhoods.</summary>
public class MaskGraphTests(ITestOutputHelper output)
{
    private static readonly RoundDescriptor s_descriptor = new RoundPlan
    {
        Scheme = SchemeKind.MaskedSparse,
        MinimumSurvivors = 240,
    }.Build(TestFederation.OfToys(300));

    // spec 03-masking#graph-2, graph-3
    [Fact]
    public void Every_member_has_k_neighbours_and_is_theirs() =>
        Prop.ForAll(
                Arb.From(
                    Gen.Choose(240, 300).SelectMany(size => Gen.Choose(0, int.MaxValue).Select(seed => (size, seed)))
                ),
                drawn =>
                {
                    MaskGraph graph = Draw(drawn.size, drawn.seed);
                    foreach (ushort member in graph.Members.Members)
                    {
                        ushort[] neighbours = [.. graph.NeighboursOf(member)];
                        Assert.Equal(graph.Neighbours, neighbours.Length);
                        Assert.Equal(neighbours.Distinct().Order(), neighbours);
                        Assert.DoesNotContain(member, neighbours);
                        Assert.All(neighbours, other => Assert.Contains(member, graph.NeighboursOf(other)));
                        Assert.Equal(neighbours, graph.HoldersOf(member).ToArray());
                        Assert.Equal(-1, Math.Sign(graph.PlaceOf(member, member)));
                        Assert.Equal(3, graph.PlaceOf(neighbours[3], member));
                    }
                }
            )
            .Holds(output, 20);

    [Fact]
    public void The_graph_is_the_one_that_the_specification_describes() =>
        Prop.ForAll(
                Arb.From(Gen.Choose(0, int.MaxValue)),
                seed =>
                {
                    MaskGraph graph = Draw(270 + (seed % 31), seed);
                    Dictionary<ushort, ushort[]> expected = Reference.Neighbourhoods(
                        KeyOf(seed),
                        [.. graph.Members.Members],
                        graph.Neighbours
                    );
                    Assert.All(
                        graph.Members.Members,
                        member => Assert.Equal(expected[member], graph.NeighboursOf(member).ToArray())
                    );
                }
            )
            .Holds(output, 20);

    [Fact]
    public void Another_K_gives_another_graph()
    {
        PartySet all = PartySet.Of(300, Enumerable.Range(0, 300).Select(i => (ushort)i));
        MaskGraph one = MaskGraph.TryCreate(s_descriptor, KeyOf(1), all)!;
        MaskGraph same = MaskGraph.TryCreate(s_descriptor, KeyOf(1), all)!;
        MaskGraph other = MaskGraph.TryCreate(s_descriptor, KeyOf(2), all)!;

        Assert.All(
            all.Members,
            member => Assert.Equal(one.NeighboursOf(member).ToArray(), same.NeighboursOf(member).ToArray())
        );
        Assert.Contains(all.Members, member => !one.NeighboursOf(member).SequenceEqual(other.NeighboursOf(member)));
    }

    [Fact]
    public void Every_pair_is_as_often_joined_as_any_other()
    {
        // Pair (0, 1) and pair (0, 299) are neighbours with probability k/(n − 1); 6.2 σ are passed once in 10^9 draws.
        const int Draws = 4_000;
        PartySet all = PartySet.Of(300, Enumerable.Range(0, 300).Select(i => (ushort)i));
        int first = 0;
        int last = 0;
        int neighbours = 0;
        for (int i = 0; i < Draws; i++)
        {
            MaskGraph graph = MaskGraph.TryCreate(s_descriptor, KeyOf(i), all)!;
            neighbours = graph.Neighbours;
            first += graph.NeighboursOf(0).Contains((ushort)1) ? 1 : 0;
            last += graph.NeighboursOf(0).Contains((ushort)299) ? 1 : 0;
        }

        double p = neighbours / 299.0;
        double tolerance = 6.2 * Math.Sqrt(Draws * p * (1 - p));
        Assert.InRange(first, (Draws * p) - tolerance, (Draws * p) + tolerance);
        Assert.InRange(last, (Draws * p) - tolerance, (Draws * p) + tolerance);
    }

    [Fact]
    public void Up_to_256_everybody_is_joined_with_everybody_and_holds_its_own_share()
    {
        RoundDescriptor descriptor = new RoundPlan().Build(TestFederation.OfToys(256));
        PartySet members = PartySet.Of(256, [3, 7, 8, 200, 255]);
        MaskGraph graph = MaskGraph.TryCreate(descriptor, KeyOf(1), members)!;

        Assert.Equal([3, 7, 200, 255], graph.NeighboursOf(8).ToArray());
        Assert.Equal([3, 7, 8, 200, 255], graph.HoldersOf(8).ToArray());
        Assert.Equal(2, graph.PlaceOf(8, 8));
        Assert.True(graph.PlaceOf(9, 8) < 0);
        Assert.Equal(descriptor.Threshold, graph.Threshold);
        Assert.Equal(descriptor.Threshold - 1, graph.EffectiveCohort);
    }

    // spec 03-masking#graph-1: the conditions in whole numbers, and that no smaller k meets them.
    [Theory]
    [InlineData(257, 1, 231)]
    [InlineData(231, 1, 231)]
    [InlineData(300, 5, 240)]
    [InlineData(257, 100, 180)]
    [InlineData(400, 0, 400)]
    public void A_round_has_the_smallest_graph_that_meets_the_conditions(int cohort, int corrupt, int survivors)
    {
        GraphParameters found = GraphSizing.ForRound(cohort, corrupt, survivors)!;

        Assert.True(found.EffectiveCohort >= 8);
        Assert.Equal((found.Neighbours, found.Threshold), Smallest(found.CorruptNeighbours));

        (int, int) Smallest(int corruptNeighbours)
        {
            for (int k = 2; k < cohort; k += 2)
            {
                BigInteger all = PlainSearch.Choose(cohort, k);
                int t1 = 0;
                while ((PlainSearch.Tail(cohort, corrupt, k, t1) * cohort) << 121 > all)
                {
                    t1++;
                }

                int t = ((k + t1) / 2) + 1;
                BigInteger tooFew = all - PlainSearch.Tail(cohort, survivors, k, t - 1);
                if (
                    t - t1 >= 8
                    && t <= k
                    && (tooFew * cohort) << 20 < all
                    && PlainSearch.IsConnected(cohort, corrupt + cohort - survivors, k, 121)
                )
                {
                    Assert.Equal(corruptNeighbours, t1);
                    return (k, t);
                }
            }

            return (0, 0);
        }
    }

    [Theory]
    [InlineData(1000, 10, 900, 54, 33)]
    [InlineData(1000, 50, 900, 106, 75)]
    [InlineData(1000, 100, 900, 140, 104)]
    [InlineData(4096, 40, 3686, 90, 60)]
    public void Large_rounds_have_these_sizes(int cohort, int corrupt, int survivors, int neighbours, int threshold)
    {
        GraphParameters found = GraphSizing.ForRound(cohort, corrupt, survivors)!;

        Assert.Equal((neighbours, threshold), (found.Neighbours, found.Threshold));
    }

    [Theory]
    [InlineData(257, 100, 179)]
    [InlineData(1000, 400, 600)]
    [InlineData(4097, 1, 4097)]
    [InlineData(2, 0, 2)]
    [InlineData(300, -1, 300)]
    [InlineData(300, 301, 300)]
    [InlineData(300, 1, 301)]
    [InlineData(300, 1, -1)]
    public void Impossible_numbers_have_no_graph(int cohort, int corrupt, int survivors) =>
        Assert.Null(GraphSizing.ForRound(cohort, corrupt, survivors));

    // spec 03-masking#blame-1
    [Theory]
    [InlineData(257, 1, 26)]
    [InlineData(300, 30, 100)]
    [InlineData(1000, 33, 90)]
    [InlineData(1000, 0, 40)]
    public void The_corrupt_neighbours_that_blame_allows_for_are_those_of_the_tail(
        int cohort,
        int corrupt,
        int neighbours
    )
    {
        int bound = GraphSizing.LyingNeighbours(cohort, corrupt, neighbours);
        BigInteger all = PlainSearch.Choose(cohort, neighbours);

        Assert.True(IsRare(bound));
        Assert.True(bound == 0 || !IsRare(bound - 1));

        bool IsRare(int more) => (PlainSearch.Tail(cohort, corrupt, neighbours, more) * cohort) << 40 <= all;
    }

    private static MaskGraph Draw(int size, int seed)
    {
        Random random = new(seed);
        IEnumerable<ushort> members = Enumerable
            .Range(0, 300)
            .OrderBy(_ => random.Next())
            .Take(size)
            .Select(member => (ushort)member);
        return MaskGraph.TryCreate(s_descriptor, KeyOf(seed), PartySet.Of(300, members))!;
    }

    private static Digest KeyOf(int seed) => Digest.Of(BitConverter.GetBytes(seed));

    /// <summary>Written from spec 03-masking#graph-2 and graph-3 alone, in unbounded integers.</summary>
    private static class Reference
    {
        public static Dictionary<ushort, ushort[]> Neighbourhoods(Digest k, ushort[] members, int neighbours)
        {
            List<int> ring = [.. Enumerable.Range(0, members.Length)];
            IEnumerator<BigInteger> words = Words(k).GetEnumerator();
            for (int i = ring.Count - 1; i >= 1; i--)
            {
                BigInteger limit = BigInteger.Pow(2, 32) / (i + 1) * (i + 1);
                do
                {
                    words.MoveNext();
                } while (words.Current >= limit);

                int j = (int)(words.Current % (i + 1));
                (ring[i], ring[j]) = (ring[j], ring[i]);
            }

            return Enumerable
                .Range(0, ring.Count)
                .ToDictionary(
                    place => members[ring[place]],
                    place =>
                        Enumerable
                            .Range(-neighbours / 2, neighbours + 1)
                            .Where(step => step != 0)
                            .Select(step => members[ring[(place + step + ring.Count) % ring.Count]])
                            .Order()
                            .ToArray()
                );
        }

        private static IEnumerable<BigInteger> Words(Digest k)
        {
            for (int block = 0; ; block++)
            {
                byte[] number = new byte[4];
                BinaryPrimitives.WriteInt32LittleEndian(number, block);
                byte[] hash = SHA256.HashData([
                    .. Encoding.ASCII.GetBytes("SecureFed/1 graph"),
                    .. k.ToArray(),
                    .. number,
                ]);
                for (int word = 0; word < 8; word++)
                {
                    yield return new BigInteger(hash.AsSpan(4 * word, 4), isUnsigned: true);
                }
            }
        }
    }
}
