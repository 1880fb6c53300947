using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>The front door with the real suite, end to end.</summary>
public sealed class FirstSumTests
{
    [Fact]
    public void The_first_sum_is_exact_on_the_grid()
    {
        AggregationPlan plan = Plans.Masked(length: 5, parties: 4, survivors: 3);
        using InProcessRound round = InProcessRound.Start(plan, SystemRandomSource.Instance);
        for (int i = 0; i < 4; i++)
        {
            round.Contribute(ParticipantId.FromIndex(i), Plans.OnGrid(5, i));
        }

        RoundOutcome outcome = round.Complete();

        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(outcome);
        Assert.Equal(Plans.SumOf(5, [0, 1, 2, 3]), done.Sum.Integers());
        Assert.Equal(4, done.Survivors.Length);
        Assert.Equal(4, done.Receipts.Count);
        Assert.Empty(done.Faults);
    }

    [Fact]
    public void Twenty_toy_rounds_of_eight_parties_are_exact()
    {
        AggregationPlan plan = Plans.Masked(length: 16, parties: 8, survivors: 6);
        for (ulong seed = 0; seed < 20; seed++)
        {
            using InProcessFederation federation = TestFederation.Create(8, seed);
            using InProcessRound round = federation.StartRound(plan);
            for (int i = 0; i < 8; i++)
            {
                round.Contribute(ParticipantId.FromIndex(i), Plans.OnGrid(16, i));
            }

            Assert.Equal(Plans.SumOf(16, [0, 1, 2, 3, 4, 5, 6, 7]), round.Complete().SumOrThrow().Integers());
        }
    }
}

/// <summary>Small plans and updates that lie on the grid, so that every sum is known exactly.</summary>
internal static class Plans
{
    public const int FractionBits = 10;

    public static AggregationPlan Masked(int length, int parties, int survivors, int c = 1, long maximumWeight = 0) =>
        AggregationPlan.Create(
            length,
            parties,
            clipNorm: 4096,
            FractionBits,
            PrivacyPlan.None(because: "test"),
            AggregationScheme.PairwiseMasked(survivors, collusionBound: c),
            maximumWeight
        );

    /// <summary>Coordinate k of party i is the integer (i + 1)·(k + 1) grid steps, with alternating sign: loss and doubling show.</summary>
    public static long[] Integers(int length, int party) =>
        [.. Enumerable.Range(1, length).Select(k => (k % 2 == 0 ? -1L : 1L) * k * (1L << party))];

    public static float[] OnGrid(int length, int party) =>
        [.. Integers(length, party).Select(value => (float)value / (1 << FractionBits))];

    public static long[] SumOf(int length, IEnumerable<int> parties)
    {
        long[] sum = new long[length];
        foreach (int party in parties)
        {
            long[] one = Integers(length, party);
            for (int k = 0; k < length; k++)
            {
                sum[k] += one[k];
            }
        }

        return sum;
    }
}
