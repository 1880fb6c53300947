using System.Numerics;
using SecureFed.Core.Kernels;

namespace SecureFed.UnitTests.Core.Kernels;

[Trait("Suite", "Kernels")]
public sealed class LaneKernelTests
{
    private delegate void NarrowKernel(VectorWidth width, Span<uint> left, ReadOnlySpan<uint> right, uint mask);

    private delegate void WideKernel(VectorWidth width, Span<ulong> left, ReadOnlySpan<ulong> right, ulong mask);

    [Theory]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(31)]
    [InlineData(32)]
    public void Narrow_addition_is_addition_mod_2_to_the_b(int bits) =>
        CheckNarrow(bits, LaneAdd.Vector, LaneAdd.Scalar, static (left, right) => left + right);

    [Theory]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(31)]
    [InlineData(32)]
    public void Narrow_subtraction_is_subtraction_mod_2_to_the_b(int bits) =>
        CheckNarrow(bits, LaneSubtract.Vector, LaneSubtract.Scalar, static (left, right) => left - right);

    [Theory]
    [InlineData(2)]
    [InlineData(31)]
    public void Narrow_reduction_takes_lanes_mod_2_to_the_b(int bits) =>
        CheckNarrow(
            bits,
            static (width, left, _, mask) => LaneReduce.Vector(width, left, mask),
            static (left, _, mask) => LaneReduce.Scalar(left, mask),
            static (left, _) => left,
            reducedInputs: false
        );

    [Theory]
    [InlineData(33)]
    [InlineData(47)]
    [InlineData(63)]
    [InlineData(64)]
    public void Wide_addition_is_addition_mod_2_to_the_b(int bits) =>
        CheckWide(bits, LaneAdd.Vector, LaneAdd.Scalar, static (left, right) => left + right);

    [Theory]
    [InlineData(33)]
    [InlineData(47)]
    [InlineData(63)]
    [InlineData(64)]
    public void Wide_subtraction_is_subtraction_mod_2_to_the_b(int bits) =>
        CheckWide(bits, LaneSubtract.Vector, LaneSubtract.Scalar, static (left, right) => left - right);

    [Theory]
    [InlineData(33)]
    [InlineData(63)]
    public void Wide_reduction_takes_lanes_mod_2_to_the_b(int bits) =>
        CheckWide(
            bits,
            static (width, left, _, mask) => LaneReduce.Vector(width, left, mask),
            static (left, _, mask) => LaneReduce.Scalar(left, mask),
            static (left, _) => left,
            reducedInputs: false
        );

    [Fact]
    public void Operands_of_different_lengths_are_our_mistake() =>
        Assert.Throws<SecureFed.Core.InvariantViolatedException>(() => LaneAdd.Run<uint>(new uint[3], new uint[4], 7));

    private static void CheckNarrow(
        int bits,
        NarrowKernel vector,
        ScalarKernel<uint> scalar,
        Func<BigInteger, BigInteger, BigInteger> formula,
        bool reducedInputs = true
    )
    {
        uint mask = uint.MaxValue >> (32 - bits);
        uint inputMask = reducedInputs ? mask : uint.MaxValue;
        for (int length = 0; length <= KernelCases.LongestLength; length++)
        {
            uint[] left = [.. KernelCases.Lanes(length, (2 * length) + 1, inputMask).Select(lane => (uint)lane)];
            uint[] right = [.. KernelCases.Lanes(length, (2 * length) + 2, inputMask).Select(lane => (uint)lane)];
            uint[] expected = new uint[length];
            for (int i = 0; i < length; i++)
            {
                expected[i] = (uint)(formula(left[i], right[i]) & mask);
            }

            for (int offset = 0; offset < KernelCases.OffsetCount; offset++)
            {
                foreach (VectorWidth width in KernelCases.Widths)
                {
                    GuardedBuffer<uint> target = new(left, offset, 0xDEADBEEF);
                    GuardedBuffer<uint> source = new(right, KernelCases.OffsetCount - 1 - offset, 0xFEEDF00D);
                    if (width == VectorWidth.Scalar)
                    {
                        scalar(target.Span, source.Span, mask);
                    }
                    else
                    {
                        vector(width, target.Span, source.Span, mask);
                    }

                    target.AssertContent(expected, $"{width}, {length} lanes at {offset}");
                    source.AssertContent(right, $"{width}, operand of {length} lanes");
                }
            }
        }
    }

    private static void CheckWide(
        int bits,
        WideKernel vector,
        ScalarKernel<ulong> scalar,
        Func<BigInteger, BigInteger, BigInteger> formula,
        bool reducedInputs = true
    )
    {
        ulong mask = ulong.MaxValue >> (64 - bits);
        ulong inputMask = reducedInputs ? mask : ulong.MaxValue;
        for (int length = 0; length <= KernelCases.LongestLength; length++)
        {
            ulong[] left = KernelCases.Lanes(length, (2 * length) + 1, inputMask);
            ulong[] right = KernelCases.Lanes(length, (2 * length) + 2, inputMask);
            ulong[] expected = new ulong[length];
            for (int i = 0; i < length; i++)
            {
                expected[i] = (ulong)(formula(left[i], right[i]) & mask);
            }

            for (int offset = 0; offset < KernelCases.OffsetCount; offset++)
            {
                foreach (VectorWidth width in KernelCases.Widths)
                {
                    GuardedBuffer<ulong> target = new(left, offset, 0xDEADBEEF_01234567);
                    GuardedBuffer<ulong> source = new(right, KernelCases.OffsetCount - 1 - offset, 0xFEEDF00D);
                    if (width == VectorWidth.Scalar)
                    {
                        scalar(target.Span, source.Span, mask);
                    }
                    else
                    {
                        vector(width, target.Span, source.Span, mask);
                    }

                    target.AssertContent(expected, $"{width}, {length} lanes at {offset}");
                    source.AssertContent(right, $"{width}, operand of {length} lanes");
                }
            }
        }
    }

    private delegate void ScalarKernel<T>(Span<T> left, ReadOnlySpan<T> right, T mask);
}
