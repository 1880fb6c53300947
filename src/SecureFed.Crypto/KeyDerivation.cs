using System.Security.Cryptography;

namespace SecureFed.Crypto;

/// <summary>HKDF-SHA-256 (RFC 5869) in its two steps.</summary>
internal static class KeyDerivation
{
    public const int HashSizeInBytes = SHA256.HashSizeInBytes;

    /// <summary>Extract, which is HMAC-SHA-256 under the salt.</summary>
    public static void Extract(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> inputKey, Span<byte> pseudorandomKey)
    {
        int written = HKDF.Extract(HashAlgorithmName.SHA256, inputKey, salt, pseudorandomKey);
        Core.Invariant.Check(written == HashSizeInBytes, "HKDF extraction yields one hash value");
    }

    /// <summary>Extract, then expand to the length of <paramref name="outputKey"/> (at most 255 hash values).</summary>
    public static void Derive(
        ReadOnlySpan<byte> inputKey,
        ReadOnlySpan<byte> salt,
        ReadOnlySpan<byte> info,
        Span<byte> outputKey
    )
    {
        Span<byte> pseudorandomKey = stackalloc byte[HashSizeInBytes];
        try
        {
            Extract(salt, inputKey, pseudorandomKey);
            HKDF.Expand(HashAlgorithmName.SHA256, pseudorandomKey, outputKey, info);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pseudorandomKey);
        }
    }
}
