using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.Crypto;

/// <summary>The one encoding of P-256 points (65 bytes, 04‖x‖y) and scalars (32 bytes, big-endian).</summary>
/// <remarks>
/// No SubjectPublicKeyInfo is ever imported: the platform then accepts explicit curve parameters with a false cofactor.
/// spec 03-masking#points-1
/// </remarks>
internal static class P256Encoding
{
    public const int PointSizeInBytes = 65;
    public const int ScalarSizeInBytes = 32;

    /// <summary>A uniform candidate is out of range with probability below 2^-31, so a source that needs this many draws is broken.</summary>
    private const int MaximumDraws = 64;

    private const byte UncompressedPrefix = 0x04;

    /// <summary>n, the order of the base point (FIPS 186-5, SP 800-186), big-endian.</summary>
    private static ReadOnlySpan<byte> Order =>
        [
            0xff,
            0xff,
            0xff,
            0xff,
            0x00,
            0x00,
            0x00,
            0x00,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xbc,
            0xe6,
            0xfa,
            0xad,
            0xa7,
            0x17,
            0x9e,
            0x84,
            0xf3,
            0xb9,
            0xca,
            0xc2,
            0xfc,
            0x63,
            0x25,
            0x51,
        ];

    /// <summary>p, the field prime, big-endian.</summary>
    private static ReadOnlySpan<byte> Prime =>
        [
            0xff,
            0xff,
            0xff,
            0xff,
            0x00,
            0x00,
            0x00,
            0x01,
            0x00,
            0x00,
            0x00,
            0x00,
            0x00,
            0x00,
            0x00,
            0x00,
            0x00,
            0x00,
            0x00,
            0x00,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
        ];

    /// <summary>Splits a point into coordinates; false unless it is 65 bytes, uncompressed and canonical (both below p).</summary>
    /// <remarks>Whether the point is on the curve is checked by the platform at import.</remarks>
    public static bool TryReadPoint(ReadOnlySpan<byte> encoded, out ECPoint point)
    {
        point = default;
        if (encoded.Length != PointSizeInBytes || encoded[0] != UncompressedPrefix)
        {
            return false;
        }

        ReadOnlySpan<byte> x = encoded.Slice(1, ScalarSizeInBytes);
        ReadOnlySpan<byte> y = encoded.Slice(1 + ScalarSizeInBytes, ScalarSizeInBytes);
        if (x.SequenceCompareTo(Prime) >= 0 || y.SequenceCompareTo(Prime) >= 0)
        {
            return false;
        }

        point = new ECPoint { X = x.ToArray(), Y = y.ToArray() };
        return true;
    }

    /// <summary>Writes 04‖x‖y.</summary>
    public static byte[] WritePoint(ECPoint point)
    {
        Invariant.Check(
            point is { X.Length: ScalarSizeInBytes, Y.Length: ScalarSizeInBytes },
            "the platform exports P-256 coordinates at full width"
        );
        byte[] encoded = new byte[PointSizeInBytes];
        encoded[0] = UncompressedPrefix;
        point.X.CopyTo(encoded, 1);
        point.Y.CopyTo(encoded, 1 + ScalarSizeInBytes);
        return encoded;
    }

    /// <summary>Whether 1 ≤ scalar ≤ n − 1, in time that does not depend on the scalar. Only the verdict is public.</summary>
    public static bool IsPrivateScalar(ReadOnlySpan<byte> scalar)
    {
        if (scalar.Length != ScalarSizeInBytes)
        {
            return false;
        }

        int anyBit = 0;
        int borrow = 0;
        for (int i = ScalarSizeInBytes - 1; i >= 0; i--)
        {
            anyBit |= scalar[i];
            borrow = ((scalar[i] - Order[i] - borrow) >> 31) & 1;
        }

        // 0 - anyBit is negative exactly when some bit is set.
        int isNonzero = ((0 - anyBit) >> 31) & 1;
        return (isNonzero & borrow) == 1;
    }

    /// <summary>Draws a scalar uniformly from [1, n − 1] by rejection. spec 03-masking#points-3</summary>
    /// <remarks>The number of draws is public: it depends on discarded candidates only.</remarks>
    /// <exception cref="InvalidOperationException">The source never yields a scalar in range, so it is not random.</exception>
    public static SecretBytes DrawPrivateScalar(RandomSource random) =>
        SecretBytes.Create(
            ScalarSizeInBytes,
            destination =>
            {
                for (int draw = 0; draw < MaximumDraws; draw++)
                {
                    random.Fill(destination);
                    if (IsPrivateScalar(destination))
                    {
                        return;
                    }
                }

                throw new InvalidOperationException(
                    $"The random source gave {MaximumDraws} private-key candidates out of range in a row: it is not random."
                );
            }
        );
}
