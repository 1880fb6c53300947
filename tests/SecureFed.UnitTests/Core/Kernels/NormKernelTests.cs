using System.Numerics;
using SecureFed.Core.Kernels;

namespace SecureFed.UnitTests.Core.Kernels;

[Trait("Suite", "Kernels")]
public sealed class NormKernelTests
{
    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(0xFFFFu)]
    public void The_integer_norm_of_narrow_lanes_is_exact(uint mask)
    {
        for (int length = 0; length <= KernelCases.LongestLength; length++)
        {
            uint[] lanes = [.. KernelCases.Lanes(length, length, mask).Select(lane => (uint)lane)];
            BigInteger expected = Sum(lanes, static lane => BigInteger.Pow(unchecked((int)lane), 2));

            for (int offset = 0; offset < KernelCases.OffsetCount; offset++)
            {
                GuardedBuffer<uint> buffer = new(lanes, offset, uint.MaxValue);
                Assert.Equal(expected, IntegerNorm.Scalar(buffer.Span));
                foreach (VectorWidth width in KernelCases.Widths)
                {
                    Assert.Equal(expected, IntegerNorm.Vector(width, buffer.Span));
                }
            }
        }
    }

    [Theory]
    [InlineData(0xFFFF_FFFFul)]
    [InlineData(0x1_FFFF_FFFFul)]
    [InlineData(0x03FF_FFFF_FFFF_FFFFul)]
    public void The_integer_norm_of_wide_lanes_is_exact(ulong mask)
    {
        for (int length = 0; length <= KernelCases.LongestLength; length++)
        {
            ulong[] lanes = KernelCases.Lanes(length, length, mask);
            for (int i = 0; i < length; i += 2)
            {
                lanes[i] = unchecked(0 - lanes[i]);
            }

            BigInteger expected = Sum(lanes, static lane => BigInteger.Pow(unchecked((long)lane), 2));

            for (int offset = 0; offset < KernelCases.OffsetCount; offset++)
            {
                GuardedBuffer<ulong> buffer = new(lanes, offset, 3);
                Assert.Equal(expected, IntegerNorm.Scalar(buffer.Span));
                foreach (VectorWidth width in KernelCases.Widths)
                {
                    Assert.Equal(expected, IntegerNorm.Vector(width, buffer.Span));
                }
            }
        }
    }

    [Fact]
    public void Float_sums_are_the_same_bits_at_every_width()
    {
        foreach (int length in Lengths())
        {
            float[] values = KernelCases.Floats(length, length, 3e38f);
            double squares = SumOfSquares.Scalar(values);
            double variance = RoundingVariance.Scalar(values, 1000.0 / 3);
            double roundedUp = RoundedUpNorm.Scalar(values, 1000.0 / 3);

            for (int offset = 0; offset < (length > 300 ? 2 : KernelCases.OffsetCount); offset++)
            {
                GuardedBuffer<float> buffer = new(values, offset, float.NaN);
                foreach (VectorWidth width in KernelCases.Widths)
                {
                    Assert.Equal(Bits(squares), Bits(SumOfSquares.Vector(width, buffer.Span)));
                    Assert.Equal(Bits(variance), Bits(RoundingVariance.Vector(width, buffer.Span, 1000.0 / 3)));
                    Assert.Equal(Bits(roundedUp), Bits(RoundedUpNorm.Vector(width, buffer.Span, 1000.0 / 3)));
                }
            }
        }
    }

    [Fact]
    public void The_double_norm_is_within_its_stated_error_of_the_exact_one()
    {
        foreach (int length in Lengths().Where(length => length > 0))
        {
            float[] values = KernelCases.Floats(length, length + 7, 3e38f);
            values[0] = 1f;
            BigInteger exact = BigInteger.Zero;
            foreach (float value in values)
            {
                exact += BigInteger.Pow(Scaled(value), 2);
            }

            // Both sides times 2^298, and the difference times 2^36.
            BigInteger difference = BigInteger.Abs(ScaledDouble(SumOfSquares.Run(values), 298) - exact);
            Assert.True(difference << 36 <= exact, $"{length} values");
        }
    }

    [Fact]
    public void Variance_and_worst_case_of_rounding_follow_their_formulas()
    {
        // Fractions ½, ¼, ¾ and 0; magnitudes 1.5, 2.25, 0.75 and 4.
        float[] values = [0.375f, -0.5625f, 0.1875f, -1f];

        Assert.Equal(0.25 + 0.1875 + 0.1875, RoundingVariance.Run(values, 4));
        Assert.Equal(4 + 9 + 1 + 16, RoundedUpNorm.Run(values, 4));
    }

    [Fact]
    public void Scaling_gives_the_same_bits_at_every_width()
    {
        for (int length = 0; length <= KernelCases.LongestLength; length++)
        {
            float[] values = KernelCases.Floats(length, length, 3e38f);
            float[] expected = new float[length];
            ScaleFloats.Scalar(values, 1 / 3.0, expected);

            for (int offset = 0; offset < KernelCases.OffsetCount; offset++)
            {
                foreach (VectorWidth width in KernelCases.Widths)
                {
                    GuardedBuffer<float> from = new(values, KernelCases.OffsetCount - 1 - offset, 5f);
                    GuardedBuffer<float> to = new(new float[length], offset, 9f);
                    ScaleFloats.Vector(width, from.Span, 1 / 3.0, to.Span);
                    to.AssertContent(expected, $"{width}, {length} values at {offset}");
                }
            }
        }
    }

    [Fact]
    public void The_first_value_that_is_not_finite_is_found_wherever_it_stands()
    {
        for (int length = 1; length <= KernelCases.LongestLength; length++)
        {
            float[] values = KernelCases.Floats(length, length, float.MaxValue);
            foreach (VectorWidth width in KernelCases.Widths)
            {
                for (int offset = 0; offset < KernelCases.OffsetCount; offset++)
                {
                    GuardedBuffer<float> buffer = new(values, offset, float.NaN);
                    Assert.Equal(-1, FirstNonFinite.Vector(width, buffer.Span));
                }
            }

            for (int position = 0; position < length; position++)
            {
                float[] bad = (float[])values.Clone();
                bad[position] = (position % 3) switch
                {
                    0 => float.NaN,
                    1 => float.PositiveInfinity,
                    _ => float.NegativeInfinity,
                };
                bad[^1] = position % 2 == 0 ? bad[^1] : float.NaN;
                foreach (VectorWidth width in KernelCases.Widths)
                {
                    Assert.Equal(position, FirstNonFinite.Vector(width, bad));
                }
            }
        }
    }

    private static IEnumerable<int> Lengths() =>
        Enumerable.Range(0, KernelCases.LongestLength + 1).Concat([4095, 4096, 4097, 4111, 8192, 10_007]);

    private static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);

    private static BigInteger Sum<T>(T[] lanes, Func<T, BigInteger> term) =>
        lanes.Aggregate(BigInteger.Zero, (sum, lane) => sum + term(lane));

    private static BigInteger Scaled(float value) => ScaledDouble(Math.Abs(value), 149);

    private static BigInteger ScaledDouble(double value, int power)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52) - 1075 + power;
        BigInteger significand = (bits & 0xF_FFFF_FFFF_FFFF) | (bits >> 52 == 0 ? 0 : 1L << 52);
        return exponent >= 0 ? significand << exponent : significand >> -exponent;
    }
}
