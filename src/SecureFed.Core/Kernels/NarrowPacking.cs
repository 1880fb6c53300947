using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
        ref byte first = ref MemoryMarshal.GetReference(source);
        int inside = ElementsInside(source.Length, bits, lanes.Length);
        nuint position = 0;
        for (int i = 0; i < inside; i++, position += (nuint)bits)
        {
            lanes[i] = Read(ref first, position) & mask;
        }

        for (int i = inside; i < lanes.Length; i++)
        {
            lanes[i] = ReadAtEnd(source, (long)i * bits) & mask;
        }
    }

    /// <summary>lanes[i] ← (lanes[i] + element i) mod 2^b.</summary>
    public static void UnpackAdd(ReadOnlySpan<byte> source, int bits, Span<uint> lanes)
    {
        uint mask = uint.MaxValue >> (32 - bits);
        ref byte first = ref MemoryMarshal.GetReference(source);
        int inside = ElementsInside(source.Length, bits, lanes.Length);
        nuint position = 0;
        for (int i = 0; i < inside; i++, position += (nuint)bits)
        {
            lanes[i] = unchecked(lanes[i] + Read(ref first, position)) & mask;
        }

        for (int i = inside; i < lanes.Length; i++)
        {
            lanes[i] = unchecked(lanes[i] + ReadAtEnd(source, (long)i * bits)) & mask;
        }
    }

    // How many elements start at least eight bytes before the end, so that a 64-bit read stays inside the source.
    private static int ElementsInside(int byteLength, int bits, int elementCount)
    {
        long lastStart = ((byteLength - (long)sizeof(ulong)) * 8) + 7;
        return lastStart < 0 ? 0 : (int)Math.Min(elementCount, (lastStart / bits) + 1);
    }

    // The 32 bits from `position` on, and what follows them is masked away by the caller.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Read(ref byte first, nuint position)
    {
        ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, position >> 3));
        return unchecked(
            (uint)(
                (BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word)) >> (int)(position & 7)
            )
        );
    }

    private static uint ReadAtEnd(ReadOnlySpan<byte> source, long position)
    {
        ReadOnlySpan<byte> rest = source[(int)(position >> 3)..];
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        rest[..Math.Min(rest.Length, padded.Length)].CopyTo(padded);
        return unchecked((uint)(BinaryPrimitives.ReadUInt64LittleEndian(padded) >> (int)(position & 7)));
    }
}
