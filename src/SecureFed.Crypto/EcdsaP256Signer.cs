using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Crypto;

/// <summary>Signs with a party's ECDSA P-256 key held by the platform. For the suite SF-P256-A256-1.</summary>
/// <remarks>Thread-safe (signing is serialised). A key in a hardware module enters as its <see cref="ECDsa"/> object.</remarks>
[Secret]
public sealed class EcdsaP256Signer : ISigner, IDisposable
{
    private const string P256ObjectIdentifier = "1.2.840.10045.3.1.7";

    private readonly ECDsa _key;
    private readonly bool _ownsKey;
    private readonly byte[] _publicKey;
    private readonly Lock _lock = new();

    private EcdsaP256Signer(ECDsa key, bool ownsKey)
    {
        _key = key;
        _ownsKey = ownsKey;
        _publicKey = ReadPublicKey(key);

        // One signature checked against the published half: a public-only key or a broken module shows here, not in a round.
        byte[] probe = Sign("SecureFed/1 key-check"u8);
        using ECDsa? verifier = P256Encoding.TryReadPoint(_publicKey, out ECPoint point)
            ? P256Signatures.TryImport(point)
            : null;
        if (verifier is null || !P256Signatures.Verify(verifier, "SecureFed/1 key-check"u8, probe))
        {
            throw new CryptographicException("The signing key does not match its own public key.");
        }
    }

    /// <summary>The public key as the roster pins it: 65 bytes, 04‖x‖y.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>Draws a fresh key from the platform.</summary>
    public static EcdsaP256Signer Generate() => Take(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads an unencrypted PKCS#8 or SEC 1 private key in PEM.</summary>
    /// <param name="pem">Exactly one private key. The caller wipes its copy.</param>
    /// <exception cref="ArgumentException">The text holds no key or more than one.</exception>
    /// <exception cref="CryptographicException">The key is not a private P-256 key by curve name.</exception>
    public static EcdsaP256Signer FromPem(ReadOnlySpan<char> pem)
    {
        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
        }
        catch
        {
            key.Dispose();
            throw;
        }

        return Take(key);
    }

    /// <summary>Uses a key that the caller owns and disposes after this signer.</summary>
    /// <exception cref="CryptographicException">The key is not a private P-256 key by curve name.</exception>
    public static EcdsaP256Signer FromKey(ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new EcdsaP256Signer(key, ownsKey: false);
    }

    /// <summary>Signs SHA-256 of <paramref name="message"/>.</summary>
    /// <returns>64 bytes, r‖s. Not deterministic.</returns>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            byte[] signature = _key.SignData(
                message,
                HashAlgorithmName.SHA256,
                DSASignatureFormat.IeeeP1363FixedFieldConcatenation
            );
            Invariant.Check(signature.Length == P256Signatures.SizeInBytes, "a P-256 signature is 64 bytes");
            return signature;
        }
    }

    /// <summary>Prints the type name only.</summary>
    public override string ToString() => nameof(EcdsaP256Signer);

    /// <summary>Releases the key when this object made it.</summary>
    public void Dispose()
    {
        if (_ownsKey)
        {
            _key.Dispose();
        }
    }

    private static EcdsaP256Signer Take(ECDsa key)
    {
        try
        {
            return new EcdsaP256Signer(key, ownsKey: true);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static byte[] ReadPublicKey(ECDsa key)
    {
        ECParameters parameters = key.ExportParameters(includePrivateParameters: false);
        bool isP256 =
            parameters.Curve.IsNamed
            && (
                parameters.Curve.Oid.Value == P256ObjectIdentifier
                || parameters.Curve.Oid.FriendlyName is "nistP256" or "ECDSA_P256"
            );
        if (!isP256)
        {
            throw new CryptographicException("The signing key is not on the named curve P-256.");
        }

        return P256Encoding.WritePoint(parameters.Q);
    }
}
