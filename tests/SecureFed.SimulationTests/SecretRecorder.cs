using System.Globalization;
using System.Numerics;
using System.Text;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.SimulationTests;

/// <summary>A suite that remembers every secret that passes through it: private keys, agreed secrets, derived keys, shares.</summary>
internal sealed class SecretRecorder(ProtocolSuite inner) : ProtocolSuite
{
    /// <summary>What kind of secret, and its bytes.</summary>
    public List<(string Kind, byte[] Bytes)> Secrets { get; } = [];

    public override SuiteId Id => inner.Id;

    public override string Name => inner.Name;

    public override int AgreementPublicKeySizeInBytes => inner.AgreementPublicKeySizeInBytes;

    public override int SigningPublicKeySizeInBytes => inner.SigningPublicKeySizeInBytes;

    public override int SignatureSizeInBytes => inner.SignatureSizeInBytes;

    public override int SealTagSizeInBytes => inner.SealTagSizeInBytes;

    public override AgreementKeyPair GenerateKeyPair(RandomSource random)
    {
        AgreementKeyPair pair = inner.GenerateKeyPair(random);
        using SecretBytes key = pair.CopyPrivateKey();
        Remember("private key", key);
        return pair;
    }

    public override AgreementKeyPair? TryImportPrivateKey(SecretBytes privateKey) =>
        inner.TryImportPrivateKey(privateKey);

    public override bool IsValidAgreementPublicKey(ReadOnlySpan<byte> publicKey) =>
        inner.IsValidAgreementPublicKey(publicKey);

    public override bool IsValidSigningPublicKey(ReadOnlySpan<byte> publicKey) =>
        inner.IsValidSigningPublicKey(publicKey);

    public override SecretBytes? TryAgree(AgreementKeyPair own, ReadOnlySpan<byte> peerPublicKey)
    {
        SecretBytes? secret = inner.TryAgree(own, peerPublicKey);
        if (secret is not null)
        {
            Remember("agreed secret", secret);
        }

        return secret;
    }

    public override SecretBytes DeriveKey(SecretBytes inputKey, ReadOnlySpan<byte> info)
    {
        SecretBytes key = inner.DeriveKey(inputKey, info);
        Remember("input key", inputKey);
        Remember("derived key", key);
        return key;
    }

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

    public override SecretBytes[] Split(SecretBytes secret, int threshold, int holderCount, RandomSource random)
    {
        SecretBytes[] shares = inner.Split(secret, threshold, holderCount, random);
        Remember("shared secret", secret);
        foreach (SecretBytes share in shares)
        {
            Remember("share", share);
        }

        return shares;
    }

    public override SecretBytes Combine(ReadOnlySpan<ushort> xs, ReadOnlySpan<SecretBytes> shares) =>
        inner.Combine(xs, shares);

    /// <summary>The forms in which bytes turn up in text.</summary>
    public static IEnumerable<string> TextFormsOf(byte[] bytes)
    {
        yield return Convert.ToHexString(bytes);
        yield return Convert.ToHexStringLower(bytes);
        yield return BitConverter.ToString(bytes);
        yield return Convert.ToBase64String(bytes).TrimEnd('=');
        yield return string.Join(", ", bytes.Take(8));
        yield return string.Join(' ', bytes.Take(8));
        yield return new BigInteger(bytes, isUnsigned: true, isBigEndian: true).ToString(CultureInfo.InvariantCulture);
        yield return new BigInteger(bytes, isUnsigned: true).ToString(CultureInfo.InvariantCulture);
        yield return Encoding.Latin1.GetString(bytes);
    }

    private void Remember(string kind, SecretBytes secret) =>
        Secrets.Add((kind, secret.Reveal(SecretAccess.ForPrimitive).ToArray()));
}
