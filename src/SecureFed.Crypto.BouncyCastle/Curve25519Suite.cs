using SecureFed.Core;
using SecureFed.Crypto.Keystreams;
using SecureFed.Crypto.Sharing;
using SecureFed.Protocol;

namespace SecureFed.Crypto.BouncyCastle;

/// <summary>The suite SF-X25519-CC20-1: X25519 and Ed25519 of BouncyCastle, everything else from the platform and SecureFed.Crypto.</summary>
/// <remarks>
/// X25519 (RFC 7748) with raw 32-byte keys, HKDF-SHA-256, ChaCha20-Poly1305 (RFC 8439), AES-256-CTR masks, Ed25519
/// (RFC 8032) with 64-byte signatures, Shamir over GF(2^16). BouncyCastle is given raw 32-byte keys only: it parses no
/// key structure and no certificate, and its AES is not used. No approved suite: outside any FIPS claim. Thread-safe.
/// </remarks>
public sealed class Curve25519Suite : ProtocolSuite
{
    private readonly SealingKeyGuard _sealed = new();
    private readonly KeystreamSelection _keystreams = KeystreamSelection.OfThisProcess;

    private Curve25519Suite() { }

    /// <summary>The suite. Its masks follow <see cref="P256Suite.FipsSwitchName"/>: then the platform's AES expands them.</summary>
    public static Curve25519Suite Instance { get; } = new();

    /// <inheritdoc/>
    public override SuiteId Id => SuiteId.X25519CC20V1;

    /// <inheritdoc/>
    public override string Name => "SF-X25519-CC20-1";

    /// <inheritdoc/>
    public override int AgreementPublicKeySizeInBytes => X25519Encoding.PublicKeySizeInBytes;

    /// <inheritdoc/>
    public override int SigningPublicKeySizeInBytes => Ed25519Encoding.PublicKeySizeInBytes;

    /// <inheritdoc/>
    public override int SignatureSizeInBytes => Ed25519Encoding.SignatureSizeInBytes;

    /// <inheritdoc/>
    public override int SealTagSizeInBytes => ChaChaSealing.TagSizeInBytes;

    /// <summary>Which implementation expands masks, for a report: "AES-NI" or "platform".</summary>
    public string MaskImplementation => _keystreams.ImplementationName;

    private static ReadOnlySpan<byte> ZeroNonce => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <inheritdoc/>
    public override AgreementKeyPair GenerateKeyPair(RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        // spec 03-masking#curve-2: the bytes as drawn are the private key.
        return X25519KeyPair.Own(SecretBytes.Generate(SecretSizeInBytes, random));
    }

    /// <inheritdoc/>
    public override AgreementKeyPair? TryImportPrivateKey(SecretBytes privateKey)
    {
        ArgumentNullException.ThrowIfNull(privateKey);
        return privateKey.Length == SecretSizeInBytes ? X25519KeyPair.Own(privateKey.Duplicate()) : null;
    }

    /// <inheritdoc/>
    public override bool IsValidAgreementPublicKey(ReadOnlySpan<byte> publicKey) =>
        X25519Encoding.IsPublicKey(publicKey);

    /// <summary>Whether the bytes are an Ed25519 public key: canonical, on the curve, of prime order.</summary>
    public override bool IsValidSigningPublicKey(ReadOnlySpan<byte> publicKey) =>
        Ed25519Encoding.IsPublicKey(publicKey);

    /// <inheritdoc/>
    public override SecretBytes? TryAgree(AgreementKeyPair own, ReadOnlySpan<byte> peerPublicKey)
    {
        ArgumentNullException.ThrowIfNull(own);
        if (own is not X25519KeyPair keyPair)
        {
            throw new ArgumentException("The key pair was made by another suite.", nameof(own));
        }

        return X25519Encoding.IsPublicKey(peerPublicKey) ? keyPair.Agree(peerPublicKey) : null;
    }

    /// <inheritdoc/>
    public override SecretBytes DeriveKey(SecretBytes inputKey, ReadOnlySpan<byte> info)
    {
        ArgumentNullException.ThrowIfNull(inputKey);
        return KeyDerivation.DeriveKey(inputKey, info);
    }

    /// <inheritdoc/>
    /// <exception cref="InvariantViolatedException">The key object has sealed before: with a fixed nonce that would break it.</exception>
    public override void Seal(
        SecretBytes key,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> ciphertext
    )
    {
        ReadOnlySpan<byte> bytes = RevealKey(key);
        if (ciphertext.Length - ChaChaSealing.TagSizeInBytes != plaintext.Length)
        {
            throw new ArgumentException(
                $"Sealing {plaintext.Length} bytes needs {ChaChaSealing.TagSizeInBytes} more for the tag; {ciphertext.Length} were given.",
                nameof(ciphertext)
            );
        }

        // spec 03-masking#curve-4
        _sealed.UseOnce(key);
        ChaChaSealing.Seal(bytes, ZeroNonce, associatedData, plaintext, ciphertext);
    }

    /// <inheritdoc/>
    public override bool TryOpen(
        SecretBytes key,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> ciphertext,
        Span<byte> plaintext
    ) => ChaChaSealing.TryOpen(RevealKey(key), ZeroNonce, associatedData, ciphertext, plaintext);

    /// <summary>Verifies a 64-byte Ed25519 signature; false for any other size, S ≥ L, or a key of small order.</summary>
    public override bool VerifySignature(
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> signature
    ) => Ed25519Encoding.Verify(publicKey, message, signature);

    /// <inheritdoc/>
    public override MaskKeystream CreateKeystream(SecretBytes key)
    {
        _ = RevealKey(key);
        return _keystreams.Create(key);
    }

    /// <inheritdoc/>
    public override SecretBytes[] Split(SecretBytes secret, int threshold, int holderCount, RandomSource random) =>
        ShamirSharing.Split(secret, threshold, holderCount, random);

    /// <inheritdoc/>
    public override ShareCombiner CreateCombiner(ReadOnlySpan<ushort> xs) => new TowerCombiner(xs);

    private static ReadOnlySpan<byte> RevealKey(SecretBytes key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length != SecretSizeInBytes)
        {
            throw new ArgumentException($"A key has {SecretSizeInBytes} bytes; {key.Length} were given.", nameof(key));
        }

        return key.Reveal(SecretAccess.ForPrimitive);
    }
}
