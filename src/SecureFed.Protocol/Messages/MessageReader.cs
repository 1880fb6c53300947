using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Reads the bodies of messages. Without recursion; null when the reader has failed. spec 05-transport#messages</summary>
internal static class MessageReader
{
    // The least bytes an entry of each list has: a count is refused unless that many can follow.
    private const int SmallestKeysSizeInBytes = 2 + 2 + Digest.SizeInBytes;
    private const int SmallestAdvertisementSizeInBytes =
        2 + SmallestKeysSizeInBytes + MessageLimits.SignatureSizeInBytes;
    private const int SmallestShareSizeInBytes = (2 * Digest.SizeInBytes) + 1;
    private const int SmallestEnvelopeSizeInBytes =
        2 + SmallestShareSizeInBytes + 1 + MessageLimits.SignatureSizeInBytes;
    private const int ComplaintSizeInBytes = 4;
    private const int SurvivorSignatureSizeInBytes = 2 + MessageLimits.SignatureSizeInBytes;

    /// <summary>Reads the body of a message of this type.</summary>
    public static ProtocolMessage? Read(ref WireReader reader, MessageType type, Digest session)
    {
        switch (type)
        {
            case MessageType.RoundInvitation:
                RoundDescriptor? descriptor = RoundDescriptorCodec.Read(ref reader);
                return descriptor is null ? null : new ProtocolMessage.RoundInvitation(session, descriptor);
            case MessageType.KeyAdvertisement:
                return ReadAdvertisement(ref reader, session);
            case MessageType.CohortAnnouncement:
                return ReadCohort(ref reader, session);
            case MessageType.EncryptedShares:
                return ReadEncryptedShares(ref reader, session);
            case MessageType.ShareDelivery:
                return ReadDelivery(ref reader, session);
            case MessageType.MaskedInput:
                return ReadMaskedInput(ref reader, session);
            case MessageType.SurvivorAnnouncement:
                PartySet announced = reader.Set("survivors");
                return reader.Failed ? null : new ProtocolMessage.SurvivorAnnouncement(session, announced);
            case MessageType.ConsistencySignature:
                return ReadConsistencySignature(ref reader, session);
            case MessageType.UnmaskRequest:
                return ReadUnmaskRequest(ref reader, session);
            case MessageType.UnmaskShares:
                return ReadUnmaskShares(ref reader, session);
            case MessageType.ResultAnnouncement:
                PartySet contributors = reader.Set("survivors");
                Digest sumDigest = reader.Digest("sumDigest");
                return reader.Failed ? null : new ProtocolMessage.ResultAnnouncement(session, contributors, sumDigest);
            case MessageType.RoundAborted:
                AbortReason why = ReadReason(ref reader);
                PartySet named = reader.Set("named");
                return reader.Failed ? null : new ProtocolMessage.RoundAborted(session, why, named);
            case MessageType.ClientWithdrawal:
                return ReadWithdrawal(ref reader, session);
            case MessageType.PlainInput:
                return ReadPlainInput(ref reader, session);
            default:
                // spec 05-transport#encoding-7
                reader.Refuse("type", Problems.NotRegistered);
                return null;
        }
    }

    private static ProtocolMessage.KeyAdvertisement? ReadAdvertisement(ref WireReader reader, Digest session)
    {
        ushort sender = reader.U16("sender");
        ReadOnlyMemory<byte> channelKey = reader.ShortBytes(1, MessageLimits.MaximumKeySizeInBytes, "channelKey");
        ReadOnlyMemory<byte> maskKey = reader.ShortBytes(1, MessageLimits.MaximumKeySizeInBytes, "maskKey");
        Digest seedCommitment = reader.Digest("seedCommitment");
        ReadOnlyMemory<byte> signature = Signature(ref reader);
        return reader.Failed
            ? null
            : new ProtocolMessage.KeyAdvertisement(session, sender, channelKey, maskKey, seedCommitment, signature);
    }

    private static ProtocolMessage.CohortAnnouncement? ReadCohort(ref WireReader reader, Digest session)
    {
        const string Field = "advertisements";
        int count = reader.Count(reader.Limits.MaximumParties, SmallestAdvertisementSizeInBytes, Field);
        ProtocolMessage.KeyAdvertisement[] entries = new ProtocolMessage.KeyAdvertisement[count];
        for (int i = 0; i < count; i++)
        {
            if (ReadAdvertisement(ref reader, session) is not { } entry)
            {
                return null;
            }

            if (i > 0 && entries[i - 1].Sender >= entry.Sender)
            {
                reader.Refuse(Field, Problems.NotAscending);
                return null;
            }

            entries[i] = entry;
        }

        return reader.Failed
            ? null
            : new ProtocolMessage.CohortAnnouncement(session, ImmutableCollectionsMarshal.AsImmutableArray(entries));
    }

    private static ProtocolMessage.EncryptedShares? ReadEncryptedShares(ref WireReader reader, Digest session)
    {
        ushort sender = reader.U16("sender");
        int count = reader.Count(reader.Limits.MaximumParties, SmallestShareSizeInBytes, "shares");
        DealtShare[] shares = new DealtShare[count];
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            shares[i] = ReadShare(ref reader);
        }

        ReadOnlyMemory<byte> signature = Signature(ref reader);
        return reader.Failed
            ? null
            : new ProtocolMessage.EncryptedShares(
                session,
                sender,
                ImmutableCollectionsMarshal.AsImmutableArray(shares),
                signature
            );
    }

    private static ProtocolMessage.ShareDelivery? ReadDelivery(ref WireReader reader, Digest session)
    {
        const string Field = "envelopes";
        ushort receiver = reader.U16("receiver");
        PartySet sharers = reader.Set("sharers");
        int count = reader.Count(reader.Limits.MaximumParties, SmallestEnvelopeSizeInBytes, Field);
        ShareEnvelope[] envelopes = new ShareEnvelope[count];
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            ushort dealer = reader.U16("envelopes.dealer");
            DealtShare share = ReadShare(ref reader);
            ImmutableArray<Digest> path = ReadPath(ref reader);
            ReadOnlyMemory<byte> signature = Signature(ref reader);
            if (i > 0 && !reader.Failed && envelopes[i - 1].Dealer >= dealer)
            {
                reader.Refuse(Field, Problems.NotAscending);
            }

            envelopes[i] = new ShareEnvelope(dealer, share, path, signature);
        }

        return reader.Failed
            ? null
            : new ProtocolMessage.ShareDelivery(
                session,
                receiver,
                sharers,
                ImmutableCollectionsMarshal.AsImmutableArray(envelopes)
            );
    }

    private static ImmutableArray<Digest> ReadPath(ref WireReader reader)
    {
        const string Field = "envelopes.path";
        int count = reader.U8(Field);
        if (count > MessageLimits.MaximumPathLength)
        {
            reader.Refuse(Field, Problems.OutOfRange);
        }
        else if (count * Digest.SizeInBytes > reader.Remaining)
        {
            reader.Refuse(Field, Problems.Ends);
        }

        Digest[] path = new Digest[reader.Failed ? 0 : count];
        for (int i = 0; i < path.Length; i++)
        {
            path[i] = reader.Digest(Field);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(path);
    }

    private static ProtocolMessage.MaskedInput? ReadMaskedInput(ref WireReader reader, Digest session)
    {
        ushort sender = reader.U16("sender");
        PartySet sharers = reader.Set("sharers");
        ImmutableArray<ShareComplaint> complaints = ReadComplaints(ref reader);
        ReadOnlyMemory<byte> vector = reader.LongBytes(reader.Limits.MaximumPackedVectorSizeInBytes, "packedVector");
        ReadOnlyMemory<byte> signature = Signature(ref reader);
        return reader.Failed
            ? null
            : new ProtocolMessage.MaskedInput(session, sender, sharers, complaints, vector, signature);
    }

    private static ImmutableArray<ShareComplaint> ReadComplaints(ref WireReader reader)
    {
        const string Field = "complaints";
        int count = reader.Count(reader.Limits.MaximumParties, ComplaintSizeInBytes, Field);
        ShareComplaint[] complaints = new ShareComplaint[count];
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            ushort dealer = reader.U16("complaints.dealer");
            PeerFaultKind kind = (PeerFaultKind)reader.U16("complaints.kind");
            if (!MessageWriter.IsComplaint(kind))
            {
                reader.Refuse("complaints.kind", Problems.NotRegistered);
            }

            if (i > 0 && !reader.Failed && complaints[i - 1].Dealer >= dealer)
            {
                reader.Refuse(Field, Problems.NotAscending);
            }

            complaints[i] = new ShareComplaint(dealer, kind);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(complaints);
    }

    private static ProtocolMessage.ConsistencySignature? ReadConsistencySignature(ref WireReader reader, Digest session)
    {
        ushort sender = reader.U16("sender");
        PartySet sharers = reader.Set("sharers");
        PartySet survivors = reader.Set("survivors");
        ReadOnlyMemory<byte> signature = Signature(ref reader);
        return reader.Failed
            ? null
            : new ProtocolMessage.ConsistencySignature(session, sender, sharers, survivors, signature);
    }

    private static ProtocolMessage.UnmaskRequest? ReadUnmaskRequest(ref WireReader reader, Digest session)
    {
        PartySet survivors = reader.Set("survivors");

        // spec 05-transport#lists-2: any order and repetition. A repeated signer is an abort of the receiver, not a malformed message.
        int count = reader.Count(reader.Limits.MaximumSignatures, SurvivorSignatureSizeInBytes, "signatures");
        SurvivorSignature[] signatures = new SurvivorSignature[count];
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            ushort signer = reader.U16("signatures.signer");
            signatures[i] = new SurvivorSignature(signer, Signature(ref reader));
        }

        return reader.Failed
            ? null
            : new ProtocolMessage.UnmaskRequest(
                session,
                survivors,
                ImmutableCollectionsMarshal.AsImmutableArray(signatures)
            );
    }

    private static ProtocolMessage.UnmaskShares? ReadUnmaskShares(ref WireReader reader, Digest session)
    {
        ushort sender = reader.U16("sender");
        PartySet survivors = reader.Set("survivors");
        PartySet dealers = reader.Set("dealers");
        const int Size = RevealedShare.ShareSizeInBytes + RevealedShare.SaltSizeInBytes;
        if (!reader.Failed && dealers.Count * Size > reader.Remaining)
        {
            reader.Refuse("shares", Problems.Ends);
        }

        RevealedShare[] shares = new RevealedShare[reader.Failed ? 0 : dealers.Count];
        for (int i = 0; i < shares.Length; i++)
        {
            ReadOnlyMemory<byte> share = reader.Fixed(RevealedShare.ShareSizeInBytes, "shares.share");
            shares[i] = new RevealedShare(share, reader.Fixed(RevealedShare.SaltSizeInBytes, "shares.salt"));
        }

        ReadOnlyMemory<byte> layerSeed = reader.ShortBytes(0, ProtocolSuite.SecretSizeInBytes, "layerSeed");
        if (!reader.Failed && layerSeed.Length is not (0 or ProtocolSuite.SecretSizeInBytes))
        {
            reader.Refuse("layerSeed", Problems.OutOfRange);
        }

        ReadOnlyMemory<byte> signature = Signature(ref reader);
        return reader.Failed
            ? null
            : new ProtocolMessage.UnmaskShares(
                session,
                sender,
                survivors,
                dealers,
                ImmutableCollectionsMarshal.AsImmutableArray(shares),
                signature,
                layerSeed
            );
    }

    private static ProtocolMessage.ClientWithdrawal? ReadWithdrawal(ref WireReader reader, Digest session)
    {
        ushort sender = reader.U16("sender");
        AbortReason reason = ReadReason(ref reader);
        PartySet named = reader.Set("named");
        ReadOnlyMemory<byte> signature = Signature(ref reader);
        return reader.Failed ? null : new ProtocolMessage.ClientWithdrawal(session, sender, reason, named, signature);
    }

    private static ProtocolMessage.PlainInput? ReadPlainInput(ref WireReader reader, Digest session)
    {
        ushort sender = reader.U16("sender");
        ReadOnlyMemory<byte> vector = reader.LongBytes(reader.Limits.MaximumPackedVectorSizeInBytes, "packedVector");
        ReadOnlyMemory<byte> signature = Signature(ref reader);
        return reader.Failed ? null : new ProtocolMessage.PlainInput(session, sender, vector, signature);
    }

    private static DealtShare ReadShare(ref WireReader reader)
    {
        Digest keyCommitment = reader.Digest("share.keyCommitment");
        Digest seedCommitment = reader.Digest("share.seedCommitment");
        ReadOnlyMemory<byte> ciphertext = reader.ShortBytes(
            0,
            MessageLimits.MaximumSealedShareSizeInBytes,
            "share.ciphertext"
        );
        return new DealtShare(keyCommitment, seedCommitment, ciphertext);
    }

    private static AbortReason ReadReason(ref WireReader reader)
    {
        AbortReason reason = (AbortReason)reader.U16("reason");
        if (!MessageWriter.IsReason(reason))
        {
            reader.Refuse("reason", Problems.NotRegistered);
        }

        return reason;
    }

    private static ReadOnlyMemory<byte> Signature(ref WireReader reader) =>
        reader.Fixed(MessageLimits.SignatureSizeInBytes, "signature");
}
