using System.Security.Cryptography;

namespace SecureFed.Crypto;

/// <summary>ECDSA P-256 with SHA-256 and signatures of exactly 64 bytes, r‖s (IEEE P1363).</summary>
internal static class P256Signatures
{
    public const int SizeInBytes = 64;

    /// <summary>Imports coordinates; null when they are not a valid key.</summary>
    public static ECDsa? TryImport(ECPoint point)
    {
        try
        {
            return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public static bool Verify(ECDsa key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == SizeInBytes
        && key.VerifyData(
            message,
            signature,
            HashAlgorithmName.SHA256,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation
        );
}
