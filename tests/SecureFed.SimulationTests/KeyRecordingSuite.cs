using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.SimulationTests;

/// <summary>The toy suite with a list of every key that sealed.</summary>
internal sealed class KeyRecordingSuite : ProtocolSuite, IDisposable
{
    private readonly HashSet<Digest> _keys = [];

    public int Sealings { get; private set; }

    public int DistinctKeys => _keys.Count;

    public override SuiteId Id => TestSuite.Instance.Id;

    public override string Name => TestSuite.Instance.Name;

    public override int AgreementPublicKeySizeInBytes => TestSuite.Instance.AgreementPublicKeySizeInBytes;

    public override int SigningPublicKeySizeInBytes => TestSuite.Instance.SigningPublicKeySizeInBytes;

    public override int SignatureSizeInBytes => TestSuite.Instance.SignatureSizeInBytes;

    public override int SealTagSizeInBytes => TestSuite.Instance.SealTagSizeInBytes;

    public override AgreementKeyPair GenerateKeyPair(RandomSource random) => TestSuite.Instance.GenerateKeyPair(random);

    public override AgreementKeyPair? TryImportPrivateKey(SecretBytes privateKey) =>
        TestSuite.Instance.TryImportPrivateKey(privateKey);

    public override bool IsValidAgreementPublicKey(ReadOnlySpan<byte> publicKey) =>
        TestSuite.Instance.IsValidAgreementPublicKey(publicKey);

    public override bool IsValidSigningPublicKey(ReadOnlySpan<byte> publicKey) =>
        TestSuite.Instance.IsValidSigningPublicKey(publicKey);

    public override SecretBytes? TryAgree(AgreementKeyPair own, ReadOnlySpan<byte> peerPublicKey) =>
        TestSuite.Instance.TryAgree(own, peerPublicKey);

    public override SecretBytes DeriveKey(SecretBytes inputKey, ReadOnlySpan<byte> info) =>
        TestSuite.Instance.DeriveKey(inputKey, info);

    public override void Seal(
        SecretBytes key,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> ciphertext
    )
    {
        // The nonce is constant: a key used twice is a (key, nonce) pair used twice.
        Sealings++;
        _keys.Add(Digest.Of(key.Reveal(SecretAccess.ForPrimitive)));
        TestSuite.Instance.Seal(key, associatedData, plaintext, ciphertext);
    }

    public override bool TryOpen(
        SecretBytes key,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> ciphertext,
        Span<byte> plaintext
    ) => TestSuite.Instance.TryOpen(key, associatedData, ciphertext, plaintext);

    public override bool VerifySignature(
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> signature
    ) => TestSuite.Instance.VerifySignature(publicKey, message, signature);

    public override MaskKeystream CreateKeystream(SecretBytes key) => TestSuite.Instance.CreateKeystream(key);

    public override SecretBytes[] Split(SecretBytes secret, int threshold, int holderCount, RandomSource random) =>
        TestSuite.Instance.Split(secret, threshold, holderCount, random);

    public override SecretBytes Combine(ReadOnlySpan<ushort> xs, ReadOnlySpan<SecretBytes> shares) =>
        TestSuite.Instance.Combine(xs, shares);

    public void Dispose() => _keys.Clear();
}
