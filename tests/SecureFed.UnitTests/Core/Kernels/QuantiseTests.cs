using System.Numerics;
using SecureFed.Core.Kernels;

namespace SecureFed.UnitTests.Core.Kernels;

[Trait("Suite", "Kernels")]
public sealed class QuantiseTests
{
    [Theory]
    [InlineData(1.0, 2147483000f)]
    [InlineData(262144.0, 8000f)]
    [InlineData(262144.0 / 3, 8000f)]
    public void Narrow_lanes_hold_the_rounded_value_at_every_width(double factor, float largest) =>
        Check<uint>(factor, largest, 32, (width, values, random, lanes) => Run(width, values, factor, random, lanes));

    [Theory]
    [InlineData(1.0, 2147483000f)]
    [InlineData(4611686018427387904.0, 1.99f)]
    [InlineData(1099511627776.0 / 3, 1000f)]
    public void Wide_lanes_hold_the_rounded_value_at_every_width(double factor, float largest) =>
        Check<ulong>(factor, largest, 64, (width, values, random, lanes) => Run(width, values, factor, random, lanes));

    [Fact]
    public void The_largest_random_number_rounds_toward_zero_everywhere()
    {
        uint[] lanes = new uint[4];

        Quantise.Run([1.99999f, -1.99999f, 0.999f, -0f], 1.0, (ushort[])[65535, 65535, 65535, 65535], lanes.AsSpan());

        Assert.Equal([1, -1, 0, 0], lanes.Select(lane => unchecked((int)lane)));
    }

    [Fact]
    public void Equality_with_the_threshold_is_reported_and_only_that()
    {
        uint[] lanes = new uint[1];

        Assert.True(Quantise.Run([0.5f], 1.0, (ushort[])[32768], lanes.AsSpan()));
        Assert.Equal(0u, lanes[0]);
        Assert.False(Quantise.Run([0.5f], 1.0, (ushort[])[32767], lanes.AsSpan()));
        Assert.Equal(1u, lanes[0]);
        Assert.False(Quantise.Run([0.5f], 1.0, (ushort[])[32769], lanes.AsSpan()));
        Assert.Equal(0u, lanes[0]);
    }

    private delegate bool Kernel<T>(
        VectorWidth width,
        ReadOnlySpan<float> values,
        ReadOnlySpan<ushort> random,
        Span<T> lanes
    );

    private static bool Run<T>(
        VectorWidth width,
        ReadOnlySpan<float> values,
        double factor,
        ReadOnlySpan<ushort> random,
        Span<T> lanes
    )
        where T : unmanaged, IBinaryInteger<T> =>
        width == VectorWidth.Scalar
            ? Quantise.Scalar(values, factor, random, lanes)
            : Quantise.Vector(width, values, factor, random, lanes);

    private static void Check<T>(double factor, float largest, int laneBits, Kernel<T> kernel)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (int length = 0; length <= KernelCases.LongestLength; length++)
        {
            float[] values = KernelCases.Floats(length, length + 1, largest);
            ushort[] random = new ushort[length];
            Random source = new(length);
            for (int i = 0; i < length; i++)
            {
                random[i] = (ushort)(
                    source.Next(4) switch
                    {
                        0 => 0,
                        1 => 65535,
                        _ => source.Next(65536),
                    }
                );
            }

            T[] expected = new T[length];
            bool undecided = false;
            for (int i = 0; i < length; i++)
            {
                (BigInteger rounded, bool equal) = Reference(values[i], factor, random[i]);
                expected[i] = T.CreateTruncating((ulong)(rounded & ulong.MaxValue));
                undecided |= equal;
            }

            for (int offset = 0; offset < KernelCases.OffsetCount; offset++)
            {
                foreach (VectorWidth width in KernelCases.Widths)
                {
                    GuardedBuffer<float> from = new(values, KernelCases.OffsetCount - 1 - offset, 0.75f);
                    GuardedBuffer<ushort> bits = new(random, offset, 77);
                    GuardedBuffer<T> to = new(new T[length], offset, T.CreateTruncating(0xABCDEF01));

                    Assert.Equal(undecided, kernel(width, from.Span, bits.Span, to.Span));
                    to.AssertContent(expected, $"{width}, {laneBits}-bit lanes, {length} values at {offset}");
                }
            }
        }
    }

    // The formula on the exact product of the double multiplication.
    private static (BigInteger Rounded, bool Equal) Reference(float value, double factor, ushort random)
    {
        long bits = BitConverter.DoubleToInt64Bits(Math.Abs(value * factor));
        int exponent = (int)(bits >> 52) - 1075;
        BigInteger significand = (bits & 0xF_FFFF_FFFF_FFFF) | (bits >> 52 == 0 ? 0 : 1L << 52);
        BigInteger sixteenths = exponent + 16 >= 0 ? significand << (exponent + 16) : significand >> -(exponent + 16);
        BigInteger integer = sixteenths >> 16;
        BigInteger threshold = sixteenths & 0xFFFF;
        BigInteger rounded = integer + (random < threshold ? 1 : 0);
        return (value < 0 ? -rounded : rounded, random == threshold);
    }
}
