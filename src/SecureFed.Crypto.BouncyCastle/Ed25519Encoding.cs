using Org.BouncyCastle.Math.EC.Rfc8032;

namespace SecureFed.Crypto.BouncyCastle;

/// <summary>The one encoding of Ed25519 public keys: y below p, little-endian, with the sign of x in the top bit (RFC 8032).</summary>
internal static class Ed25519Encoding
{
    public const int PublicKeySizeInBytes = 32;
    public const int SignatureSizeInBytes = 64;

    private const byte SignOfX = 0x80;

    /// <summary>The y coordinates of the eight points whose order divides 8: 1, p − 1, 0 and the two of order 8.</summary>
    private static readonly byte[][] s_smallOrder =
    [
        Convert.FromHexString("0100000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("0000000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        Convert.FromHexString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ];

    /// <summary>Whether the bytes are a point of the prime-order subgroup other than its neutral element, in its one encoding.</summary>
    public static bool IsPublicKey(ReadOnlySpan<byte> bytes) =>
        // spec 03-masking#curve-5
        MayBePublicKey(bytes) && Ed25519.ValidatePublicKeyFull(bytes.ToArray(), 0);

    /// <summary>The cheap part, on bytes alone: neither non-canonical nor of small order.</summary>
    /// <remarks>The default version of the library verifies under a small-order key; any signature could be made to fit one.</remarks>
    public static bool MayBePublicKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != PublicKeySizeInBytes)
        {
            return false;
        }

        Span<byte> y = stackalloc byte[PublicKeySizeInBytes];
        bytes.CopyTo(y);
        y[^1] &= unchecked((byte)~SignOfX);
        if (!FieldElement25519.IsCanonical(y))
        {
            return false;
        }

        // Both signs of x are of small order; with x = 0 one of them is no encoding at all.
        foreach (byte[] point in s_smallOrder)
        {
            if (y.SequenceEqual(point))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Verifies a signature of pure Ed25519 without context; false also for S of L or more.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        // spec 03-masking#curve-6
        if (signature.Length != SignatureSizeInBytes || !MayBePublicKey(publicKey))
        {
            return false;
        }

        return Ed25519.Verify(signature.ToArray(), 0, publicKey.ToArray(), 0, message.ToArray(), 0, message.Length);
    }
}
