using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SecureFed.Core.Kernels;

namespace SecureFed.Core;

/// <summary>
/// A public rotation that spreads every vector evenly over its coordinates: padding to 2^k, random signs, and the Hadamard
/// transform scaled by 2^(−k/2). It keeps lengths up to the rounding of floats. spec 02-privacy#compressed-2
/// </summary>
/// <remarks>Stateless and thread-safe. Nothing in it is secret, and no privacy rests on it: clipping and the norm check follow.</remarks>
internal static class HadamardRotation
{
    /// <summary>2^k, the least power of two that is not below the length.</summary>
    public static int PaddedLength(int length) => (int)BitOperations.RoundUpToPowerOf2((uint)length);

    /// <summary>The rotated vector, of the padded length.</summary>
    /// <param name="values">float[d] of norm at most 2^100.</param>
    /// <param name="seed">Public.</param>
    public static float[] Rotate(ReadOnlySpan<float> values, Digest seed)
    {
        float[] rotated = new float[PaddedLength(values.Length)];
        values.CopyTo(rotated);
        FlipSigns(rotated, seed);
        WalshHadamard.Run(rotated);
        ScaleFloats.Run(rotated, Scale(rotated.Length), rotated);
        return rotated;
    }

    /// <summary>Undoes <see cref="Rotate"/>, in place; the padding stands behind the vector's own coordinates.</summary>
    /// <param name="values">float[2^k] of norm at most 2^100.</param>
    /// <param name="seed">That of the rotation.</param>
    public static void RotateBack(Span<float> values, Digest seed)
    {
        WalshHadamard.Run(values);
        ScaleFloats.Run(values, Scale(values.Length), values);
        FlipSigns(values, seed);
    }

    private static double Scale(int length) => 1 / Math.Sqrt(length);

    // spec 02-privacy#compressed-3: bit i mod 8 of byte ⌊i/8⌋ of the blocks SHA-256(label ‖ seed ‖ u32 j), j = 0, 1, …
    private static void FlipSigns(Span<float> values, Digest seed)
    {
        // spec 07-registry#other-labels
        ReadOnlySpan<byte> label = "SecureFed/1 rotation signs"u8;
        const int BitsPerBlock = SHA256.HashSizeInBytes * 8;
        Span<byte> input = stackalloc byte[label.Length + Digest.SizeInBytes + sizeof(uint)];
        Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
        label.CopyTo(input);
        seed.CopyTo(input[label.Length..]);
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        for (int start = 0; start < bits.Length; start += BitsPerBlock)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(input[^sizeof(uint)..], (uint)(start / BitsPerBlock));
            SHA256.HashData(input, block);
            Span<uint> run = bits.Slice(start, Math.Min(BitsPerBlock, bits.Length - start));
            for (int i = 0; i < run.Length; i++)
            {
                run[i] ^= (uint)((block[i / 8] >> (i % 8)) & 1) << 31;
            }
        }
    }
}
