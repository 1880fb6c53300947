using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Tests.Shared;

/// <summary>Builds the messages an attacker would send: signed by a malicious client, or made up by a malicious server.</summary>
internal static class Forge
{
    public static byte[] Bytes(ProtocolMessage message) => MessageCodec.Encode(message);

    public static T Read<T>(ReadOnlyMemory<byte> bytes)
        where T : ProtocolMessage => (T)MessageCodec.Decode(bytes, MessageLimits.Default).Message!;

    /// <summary>Builds a message twice: without a signature for its signed content, then with the sender's signature.</summary>
    public static T Signed<T>(ISigner signer, Func<ReadOnlyMemory<byte>, T> build)
        where T : ProtocolMessage.FromClient =>
        build(signer.Sign(MessageCodec.SignedContent(build(new byte[MessageLimits.SignatureSizeInBytes]))));

    public static ProtocolMessage.KeyAdvertisement Keys(
        ISigner signer,
        ProtocolMessage.KeyAdvertisement like,
        ReadOnlyMemory<byte>? channel = null,
        ReadOnlyMemory<byte>? mask = null,
        Digest? commitment = null
    ) =>
        Signed(
            signer,
            signature => new ProtocolMessage.KeyAdvertisement(
                like.Session,
                like.Sender,
                channel ?? like.ChannelKey,
                mask ?? like.MaskKey,
                commitment ?? like.SeedCommitment,
                signature
            )
        );

    /// <summary>The same announcement with one entry put in the place of its sender's.</summary>
    public static ProtocolMessage.CohortAnnouncement Replace(
        ProtocolMessage.CohortAnnouncement cohort,
        ProtocolMessage.KeyAdvertisement entry
    ) => new(cohort.Session, [.. cohort.Advertisements.Select(known => known.Sender == entry.Sender ? entry : known)]);

    public static ProtocolMessage.EncryptedShares Shares(
        ISigner signer,
        Digest k,
        ushort dealer,
        IReadOnlyList<ushort> holders,
        ImmutableArray<DealtShare> shares
    )
    {
        Digest[] leaves = [.. shares.Select((share, i) => ShareTree.Leaf(k, dealer, holders[i], share))];
        byte[] content = MessageCodec.SignedContentOfShares(k, dealer, ShareTree.Root(leaves));
        return new(k, dealer, shares, signer.Sign(content));
    }

    public static ProtocolMessage.MaskedInput Input(
        ISigner signer,
        ProtocolMessage.MaskedInput like,
        PartySet? sharers = null,
        ImmutableArray<ShareComplaint>? complaints = null,
        ReadOnlyMemory<byte>? vector = null
    ) =>
        Signed(
            signer,
            signature => new ProtocolMessage.MaskedInput(
                like.Session,
                like.Sender,
                sharers ?? like.Sharers,
                complaints ?? like.Complaints,
                vector ?? like.PackedVector,
                signature
            )
        );

    public static ProtocolMessage.ConsistencySignature Consistency(
        ISigner signer,
        Digest k,
        int sender,
        PartySet sharers,
        PartySet survivors
    ) =>
        Signed(
            signer,
            signature => new ProtocolMessage.ConsistencySignature(k, (ushort)sender, sharers, survivors, signature)
        );

    public static ProtocolMessage.UnmaskShares Unmask(
        ISigner signer,
        ProtocolMessage.UnmaskShares like,
        PartySet? survivors = null,
        PartySet? dealers = null,
        ImmutableArray<RevealedShare>? shares = null
    ) =>
        Signed(
            signer,
            signature => new ProtocolMessage.UnmaskShares(
                like.Session,
                like.Sender,
                survivors ?? like.Survivors,
                dealers ?? like.Dealers,
                shares ?? like.Shares,
                signature,
                like.LayerSeed
            )
        );

    public static ProtocolMessage.ClientWithdrawal Withdrawal(
        ISigner signer,
        Digest session,
        int sender,
        int rosterSize,
        AbortReason reason = AbortReason.Cancelled
    ) =>
        Signed(
            signer,
            signature => new ProtocolMessage.ClientWithdrawal(
                session,
                (ushort)sender,
                reason,
                PartySet.Of(rosterSize, []),
                signature
            )
        );

    public static ProtocolMessage.PlainInput Plain(ISigner signer, Digest d, int sender, ReadOnlyMemory<byte> vector) =>
        Signed(signer, signature => new ProtocolMessage.PlainInput(d, (ushort)sender, vector, signature));

    public static PartySet Set(int rosterSize, params int[] members) =>
        PartySet.Of(rosterSize, members.Select(member => (ushort)member));

    /// <summary>The same bytes with one bit the other way.</summary>
    public static byte[] FlipBit(ReadOnlyMemory<byte> bytes, int bit)
    {
        byte[] flipped = bytes.ToArray();
        flipped[bit >> 3] ^= (byte)(1 << (bit & 7));
        return flipped;
    }
}
