using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SecureFed.Core.Kernels;

namespace SecureFed.Core;

/// <summary>Rounds clipped values to the grid, block by block, and measures the exact integer norm of the result. spec 01-updates#round-1</summary>
/// <remarks>Not thread-safe: one per encoding of one update. Holds random bytes, which <see cref="Dispose"/> wipes.</remarks>
internal sealed class StochasticRounder(RandomSource random, int length) : IDisposable
{
    private const int BlockLength = 4096;

    private readonly ushort[] _random = new ushort[Math.Min(length, BlockLength)];

    /// <summary>One draw: lanes[i] ← values[i]·factor, rounded at random without bias. Lanes are left sign-extended, not reduced.</summary>
    /// <returns>The exact sum of squares of the lanes, or of a prefix when that is already above <paramref name="squaredNormBound"/>.</returns>
    public UInt128 Draw(ReadOnlySpan<float> values, double factor, UInt128 squaredNormBound, RingVector lanes)
    {
        UInt128 squaredNorm = 0;
        for (int start = 0; start < values.Length && squaredNorm <= squaredNormBound; start += BlockLength)
        {
            ReadOnlySpan<float> block = values.Slice(start, Math.Min(BlockLength, values.Length - start));
            Span<ushort> bits = _random.AsSpan(0, block.Length);
            FillLittleEndian(bits);
            squaredNorm += Round(block, factor, bits, lanes, start, drawMore: true);
        }

        return squaredNorm;
    }

    /// <summary>lanes[i] ← values[i]·factor, rounded toward zero, which makes no coordinate longer.</summary>
    /// <returns>The exact sum of squares of the lanes.</returns>
    public UInt128 Truncate(ReadOnlySpan<float> values, double factor, RingVector lanes)
    {
        // The largest random number rounds up nowhere.
        _random.AsSpan().Fill(ushort.MaxValue);
        UInt128 squaredNorm = 0;
        for (int start = 0; start < values.Length; start += BlockLength)
        {
            ReadOnlySpan<float> block = values.Slice(start, Math.Min(BlockLength, values.Length - start));
            squaredNorm += Round(block, factor, _random.AsSpan(0, block.Length), lanes, start, drawMore: false);
        }

        return squaredNorm;
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_random.AsSpan()));

    private UInt128 Round(
        ReadOnlySpan<float> block,
        double factor,
        ReadOnlySpan<ushort> bits,
        RingVector lanes,
        int start,
        bool drawMore
    )
    {
        if (lanes.Ring.LaneBits == 32)
        {
            Span<uint> narrow = lanes.NarrowLanes.Slice(start, block.Length);
            if (Quantise.Run(block, factor, bits, narrow) && drawMore)
            {
                for (int i = 0; i < block.Length; i++)
                {
                    if (IsUndecided(block[i], factor, bits[i], out double rest) && RoundsUp(rest))
                    {
                        narrow[i] = unchecked(narrow[i] + (block[i] < 0 ? uint.MaxValue : 1));
                    }
                }
            }

            return IntegerNorm.Run(narrow);
        }

        Span<ulong> wide = lanes.WideLanes.Slice(start, block.Length);
        if (Quantise.Run(block, factor, bits, wide) && drawMore)
        {
            for (int i = 0; i < block.Length; i++)
            {
                if (IsUndecided(block[i], factor, bits[i], out double rest) && RoundsUp(rest))
                {
                    wide[i] = unchecked(wide[i] + (block[i] < 0 ? ulong.MaxValue : 1));
                }
            }
        }

        return IntegerNorm.Run(wide);
    }

    // spec 01-updates#round-2: the first sixteen bits of the fraction equal the random ones; `rest` is what follows them.
    private static bool IsUndecided(float value, double factor, ushort bits, out double rest)
    {
        double magnitude = Math.Abs(value * factor);
        double scaled = (magnitude - Math.Floor(magnitude)) * Quantise.RandomSteps;
        double threshold = Math.Floor(scaled);
        rest = scaled - threshold;
        return bits == threshold;
    }

    // Compares the rest with further random bits, 32 at a time. It ends with the rest, a double having finitely many bits.
    private bool RoundsUp(double rest)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        while (rest > 0)
        {
            random.Fill(bytes);
            double scaled = rest * 4294967296.0;
            double threshold = Math.Floor(scaled);
            uint drawn = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            if (drawn != threshold)
            {
                return drawn < threshold;
            }

            rest = scaled - threshold;
        }

        return false;
    }

    private void FillLittleEndian(Span<ushort> destination)
    {
        random.Fill(MemoryMarshal.AsBytes(destination));
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(destination, destination);
        }
    }
}
