using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SecureFed.Core.Kernels;

namespace SecureFed.Core;

/// <summary>
/// A public rotation that spreads every vector over its coordinates: random signs and a Hadamard transform of the first 2^k
/// coordinates, then of the last 2^k, with 2^k the largest power of two in the length. It keeps lengths up to the rounding
/// of floats and needs no padding. spec 02-privacy#compressed-2
/// </summary>
/// <remarks>Stateless and thread-safe. Nothing in it is secret, and no privacy rests on it: clipping and the norm check follow.</remarks>
internal static class HadamardRotation
{
    /// <summary>2^k, the largest power of two that is not above the length: over so many coordinates, at least, a vector is spread.</summary>
    public static int WindowLength(int length) => 1 << BitOperations.Log2((uint)length);

    /// <summary>The rotated vector.</summary>
    /// <param name="values">float[d] of norm at most 2^100.</param>
    /// <param name="seed">Public.</param>
    public static float[] Rotate(ReadOnlySpan<float> values, Digest seed)
    {
        float[] rotated = values.ToArray();
        int window = WindowLength(rotated.Length);
        FlipSigns(rotated.AsSpan(0, window), seed, firstBit: 0);
        Transform(rotated.AsSpan(0, window));
        if (window < rotated.Length)
        {
            FlipSigns(rotated.AsSpan(^window..), seed, firstBit: window);
            Transform(rotated.AsSpan(^window..));
        }

        return rotated;
    }

    /// <summary>Undoes <see cref="Rotate"/>, in place.</summary>
    /// <param name="values">float[d] of norm at most 2^100.</param>
    /// <param name="seed">That of the rotation.</param>
    public static void RotateBack(Span<float> values, Digest seed)
    {
        int window = WindowLength(values.Length);
        if (window < values.Length)
        {
            Transform(values[^window..]);
            FlipSigns(values[^window..], seed, firstBit: window);
        }

        Transform(values[..window]);
        FlipSigns(values[..window], seed, firstBit: 0);
    }

    private static void Transform(Span<float> window)
    {
        WalshHadamard.Run(window);
        ScaleFloats.Run(window, 1 / Math.Sqrt(window.Length), window);
    }

    // spec 02-privacy#compressed-3: bit i mod 8 of byte ⌊i/8⌋ of the blocks SHA-256(label ‖ seed ‖ u32 j), j = 0, 1, …
    private static void FlipSigns(Span<float> values, Digest seed, int firstBit)
    {
        // spec 07-registry#other-labels
        ReadOnlySpan<byte> label = "SecureFed/1 rotation signs"u8;
        const int BitsPerBlock = SHA256.HashSizeInBytes * 8;
        Span<byte> input = stackalloc byte[label.Length + Digest.SizeInBytes + sizeof(uint)];
        Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
        label.CopyTo(input);
        seed.CopyTo(input[label.Length..]);
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int done = 0;
        while (done < bits.Length)
        {
            (int number, int inside) = Math.DivRem(firstBit + done, BitsPerBlock);
            BinaryPrimitives.WriteUInt32LittleEndian(input[^sizeof(uint)..], (uint)number);
            SHA256.HashData(input, block);
            Span<uint> run = bits.Slice(done, Math.Min(BitsPerBlock - inside, bits.Length - done));
            for (int i = 0; i < run.Length; i++)
            {
                run[i] ^= (uint)((block[(inside + i) / 8] >> ((inside + i) % 8)) & 1) << 31;
            }

            done += run.Length;
        }
    }
}
