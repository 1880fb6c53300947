using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Crypto.BouncyCastle;

/// <summary>Signs with a party's Ed25519 key (RFC 8032, pure, no context). For the suite SF-X25519-CC20-1.</summary>
/// <remarks>Thread-safe while it is not disposed. Disposing wipes the key.</remarks>
[Secret]
public sealed class Ed25519Signer : ISigner, IDisposable
{
    /// <summary>Size of the private key, the seed of RFC 8032 section 5.1.5: 32.</summary>
    public const int PrivateKeySizeInBytes = 32;

    private readonly SecretBytes _privateKey;
    private readonly byte[] _publicKey = new byte[Ed25519Encoding.PublicKeySizeInBytes];

    private Ed25519Signer(SecretBytes privateKey)
    {
        _privateKey = privateKey;
        byte[] seed = PinnedCopy();
        try
        {
            Ed25519.GeneratePublicKey(seed, 0, _publicKey, 0);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }

        // One signature checked against the published half: a broken computation shows here, not in a round.
        Invariant.Check(
            Ed25519Encoding.IsPublicKey(_publicKey)
                && Ed25519Encoding.Verify(_publicKey, "SecureFed/1 key-check"u8, Sign("SecureFed/1 key-check"u8)),
            "an Ed25519 key verifies its own signature"
        );
    }

    /// <summary>The public key as the roster pins it: 32 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>Draws a fresh key from the operating system's generator.</summary>
    public static Ed25519Signer Generate() => Generate(SystemRandomSource.Instance);

    /// <summary>Draws a fresh key.</summary>
    /// <param name="random">Gives the 32 bytes of the key. Cryptographic outside of tests.</param>
    public static Ed25519Signer Generate(RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return Take(SecretBytes.Generate(PrivateKeySizeInBytes, random));
    }

    /// <summary>Uses a copy of a private key in its raw form.</summary>
    /// <param name="privateKey">32 bytes: the seed, not the expanded key and not seed and public key. The caller disposes it.</param>
    /// <exception cref="ArgumentException">The key has another size.</exception>
    public static Ed25519Signer FromPrivateKey(SecretBytes privateKey)
    {
        ArgumentNullException.ThrowIfNull(privateKey);
        if (privateKey.Length != PrivateKeySizeInBytes)
        {
            throw new ArgumentException(
                $"An Ed25519 private key has {PrivateKeySizeInBytes} bytes (the seed of RFC 8032); {privateKey.Length} were given.",
                nameof(privateKey)
            );
        }

        return Take(privateKey.Duplicate());
    }

    /// <summary>Signs <paramref name="message"/>.</summary>
    /// <returns>64 bytes, R‖S. Deterministic.</returns>
    /// <exception cref="ObjectDisposedException">The key has been wiped.</exception>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        byte[] seed = PinnedCopy();
        try
        {
            // The public half is computed again: with a wrong one a signature would give the private key away.
            byte[] signature = new byte[Ed25519Encoding.SignatureSizeInBytes];
            Ed25519.Sign(seed, 0, message.ToArray(), 0, message.Length, signature, 0);
            return signature;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Prints the type name only.</summary>
    public override string ToString() => nameof(Ed25519Signer);

    /// <summary>Wipes the private key. May be called again.</summary>
    public void Dispose() => _privateKey.Dispose();

    private static Ed25519Signer Take(SecretBytes privateKey)
    {
        try
        {
            return new Ed25519Signer(privateKey);
        }
        catch
        {
            privateKey.Dispose();
            throw;
        }
    }

    private byte[] PinnedCopy()
    {
        ReadOnlySpan<byte> bytes = _privateKey.Reveal(SecretAccess.ForPrimitive);
        byte[] copy = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(copy);
        return copy;
    }
}
