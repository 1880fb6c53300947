using System.Numerics;
using SecureFed.Core.Kernels;

namespace SecureFed.UnitTests.Core.Kernels;

[Trait("Suite", "Kernels")]
public sealed class PackingKernelTests
{
    private static readonly int[] s_edgeLengths = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 257];

    // Every width at the lengths around a word; the widths with a path of their own and their neighbours at every length.
    private static IEnumerable<int> LengthsFor(int bits) =>
        bits is 2 or 8 or 15 or 16 or 17 or 26 or 31 or 32 or 33 or 47 or 63 or 64
            ? Enumerable.Range(0, KernelCases.LongestLength + 1)
            : s_edgeLengths;

    [Fact]
    public void Narrow_packing_is_the_number_whose_digits_to_base_2_to_the_b_are_the_lanes()
    {
        for (int bits = 2; bits <= 32; bits++)
        {
            uint mask = uint.MaxValue >> (32 - bits);
            foreach (int length in LengthsFor(bits))
            {
                uint[] lanes = [.. KernelCases.Lanes(length, bits + length, mask).Select(lane => (uint)lane)];
                uint[] addends = [.. KernelCases.Lanes(length, bits * length, mask).Select(lane => (uint)lane)];
                byte[] expected = Reference([.. lanes.Select(lane => (ulong)lane)], bits);
                uint[] sums = [.. lanes.Zip(addends, (lane, addend) => unchecked(lane + addend) & mask)];

                for (int offset = 0; offset < KernelCases.OffsetCount; offset++)
                {
                    string what = $"b = {bits}, {length} lanes at {offset}";
                    GuardedBuffer<byte> packed = new(new byte[expected.Length], offset, 0xA5);
                    NarrowPacking.Pack(lanes, bits, packed.Span);
                    packed.AssertContent(expected, what);

                    GuardedBuffer<uint> unpacked = new(new uint[length], offset, 0xA5A5A5A5);
                    NarrowPacking.Unpack(packed.Span, bits, unpacked.Span);
                    unpacked.AssertContent(lanes, what);

                    GuardedBuffer<uint> added = new(addends, offset, 0xA5A5A5A5);
                    NarrowPacking.UnpackAdd(packed.Span, bits, added.Span);
                    added.AssertContent(sums, what);
                }
            }
        }
    }

    [Fact]
    public void Wide_packing_is_the_number_whose_digits_to_base_2_to_the_b_are_the_lanes()
    {
        for (int bits = 33; bits <= 64; bits++)
        {
            ulong mask = ulong.MaxValue >> (64 - bits);
            foreach (int length in LengthsFor(bits))
            {
                ulong[] lanes = KernelCases.Lanes(length, bits + length, mask);
                ulong[] addends = KernelCases.Lanes(length, bits * length, mask);
                byte[] expected = Reference(lanes, bits);
                ulong[] sums = [.. lanes.Zip(addends, (lane, addend) => unchecked(lane + addend) & mask)];

                for (int offset = 0; offset < KernelCases.OffsetCount; offset++)
                {
                    string what = $"b = {bits}, {length} lanes at {offset}";
                    GuardedBuffer<byte> packed = new(new byte[expected.Length], offset, 0xA5);
                    WidePacking.Pack(lanes, bits, packed.Span);
                    packed.AssertContent(expected, what);

                    GuardedBuffer<ulong> unpacked = new(new ulong[length], offset, 0xA5A5A5A5);
                    WidePacking.Unpack(packed.Span, bits, unpacked.Span);
                    unpacked.AssertContent(lanes, what);

                    GuardedBuffer<ulong> added = new(addends, offset, 0xA5A5A5A5);
                    WidePacking.UnpackAdd(packed.Span, bits, added.Span);
                    added.AssertContent(sums, what);
                }
            }
        }
    }

    private static byte[] Reference(ulong[] lanes, int bits)
    {
        if (lanes.Length == 0)
        {
            return [];
        }

        BigInteger number = BigInteger.Zero;
        for (int i = 0; i < lanes.Length; i++)
        {
            number |= (BigInteger)lanes[i] << (i * bits);
        }

        byte[] bytes = new byte[((lanes.Length * bits) + 7) / 8];
        Assert.True(number.TryWriteBytes(bytes, out _, isUnsigned: true, isBigEndian: false));
        return bytes;
    }
}
