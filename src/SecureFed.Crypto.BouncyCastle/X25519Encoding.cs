namespace SecureFed.Crypto.BouncyCastle;

/// <summary>The one encoding of X25519 public keys: 32 bytes, little-endian, below p = 2^255 − 19 (RFC 7748 section 5).</summary>
internal static class X25519Encoding
{
    public const int PublicKeySizeInBytes = 32;

    /// <summary>
    /// The u coordinates below p of all points of small order on the curve and its twist: 0, 1, p − 1 and the two of order 8.
    /// </summary>
    private static readonly byte[][] s_smallOrder =
    [
        Convert.FromHexString("0000000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("0100000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        Convert.FromHexString("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    ];

    /// <summary>Whether the bytes are a public key. Points on the twist are: the function is as hard there.</summary>
    public static bool IsPublicKey(ReadOnlySpan<byte> bytes)
    {
        // spec 03-masking#curve-1: a second encoding of a key, or a key that fixes the secret, would pass for a fresh one.
        if (bytes.Length != PublicKeySizeInBytes || !FieldElement25519.IsCanonical(bytes))
        {
            return false;
        }

        foreach (byte[] point in s_smallOrder)
        {
            if (bytes.SequenceEqual(point))
            {
                return false;
            }
        }

        return true;
    }
}
