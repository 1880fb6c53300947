using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Updates;

/// <summary>What a party measured becomes integers, or is refused before anything leaves. spec 01-updates#metric-2</summary>
public sealed class MetricValuesTests
{
    private static readonly UpdateEncoding s_encoding = UpdateEncoding.Create(
        2,
        3,
        1.0,
        18,
        metrics: [MetricBlock.Create("loss", 1, 1000, 8), MetricBlock.Create("counts", 2, 7)]
    );

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(-0.001, 0)]
    [InlineData(-0.5 / 256, 0)]
    [InlineData(1.0, 256)]
    [InlineData(0.5 / 256, 0)]
    [InlineData(1.5 / 256, 2)]
    [InlineData(2.5 / 256, 2)]
    [InlineData(2.500001 / 256, 3)]
    [InlineData(double.Epsilon, 0)]
    [InlineData(1000.0 / 256, 1000)]
    [InlineData(1000.5 / 256, 1000)]
    public void A_value_is_rounded_to_the_nearest_step_and_ties_to_even(double value, int steps) =>
        Assert.Equal((ulong)steps, Encode(Loss(value)).Values[2]);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.MaxValue)]
    [InlineData(-1.0 / 256)]
    [InlineData(-1e300)]
    [InlineData(1001.0 / 256)]
    [InlineData(1000.51 / 256)]
    [InlineData(9223372036854775808.0 / 256)]
    public void A_value_outside_its_range_is_refused_with_metric_coordinate_range_and_remedy(double value)
    {
        UpdateRefusedException refused = Assert.Throws<UpdateRefusedException>(() => Encode(Loss(value)));

        Assert.Equal(UpdateFault.MetricOutOfRange, refused.Fault);
        Assert.Equal("loss", refused.Metric);
        Assert.Equal(0, refused.CoordinateIndex);
        Assert.Contains("from 0 to 3.90625 (0 to 1000 steps of 2^-8)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("larger maximum", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_coordinate_at_fault_is_named()
    {
        UpdateRefusedException refused = Assert.Throws<UpdateRefusedException>(() =>
            Encode(MetricValues.None.With("loss", 1).With("counts", 7, 8))
        );

        Assert.Equal(("counts", 1), (refused.Metric, refused.CoordinateIndex));
    }

    [Fact]
    public void The_largest_maximum_takes_the_largest_double_below_it_and_not_the_next()
    {
        UpdateEncoding wide = UpdateEncoding.Create(
            1,
            1,
            1.0,
            18,
            metrics: [MetricBlock.Create("n", 1, long.MaxValue)]
        );
        double below = Math.BitDecrement(9223372036854775808.0);

        Assert.Equal((ulong)below, Encode(MetricValues.None.With("n", below), wide).Values[1]);
        Assert.Throws<UpdateRefusedException>(() =>
            Encode(MetricValues.None.With("n", Math.BitIncrement(below)), wide)
        );
    }

    [Fact]
    public void A_missing_an_unknown_and_a_short_metric_are_refused()
    {
        // spec 01-updates#metric-3
        AssertMismatch("counts", MetricValues.None.With("loss", 1));
        AssertMismatch("loss", MetricValues.None);
        AssertMismatch("extra", Loss(1).With("extra", 1));
        AssertMismatch("counts", MetricValues.None.With("loss", 1).With("counts", 1));
        AssertMismatch("counts", MetricValues.None.With("loss", 1).With("counts", 1, 2, 3));
        Assert.Throws<ArgumentException>(() => Loss(1).With("loss", 2));

        UpdateEncoding without = UpdateEncoding.Create(2, 3, 1.0, 18);
        Assert.Throws<UpdateRefusedException>(() => Encode(Loss(1), without));
        Assert.Equal(2, Encode(MetricValues.None, without).Values.Length);
    }

    [Fact]
    public void A_refused_metric_draws_no_randomness()
    {
        SeededBytes random = new(1);
        ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create([0.1f, 0.2f]), s_encoding);

        Assert.Throws<UpdateRefusedException>(() => EncodedUpdate.Encode(clipped, random, Loss(double.NaN)));
        Assert.Equal(0, random.BytesDrawn);
        _ = EncodedUpdate.Encode(clipped, random, Loss(1));
        Assert.NotEqual(0, random.BytesDrawn);
    }

    [Fact]
    public void Values_are_not_printed_and_the_order_of_adding_does_not_matter()
    {
        MetricValues values = MetricValues.None.With("counts", 5, 6).With("loss", 2);

        Assert.Equal("MetricValues(2)", values.ToString());
        EncodedUpdate encoded = Encode(values);
        Assert.Equal(512UL, encoded.Values[2]);
        Assert.Equal(5UL, encoded.Values[3]);
        Assert.Equal(6UL, encoded.Values[4]);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void Sums_are_given_out_from_the_asked_number_of_parties_on(int minimum, bool isReleased)
    {
        UpdateSum sum = SumOf(3 * 256, 7, 0);

        MetricRelease release = sum.Metrics(minimum);

        if (isReleased)
        {
            MetricSums sums = Assert.IsType<MetricRelease.Released>(release).Sums;
            Assert.Equal(3.0, Assert.Single(sums.Sums("loss")));
            Assert.Equal<long[]>([7, 0], [.. sums.Integers("counts")]);
            Assert.Throws<ArgumentException>(() => sums.Sums("los"));
        }
        else
        {
            MetricRelease.Withheld withheld = Assert.IsType<MetricRelease.Withheld>(release);
            Assert.Equal((3, minimum), (withheld.Contributors, withheld.MinimumContributors));
            Assert.Throws<InvalidOperationException>(release.SumsOrThrow);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => sum.Metrics(0));
    }

    [Theory]
    [InlineData(3000, 21, true)]
    [InlineData(3001, 21, false)]
    [InlineData(3000, 22, false)]
    [InlineData(0, -1, false)]
    [InlineData(0, 0, true)]
    public void A_sum_outside_what_the_contributors_can_reach_breaks_the_plan(int loss, int count, bool holds)
    {
        UpdateSum sum = SumOf(loss, 0, count);

        Assert.Equal(holds, sum.IsWithinPlan);
        Assert.Equal(holds, Unmasking(loss, count));

        static bool Unmasking(int loss, int count) =>
            SecureFed.Protocol.Unmasking.IsInRange(s_encoding, Vector(loss, 0, count), contributors: 3);
    }

    private static MetricValues Loss(double loss) => MetricValues.None.With("loss", loss).With("counts", 0, 0);

    private static EncodedUpdate Encode(MetricValues values, UpdateEncoding? encoding = null) =>
        EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create(new float[(encoding ?? s_encoding).Length]), encoding ?? s_encoding),
            new SeededBytes(1),
            values
        );

    private static RingVector Vector(long loss, long first, long second)
    {
        RingVector vector = new(s_encoding.Ring, s_encoding.RingLength);
        (vector[2], vector[3], vector[4]) = (unchecked((ulong)loss), unchecked((ulong)first), unchecked((ulong)second));
        return vector;
    }

    private static UpdateSum SumOf(long loss, long first, long second) =>
        new RingSum(
            s_encoding,
            Vector(loss, first, second),
            [.. Enumerable.Range(0, 3).Select(ParticipantId.FromIndex)]
        ).Decode();

    private static void AssertMismatch(string metric, MetricValues values)
    {
        UpdateRefusedException refused = Assert.Throws<UpdateRefusedException>(() => Encode(values));
        Assert.Equal((UpdateFault.MetricsMismatch, metric), (refused.Fault, refused.Metric));
    }
}
