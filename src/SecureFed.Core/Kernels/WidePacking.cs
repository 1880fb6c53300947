using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace SecureFed.Core.Kernels;

/// <summary>Packing of 64-bit lanes, b = 33 to 64 bits each, least significant bit first. Lengths are checked by the caller.</summary>
internal static class WidePacking
{
    /// <summary>Writes ⌈length·b / 8⌉ bytes; unused high bits of the last byte are zero. Lanes must be below 2^b.</summary>
    public static void Pack(ReadOnlySpan<ulong> lanes, int bits, Span<byte> destination)
    {
        ulong pending = 0;
        int pendingBits = 0;
        int written = 0;
        foreach (ulong lane in lanes)
        {
            ulong word = pending | (lane << pendingBits);
            int totalBits = pendingBits + bits;
            if (totalBits >= 64)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(destination[written..], word);
                written += 8;
                // A shift by 64 would be a shift by 0 in C#.
                pending = pendingBits == 0 ? 0 : lane >> (64 - pendingBits);
                pendingBits = totalBits - 64;
            }
            else
            {
                pending = word;
                pendingBits = totalBits;
            }
        }

        for (; written < destination.Length; written++)
        {
            destination[written] = (byte)(pending & 0xFF);
            pending >>= 8;
        }
    }

    /// <summary>lanes[i] ← element i.</summary>
    public static void Unpack(ReadOnlySpan<byte> source, int bits, Span<ulong> lanes)
    {
        ulong mask = ulong.MaxValue >> (64 - bits);
        long position = 0;
        for (int i = 0; i < lanes.Length; i++, position += bits)
        {
            lanes[i] = Read(source, position) & mask;
        }
    }

    /// <summary>lanes[i] ← (lanes[i] + element i) mod 2^b.</summary>
    public static void UnpackAdd(ReadOnlySpan<byte> source, int bits, Span<ulong> lanes)
    {
        ulong mask = ulong.MaxValue >> (64 - bits);
        long position = 0;
        for (int i = 0; i < lanes.Length; i++, position += bits)
        {
            lanes[i] = unchecked(lanes[i] + Read(source, position)) & mask;
        }
    }

    // The bits from `position` on, 64 of them as far as the source has them. The exit depends on lengths only.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read(ReadOnlySpan<byte> source, long position)
    {
        int first = (int)(position >> 3);
        int shift = (int)(position & 7);
        if (source.Length - first <= sizeof(ulong))
        {
            return ReadAtEnd(source[first..], shift);
        }

        ulong low = BinaryPrimitives.ReadUInt64LittleEndian(source[first..]) >> shift;
        // Two shifts, because with shift = 0 a single one would be by 64.
        ulong high = (ulong)source[first + sizeof(ulong)] << 1 << (63 - shift);
        return low | high;
    }

    private static ulong ReadAtEnd(ReadOnlySpan<byte> rest, int shift)
    {
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        rest.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64LittleEndian(padded) >> shift;
    }
}
