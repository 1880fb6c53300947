using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc7748;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Crypto.BouncyCastle;

/// <summary>An X25519 key pair. Thread-safe; disposing wipes the private key.</summary>
[Secret]
internal sealed class X25519KeyPair : AgreementKeyPair
{
    private readonly SecretBytes _privateKey;
    private readonly byte[] _publicKey;

    private X25519KeyPair(SecretBytes privateKey, byte[] publicKey)
    {
        _privateKey = privateKey;
        _publicKey = publicKey;
    }

    public override ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>Takes over <paramref name="privateKey"/>: any 32 bytes, which the function itself clamps.</summary>
    public static X25519KeyPair Own(SecretBytes privateKey)
    {
        byte[] scalar = PinnedCopy(privateKey);
        try
        {
            byte[] publicKey = new byte[X25519Encoding.PublicKeySizeInBytes];
            X25519.GeneratePublicKey(scalar, 0, publicKey, 0);
            return new X25519KeyPair(privateKey, publicKey);
        }
        catch
        {
            privateKey.Dispose();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }

    public override SecretBytes CopyPrivateKey() => _privateKey.Duplicate();

    /// <summary>The shared secret; null when it is all zero. spec 03-masking#curve-3</summary>
    public SecretBytes? Agree(ReadOnlySpan<byte> peerPublicKey)
    {
        byte[] scalar = PinnedCopy(_privateKey);
        byte[] shared = GC.AllocateArray<byte>(ProtocolSuite.SecretSizeInBytes, pinned: true);
        try
        {
            X25519.ScalarMult(scalar, 0, peerPublicKey.ToArray(), 0, shared, 0);
            int anyBit = 0;
            foreach (byte value in shared)
            {
                anyBit |= value;
            }

            // Whether a peer's key is refused is public; nothing else about the secret is looked at.
            return anyBit == 0 ? null : SecretBytes.CopyFrom(shared);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    public override void Dispose() => _privateKey.Dispose();

    private static byte[] PinnedCopy(SecretBytes privateKey)
    {
        ReadOnlySpan<byte> bytes = privateKey.Reveal(SecretAccess.ForPrimitive);
        byte[] copy = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(copy);
        return copy;
    }
}
