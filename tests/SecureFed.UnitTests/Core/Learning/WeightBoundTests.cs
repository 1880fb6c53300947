using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Core.Learning;

/// <summary>A weight bound finds the quantile, moves the right way and gives the same bits everywhere. spec 01-updates#bound-2</summary>
public sealed class WeightBoundTests(ITestOutputHelper output)
{
    // Computed with 400-bit arithmetic by another program: state in steps of 2^-30 after each of three equal rounds.
    [Theory]
    [InlineData(1000, 0.5, 0.2, 5, 5, 971561779665, 879105452175, 795447507527, 741)]
    [InlineData(1000, 0.5, 0.2, 0, 5, 1186668237406, 1311471225385, 1449399858189, 1350)]
    [InlineData(1000, 0.5, 0.2, 2, 5, 1095432847688, 1117562059121, 1140138310278, 1062)]
    [InlineData(1000, 0.5, 0.2, 1, 3, 1110136425009, 1147764625150, 1186668237406, 1105)]
    [InlineData(7, 0.9, 1.0, 6, 7, 7845317616, 8188854437, 8547434313, 8)]
    [InlineData(1L << 31, 0.5, 0.2, 7, 7, 2086413034853186165, 1887864583413127490, 1708210515257066700, 1590895015)]
    [InlineData(1L << 31, 0.5, 0.2, 3, 7, 1L << 61, 1L << 61, 1L << 61, 1L << 31)]
    [InlineData(1, 0.5, 0.2, 0, 65535, 1186668237, 1311471225, 1449399858, 1)]
    [InlineData(1, 0.25, 0.2, 9, 10, 1L << 30, 1L << 30, 1L << 30, 1)]
    [InlineData(123456789, 0.1, 0.3, 999, 1000, 101224496522017238, 77295890258590395, 59023802104745549, 54970199)]
    [InlineData(512, 1 - 1.0 / (1 << 20), 1.0 / (1 << 20), 0, 1, 549756338176, 549756862464, 549757386753, 512)]
    public void The_state_is_correctly_rounded(
        long initial,
        double quantile,
        double rate,
        long within,
        int contributors,
        long first,
        long second,
        long third,
        long value
    )
    {
        WeightBound bound = WeightBound.Start(initial, quantile, rate);
        Assert.Equal(initial, bound.Value);
        foreach (long expected in (long[])[first, second, third])
        {
            bound = bound.Next(within, contributors);
            Assert.Equal(expected, StateOf(bound));
        }

        Assert.Equal(value, bound.Value);
        Assert.Equal(3, bound.StepCount);
    }

    [Theory]
    [InlineData(0.5, 0.2, 3, 0.01)]
    [InlineData(0.5, 0.2, 3, 100.0)]
    [InlineData(0.5, 0.5, 100, 0.01)]
    [InlineData(0.5, 0.5, 100, 100.0)]
    [InlineData(0.3, 0.5, 100, 0.01)]
    [InlineData(0.3, 0.5, 100, 100.0)]
    [InlineData(0.8, 0.5, 100, 0.01)]
    [InlineData(0.8, 0.5, 100, 100.0)]
    public void Sixty_rounds_lead_from_a_hundredth_or_a_hundredfold_to_the_quantile(
        double quantile,
        double rate,
        double spread,
        double factor
    )
    {
        // Evenly spread in their logarithm, the largest `spread` times the smallest. The wider, the slower the last steps.
        long[] weights = [.. Enumerable.Range(0, 200).Select(i => (long)(1000 * Math.Pow(spread, i / 199.0)))];
        double target = weights[(int)(quantile * weights.Length)];
        WeightBound bound = WeightBound.Start((long)(target * factor), quantile, rate);
        for (int round = 0; round < 60; round++)
        {
            bound = bound.Next(Within(weights, bound.Value), weights.Length);
        }

        double share = (double)Within(weights, bound.Value) / weights.Length;
        output.WriteLine($"{bound}; share {share}");
        Assert.InRange(share, quantile - 0.02, quantile + 0.02);
        Assert.InRange(bound.Value, target * 0.9, target * 1.1);

        // The must-fail neighbour: eight rounds are not enough from either side.
        WeightBound early = WeightBound.Start((long)(target * factor), quantile, rate);
        for (int round = 0; round < 8; round++)
        {
            early = early.Next(Within(weights, early.Value), weights.Length);
        }

        double earlyShare = (double)Within(weights, early.Value) / weights.Length;
        Assert.NotInRange(earlyShare, quantile - 0.02, quantile + 0.02);
    }

    [Fact]
    public void More_parties_below_never_give_a_larger_bound_and_a_larger_bound_never_ends_below_a_smaller_one() =>
        Prop.ForAll(
                Arb.From(
                    from initial in Gen.Choose(1, int.MaxValue)
                    from larger in Gen.Choose(1, int.MaxValue)
                    from quantile in Gen.Choose(1, 99)
                    from rate in Gen.Choose(1, 100)
                    from contributors in Gen.Choose(1, 500)
                    from within in Gen.Choose(0, contributors)
                    select (initial, larger, quantile / 100.0, rate / 100.0, contributors, within)
                ),
                testCase =>
                {
                    (int initial, int other, double quantile, double rate, int contributors, int within) = testCase;
                    (long small, long large) = (Math.Min(initial, other), Math.Max(initial, other));
                    WeightBound bound = WeightBound.Start(small, quantile, rate);
                    WeightBound next = bound.Next(within, contributors);
                    bool shrinksWithMore =
                        within == contributors || StateOf(bound.Next(within + 1, contributors)) <= StateOf(next);
                    bool keepsOrder =
                        StateOf(WeightBound.Start(large, quantile, rate).Next(within, contributors)) >= StateOf(next);
                    double excess = ((double)within / contributors) - quantile;
                    bool rightWay =
                        Math.Abs(excess) < 1e-9
                        || (excess > 0 ? StateOf(next) <= StateOf(bound) : StateOf(next) >= StateOf(bound));

                    // Far from both limits the move is the one of the formula, to the precision of the platform's exp.
                    double expected = Math.Clamp(
                        StateOf(bound) * Math.Exp(-rate * excess),
                        1L << 30,
                        (double)(1L << 61)
                    );
                    bool isFormula = Math.Abs(StateOf(next) - expected) <= 1 + (expected * 1e-12);
                    return shrinksWithMore && keepsOrder && rightWay && isFormula;
                }
            )
            .Holds(output, 1000);

    [Fact]
    public void At_the_quantile_the_bound_stays()
    {
        WeightBound bound = WeightBound.Start(777, quantile: 0.25).Next(3, 7);

        Assert.Equal(StateOf(bound), StateOf(bound.Next(25, 100)));
        Assert.NotEqual(StateOf(bound), StateOf(bound.Next(26, 100)));
        Assert.NotEqual(StateOf(bound), StateOf(bound.Next(24, 100)));
    }

    [Fact]
    public void A_party_sends_the_smaller_weight_and_whether_it_is_within()
    {
        WeightBound bound = WeightBound.Start(50);
        UpdateEncoding encoding = UpdateEncoding.Create(2, 3, 1.0, 18, bound.Value, [WeightBound.Block]);
        RingVector sum = new(encoding.Ring, encoding.RingLength);
        foreach (long weight in (long[])[49, 50, 51])
        {
            sum.Add(
                EncodedUpdate
                    .Encode(
                        ClippedUpdate.Clip(LocalUpdate.Create(new float[2], bound.Cap(weight)), encoding),
                        new SeededBytes(1),
                        bound.AddTo(MetricValues.None, weight)
                    )
                    .Values
            );
        }

        UpdateSum decoded = new RingSum(
            encoding,
            sum,
            [.. Enumerable.Range(0, 3).Select(ParticipantId.FromIndex)]
        ).Decode();

        Assert.Equal(149, decoded.TotalWeight);
        Assert.Equal(bound.Next(2, 3), bound.Next(decoded.Metrics(1).SumsOrThrow()));
        Assert.True(bound.Next(2, 3).Value < 50);
        Assert.Throws<ArgumentOutOfRangeException>(() => bound.Cap(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => bound.AddTo(MetricValues.None, 0));
    }

    [Fact]
    public void A_stored_bound_goes_on_with_the_same_bits_and_a_damaged_one_is_refused()
    {
        WeightBound bound = WeightBound.Start(300, 0.7, 0.15).Next(1, 9).Next(8, 9);
        byte[] bytes = bound.ToBytes();

        Assert.Equal(bound, WeightBound.FromBytes(bytes));
        Assert.Equal(bound.Next(4, 9), WeightBound.FromBytes(bytes).Next(4, 9));
        Assert.NotEqual(bound, bound.Next(4, 9));
        int state = bytes.Length - 32;
        AssertRefused(bytes[..^1]);
        AssertRefused([.. bytes, 0]);
        AssertRefused([]);
        AssertRefused(With(0, (byte)'s'));
        AssertRefused(WithNumber(state, (1L << 30) - 1));
        AssertRefused(WithNumber(state, (1L << 61) + 1));
        AssertRefused(WithNumber(state, -1));
        AssertRefused(WithNumber(state + 8, BitConverter.DoubleToInt64Bits(double.NaN)));
        AssertRefused(WithNumber(state + 8, BitConverter.DoubleToInt64Bits(1)));
        AssertRefused(WithNumber(state + 16, BitConverter.DoubleToInt64Bits(0)));
        AssertRefused(WithNumber(state + 16, BitConverter.DoubleToInt64Bits(1.5)));
        AssertRefused(WithNumber(state + 24, -1));
        Assert.Equal(1, WeightBound.FromBytes(WithNumber(state, 1L << 30)).Value);
        Assert.Equal(WeightBound.LargestValue, WeightBound.FromBytes(WithNumber(state, 1L << 61)).Value);

        byte[] With(int position, byte value)
        {
            byte[] changed = [.. bytes];
            changed[position] = value;
            return changed;
        }

        byte[] WithNumber(int position, long number)
        {
            byte[] changed = [.. bytes];
            BinaryPrimitives.WriteInt64LittleEndian(changed.AsSpan(position), number);
            return changed;
        }

        static void AssertRefused(byte[] damaged) =>
            Assert.Throws<FormatException>(() => WeightBound.FromBytes(damaged));
    }

    [Theory]
    [InlineData(0, 0.5, 0.2)]
    [InlineData(-5, 0.5, 0.2)]
    [InlineData((1L << 31) + 1, 0.5, 0.2)]
    [InlineData(1, 0.0, 0.2)]
    [InlineData(1, 1.0, 0.2)]
    [InlineData(1, double.NaN, 0.2)]
    [InlineData(1, 0.5, 0.0)]
    [InlineData(1, 0.5, -0.2)]
    [InlineData(1, 0.5, 1.0000001)]
    [InlineData(1, 0.5, double.NaN)]
    [InlineData(1, 0.5, double.PositiveInfinity)]
    public void A_start_out_of_range_is_refused(long initial, double quantile, double rate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => WeightBound.Start(initial, quantile, rate));

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(6, 5)]
    [InlineData(0, 0)]
    [InlineData(0, -1)]
    public void A_count_that_the_contributors_cannot_have_is_refused(long within, int contributors)
    {
        WeightBound bound = WeightBound.Start(10);
        Assert.Throws<ArgumentOutOfRangeException>(() => bound.Next(within, contributors));
        Assert.Equal(1, bound.Next(0, 5).StepCount);
        Assert.Equal(1, bound.Next(5, 5).StepCount);
    }

    private static long Within(long[] weights, long bound) => weights.LongCount(weight => weight <= bound);

    private static long StateOf(WeightBound bound) =>
        BinaryPrimitives.ReadInt64LittleEndian(bound.ToBytes().AsSpan()[^32..]);
}
