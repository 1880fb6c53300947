using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.Testing;

/// <summary>A suite with the structure of the real ones and toy public-key primitives: fast, deterministic, and no protection at all.</summary>
/// <remarks>
/// Diffie-Hellman and Schnorr signatures modulo 2^61 − 1, a hash as key derivation; sealing, keystreams and secret sharing
/// are the real ones. It reports the id of the default suite, because the registry has no number for toys, and accepts
/// only keys that carry its mark, so it can never speak with a real party. Thread-safe.
/// </remarks>
public sealed class TestSuite : ProtocolSuite
{
    private TestSuite() { }

    /// <summary>The one instance.</summary>
    public static TestSuite Instance { get; } = new();

    /// <inheritdoc/>
    public override SuiteId Id => SuiteId.P256A256V1;

    /// <inheritdoc/>
    public override string Name => "SF-TEST-ONLY";

    /// <inheritdoc/>
    public override int AgreementPublicKeySizeInBytes => ToyGroup.KeySizeInBytes;

    /// <inheritdoc/>
    public override int SigningPublicKeySizeInBytes => ToyGroup.KeySizeInBytes;

    /// <inheritdoc/>
    public override int SignatureSizeInBytes => TestSigner.SignatureSizeInBytes;

    /// <inheritdoc/>
    public override int SealTagSizeInBytes => P256Suite.Instance.SealTagSizeInBytes;

    /// <inheritdoc/>
    public override AgreementKeyPair GenerateKeyPair(RandomSource random) =>
        new ToyKeyPair(SecretBytes.Generate(SecretSizeInBytes, random));

    /// <inheritdoc/>
    public override AgreementKeyPair? TryImportPrivateKey(SecretBytes privateKey)
    {
        ArgumentNullException.ThrowIfNull(privateKey);
        return
            privateKey.Length == SecretSizeInBytes
            && privateKey.Reveal(SecretAccess.ForPrimitive).ContainsAnyExcept((byte)0)
            ? new ToyKeyPair(privateKey.Duplicate())
            : null;
    }

    /// <inheritdoc/>
    public override bool IsValidAgreementPublicKey(ReadOnlySpan<byte> publicKey) => ToyGroup.Decode(publicKey) != 0;

    /// <inheritdoc/>
    public override bool IsValidSigningPublicKey(ReadOnlySpan<byte> publicKey) => ToyGroup.Decode(publicKey) != 0;

    /// <inheritdoc/>
    public override SecretBytes? TryAgree(AgreementKeyPair own, ReadOnlySpan<byte> peerPublicKey)
    {
        ArgumentNullException.ThrowIfNull(own);
        if (own is not ToyKeyPair pair)
        {
            throw new ArgumentException("The key pair was made by another suite.", nameof(own));
        }

        ulong peer = ToyGroup.Decode(peerPublicKey);
        return peer == 0 ? null : pair.Agree(peer);
    }

    /// <summary>SHA-256(key ‖ info): enough for a test, and many times faster than HKDF.</summary>
    public override SecretBytes DeriveKey(SecretBytes inputKey, ReadOnlySpan<byte> info)
    {
        ArgumentNullException.ThrowIfNull(inputKey);
        Span<byte> input = new byte[inputKey.Length + info.Length];
        inputKey.Reveal(SecretAccess.ForPrimitive).CopyTo(input);
        info.CopyTo(input[inputKey.Length..]);
        Span<byte> derived = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, derived);
        return SecretBytes.CopyFrom(derived);
    }

    /// <inheritdoc/>
    public override void Seal(
        SecretBytes key,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> ciphertext
    ) => P256Suite.Instance.Seal(key, associatedData, plaintext, ciphertext);

    /// <inheritdoc/>
    public override bool TryOpen(
        SecretBytes key,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> ciphertext,
        Span<byte> plaintext
    ) => P256Suite.Instance.TryOpen(key, associatedData, ciphertext, plaintext);

    /// <inheritdoc/>
    public override bool VerifySignature(
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> signature
    ) => TestSigner.Verify(publicKey, message, signature);

    /// <inheritdoc/>
    public override MaskKeystream CreateKeystream(SecretBytes key) => P256Suite.Instance.CreateKeystream(key);

    /// <inheritdoc/>
    public override SecretBytes[] Split(SecretBytes secret, int threshold, int holderCount, RandomSource random) =>
        P256Suite.Instance.Split(secret, threshold, holderCount, random);

    /// <inheritdoc/>
    public override ShareCombiner CreateCombiner(ReadOnlySpan<ushort> xs) => P256Suite.Instance.CreateCombiner(xs);
}
