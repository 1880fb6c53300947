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
    /// <param name="channels">The dealer's keys towards the holders.</param>
    /// <param name="mask">The dealer's mask key pair, whose private key is shared.</param>
    /// <param name="seed">b_u.</param>
    /// <param name="random">Coefficients and salts.</param>
    /// <param name="ownShare">The pair the dealer keeps for itself.</param>
    /// <returns>One entry for each member, in cohort order.</returns>
    public static ImmutableArray<DealtShare> Deal(
        ProtocolSuite suite,
        CohortView cohort,
        int threshold,
        ushort dealer,
        ChannelKeys channels,
        AgreementKeyPair mask,
        SecretBytes seed,
        RandomSource random,
        out HeldShare? ownShare
    )
    {
        using SecretBytes privateKey = mask.CopyPrivateKey();
        List<SecretBytes> parts = [];
        HeldShare[] pairs = new HeldShare[cohort.Count];
        ownShare = null;
        try
        {
            parts.AddRange(suite.Split(privateKey, threshold, cohort.Count, random));
            parts.AddRange(suite.Split(seed, threshold, cohort.Count, random));
            for (int part = 0; part < 2 * cohort.Count; part++)
            {
                parts.Add(SecretBytes.Generate(RevealedShare.SaltSizeInBytes, random));
            }

            for (int position = 0; position < pairs.Length; position++)
            {
                pairs[position] = new HeldShare(
                    parts[position],
                    parts[(2 * pairs.Length) + position],
                    parts[pairs.Length + position],
                    parts[(3 * pairs.Length) + position]
                );
            }

            return Publish(suite, cohort, dealer, channels, pairs, out ownShare);
        }
        finally
        {
            // Whatever happened, only the dealer's own pair lives on.
            foreach (SecretBytes part in parts)
            {
                if (ownShare?.Holds(part) != true)
                {
                    part.Dispose();
                }
            }
        }
    }

    private static ImmutableArray<DealtShare> Publish(
        ProtocolSuite suite,
        CohortView cohort,
        ushort dealer,
        ChannelKeys channels,
        HeldShare[] pairs,
        out HeldShare? ownShare
    )
    {
        ImmutableArray<DealtShare>.Builder dealt = ImmutableArray.CreateBuilder<DealtShare>(cohort.Count);
        HeldShare? kept = null;
        for (int position = 0; position < cohort.Count; position++)
        {
            ProtocolMessage.KeyAdvertisement holder = cohort.Advertisements[position];
            HeldShare pair = pairs[position];
            bool own = holder.Sender == dealer;
            byte[] ciphertext = own ? [] : Seal(suite, cohort, dealer, channels, holder.Sender, pair);
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

    private static byte[] Seal(
        ProtocolSuite suite,
        CohortView cohort,
        ushort dealer,
        ChannelKeys channels,
        ushort holder,
        HeldShare pair
    )
    {
        byte[] ciphertext = new byte[SealedShare.PlaintextSizeInBytes + suite.SealTagSizeInBytes];
        Span<byte> plaintext = stackalloc byte[SealedShare.PlaintextSizeInBytes];
        try
        {
            pair.WritePlaintext(plaintext, dealer, holder);
            suite.Seal(
                channels.To(holder),
                KeyLabels.SealedShareAssociatedData(suite.Id, cohort.Digest, dealer, holder),
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
}
