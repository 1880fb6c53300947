using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
    public static void UnpackAdd(ReadOnlySpan<byte> source, int bits, Span<ulong> lanes)
    {
        ulong mask = ulong.MaxValue >> (64 - bits);
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

    // How many elements start at least nine bytes before the end, so that both reads stay inside the source.
    private static int ElementsInside(int byteLength, int bits, int elementCount)
    {
        long lastStart = ((byteLength - (long)sizeof(ulong) - 1) * 8) + 7;
        return lastStart < 0 ? 0 : (int)Math.Min(elementCount, (lastStart / bits) + 1);
    }

    // The 64 bits from `position` on; what follows the element is masked away by the caller.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read(ref byte first, nuint position)
    {
        ref byte start = ref Unsafe.Add(ref first, position >> 3);
        int shift = (int)(position & 7);
        ulong word = Unsafe.ReadUnaligned<ulong>(ref start);
        ulong low = (BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word)) >> shift;
        // Two shifts, because with shift = 0 a single one would be by 64.
        return low | ((ulong)Unsafe.Add(ref start, sizeof(ulong)) << 1 << (63 - shift));
    }

    private static ulong ReadAtEnd(ReadOnlySpan<byte> source, long position)
    {
        ReadOnlySpan<byte> rest = source[(int)(position >> 3)..];
        Span<byte> padded = stackalloc byte[2 * sizeof(ulong)];
        padded.Clear();
        rest[..Math.Min(rest.Length, padded.Length)].CopyTo(padded);
        return Read(ref MemoryMarshal.GetReference(padded), (nuint)(position & 7));
    }
}
