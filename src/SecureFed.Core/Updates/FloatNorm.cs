using System.Numerics;
using System.Runtime.InteropServices;

namespace SecureFed.Core;

/// <summary>Exact statements about the L2 norm of float vectors.</summary>
internal static class FloatNorm
{
    // The exponents of finite floats as integers m·2^e with |m| < 2^24.
    private const int SmallestExponent = -149;
    private const int ExponentCount = 254;

    /// <summary>Whether Σ values[i]² ≤ bound², decided in exact arithmetic.</summary>
    /// <remarks>
    /// Squares of significands are collected per exponent; a sum of 2^28 squares below 2^48 fits 76 bits. The table index
    /// depends on the update, which is its owner's secret and is processed only on the owner's machine.
    /// </remarks>
    public static bool IsAtMost(ReadOnlySpan<float> values, double bound)
    {
        UInt128[] sums = new UInt128[ExponentCount];
        foreach (uint bits in MemoryMarshal.Cast<float, uint>(values))
        {
            uint biased = (bits >> 23) & 0xFF;
            uint fraction = bits & 0x7F_FFFF;
            ulong significand = biased == 0 ? fraction : fraction | 0x80_0000;
            sums[biased == 0 ? 0 : biased - 1] += significand * significand;
        }

        BigInteger total = BigInteger.Zero;
        for (int i = 0; i < ExponentCount; i++)
        {
            total += (BigInteger)sums[i] << (2 * i);
        }

        return ExactNumber.Of(total, 2 * SmallestExponent).IsAtMost(ExactNumber.Of(bound).Squared());
    }
}
