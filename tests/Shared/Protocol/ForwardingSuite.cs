using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Tests.Shared;

/// <summary>A suite that passes every call on to another one; a double overrides what it watches or bends.</summary>
internal abstract class ForwardingSuite(ProtocolSuite inner) : ProtocolSuite
{
    public override SuiteId Id => inner.Id;

    public override string Name => inner.Name;

    public override int AgreementPublicKeySizeInBytes => inner.AgreementPublicKeySizeInBytes;

    public override int SigningPublicKeySizeInBytes => inner.SigningPublicKeySizeInBytes;

    public override int SignatureSizeInBytes => inner.SignatureSizeInBytes;

    public override int SealTagSizeInBytes => inner.SealTagSizeInBytes;

    public override AgreementKeyPair GenerateKeyPair(RandomSource random) => inner.GenerateKeyPair(random);

    public override AgreementKeyPair? TryImportPrivateKey(SecretBytes privateKey) =>
        inner.TryImportPrivateKey(privateKey);

    public override bool IsValidAgreementPublicKey(ReadOnlySpan<byte> publicKey) =>
        inner.IsValidAgreementPublicKey(publicKey);

    public override bool IsValidSigningPublicKey(ReadOnlySpan<byte> publicKey) =>
        inner.IsValidSigningPublicKey(publicKey);

    public override SecretBytes? TryAgree(AgreementKeyPair own, ReadOnlySpan<byte> peerPublicKey) =>
        inner.TryAgree(own, peerPublicKey);

    public override SecretBytes DeriveKey(SecretBytes inputKey, ReadOnlySpan<byte> info) =>
        inner.DeriveKey(inputKey, info);

    public override void Seal(
        SecretBytes key,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> ciphertext
    ) => inner.Seal(key, associatedData, plaintext, ciphertext);

    public override bool TryOpen(
        SecretBytes key,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> ciphertext,
        Span<byte> plaintext
    ) => inner.TryOpen(key, associatedData, ciphertext, plaintext);

    public override bool VerifySignature(
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> signature
    ) => inner.VerifySignature(publicKey, message, signature);

    public override MaskKeystream CreateKeystream(SecretBytes key) => inner.CreateKeystream(key);

    public override SecretBytes[] Split(SecretBytes secret, int threshold, int holderCount, RandomSource random) =>
        inner.Split(secret, threshold, holderCount, random);

    public override ShareCombiner CreateCombiner(ReadOnlySpan<ushort> xs) => inner.CreateCombiner(xs);
}
