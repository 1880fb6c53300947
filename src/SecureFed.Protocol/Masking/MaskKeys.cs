using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Derives the mask keystreams of a cohort. spec 03-masking#masks-1</summary>
internal static class MaskKeys
{
    /// <summary>The stream between two parties; both derive the same one. Null when the peer's key is refused.</summary>
    public static MaskKeystream? TryPair(
        ProtocolSuite suite,
        Digest cohort,
        AgreementKeyPair own,
        ushort ownIndex,
        ushort peerIndex,
        ReadOnlySpan<byte> peerMaskKey
    )
    {
        using SecretBytes? secret = suite.TryAgree(own, peerMaskKey);
        if (secret is null)
        {
            return null;
        }

        ushort low = Math.Min(ownIndex, peerIndex);
        ushort high = Math.Max(ownIndex, peerIndex);
        using SecretBytes key = suite.DeriveKey(secret, KeyLabels.PairMask(suite.Id, cohort, low, high));
        return suite.CreateKeystream(key);
    }

    /// <summary>The stream of a party's own seed b_u.</summary>
    public static MaskKeystream Self(ProtocolSuite suite, Digest cohort, SecretBytes seed, ushort index)
    {
        using SecretBytes key = suite.DeriveKey(seed, KeyLabels.SelfMask(suite.Id, cohort, index));
        return suite.CreateKeystream(key);
    }

    /// <summary>The sign of the pair stream in the masked vector of <paramref name="own"/>: plus for the lower index. spec 03-masking#masks-2</summary>
    public static bool OwnAdds(ushort own, ushort peer) => own < peer;
}
