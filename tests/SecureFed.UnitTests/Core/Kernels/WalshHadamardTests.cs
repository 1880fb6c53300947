using System.Numerics;
using SecureFed.Core.Kernels;

namespace SecureFed.UnitTests.Core.Kernels;

[Trait("Suite", "Kernels")]
public sealed class WalshHadamardTests
{
    private const int LongestExponent = 15;

    [Fact]
    public void Every_width_gives_the_bits_of_a_transform_written_pair_by_pair()
    {
        for (int exponent = 0; exponent <= LongestExponent; exponent++)
        {
            float[] values = KernelCases.Floats(1 << exponent, exponent, largest: 1e6f);
            float[] expected = PairByPair(values);
            int[] offsets = exponent < 10 ? [.. Enumerable.Range(0, KernelCases.OffsetCount)] : [0, 3];
            foreach (VectorWidth width in KernelCases.Widths)
            {
                foreach (int offset in offsets)
                {
                    GuardedBuffer<float> buffer = new(values, offset, 12345.678f);
                    WalshHadamard.Vector(width, buffer.Span);
                    buffer.AssertContent(expected, $"2^{exponent} at {width}, offset {offset}");
                    Assert.Equal(Bits(expected), Bits(buffer.Span));
                }
            }

            float[] chosen = (float[])values.Clone();
            WalshHadamard.Run(chosen);
            Assert.Equal(Bits(expected), Bits(chosen));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(512)]
    public void It_is_the_matrix_whose_signs_are_the_parity_of_common_bits(int length)
    {
        // Whole numbers, so that floats add without rounding and equality is exact.
        Random random = new(length);
        float[] values = [.. Enumerable.Range(0, length).Select(_ => (float)random.Next(-1000, 1001))];
        float[] expected = new float[length];
        for (int i = 0; i < length; i++)
        {
            for (int j = 0; j < length; j++)
            {
                expected[i] += (BitOperations.PopCount((uint)(i & j)) % 2 == 0) ? values[j] : -values[j];
            }
        }

        float[] scalar = (float[])values.Clone();
        WalshHadamard.Scalar(scalar);
        Assert.Equal(expected, scalar);
        WalshHadamard.Run(values);
        Assert.Equal(expected, values);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(48)]
    public void A_length_that_is_no_power_of_two_is_our_mistake(int length) =>
        Assert.Throws<SecureFed.Core.InvariantViolatedException>(() => WalshHadamard.Run(new float[length]));

    private static float[] PairByPair(float[] values)
    {
        float[] result = (float[])values.Clone();
        for (int h = 1; h < result.Length; h *= 2)
        {
            for (int i = 0; i < result.Length; i++)
            {
                if ((i & h) == 0)
                {
                    (result[i], result[i + h]) = (result[i] + result[i + h], result[i] - result[i + h]);
                }
            }
        }

        return result;
    }

    private static int[] Bits(ReadOnlySpan<float> values)
    {
        int[] bits = new int[values.Length];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = BitConverter.SingleToInt32Bits(values[i]);
        }

        return bits;
    }
}
