namespace SecureFed.Crypto.Kernels;

/// <summary>GF(2^16) as a tower: GF(2^8)[Y] / (Y² + Y + β) over GF(2^8) = GF(2)[z] / (z^8 + z^4 + z^3 + z + 1). spec 03-masking#field-1</summary>
/// <remarks>
/// An element is hi·Y + lo with value (hi &lt;&lt; 8) | lo; addition is xor. The lower field is the one of AES, so that an
/// instruction which multiplies there serves the upper field too. Multiplication has no tables and no branches.
/// </remarks>
internal static class TowerField
{
    /// <summary>β, the smallest constant that makes Y² + Y + β irreducible (its absolute trace is 1).</summary>
    public const byte Beta = 0x20;

    /// <summary>z^8 reduced: z^4 + z^3 + z + 1.</summary>
    public const byte Reduction = 0x1b;

    private const int ByteMask = 0xff;

    /// <summary>a·b in GF(2^8), constant-time.</summary>
    public static byte MultiplyBytes(byte a, byte b)
    {
        int product = 0;
        int shifted = a;
        for (int bit = 0; bit < 8; bit++)
        {
            product ^= shifted & -((b >> bit) & 1);
            shifted = ((shifted << 1) & ByteMask) ^ (Reduction & -(shifted >> 7));
        }

        return (byte)product;
    }

    /// <summary>a·b in GF(2^16), constant-time.</summary>
    public static ushort Multiply(ushort a, ushort b)
    {
        byte aHigh = (byte)(a >> 8);
        byte aLow = (byte)(a & ByteMask);
        byte bHigh = (byte)(b >> 8);
        byte bLow = (byte)(b & ByteMask);

        // (aH·Y + aL)(bH·Y + bL) with Y² = Y + β.
        byte top = MultiplyBytes(aHigh, bHigh);
        int high = top ^ MultiplyBytes(aHigh, bLow) ^ MultiplyBytes(aLow, bHigh);
        int low = MultiplyBytes(aLow, bLow) ^ MultiplyBytes(top, Beta);
        return (ushort)((high << 8) | low);
    }
}
