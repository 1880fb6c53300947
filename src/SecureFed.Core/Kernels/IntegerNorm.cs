namespace SecureFed.Core.Kernels;

/// <summary>Σ lane[i]², exact, the lanes read as two's complement of their full width.</summary>
internal static class IntegerNorm
{
    /// <summary>At most 2^28 lanes.</summary>
    public static UInt128 Run(ReadOnlySpan<uint> lanes) => Scalar(lanes);

    /// <summary>At most 2^28 lanes of magnitude at most 2^63 − 1 whose sum of squares fits 128 bits, which a caller ensures block by block.</summary>
    public static UInt128 Run(ReadOnlySpan<ulong> lanes) => Scalar(lanes);

    public static UInt128 Scalar(ReadOnlySpan<uint> lanes)
    {
        UInt128 sum = 0;
        foreach (uint lane in lanes)
        {
            long value = unchecked((int)lane);
            sum += (ulong)(value * value);
        }

        return sum;
    }

    public static UInt128 Scalar(ReadOnlySpan<ulong> lanes)
    {
        UInt128 sum = 0;
        foreach (ulong lane in lanes)
        {
            ulong magnitude = unchecked((ulong)((long)lane < 0 ? -(long)lane : (long)lane));
            ulong high = Math.BigMul(magnitude, magnitude, out ulong low);
            sum += new UInt128(high, low);
        }

        return sum;
    }
}
