using System.Collections.Concurrent;
using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Crypto;

/// <summary>An ECDH key pair on P-256. Thread-safe; disposing wipes the private key.</summary>
/// <remarks>
/// The platform's key objects are not promised to be thread-safe, so each thread borrows one of its own; an idle one is
/// reused, which keeps the import of the scalar out of all agreements but the first.
/// </remarks>
[Secret]
internal sealed class P256KeyPair : AgreementKeyPair
{
    private readonly SecretBytes _privateKey;
    private readonly byte[] _publicKey;
    private readonly ConcurrentBag<ECDiffieHellman> _idle = [];
    private volatile bool _disposed;

    private P256KeyPair(SecretBytes privateKey, byte[] publicKey, ECDiffieHellman imported)
    {
        _privateKey = privateKey;
        _publicKey = publicKey;
        _idle.Add(imported);
    }

    public override ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>Takes over <paramref name="privateKey"/>, which is in [1, n − 1].</summary>
    public static P256KeyPair Own(SecretBytes privateKey)
    {
        try
        {
            ECDiffieHellman imported = Import(privateKey);
            byte[] publicKey = P256Encoding.WritePoint(imported.ExportParameters(includePrivateParameters: false).Q);
            return new P256KeyPair(privateKey, publicKey, imported);
        }
        catch
        {
            privateKey.Dispose();
            throw;
        }
    }

    /// <summary>Imports a peer's point; null when it is off the curve, or the point at infinity in disguise.</summary>
    public static ECDiffieHellmanPublicKey? TryImportPeer(ECPoint coordinates)
    {
        try
        {
            using ECDiffieHellman importer = ECDiffieHellman.Create(
                new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = coordinates }
            );
            return importer.PublicKey;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public override SecretBytes CopyPrivateKey() => _privateKey.Duplicate();

    /// <summary>The x coordinate of the shared point: 32 bytes, leading zeros kept.</summary>
    public SecretBytes Agree(ECDiffieHellmanPublicKey peer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_idle.TryTake(out ECDiffieHellman? key))
        {
            key = Import(_privateKey);
        }

        byte[] shared;
        try
        {
            shared = key.DeriveRawSecretAgreement(peer);
        }
        finally
        {
            _idle.Add(key);
            if (_disposed)
            {
                DrainIdle();
            }
        }

        try
        {
            Invariant.Check(
                shared.Length == ProtocolSuite.SecretSizeInBytes,
                "a P-256 agreement yields the full-width x coordinate"
            );
            return SecretBytes.CopyFrom(shared);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    public override void Dispose()
    {
        _disposed = true;
        _privateKey.Dispose();
        DrainIdle();
    }

    private static ECDiffieHellman Import(SecretBytes privateKey)
    {
        byte[] scalar = GC.AllocateUninitializedArray<byte>(P256Encoding.ScalarSizeInBytes, pinned: true);
        try
        {
            privateKey.Reveal(SecretAccess.ForPrimitive).CopyTo(scalar);
            // Without Q the platform computes the public point itself, so the halves cannot disagree.
            return ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }

    private void DrainIdle()
    {
        while (_idle.TryTake(out ECDiffieHellman? key))
        {
            key.Dispose();
        }
    }
}
