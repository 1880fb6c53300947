using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>A message of the protocol: the closed family of spec 05-transport#messages.</summary>
/// <remarks>
/// Immutable values; structurally valid by construction of the decoder, not yet checked against any session.
/// Byte strings of a suite's fixed sizes are kept as <see cref="ReadOnlyMemory{T}"/> and must not be changed.
/// </remarks>
public abstract class ProtocolMessage
{
    private ProtocolMessage(Digest session) => Session = session;

    /// <summary>D before the cohort is fixed, K after. Never the default.</summary>
    public Digest Session { get; }

    /// <summary>The registered type.</summary>
    public abstract MessageType Type { get; }

    /// <summary>Prints the type name only: messages can carry shares.</summary>
    public sealed override string ToString() => Type.ToString();

    /// <summary>A message of a client, which carries its roster index and ends in its signature.</summary>
    public abstract class FromClient : ProtocolMessage
    {
        private protected FromClient(Digest session, ushort sender, ReadOnlyMemory<byte> signature)
            : base(session) => (Sender, Signature) = (sender, signature);

        /// <summary>The sender's index in the sorted enrolled roster.</summary>
        public ushort Sender { get; }

        /// <summary>The signature over label ‖ header ‖ sender ‖ body digest. spec 05-transport#signing-1</summary>
        public ReadOnlyMemory<byte> Signature { get; }
    }

    /// <summary>Server to client: the descriptor. Session = D, which the receiver recomputes.</summary>
    public sealed class RoundInvitation(Digest session, RoundDescriptor descriptor) : ProtocolMessage(session)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.RoundInvitation;

        /// <summary>The round on offer.</summary>
        public RoundDescriptor Descriptor { get; } = descriptor;
    }

    /// <summary>Client to server: keys and seed commitment of one attempt. Session = D.</summary>
    public sealed class KeyAdvertisement(
        Digest session,
        ushort sender,
        ReadOnlyMemory<byte> channelKey,
        ReadOnlyMemory<byte> maskKey,
        Digest seedCommitment,
        ReadOnlyMemory<byte> signature
    ) : FromClient(session, sender, signature)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.KeyAdvertisement;

        /// <summary>c_pk: the agreement key that seals shares.</summary>
        public ReadOnlyMemory<byte> ChannelKey { get; } = channelKey;

        /// <summary>s_pk: the agreement key of the pairwise masks.</summary>
        public ReadOnlyMemory<byte> MaskKey { get; } = maskKey;

        /// <summary>The commitment to the self-mask seed b_u.</summary>
        public Digest SeedCommitment { get; } = seedCommitment;
    }

    /// <summary>Server to client: the advertisements of U1, ascending by sender. Session = D.</summary>
    public sealed class CohortAnnouncement(Digest session, ImmutableArray<KeyAdvertisement> advertisements)
        : ProtocolMessage(session)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.CohortAnnouncement;

        /// <summary>The advertisements as their senders signed them.</summary>
        public ImmutableArray<KeyAdvertisement> Advertisements { get; } = advertisements;
    }

    /// <summary>Client to server: one entry for each cohort member, ascending; the own entry has no ciphertext. Session = K.</summary>
    public sealed class EncryptedShares(
        Digest session,
        ushort sender,
        ImmutableArray<DealtShare> shares,
        ReadOnlyMemory<byte> signature
    ) : FromClient(session, sender, signature)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.EncryptedShares;

        /// <summary>The entries, in cohort order.</summary>
        public ImmutableArray<DealtShare> Shares { get; } = shares;
    }

    /// <summary>Server to client: U2, and for each dealer in U2 but the receiver an envelope, ascending. Session = K.</summary>
    public sealed class ShareDelivery(
        Digest session,
        ushort receiver,
        PartySet sharers,
        ImmutableArray<ShareEnvelope> envelopes
    ) : ProtocolMessage(session)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.ShareDelivery;

        /// <summary>The receiver's roster index.</summary>
        public ushort Receiver { get; } = receiver;

        /// <summary>U2.</summary>
        public PartySet Sharers { get; } = sharers;

        /// <summary>The envelopes, ascending by dealer.</summary>
        public ImmutableArray<ShareEnvelope> Envelopes { get; } = envelopes;
    }

    /// <summary>Client to server: the masked vector and signed complaints about dealers. Session = K.</summary>
    public sealed class MaskedInput(
        Digest session,
        ushort sender,
        PartySet sharers,
        ImmutableArray<ShareComplaint> complaints,
        ReadOnlyMemory<byte> packedVector,
        ReadOnlyMemory<byte> signature
    ) : FromClient(session, sender, signature)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.MaskedInput;

        /// <summary>U2 as this client saw it: the set it masked against.</summary>
        public PartySet Sharers { get; } = sharers;

        /// <summary>Dealers whose share was bad, ascending.</summary>
        public ImmutableArray<ShareComplaint> Complaints { get; } = complaints;

        /// <summary>The masked ring elements, b bits each. spec 01-updates#packing-1</summary>
        public ReadOnlyMemory<byte> PackedVector { get; } = packedVector;
    }

    /// <summary>Server to client: U3. Session = K.</summary>
    public sealed class SurvivorAnnouncement(Digest session, PartySet survivors) : ProtocolMessage(session)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.SurvivorAnnouncement;

        /// <summary>U3.</summary>
        public PartySet Survivors { get; } = survivors;
    }

    /// <summary>Client to server: a signature over K, U2 and U3. Session = K.</summary>
    public sealed class ConsistencySignature(
        Digest session,
        ushort sender,
        PartySet sharers,
        PartySet survivors,
        ReadOnlyMemory<byte> signature
    ) : FromClient(session, sender, signature)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.ConsistencySignature;

        /// <summary>U2 as this client saw it.</summary>
        public PartySet Sharers { get; } = sharers;

        /// <summary>U3 as this client saw it.</summary>
        public PartySet Survivors { get; } = survivors;
    }

    /// <summary>Server to client: the signatures of U4, ascending by signer. Session = K.</summary>
    public sealed class UnmaskRequest(Digest session, PartySet survivors, ImmutableArray<SurvivorSignature> signatures)
        : ProtocolMessage(session)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.UnmaskRequest;

        /// <summary>U3 again.</summary>
        public PartySet Survivors { get; } = survivors;

        /// <summary>The consistency signatures; strictly ascending signers are not required by the encoding, a repeat is an abort.</summary>
        public ImmutableArray<SurvivorSignature> Signatures { get; } = signatures;
    }

    /// <summary>Client to server: for each dealer in <see cref="Dealers"/> one share, ascending. Session = K.</summary>
    public sealed class UnmaskShares(
        Digest session,
        ushort sender,
        PartySet survivors,
        PartySet dealers,
        ImmutableArray<RevealedShare> shares,
        ReadOnlyMemory<byte> signature,
        ReadOnlyMemory<byte> layerSeed = default
    ) : FromClient(session, sender, signature)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.UnmaskShares;

        /// <summary>U3: seed shares are revealed for its members, key shares for the rest of U2.</summary>
        public PartySet Survivors { get; } = survivors;

        /// <summary>The dealers of which this client holds a valid share.</summary>
        public PartySet Dealers { get; } = dealers;

        /// <summary>The shares, in the order of <see cref="Dealers"/>.</summary>
        public ImmutableArray<RevealedShare> Shares { get; } = shares;

        /// <summary>32 bytes that open the client's own removable layers of noise from the first surplus one on; empty when there are none. spec 02-privacy#layers-4</summary>
        public ReadOnlyMemory<byte> LayerSeed { get; } = layerSeed;
    }

    /// <summary>Server to client: the round has a result. Session = K.</summary>
    public sealed class ResultAnnouncement(Digest session, PartySet survivors, Digest sumDigest)
        : ProtocolMessage(session)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.ResultAnnouncement;

        /// <summary>The contributors of the sum.</summary>
        public PartySet Survivors { get; } = survivors;

        /// <summary>SHA-256 of the packed sum.</summary>
        public Digest SumDigest { get; } = sumDigest;
    }

    /// <summary>Server to client: the round ends without a result. Session = D or K.</summary>
    public sealed class RoundAborted(Digest session, AbortReason reason, PartySet named) : ProtocolMessage(session)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.RoundAborted;

        /// <summary>Why.</summary>
        public AbortReason Reason { get; } = reason;

        /// <summary>The parties that caused it; may be empty.</summary>
        public PartySet Named { get; } = named;
    }

    /// <summary>Client to server: this client leaves. Session = D or K.</summary>
    public sealed class ClientWithdrawal(
        Digest session,
        ushort sender,
        AbortReason reason,
        PartySet named,
        ReadOnlyMemory<byte> signature
    ) : FromClient(session, sender, signature)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.ClientWithdrawal;

        /// <summary>Why.</summary>
        public AbortReason Reason { get; } = reason;

        /// <summary>The parties it is about; may be empty.</summary>
        public PartySet Named { get; } = named;
    }

    /// <summary>Client to server: an unprotected vector. Session = D.</summary>
    public sealed class PlainInput(
        Digest session,
        ushort sender,
        ReadOnlyMemory<byte> packedVector,
        ReadOnlyMemory<byte> signature
    ) : FromClient(session, sender, signature)
    {
        /// <inheritdoc/>
        public override MessageType Type => MessageType.PlainInput;

        /// <summary>The ring elements, b bits each.</summary>
        public ReadOnlyMemory<byte> PackedVector { get; } = packedVector;
    }
}

/// <summary>What a dealer publishes for one holder: two salted commitments and, unless the holder is itself, a sealed pair of shares.</summary>
/// <param name="KeyCommitment">Commitment to the holder's share of the mask private key.</param>
/// <param name="SeedCommitment">Commitment to the holder's share of the self-mask seed.</param>
/// <param name="Ciphertext">The sealed shares and salts; empty for the dealer itself.</param>
public sealed record DealtShare(Digest KeyCommitment, Digest SeedCommitment, ReadOnlyMemory<byte> Ciphertext);

/// <summary>What the server hands a holder from one dealer: the dealt share, its path in the dealer's share tree and the signed root.</summary>
/// <param name="Dealer">The dealer's roster index.</param>
/// <param name="Share">The dealt share.</param>
/// <param name="Path">The sibling hashes from leaf to root.</param>
/// <param name="DealerSignature">The dealer's signature on its EncryptedShares message.</param>
public sealed record ShareEnvelope(
    ushort Dealer,
    DealtShare Share,
    ImmutableArray<Digest> Path,
    ReadOnlyMemory<byte> DealerSignature
);

/// <summary>A signed statement that a dealer's share was unusable.</summary>
/// <param name="Dealer">The dealer's roster index.</param>
/// <param name="Kind">ShareDecryptFailed, ShareCommitmentMismatch or BadSignature.</param>
public sealed record ShareComplaint(ushort Dealer, PeerFaultKind Kind);

/// <summary>One consistency signature in an unmask request.</summary>
/// <param name="Signer">The signer's roster index.</param>
/// <param name="Signature">Its signature over K, U2 and U3.</param>
public sealed record SurvivorSignature(ushort Signer, ReadOnlyMemory<byte> Signature);

/// <summary>A share and its salt, revealed to the server at unmasking.</summary>
/// <remarks>A class without printed members: shares are secret until t of them meet.</remarks>
public sealed class RevealedShare(ReadOnlyMemory<byte> share, ReadOnlyMemory<byte> salt)
{
    /// <summary>Share size: 32.</summary>
    public const int ShareSizeInBytes = 32;

    /// <summary>Salt size: 16.</summary>
    public const int SaltSizeInBytes = 16;

    /// <summary>The 32-byte share.</summary>
    public ReadOnlyMemory<byte> Share { get; } = share;

    /// <summary>The 16-byte salt of its commitment.</summary>
    public ReadOnlyMemory<byte> Salt { get; } = salt;

    /// <summary>Prints the type name only.</summary>
    public override string ToString() => nameof(RevealedShare);
}
