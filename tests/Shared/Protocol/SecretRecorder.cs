using System.Globalization;
using System.Numerics;
using System.Text;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Tests.Shared;

/// <summary>A suite that remembers every secret that passes through it: private keys, agreed secrets, derived keys, shares.</summary>
internal sealed class SecretRecorder(ProtocolSuite inner) : ForwardingSuite(inner)
{
    /// <summary>What kind of secret, and its bytes.</summary>
    public List<(string Kind, byte[] Bytes)> Secrets { get; } = [];

    public override AgreementKeyPair GenerateKeyPair(RandomSource random)
    {
        AgreementKeyPair pair = base.GenerateKeyPair(random);
        using SecretBytes key = pair.CopyPrivateKey();
        Remember("private key", key);
        return pair;
    }

    public override SecretBytes? TryAgree(AgreementKeyPair own, ReadOnlySpan<byte> peerPublicKey)
    {
        SecretBytes? secret = base.TryAgree(own, peerPublicKey);
        if (secret is not null)
        {
            Remember("agreed secret", secret);
        }

        return secret;
    }

    public override SecretBytes DeriveKey(SecretBytes inputKey, ReadOnlySpan<byte> info)
    {
        SecretBytes key = base.DeriveKey(inputKey, info);
        Remember("input key", inputKey);
        Remember("derived key", key);
        return key;
    }

    public override SecretBytes[] Split(SecretBytes secret, int threshold, int holderCount, RandomSource random)
    {
        SecretBytes[] shares = base.Split(secret, threshold, holderCount, random);
        Remember("shared secret", secret);
        foreach (SecretBytes share in shares)
        {
            Remember("share", share);
        }

        return shares;
    }

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
