using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureFed.Crypto.Kernels;

/// <summary>accumulator[j] = accumulator[j]·x + addend[j] in GF(2^16), for the 16 elements of a 32-byte block.</summary>
/// <remarks>
/// Element j is bytes 2j (low half) and 2j + 1 (high half). x is public: the number of steps depends on it. Nothing
/// depends on the elements: no table, no branch. The spans may be the same or not overlap.
/// </remarks>
internal static class TowerHorner
{
    public const int BlockSizeInBytes = 32;

    /// <summary>Whether <see cref="Step"/> multiplies with the instruction for the lower field, the one of AES.</summary>
    public static bool IsGfni => Gfni.V256.IsSupported;

    /// <summary>Whether <see cref="Step"/> takes a vector path on this machine.</summary>
    public static bool IsVectorised => Vector256.IsHardwareAccelerated;

    public static void Step(Span<byte> accumulator, ushort x, ReadOnlySpan<byte> addend)
    {
        if (IsGfni)
        {
            Instruction(accumulator, x, addend[..BlockSizeInBytes]);
        }
        else if (IsVectorised)
        {
            Vector(accumulator, x, addend);
        }
        else
        {
            Scalar(accumulator, x, addend);
        }
    }

    /// <summary>Takes a step for each 32-byte block of <paramref name="addends"/>, the last block first.</summary>
    public static void Steps(Span<byte> accumulator, ushort x, ReadOnlySpan<byte> addends)
    {
        if (IsGfni)
        {
            Instruction(accumulator, x, addends);
            return;
        }

        for (int offset = addends.Length - BlockSizeInBytes; offset >= 0; offset -= BlockSizeInBytes)
        {
            Step(accumulator, x, addends.Slice(offset, BlockSizeInBytes));
        }
    }

    internal static void Scalar(Span<byte> accumulator, ushort x, ReadOnlySpan<byte> addend)
    {
        for (int offset = 0; offset < BlockSizeInBytes; offset += sizeof(ushort))
        {
            Span<byte> element = accumulator.Slice(offset, sizeof(ushort));
            ushort product = TowerField.Multiply(BinaryPrimitives.ReadUInt16LittleEndian(element), x);
            ushort sum = (ushort)(product ^ BinaryPrimitives.ReadUInt16LittleEndian(addend[offset..]));
            BinaryPrimitives.WriteUInt16LittleEndian(element, sum);
        }
    }

    internal static void Vector(Span<byte> accumulator, ushort x, ReadOnlySpan<byte> addend)
    {
        Vector256<byte> state = Vector256.Create<byte>(accumulator[..BlockSizeInBytes]);
        (Multiply(state, x) ^ Vector256.Create<byte>(addend[..BlockSizeInBytes])).CopyTo(accumulator);
    }

    /// <summary>Every step from the last addend to the first, with the accumulator in a register.</summary>
    /// <param name="accumulator">32 bytes.</param>
    /// <param name="x">Public.</param>
    /// <param name="addends">A multiple of 32 bytes; the last block is added first.</param>
    internal static void Instruction(Span<byte> accumulator, ushort x, ReadOnlySpan<byte> addends)
    {
        Vector256<byte> state = Vector256.Create<byte>(accumulator[..BlockSizeInBytes]);
        (ushort own, ushort other) = Factors(x);
        Vector256<byte> straight = Vector256.Create(own).AsByte();
        Vector256<byte> crossed = Vector256.Create(other).AsByte();
        for (int offset = addends.Length - BlockSizeInBytes; offset >= 0; offset -= BlockSizeInBytes)
        {
            Vector256<ushort> lanes = state.AsUInt16();
            Vector256<byte> swapped = ((lanes << 8) | (lanes >>> 8)).AsByte();

            // GF2P8MULB reduces by the polynomial of the lower field; its time does not depend on its operands.
            state =
                Gfni.V256.GaloisFieldMultiply(state, straight)
                ^ Gfni.V256.GaloisFieldMultiply(swapped, crossed)
                ^ Vector256.Create(addends.Slice(offset, BlockSizeInBytes));
        }

        state.CopyTo(accumulator);
    }

    /// <summary>x as the factors of an element's own half and of its other half, each for the low and the high byte.</summary>
    private static (ushort Straight, ushort Crossed) Factors(ushort x)
    {
        byte high = (byte)(x >> 8);
        byte low = (byte)(x & 0xff);

        // low result  = aL·xL + aH·(β·xH);  high result = aH·(xL + xH) + aL·xH.
        return (
            (ushort)(low | ((low ^ high) << 8)),
            (ushort)(TowerField.MultiplyBytes(TowerField.Beta, high) | (high << 8))
        );
    }

    /// <summary>The product as two byte-wise products in GF(2^8): straight·own half + crossed·other half.</summary>
    private static Vector256<byte> Multiply(Vector256<byte> elements, ushort x)
    {
        (ushort straight, ushort crossed) = Factors(x);
        Vector256<byte> product = MultiplyBytes(elements, straight);
        if (crossed != 0)
        {
            Vector256<ushort> lanes = elements.AsUInt16();
            product ^= MultiplyBytes(((lanes << 8) | (lanes >>> 8)).AsByte(), crossed);
        }

        return product;
    }

    /// <summary>Every byte times a public constant: the low half of <paramref name="constants"/> for even bytes, the high half for odd ones.</summary>
    private static Vector256<byte> MultiplyBytes(Vector256<byte> bytes, ushort constants)
    {
        Vector256<byte> reduction = Vector256.Create(TowerField.Reduction);
        Vector256<byte> product = Vector256<byte>.Zero;
        int remaining = constants;
        while (true)
        {
            // 0xff in the bytes whose constant has this bit.
            int mask = (((remaining >> 8) & 1) * 0xff00) | ((remaining & 1) * 0x00ff);
            product ^= bytes & Vector256.Create((ushort)mask).AsByte();
            remaining = (remaining >> 1) & 0x7f7f;
            if (remaining == 0)
            {
                return product;
            }

            Vector256<byte> carries = Vector256.LessThan(bytes.AsSByte(), Vector256<sbyte>.Zero).AsByte();
            bytes = (bytes << 1) ^ (carries & reduction);
        }
    }
}
