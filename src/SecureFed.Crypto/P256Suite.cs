using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Crypto.Keystreams;
using SecureFed.Crypto.Sharing;
using SecureFed.Protocol;

namespace SecureFed.Crypto;

/// <summary>The suite SF-P256-A256-1: every primitive comes from the platform, except the mask kernel where it is allowed.</summary>
/// <remarks>
/// ECDH P-256 with 65-byte points and the raw x coordinate, HKDF-SHA-256, AES-256-GCM, AES-256-CTR masks, ECDSA P-256 with
/// 64-byte signatures, Shamir over GF(2^16). Thread-safe; it remembers public points of peers and nothing else.
/// </remarks>
public sealed class P256Suite : ProtocolSuite
{
    /// <summary>The AppContext switch that makes <see cref="Instance"/> behave as <see cref="Fips"/>. Read once.</summary>
    public const string FipsSwitchName = "SecureFed.Crypto.Fips";

    private readonly SealingKeyGuard _sealed = new();

    // Two agreement keys for each party of the largest cohort (4,096) fit in one generation, and its signing keys.
    private readonly PeerKeyCache<ECDiffieHellmanPublicKey> _peers = new(P256KeyPair.TryImportPeer, 8_192);
    private readonly PeerKeyCache<ECDsa> _signers = new(P256Signatures.TryImport, 4_096);
    private readonly KeystreamSelection _keystreams;

    private P256Suite(KeystreamSelection keystreams) => _keystreams = keystreams;

    /// <summary>The suite with the fastest mask kernel of this machine, or with the platform's if the FIPS switch is on.</summary>
    public static P256Suite Instance { get; } = new(KeystreamSelection.OfThisProcess);

    /// <summary>The same suite, bit for bit, with masks expanded by the platform's AES only.</summary>
    public static P256Suite Fips { get; } = new(KeystreamSelection.PlatformOnly);

    /// <inheritdoc/>
    public override SuiteId Id => SuiteId.P256A256V1;

    /// <inheritdoc/>
    public override string Name => "SF-P256-A256-1";

    /// <inheritdoc/>
    public override int AgreementPublicKeySizeInBytes => P256Encoding.PointSizeInBytes;

    /// <inheritdoc/>
    public override int SigningPublicKeySizeInBytes => P256Encoding.PointSizeInBytes;

    /// <inheritdoc/>
    public override int SignatureSizeInBytes => P256Signatures.SizeInBytes;

    /// <inheritdoc/>
    public override int SealTagSizeInBytes => AesGcmSealing.TagSizeInBytes;

    /// <summary>Which implementation expands masks, for a report: "AES-NI" or "platform".</summary>
    public string MaskImplementation => _keystreams.ImplementationName;

    private static ReadOnlySpan<byte> ZeroNonce => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <inheritdoc/>
    public override AgreementKeyPair GenerateKeyPair(RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return P256KeyPair.Own(P256Encoding.DrawPrivateScalar(random));
    }

    /// <inheritdoc/>
    public override AgreementKeyPair? TryImportPrivateKey(SecretBytes privateKey)
    {
        ArgumentNullException.ThrowIfNull(privateKey);
        // Whether reconstructed bytes are a key at all is public: the round goes on or names the dealer.
        return P256Encoding.IsPrivateScalar(privateKey.Reveal(SecretAccess.ForPrimitive))
            ? P256KeyPair.Own(privateKey.Duplicate())
            : null;
    }

    /// <inheritdoc/>
    public override bool IsValidAgreementPublicKey(ReadOnlySpan<byte> publicKey) => _peers.Find(publicKey) is not null;

    /// <inheritdoc/>
    public override bool IsValidSigningPublicKey(ReadOnlySpan<byte> publicKey)
    {
        return _signers.Find(publicKey) is not null;
    }

    /// <inheritdoc/>
    public override SecretBytes? TryAgree(AgreementKeyPair own, ReadOnlySpan<byte> peerPublicKey)
    {
        ArgumentNullException.ThrowIfNull(own);
        if (own is not P256KeyPair keyPair)
        {
            throw new ArgumentException("The key pair was made by another suite.", nameof(own));
        }

        return _peers.Find(peerPublicKey) is { } peer ? keyPair.Agree(peer) : null;
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
        if (ciphertext.Length - AesGcmSealing.TagSizeInBytes != plaintext.Length)
        {
            throw new ArgumentException(
                $"Sealing {plaintext.Length} bytes needs {AesGcmSealing.TagSizeInBytes} more for the tag; {ciphertext.Length} were given.",
                nameof(ciphertext)
            );
        }

        _sealed.UseOnce(key);
        AesGcmSealing.Seal(bytes, ZeroNonce, associatedData, plaintext, ciphertext);
    }

    /// <inheritdoc/>
    public override bool TryOpen(
        SecretBytes key,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> ciphertext,
        Span<byte> plaintext
    ) => AesGcmSealing.TryOpen(RevealKey(key), ZeroNonce, associatedData, ciphertext, plaintext);

    /// <inheritdoc/>
    public override bool VerifySignature(
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> signature
    )
    {
        if (signature.Length != P256Signatures.SizeInBytes)
        {
            return false;
        }

        if (_signers.Find(publicKey) is not { } key)
        {
            return false;
        }

        // The platform promises no thread safety for key objects; two threads rarely check the same party at once.
        lock (key)
        {
            return P256Signatures.Verify(key, message, signature);
        }
    }

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
