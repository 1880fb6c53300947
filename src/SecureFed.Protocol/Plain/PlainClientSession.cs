using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The client of an unprotected round: its vector goes to the server in the clear. Tests and baselines only.</summary>
/// <remarks>Refused unless local policy gives <see cref="ClientPolicy.Unprotected"/> consent. Not thread-safe.</remarks>
public sealed class PlainClientSession : ClientSession
{
    private RoundPhase _phase = RoundPhase.None;

    /// <summary>Creates the session with its input.</summary>
    /// <exception cref="ArgumentException">The setup brings another suite than the descriptor names.</exception>
    public PlainClientSession(ClientSetup setup)
        : base(setup) { }

    /// <inheritdoc/>
    public override RoundPhase Phase => HasEnded ? RoundPhase.Ended : _phase;

    private protected override Digest CurrentSession => DescriptorDigest;

    private protected override bool Runs(SchemeKind scheme) => scheme == SchemeKind.Unprotected;

    private protected override Step<ClientReceipt> Join()
    {
        byte[] packed = new byte[Setup.Update.Encoding.PackedSizeInBytes];
        RingPacking.Pack(Setup.Update.Values, packed);
        ProtocolMessage.PlainInput Build(ReadOnlyMemory<byte> signature) =>
            new(DescriptorDigest, SelfIndex, packed, signature);
        ProtocolMessage.PlainInput input = Build(Setup.Signer.Sign(MessageCodec.SignedContent(Build(default))));
        _phase = RoundPhase.MaskedInput;
        Digest invitation = Digest.Of(
            MessageCodec.Encode(new ProtocolMessage.RoundInvitation(DescriptorDigest, Descriptor))
        );
        return Answer(
            MessageType.RoundInvitation,
            invitation,
            input,
            ClientHistory.Joined(Descriptor, DescriptorDigest),
            []
        );
    }

    private protected override Step<ClientReceipt> OnMessage(ProtocolMessage message, Digest request) =>
        message is not ProtocolMessage.ResultAnnouncement result ? Fault(PeerFaultKind.WrongPhase)
        : result.Survivors.RosterSize != Descriptor.Roster.Length ? Leave(AbortReason.UnknownIdentity)
        : Complete(
            new ClientReceipt(
                DescriptorDigest,
                [.. result.Survivors.Members.Select(index => Descriptor.Roster[index].Id)],
                result.SumDigest,
                effectiveCohort: 0
            )
        );

    private protected override void AppendState(List<byte> state) { }

    private protected override void WipeSecrets() { }
}
