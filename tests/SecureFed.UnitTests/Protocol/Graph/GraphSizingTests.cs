using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Protocol.Graph;

public sealed class GraphSizingTests(ITestOutputHelper output)
{
    [Fact]
    public void Small_graphs_are_those_of_a_plain_count_of_all_draws()
    {
        int solved = 0;
        int unsolved = 0;
        for (int clients = GraphSizing.MinimumClients; clients <= 18; clients++)
        {
            foreach ((int bits, int failureBits) in (ReadOnlySpan<(int, int)>)[(1, 1), (3, 2), (8, 8), (40, 20)])
            {
                for (int tenths = 0; tenths < 100; tenths++)
                {
                    foreach (GraphAdversary adversary in Enum.GetValues<GraphAdversary>())
                    {
                        GraphRequirements requirements = new(clients, tenths / 10 / 10m, tenths % 10 / 10m)
                        {
                            SecrecyBits = bits,
                            FailureBits = failureBits,
                            Adversary = adversary,
                        };
                        (int, int)? expected = PlainSearch.Find(requirements);
                        Assert.Equal(expected, Find(requirements));
                        (solved, unsolved) = expected is null ? (solved, unsolved + 1) : (solved + 1, unsolved);
                    }
                }
            }
        }

        Assert.InRange(solved, 1000, int.MaxValue);
        Assert.InRange(unsolved, 1000, int.MaxValue);
    }

    [Fact]
    public void Middle_sized_graphs_are_those_of_a_plain_count_of_all_draws() =>
        Prop.ForAll(
                Requirements(25, 120),
                requirements => Nullable.Equals(PlainSearch.Find(requirements), Find(requirements))
            )
            .Holds(output, 30);

    // Two marked among n = 2^(b+1) + 1: both are drawn with probability 1/C(n, 2) = 2^-b/n, the limit itself.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(19)]
    [InlineData(22)]
    public void A_tail_at_the_limit_passes_and_a_strict_one_does_not(int bits)
    {
        int population = (1 << (bits + 1)) + 1;

        Assert.Equal(1, BoundOfTwo(population, bits, isStrict: false));
        Assert.Equal(2, BoundOfTwo(population, bits, isStrict: true));
        Assert.Equal(1, BoundOfTwo(population + 1, bits, isStrict: true));
        Assert.Equal(2, BoundOfTwo(population - 1, bits, isStrict: false));
    }

    private static int BoundOfTwo(int population, int bits, bool isStrict)
    {
        HypergeometricTail tail = new(population, marked: 2, bits, isStrict);
        tail.Draw();
        tail.Draw();
        return tail.Bound;
    }

    [Fact]
    public void More_of_anything_bad_never_needs_a_smaller_graph() =>
        Prop.ForAll(
                Requirements(50, 3000),
                requirements =>
                {
                    int neighbours = NeighboursOf(requirements);
                    return NeighboursOf(requirements with { SecrecyBits = requirements.SecrecyBits + 5 }) >= neighbours
                        && NeighboursOf(requirements with { FailureBits = requirements.FailureBits + 5 }) >= neighbours
                        && NeighboursOf(
                            requirements with
                            {
                                CorruptFraction = Math.Min(0.99m, requirements.CorruptFraction + 0.05m),
                            }
                        ) >= neighbours
                        && NeighboursOf(
                            requirements with
                            {
                                DropoutFraction = Math.Min(0.99m, requirements.DropoutFraction + 0.05m),
                            }
                        ) >= neighbours
                        && NeighboursOf(requirements with { Adversary = GraphAdversary.SemiMalicious }) >= neighbours;
                }
            )
            .Holds(output, 100);

    [Fact]
    public void An_answer_meets_the_rule_of_its_adversary() =>
        Prop.ForAll(
                Requirements(10, 20_000),
                requirements =>
                {
                    if (Find(requirements) is null)
                    {
                        return true;
                    }

                    GraphParameters found = GraphSizing.Find(requirements);
                    return int.IsEvenInteger(found.Neighbours)
                        && found.Neighbours < requirements.Clients
                        && found.Threshold >= 2
                        && (found.MeetsFailureBits || (found.Threshold, found.SurvivingNeighbours) == (2, 1))
                        && found.SurvivingNeighbours <= found.Neighbours
                        && (
                            requirements.Adversary == GraphAdversary.SemiHonest
                                ? found.Threshold > found.CorruptNeighbours
                                : 2 * found.Threshold > found.Neighbours + found.CorruptNeighbours
                        );
                }
            )
            .Holds(output, 100);

    [Theory]
    [InlineData(100, "0.29", 29)]
    [InlineData(100, "0.57", 57)]
    [InlineData(1000, "0.001", 1)]
    [InlineData(10, "0.3", 3)]
    [InlineData(10, "0.2999999999999999999999999999", 2)]
    [InlineData(10_000_000, "0.9999999999999999999999999999", 9_999_999)]
    public void The_floor_of_a_share_is_exact_in_decimals(int clients, string share, int expected)
    {
        decimal fraction = decimal.Parse(share, CultureInfo.InvariantCulture);
        GraphRequirements requirements = new(clients, fraction, fraction);

        Assert.Equal((expected, expected), (requirements.Corrupt, requirements.Dropped));
    }

    // Less than 0.9 = γ + 2δ is not a condition: this has a solution and γ + 2δ = 0.99.
    [Fact]
    public void No_rule_but_the_search_refuses_a_graph() =>
        Assert.NotNull(Find(new GraphRequirements(100_000, 0.33m, 0.33m)));

    [Theory]
    [InlineData(1000, "0.5", "0.5", GraphAdversary.SemiHonest)]
    [InlineData(100, "0.9", "0.9", GraphAdversary.SemiHonest)]
    [InlineData(1000, "0.4", "0.4", GraphAdversary.SemiMalicious)]
    [InlineData(1_000_000, "0.5", "0.5", GraphAdversary.SemiMalicious)]
    public void A_graph_that_does_not_exist_is_refused_with_a_remedy(
        int clients,
        string corrupt,
        string dropout,
        GraphAdversary adversary
    )
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        GraphRequirements requirements = new(clients, decimal.Parse(corrupt, culture), decimal.Parse(dropout, culture))
        {
            Adversary = adversary,
        };

        AssertRefused(GraphFault.NoSolution, requirements);
    }

    [Fact]
    public void A_threshold_that_had_to_be_raised_says_that_the_failure_bits_do_not_hold()
    {
        GraphRequirements requirements = new(10, 0, 0.33m) { Adversary = GraphAdversary.SemiHonest };

        Assert.False(GraphSizing.Find(requirements).MeetsFailureBits);
        Assert.True(GraphSizing.Find(requirements with { Clients = 100 }).MeetsFailureBits);
    }

    [Fact]
    public void Every_number_out_of_range_is_refused_under_its_own_name()
    {
        GraphRequirements good = new(100, 0.1m, 0.1m);

        AssertRefused(GraphFault.ClientCountOutOfRange, good with { Clients = 2 });
        AssertRefused(GraphFault.ClientCountOutOfRange, good with { Clients = GraphSizing.MaximumClients + 1 });
        AssertRefused(GraphFault.CorruptFractionOutOfRange, good with { CorruptFraction = -0.01m });
        AssertRefused(GraphFault.CorruptFractionOutOfRange, good with { CorruptFraction = 1 });
        AssertRefused(GraphFault.DropoutFractionOutOfRange, good with { DropoutFraction = -0.01m });
        AssertRefused(GraphFault.DropoutFractionOutOfRange, good with { DropoutFraction = 1 });
        AssertRefused(GraphFault.SecrecyBitsOutOfRange, good with { SecrecyBits = 0 });
        AssertRefused(GraphFault.SecrecyBitsOutOfRange, good with { SecrecyBits = GraphSizing.MaximumBits + 1 });
        AssertRefused(GraphFault.FailureBitsOutOfRange, good with { FailureBits = 0 });
        AssertRefused(GraphFault.FailureBitsOutOfRange, good with { FailureBits = GraphSizing.MaximumBits + 1 });
        AssertRefused(GraphFault.UnknownAdversary, good with { Adversary = (GraphAdversary)9 });
        Assert.NotNull(Find(good));
    }

    private static void AssertRefused(GraphFault fault, GraphRequirements requirements)
    {
        GraphRefusedException refused = Assert.Throws<GraphRefusedException>(() => GraphSizing.Find(requirements));

        Assert.Equal(fault, refused.Fault);
        Assert.NotEmpty(refused.Finding);
        Assert.NotEmpty(refused.Remedy);
    }

    private static int NeighboursOf(GraphRequirements requirements) => Find(requirements)?.Neighbours ?? int.MaxValue;

    private static (int Neighbours, int Threshold)? Find(GraphRequirements requirements)
    {
        try
        {
            GraphParameters found = GraphSizing.Find(requirements);
            return (found.Neighbours, found.Threshold);
        }
        catch (GraphRefusedException refused) when (refused.Fault == GraphFault.NoSolution)
        {
            return null;
        }
    }

    private static Arbitrary<GraphRequirements> Requirements(int least, int most) =>
        Arb.From(
            from clients in Gen.Choose(least, most)
            from corrupt in Gen.Choose(0, 45)
            from dropped in Gen.Choose(0, 45)
            from secrecyBits in Gen.Choose(1, 60)
            from failureBits in Gen.Choose(1, 40)
            from adversary in Gen.Elements(GraphAdversary.SemiHonest, GraphAdversary.SemiMalicious)
            select new GraphRequirements(clients, corrupt / 100m, dropped / 100m)
            {
                SecrecyBits = secrecyBits,
                FailureBits = failureBits,
                Adversary = adversary,
            },
            requirements =>
                requirements.Clients == least
                    ? []
                    : [requirements with { Clients = least }, requirements with { Clients = requirements.Clients - 1 }]
        );
}
