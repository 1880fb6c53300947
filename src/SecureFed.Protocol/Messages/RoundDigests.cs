using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The digests that bind a round. No digest covers signature bytes. spec 05-transport#digests-1</summary>
/// <remarks>Stateless and thread-safe. SHA-256 over a label of its own and the canonical bytes.</remarks>
public static class RoundDigests
{
    /// <summary>D: the digest of the descriptor's canonical bytes. spec 05-transport#digests-2</summary>
    /// <exception cref="ArgumentException">A value that the encoding cannot express.</exception>
    public static Digest Descriptor(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        WireWriter writer = new(stackalloc byte[1024]);
        writer.Label(Labels.Descriptor);
        RoundDescriptorCodec.Write(ref writer, descriptor);
        return Digest.Of(writer.Written);
    }

    /// <summary>The public seed of the rotation of an attempt, known before anybody has joined it. spec 02-privacy#compressed-3</summary>
    /// <param name="federation">The federation's name.</param>
    /// <param name="round">R.</param>
    /// <param name="attempt">From 1.</param>
    /// <param name="modelDigest">SHA-256 of the model that updates start from.</param>
    /// <exception cref="ArgumentException">The name is too long.</exception>
    public static Digest RotationSeed(string federation, ulong round, uint attempt, Digest modelDigest)
    {
        ArgumentNullException.ThrowIfNull(federation);
        WireWriter writer = new(stackalloc byte[256]);
        writer.Label(Labels.RotationSeed);
        writer.Text(federation, ParticipantId.MaximumLength, nameof(federation));
        writer.U64(round);
        writer.U32(attempt);
        writer.Digest(modelDigest);
        return Digest.Of(writer.Written);
    }

    /// <summary>K: the digest of D and the cohort's keys and commitments, without their signatures. spec 05-transport#digests-3</summary>
    /// <param name="d">D, which binds the roster and so the names behind the indices.</param>
    /// <param name="advertisements">The cohort, strictly ascending by sender.</param>
    /// <exception cref="ArgumentException">The advertisements are not ascending or belong to another session.</exception>
    public static Digest Cohort(Digest d, IReadOnlyList<ProtocolMessage.KeyAdvertisement> advertisements)
    {
        ArgumentNullException.ThrowIfNull(advertisements);
        WireWriter writer = new(stackalloc byte[1024]);
        writer.Label(Labels.Cohort);
        writer.Digest(d);
        writer.U16(advertisements.Count);
        for (int i = 0; i < advertisements.Count; i++)
        {
            ProtocolMessage.KeyAdvertisement entry = advertisements[i];
            if (entry.Session != d || (i > 0 && advertisements[i - 1].Sender >= entry.Sender))
            {
                throw new ArgumentException(
                    "The advertisements of a cohort belong to D and are strictly ascending by sender.",
                    nameof(advertisements)
                );
            }

            // spec 05-transport#signing-4: ECDSA signatures are malleable, so no digest may depend on their bytes.
            writer.U16(entry.Sender);
            MessageWriter.WriteKeys(ref writer, entry);
        }

        return Digest.Of(writer.Written);
    }

    /// <summary>The commitment to a self-mask seed, advertised with the keys. Hiding because the seed is uniform. spec 05-transport#digests-4</summary>
    /// <param name="d">D.</param>
    /// <param name="sender">The committing party's roster index.</param>
    /// <param name="seed">32 secret bytes.</param>
    public static Digest SeedCommitment(Digest d, ushort sender, ReadOnlySpan<byte> seed)
    {
        RequireSize(seed, ProtocolSuite.SecretSizeInBytes, nameof(seed));
        Span<byte> buffer = stackalloc byte[128];
        try
        {
            WireWriter writer = new(buffer);
            writer.Label(Labels.SeedCommitment);
            writer.Digest(d);
            writer.U16(sender);
            writer.Bytes(seed);
            return Digest.Of(writer.Written);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    /// <summary>The salted commitment of a dealer to one share of one holder. spec 05-transport#digests-5</summary>
    /// <param name="kind">Which secret the share is of.</param>
    /// <param name="k">K.</param>
    /// <param name="dealer">The dealer's roster index.</param>
    /// <param name="holder">The holder's roster index.</param>
    /// <param name="share">32 secret bytes.</param>
    /// <param name="salt">16 secret bytes.</param>
    public static Digest ShareCommitment(
        ShareKind kind,
        Digest k,
        ushort dealer,
        ushort holder,
        ReadOnlySpan<byte> share,
        ReadOnlySpan<byte> salt
    )
    {
        if (kind is not (ShareKind.MaskKey or ShareKind.SelfMaskSeed))
        {
            throw new ArgumentOutOfRangeException(nameof(kind), "A share is of the mask key or of the self-mask seed.");
        }

        RequireSize(share, RevealedShare.ShareSizeInBytes, nameof(share));
        RequireSize(salt, RevealedShare.SaltSizeInBytes, nameof(salt));
        Span<byte> buffer = stackalloc byte[160];
        try
        {
            WireWriter writer = new(buffer);
            writer.Label(Labels.ShareCommitment);
            writer.U8((int)kind);
            writer.Digest(k);
            writer.U16(dealer);
            writer.U16(holder);
            writer.Bytes(share);
            writer.Bytes(salt);
            return Digest.Of(writer.Written);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    /// <summary>The digest of K, U2 and U3, which a client stores before it signs them. spec 05-transport#digests-6</summary>
    /// <param name="k">K.</param>
    /// <param name="sharers">U2.</param>
    /// <param name="survivors">U3.</param>
    public static Digest SurvivorSets(Digest k, PartySet sharers, PartySet survivors)
    {
        WireWriter writer = new(stackalloc byte[256]);
        writer.Label(Labels.SurvivorSets);
        writer.Digest(k);
        writer.Set(sharers, nameof(sharers));
        writer.Set(survivors, nameof(survivors));
        return Digest.Of(writer.Written);
    }

    private static void RequireSize(ReadOnlySpan<byte> bytes, int size, string what)
    {
        if (bytes.Length != size)
        {
            throw new ArgumentException($"{what} has {size} bytes; {bytes.Length} were given.", what);
        }
    }
}
