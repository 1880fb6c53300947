using System.Collections.Immutable;
using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The dealer's side of secret sharing: split, commit, seal. spec 03-masking#shares-1</summary>
internal static class ShareDealing
{
    /// <summary>Splits the two secrets among the whole cohort.</summary>
    /// <param name="suite">The primitives.</param>
    /// <param name="cohort">The holders, the dealer among them.</param>
    /// <param name="threshold">t.</param>
    /// <param name="dealer">The dealer's roster index.</param>
    /// <param name="channel">The dealer's channel key pair.</param>
    /// <param name="mask">The dealer's mask key pair, whose private key is shared.</param>
    /// <param name="seed">b_u.</param>
    /// <param name="random">Coefficients and salts.</param>
    /// <param name="ownShare">The pair the dealer keeps for itself.</param>
    /// <param name="refused">The member whose channel key the suite refused; null when all were taken.</param>
    /// <returns>One entry for each member, in cohort order; empty when a key was refused.</returns>
    public static ImmutableArray<DealtShare> Deal(
        ProtocolSuite suite,
        CohortView cohort,
        int threshold,
        ushort dealer,
        AgreementKeyPair channel,
        AgreementKeyPair mask,
        SecretBytes seed,
        RandomSource random,
        out HeldShare? ownShare,
        out ushort? refused
    )
    {
        using SecretBytes privateKey = mask.CopyPrivateKey();
        SecretBytes[] keyShares = suite.Split(privateKey, threshold, cohort.Count, random);
        SecretBytes[] seedShares = suite.Split(seed, threshold, cohort.Count, random);
        HeldShare[] pairs =
        [
            .. keyShares.Zip(
                seedShares,
                (keyShare, seedShare) =>
                    new HeldShare(
                        keyShare,
                        SecretBytes.Generate(RevealedShare.SaltSizeInBytes, random),
                        seedShare,
                        SecretBytes.Generate(RevealedShare.SaltSizeInBytes, random)
                    )
            ),
        ];
        ownShare = null;
        try
        {
            return Publish(suite, cohort, dealer, channel, pairs, out ownShare, out refused);
        }
        finally
        {
            // Whatever happened, only the dealer's own pair lives on.
            foreach (HeldShare pair in pairs)
            {
                if (!ReferenceEquals(pair, ownShare))
                {
                    pair.Dispose();
                }
            }
        }
    }

    private static ImmutableArray<DealtShare> Publish(
        ProtocolSuite suite,
        CohortView cohort,
        ushort dealer,
        AgreementKeyPair channel,
        HeldShare[] pairs,
        out HeldShare? ownShare,
        out ushort? refused
    )
    {
        ImmutableArray<DealtShare>.Builder dealt = ImmutableArray.CreateBuilder<DealtShare>(cohort.Count);
        HeldShare? kept = null;
        refused = null;
        for (int position = 0; position < cohort.Count; position++)
        {
            ProtocolMessage.KeyAdvertisement holder = cohort.Advertisements[position];
            HeldShare pair = pairs[position];
            bool own = holder.Sender == dealer;
            byte[]? ciphertext = own ? [] : TrySeal(suite, cohort, dealer, channel, holder, pair);
            if (ciphertext is null)
            {
                refused ??= holder.Sender;
                ciphertext = [];
            }

            dealt.Add(
                new DealtShare(
                    pair.Commit(ShareKind.MaskKey, cohort.Digest, dealer, holder.Sender),
                    pair.Commit(ShareKind.SelfMaskSeed, cohort.Digest, dealer, holder.Sender),
                    ciphertext
                )
            );
            if (own)
            {
                kept = pair;
            }
        }

        ownShare = kept;
        return dealt.MoveToImmutable();
    }

    private static byte[]? TrySeal(
        ProtocolSuite suite,
        CohortView cohort,
        ushort dealer,
        AgreementKeyPair channel,
        ProtocolMessage.KeyAdvertisement holder,
        HeldShare pair
    )
    {
        using SecretBytes? key = TryChannelKey(suite, cohort, channel, dealer, holder.Sender, holder.ChannelKey.Span);
        if (key is null)
        {
            return null;
        }

        byte[] ciphertext = new byte[SealedShare.PlaintextSizeInBytes + suite.SealTagSizeInBytes];
        Span<byte> plaintext = stackalloc byte[SealedShare.PlaintextSizeInBytes];
        try
        {
            pair.WritePlaintext(plaintext, dealer, holder.Sender);
            suite.Seal(
                key,
                KeyLabels.SealedShareAssociatedData(suite.Id, cohort.Digest, dealer, holder.Sender),
                plaintext,
                ciphertext
            );
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }

        return ciphertext;
    }

    /// <summary>The single-use key that seals from <paramref name="from"/> to <paramref name="to"/>; both sides derive it. spec 03-masking#sealing-1</summary>
    public static SecretBytes? TryChannelKey(
        ProtocolSuite suite,
        CohortView cohort,
        AgreementKeyPair own,
        ushort from,
        ushort to,
        ReadOnlySpan<byte> peerChannelKey
    )
    {
        using SecretBytes? secret = suite.TryAgree(own, peerChannelKey);
        return secret is null
            ? null
            : suite.DeriveKey(secret, KeyLabels.ShareSealing(suite.Id, cohort.Digest, from, to));
    }
}
