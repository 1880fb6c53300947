using System.Collections.Immutable;
using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The dealer's side of secret sharing: split, commit, seal. spec 03-masking#shares-1</summary>
internal static class ShareDealing
{
    /// <summary>Splits the two secrets among the dealer's holders.</summary>
    /// <param name="suite">The primitives.</param>
    /// <param name="cohort">The cohort and its graph, which names holders and threshold.</param>
    /// <param name="dealer">The dealer's roster index.</param>
    /// <param name="channels">The dealer's keys towards the holders.</param>
    /// <param name="mask">The dealer's mask key pair, whose private key is shared.</param>
    /// <param name="seed">b_u.</param>
    /// <param name="random">Coefficients and salts.</param>
    /// <param name="ownShare">The pair the dealer keeps for itself; null where it is not among its holders.</param>
    /// <returns>One entry for each holder, ascending.</returns>
    public static ImmutableArray<DealtShare> Deal(
        ProtocolSuite suite,
        CohortView cohort,
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
        ImmutableArray<ushort> holders = cohort.Graph.HoldersOf(dealer);
        HeldShare[] pairs = new HeldShare[holders.Length];
        ownShare = null;
        try
        {
            parts.AddRange(suite.Split(privateKey, cohort.Graph.Threshold, pairs.Length, random));
            parts.AddRange(suite.Split(seed, cohort.Graph.Threshold, pairs.Length, random));
            for (int part = 0; part < 2 * pairs.Length; part++)
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

            return Publish(suite, cohort, dealer, holders, channels, pairs, out ownShare);
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
        ImmutableArray<ushort> holders,
        ChannelKeys channels,
        HeldShare[] pairs,
        out HeldShare? ownShare
    )
    {
        ImmutableArray<DealtShare>.Builder dealt = ImmutableArray.CreateBuilder<DealtShare>(holders.Length);
        HeldShare? kept = null;
        for (int position = 0; position < holders.Length; position++)
        {
            ushort holder = holders[position];
            HeldShare pair = pairs[position];
            bool own = holder == dealer;
            byte[] ciphertext = own ? [] : Seal(suite, cohort, dealer, channels, holder, pair);
            dealt.Add(
                new DealtShare(
                    pair.Commit(ShareKind.MaskKey, cohort.Digest, dealer, holder),
                    pair.Commit(ShareKind.SelfMaskSeed, cohort.Digest, dealer, holder),
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
