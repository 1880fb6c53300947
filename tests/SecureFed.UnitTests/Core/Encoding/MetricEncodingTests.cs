using System.Collections.Immutable;
using System.Numerics;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Core.Encoding;

/// <summary>Metrics in the lattice of a plan: the ring holds their largest sums, and every number counts.</summary>
public sealed class MetricEncodingTests(ITestOutputHelper output)
{
    [Fact]
    public void The_ring_holds_the_largest_sum_of_values_weights_and_metrics_and_is_not_wider() =>
        Prop.ForAll(
                PlanCase.Arbitrary,
                plan =>
                {
                    UpdateEncoding encoding = WithMetrics(plan, largestBits: 59);
                    BigInteger largest = BigInteger.Max(encoding.CoordinateBound, encoding.MaximumWeight);
                    largest = encoding.Metrics.Aggregate(
                        largest,
                        (bound, block) => BigInteger.Max(bound, block.Maximum)
                    );

                    // Reference: the least b with n · largest ≤ 2^(b − 1) − 1, searched.
                    int bits = 2;
                    while (plan.Participants * largest > (BigInteger.One << (bits - 1)) - 1)
                    {
                        bits++;
                    }

                    return encoding.RingBits == bits
                        && encoding.RingLength
                            == plan.Length + (encoding.IsWeighted ? 1 : 0) + encoding.Metrics.Sum(block => block.Count);
                }
            )
            .Holds(output, 1000);

    [Fact]
    public void The_sums_of_metrics_are_those_of_big_integers_also_at_their_maximum() =>
        Prop.ForAll(
                PlanCase.Arbitrary,
                plan =>
                {
                    // Up to 2^53 every integer is a double.
                    UpdateEncoding encoding = WithMetrics(plan, largestBits: 52);
                    Random random = new(plan.Seed);
                    RingVector sum = new(encoding.Ring, encoding.RingLength);
                    Dictionary<string, BigInteger[]> expected = encoding.Metrics.ToDictionary(
                        block => block.Name,
                        block => new BigInteger[block.Count]
                    );
                    for (int party = 0; party < plan.Participants; party++)
                    {
                        MetricValues values = MetricValues.None;
                        foreach (MetricBlock block in encoding.Metrics)
                        {
                            long[] steps =
                            [
                                .. Enumerable
                                    .Range(0, block.Count)
                                    .Select(i => i == 0 ? block.Maximum : random.NextInt64(block.Maximum + 1)),
                            ];
                            values = values.With(
                                block.Name,
                                [.. steps.Select(step => Math.ScaleB((double)step, -block.FractionBits))]
                            );
                            for (int i = 0; i < steps.Length; i++)
                            {
                                expected[block.Name][i] += steps[i];
                            }
                        }

                        sum.Add(Encoded(encoding, plan, values).Values);
                    }

                    UpdateSum decoded = new RingSum(
                        encoding,
                        sum,
                        [.. Enumerable.Range(0, plan.Participants).Select(ParticipantId.FromIndex)]
                    ).Decode();
                    MetricSums sums = decoded.Metrics(1).SumsOrThrow();
                    return decoded.IsWithinPlan
                        && sums.Contributors == plan.Participants
                        && (!encoding.IsWeighted || decoded.TotalWeight == plan.Participants)
                        && expected.All(metric =>
                            sums.Integers(metric.Key).Select(value => (BigInteger)value).SequenceEqual(metric.Value)
                        );
                }
            )
            .Holds(output, 300);

    [Theory]
    [InlineData(1, 1, 1, 19)]
    [InlineData(1, (1 << 18) + 1, 1, 20)]
    [InlineData(3, 1 << 20, 1, 23)]
    [InlineData(1, long.MaxValue, 1, 64)]
    [InlineData(2, (1L << 62) - 1, 1, 64)]
    public void The_width_follows_from_the_largest_bound(int participants, long maximum, int count, int bits)
    {
        UpdateEncoding encoding = UpdateEncoding.Create(
            1,
            participants,
            clipNorm: 0.9999,
            fractionBits: 18,
            metrics: [MetricBlock.Create("m", count, maximum)]
        );

        Assert.Equal(bits, encoding.RingBits);
    }

    [Fact]
    public void A_metric_that_makes_the_ring_too_wide_is_refused_with_numbers_that_would_do()
    {
        MetricBlock wide = MetricBlock.Create("loss", 1, 1L << 62);
        PlanRefusedException refused = Assert.Throws<PlanRefusedException>(() =>
            UpdateEncoding.Create(1, 2, 1.0, 18, metrics: [wide])
        );

        Assert.Equal(PlanFault.RingTooWide, refused.Fault);
        Assert.Contains("'loss'", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"{(1L << 62) - 1} steps", refused.Message, StringComparison.Ordinal);
        Assert.Contains("at most 1 participants", refused.Message, StringComparison.Ordinal);
        Assert.Equal(64, UpdateEncoding.Create(1, 1, 1.0, 18, metrics: [wide]).RingBits);
        Assert.Equal(
            64,
            UpdateEncoding.Create(1, 2, 1.0, 18, metrics: [MetricBlock.Create("loss", 1, (1L << 62) - 1)]).RingBits
        );
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(-1, 1, 0)]
    [InlineData(4097, 1, 0)]
    [InlineData(1, 0, 0)]
    [InlineData(1, -1, 0)]
    [InlineData(1, long.MinValue, 0)]
    [InlineData(1, 1, -1)]
    [InlineData(1, 1, 61)]
    public void A_block_out_of_range_is_refused(int count, long maximum, int fractionBits)
    {
        Assert.Equal(
            PlanFault.MetricOutOfRange,
            Assert.Throws<PlanRefusedException>(() => MetricBlock.Create("loss", count, maximum, fractionBits)).Fault
        );
        Assert.NotNull(MetricBlock.Create("loss", 4096, long.MaxValue, 60));
    }

    [Fact]
    public void Lists_that_are_too_long_or_name_a_metric_twice_are_refused()
    {
        MetricBlock[] most = [.. Enumerable.Range(0, 64).Select(i => MetricBlock.Create($"m{i}", 64, 1))];
        Assert.Equal(4097, UpdateEncoding.Create(1, 2, 1.0, 18, metrics: most).RingLength);
        AssertRefused([.. most, MetricBlock.Create("one-more", 1, 1)]);
        AssertRefused([.. most[1..], MetricBlock.Create("larger", 65, 1)]);
        AssertRefused([most[0], most[1], MetricBlock.Create("m0", 2, 9)]);
        Assert.Throws<ArgumentNullException>(() => UpdateEncoding.Create(1, 2, 1.0, 18, metrics: [most[0], null!]));

        static void AssertRefused(MetricBlock[] metrics) =>
            Assert.Equal(
                PlanFault.MetricOutOfRange,
                Assert.Throws<PlanRefusedException>(() => UpdateEncoding.Create(1, 2, 1.0, 18, metrics: metrics)).Fault
            );
    }

    [Fact]
    public void Encodings_are_equal_only_with_the_same_metrics_in_the_same_order()
    {
        MetricBlock a = MetricBlock.Create("a", 1, 5);
        MetricBlock b = MetricBlock.Create("b", 1, 5);
        UpdateEncoding ab = Of(a, b);

        Assert.Equal(ab, Of(MetricBlock.Create("a", 1, 5), b));
        Assert.Equal(ab.GetHashCode(), Of(a, b).GetHashCode());
        foreach (
            UpdateEncoding other in (UpdateEncoding[])
                [
                    Of(),
                    Of(a),
                    Of(b, a),
                    Of(a, MetricBlock.Create("c", 1, 5)),
                    Of(a, MetricBlock.Create("b", 1, 4)),
                    Of(a, MetricBlock.Create("b", 1, 5, 1)),
                ]
        )
        {
            Assert.NotEqual(ab, other);
        }

        static UpdateEncoding Of(params MetricBlock[] metrics) => UpdateEncoding.Create(4, 3, 1.0, 18, 7, metrics);
    }

    private static UpdateEncoding WithMetrics(PlanCase plan, int largestBits)
    {
        Random random = new(plan.Seed);
        ImmutableArray<MetricBlock> blocks =
        [
            .. Enumerable
                .Range(0, random.Next(1, 5))
                .Select(i =>
                    MetricBlock.Create(
                        $"m{i}",
                        random.Next(1, 6),
                        Math.Max(1, random.NextInt64(1L << random.Next(1, largestBits + 1))),
                        random.Next(61)
                    )
                ),
        ];
        return UpdateEncoding.Create(
            plan.Length,
            plan.Participants,
            plan.ClipNorm,
            plan.FractionBits,
            plan.MaximumWeight,
            blocks
        );
    }

    private static EncodedUpdate Encoded(UpdateEncoding encoding, PlanCase plan, MetricValues values) =>
        EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create(new float[plan.Length]), encoding),
            new SeededBytes(plan.Seed),
            values
        );
}
