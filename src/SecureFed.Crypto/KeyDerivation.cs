using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Crypto;

/// <summary>HKDF-SHA-256 (RFC 5869) in its two steps.</summary>
internal static class KeyDerivation
{
    public const int HashSizeInBytes = SHA256.HashSizeInBytes;

    /// <summary>Extract, which is HMAC-SHA-256 under the salt.</summary>
    public static void Extract(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> inputKey, Span<byte> pseudorandomKey)
    {
        int written = HKDF.Extract(HashAlgorithmName.SHA256, inputKey, salt, pseudorandomKey);
        Invariant.Check(written == HashSizeInBytes, "HKDF extraction yields one hash value");
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

    /// <summary>A key of every suite: an empty salt, 32 bytes.</summary>
    public static SecretBytes DeriveKey(SecretBytes inputKey, ReadOnlySpan<byte> info)
    {
        Span<byte> derived = stackalloc byte[ProtocolSuite.SecretSizeInBytes];
        try
        {
            Derive(inputKey.Reveal(SecretAccess.ForPrimitive), salt: default, info, derived);
            return SecretBytes.CopyFrom(derived);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }
}
