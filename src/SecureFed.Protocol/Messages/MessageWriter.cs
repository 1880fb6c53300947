using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Writes the bodies of messages. spec 05-transport#messages</summary>
internal static class MessageWriter
{
    /// <summary>Writes what a client signs of its message, without the sender; a packed vector that ends it is returned instead.</summary>
    public static ReadOnlyMemory<byte> WriteSignedBody(ref WireWriter writer, ProtocolMessage.FromClient message)
    {
        switch (message)
        {
            case ProtocolMessage.KeyAdvertisement m:
                WriteKeys(ref writer, m);
                return default;
            case ProtocolMessage.EncryptedShares m:
                WriteCount(ref writer, m.Shares, MessageLimits.MaximumRosterSize, nameof(m.Shares));
                foreach (DealtShare share in m.Shares)
                {
                    WriteShare(ref writer, share);
                }

                return default;
            case ProtocolMessage.MaskedInput m:
                writer.Set(m.Sharers, nameof(m.Sharers));
                WriteComplaints(ref writer, m.Complaints);
                writer.U32(m.PackedVector.Length);
                return m.PackedVector;
            case ProtocolMessage.ConsistencySignature m:
                writer.Set(m.Sharers, nameof(m.Sharers));
                writer.Set(m.Survivors, nameof(m.Survivors));
                return default;
            case ProtocolMessage.UnmaskShares m:
                WriteRevealedShares(ref writer, m);
                return default;
            case ProtocolMessage.ClientWithdrawal m:
                WriteReason(ref writer, m.Reason);
                writer.Set(m.Named, nameof(m.Named));
                return default;
            case ProtocolMessage.PlainInput m:
                writer.U32(m.PackedVector.Length);
                return m.PackedVector;
            default:
                throw Unknown(message);
        }
    }

    /// <summary>Writes the body of a message of the server.</summary>
    public static void WriteServerBody(ref WireWriter writer, ProtocolMessage message)
    {
        switch (message)
        {
            case ProtocolMessage.RoundInvitation m:
                ArgumentNullException.ThrowIfNull(m.Descriptor, nameof(m.Descriptor));
                RoundDescriptorCodec.Write(ref writer, m.Descriptor);
                break;
            case ProtocolMessage.CohortAnnouncement m:
                WriteAdvertisements(ref writer, m);
                break;
            case ProtocolMessage.ShareDelivery m:
                writer.U16(m.Receiver);
                writer.Set(m.Sharers, nameof(m.Sharers));
                WriteEnvelopes(ref writer, m.Envelopes);
                break;
            case ProtocolMessage.SurvivorAnnouncement m:
                writer.Set(m.Survivors, nameof(m.Survivors));
                break;
            case ProtocolMessage.UnmaskRequest m:
                writer.Set(m.Survivors, nameof(m.Survivors));
                WriteCount(ref writer, m.Signatures, 2 * MessageLimits.MaximumRosterSize, nameof(m.Signatures));
                foreach (SurvivorSignature signature in m.Signatures)
                {
                    writer.U16(signature.Signer);
                    CheckSignature(signature.Signature.Span);
                    writer.Bytes(signature.Signature.Span);
                }

                break;
            case ProtocolMessage.ResultAnnouncement m:
                writer.Set(m.Survivors, nameof(m.Survivors));
                writer.Digest(m.SumDigest);
                break;
            case ProtocolMessage.RoundAborted m:
                WriteReason(ref writer, m.Reason);
                writer.Set(m.Named, nameof(m.Named));
                break;
            default:
                throw Unknown(message);
        }
    }

    /// <summary>A signature has 64 bytes in every suite.</summary>
    public static void CheckSignature(ReadOnlySpan<byte> signature)
    {
        if (signature.Length != MessageLimits.SignatureSizeInBytes)
        {
            throw new ArgumentException(
                $"A signature has {MessageLimits.SignatureSizeInBytes} bytes; {signature.Length} were given. "
                    + "Sign the content first, then build the message that is sent.",
                nameof(signature)
            );
        }
    }

    /// <summary>Keys and commitment of one advertisement, as they are signed.</summary>
    public static void WriteKeys(ref WireWriter writer, ProtocolMessage.KeyAdvertisement advertisement)
    {
        WriteKey(ref writer, advertisement.ChannelKey.Span, nameof(advertisement.ChannelKey));
        WriteKey(ref writer, advertisement.MaskKey.Span, nameof(advertisement.MaskKey));
        writer.Digest(advertisement.SeedCommitment);
    }

    private static void WriteAdvertisements(ref WireWriter writer, ProtocolMessage.CohortAnnouncement message)
    {
        ImmutableArray<ProtocolMessage.KeyAdvertisement> advertisements = message.Advertisements;
        const string What = nameof(message.Advertisements);
        WriteCount(ref writer, advertisements, MessageLimits.MaximumRosterSize, What);
        for (int i = 0; i < advertisements.Length; i++)
        {
            ProtocolMessage.KeyAdvertisement entry = advertisements[i];
            Require(entry.Session == message.Session, What, "must belong to the announcement's session");
            Require(
                i == 0 || advertisements[i - 1].Sender < entry.Sender,
                What,
                "must be strictly ascending by sender"
            );
            CheckSignature(entry.Signature.Span);
            writer.U16(entry.Sender);
            WriteKeys(ref writer, entry);
            writer.Bytes(entry.Signature.Span);
        }
    }

    private static void WriteEnvelopes(ref WireWriter writer, ImmutableArray<ShareEnvelope> envelopes)
    {
        const string What = nameof(ProtocolMessage.ShareDelivery.Envelopes);
        WriteCount(ref writer, envelopes, MessageLimits.MaximumRosterSize, What);
        for (int i = 0; i < envelopes.Length; i++)
        {
            ShareEnvelope envelope = envelopes[i];
            Require(i == 0 || envelopes[i - 1].Dealer < envelope.Dealer, What, "must be strictly ascending by dealer");
            Require(!envelope.Path.IsDefault, What, "must have a path");
            Require(
                envelope.Path.Length <= MessageLimits.MaximumPathLength,
                What,
                "must have a path of at most 12 hashes"
            );
            CheckSignature(envelope.DealerSignature.Span);
            writer.U16(envelope.Dealer);
            WriteShare(ref writer, envelope.Share);
            writer.U8(envelope.Path.Length);
            foreach (Digest sibling in envelope.Path)
            {
                writer.Digest(sibling);
            }

            writer.Bytes(envelope.DealerSignature.Span);
        }
    }

    private static void WriteShare(ref WireWriter writer, DealtShare share)
    {
        Require(
            share.Ciphertext.Length <= MessageLimits.MaximumSealedShareSizeInBytes,
            nameof(share.Ciphertext),
            $"must have at most {MessageLimits.MaximumSealedShareSizeInBytes} bytes"
        );
        writer.Digest(share.KeyCommitment);
        writer.Digest(share.SeedCommitment);
        writer.ShortBytes(share.Ciphertext.Span);
    }

    private static void WriteComplaints(ref WireWriter writer, ImmutableArray<ShareComplaint> complaints)
    {
        const string What = nameof(ProtocolMessage.MaskedInput.Complaints);
        WriteCount(ref writer, complaints, MessageLimits.MaximumRosterSize, What);
        for (int i = 0; i < complaints.Length; i++)
        {
            ShareComplaint complaint = complaints[i];
            Require(
                i == 0 || complaints[i - 1].Dealer < complaint.Dealer,
                What,
                "must be strictly ascending by dealer"
            );
            Require(IsComplaint(complaint.Kind), What, "must be of a kind that a share can be complained of");
            writer.U16(complaint.Dealer);
            writer.U16((int)complaint.Kind);
        }
    }

    private static void WriteRevealedShares(ref WireWriter writer, ProtocolMessage.UnmaskShares message)
    {
        writer.Set(message.Survivors, nameof(message.Survivors));
        writer.Set(message.Dealers, nameof(message.Dealers));

        // spec 05-transport#unmask-shares-1: the bitmap of dealers says how many shares follow: a second count could only contradict it.
        Require(
            !message.Shares.IsDefault && message.Shares.Length == message.Dealers.Count,
            nameof(message.Shares),
            "must have one entry for each dealer"
        );
        foreach (RevealedShare revealed in message.Shares)
        {
            Require(
                revealed.Share.Length == RevealedShare.ShareSizeInBytes
                    && revealed.Salt.Length == RevealedShare.SaltSizeInBytes,
                nameof(message.Shares),
                "must have shares of 32 and salts of 16 bytes"
            );
            writer.Bytes(revealed.Share.Span);
            writer.Bytes(revealed.Salt.Span);
        }

        Require(
            message.LayerSeed.Length is 0 or ProtocolSuite.SecretSizeInBytes,
            nameof(message.LayerSeed),
            "must have 32 bytes or none"
        );
        writer.ShortBytes(message.LayerSeed.Span);
    }

    private static void WriteReason(ref WireWriter writer, AbortReason reason)
    {
        Require(IsReason(reason), nameof(reason), "must be a registered abort reason");
        writer.U16((int)reason);
    }

    private static void WriteKey(ref WireWriter writer, ReadOnlySpan<byte> key, string what)
    {
        Require(
            key.Length is >= 1 and <= MessageLimits.MaximumKeySizeInBytes,
            what,
            $"must have 1 to {MessageLimits.MaximumKeySizeInBytes} bytes"
        );
        writer.ShortBytes(key);
    }

    private static void WriteCount<T>(ref WireWriter writer, ImmutableArray<T> list, int maximum, string what)
    {
        Require(!list.IsDefault && list.Length <= maximum, what, $"must be a list of at most {maximum} entries");
        writer.U16(list.Length);
    }

    /// <summary>Whether a share can be complained of for this. spec 05-transport#masked-input-1</summary>
    public static bool IsComplaint(PeerFaultKind kind) =>
        kind is PeerFaultKind.ShareDecryptFailed or PeerFaultKind.ShareCommitmentMismatch or PeerFaultKind.BadSignature;

    /// <summary>Whether the reason is in the registry. spec 05-transport#reasons-1, 05-transport#encoding-7</summary>
    public static bool IsReason(AbortReason reason) => reason != AbortReason.None && Enum.IsDefined(reason);

    private static void Require(bool holds, string what, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException($"{what} {rule}.", what);
        }
    }

    private static InvariantViolatedException Unknown(ProtocolMessage message) =>
        new($"the message family is closed, but {message.Type} has no encoding");
}
