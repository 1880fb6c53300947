using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace SecureFed.Core.Kernels;

/// <summary>Packing of 32-bit lanes, b = 2 to 32 bits each, least significant bit first. Lengths are checked by the caller.</summary>
/// <remarks>
/// Scalar: one 64-bit access per element keeps up with the memory that the wire needs, and a bit position that is no
/// multiple of eight has no lane order that vectors could use without a shuffle per width.
/// </remarks>
internal static class NarrowPacking
{
    /// <summary>Writes ⌈length·b / 8⌉ bytes; unused high bits of the last byte are zero. Lanes must be below 2^b.</summary>
    public static void Pack(ReadOnlySpan<uint> lanes, int bits, Span<byte> destination)
    {
        ulong pending = 0;
        int pendingBits = 0;
        int written = 0;
        foreach (uint lane in lanes)
        {
            pending |= (ulong)lane << pendingBits;
            pendingBits += bits;
            if (pendingBits >= 32)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(destination[written..], (uint)(pending & uint.MaxValue));
                written += 4;
                pending >>= 32;
                pendingBits -= 32;
            }
        }

        for (; written < destination.Length; written++)
        {
            destination[written] = (byte)(pending & 0xFF);
            pending >>= 8;
        }
    }

    /// <summary>lanes[i] ← element i.</summary>
    public static void Unpack(ReadOnlySpan<byte> source, int bits, Span<uint> lanes)
    {
        uint mask = uint.MaxValue >> (32 - bits);
        long position = 0;
        for (int i = 0; i < lanes.Length; i++, position += bits)
        {
            lanes[i] = Read(source, position) & mask;
        }
    }

    /// <summary>lanes[i] ← (lanes[i] + element i) mod 2^b.</summary>
    public static void UnpackAdd(ReadOnlySpan<byte> source, int bits, Span<uint> lanes)
    {
        uint mask = uint.MaxValue >> (32 - bits);
        long position = 0;
        for (int i = 0; i < lanes.Length; i++, position += bits)
        {
            lanes[i] = unchecked(lanes[i] + Read(source, position)) & mask;
        }
    }

    // The bits from `position` on, at least 32 of them as far as the source has them. The exit depends on lengths only.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Read(ReadOnlySpan<byte> source, long position)
    {
        int first = (int)(position >> 3);
        int shift = (int)(position & 7);
        return source.Length - first >= sizeof(ulong)
            ? unchecked((uint)(BinaryPrimitives.ReadUInt64LittleEndian(source[first..]) >> shift))
            : ReadAtEnd(source[first..], shift);
    }

    private static uint ReadAtEnd(ReadOnlySpan<byte> rest, int shift)
    {
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        rest.CopyTo(padded);
        return unchecked((uint)(BinaryPrimitives.ReadUInt64LittleEndian(padded) >> shift));
    }
}
