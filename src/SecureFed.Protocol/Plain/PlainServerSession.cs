using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The server of an unprotected round: it sees every vector. Tests and baselines only.</summary>
/// <remarks>Same events, steps, records and result as the masked server. Not thread-safe.</remarks>
public sealed class PlainServerSession : ServerSession
{
    private readonly RingVector _sum;
    private PartySet _survivors;
    private ProtocolMessage.ResultAnnouncement? _result;

    /// <summary>Creates the session of a new attempt.</summary>
    /// <exception cref="ArgumentException">The descriptor breaks a rule of the protocol, or names another suite or scheme.</exception>
    public PlainServerSession(ServerSetup setup)
        : base(setup)
    {
        if (setup.Descriptor.Scheme != SchemeKind.Unprotected)
        {
            throw new ArgumentException(
                $"This session runs {SchemeKind.Unprotected}; the descriptor names {setup.Descriptor.Scheme}.",
                nameof(setup)
            );
        }

        _sum = new RingVector(Encoding.Ring, Encoding.RingLength);
        _survivors = PartySet.Of(RosterSize, []);
    }

    private protected override Digest CurrentSession => DescriptorDigest;

    private protected override RoundPhase FirstPhase => RoundPhase.MaskedInput;

    private protected override MessageType ExpectedType =>
        CurrentPhase == RoundPhase.MaskedInput ? MessageType.PlainInput : MessageType.None;

    private protected override PartySet Expected =>
        CurrentPhase == RoundPhase.MaskedInput ? Everyone : PartySet.Of(RosterSize, []);

    /// <summary>Rebuilds the session from its stored decision, if there is one, and announces it again.</summary>
    /// <param name="setup">The same setup as before the crash.</param>
    /// <param name="records">The records of this attempt; may be empty: then the attempt starts anew.</param>
    /// <param name="resumed">What the host must do now.</param>
    /// <exception cref="FormatException">A record is damaged or of another round.</exception>
    public static PlainServerSession Restore(
        ServerSetup setup,
        IReadOnlyList<DurableRecord> records,
        out Step<AggregateResult> resumed
    )
    {
        PlainServerSession session = new(setup);
        resumed = session.Replay(records);
        return session;
    }

    private protected override PeerFaultKind? Accept(ProtocolMessage.FromClient message, List<PeerFault> faults) =>
        message is ProtocolMessage.PlainInput input && RingPacking.TryUnpackAdd(input.PackedVector.Span, _sum)
            ? null
            : PeerFaultKind.LengthMismatch;

    private protected override Step<AggregateResult> Decide(IEnumerable<PeerFault> faults)
    {
        PartySet survivors = Answered();
        if (survivors.Count < Descriptor.MinimumSurvivors)
        {
            return Abort(AbortReason.NotEnoughSurvivors, faults);
        }

        if (!Unmasking.IsInRange(Encoding, _sum, survivors.Count))
        {
            return Abort(AbortReason.AggregateOutOfRange, faults);
        }

        byte[] packed = new byte[Encoding.PackedSizeInBytes];
        RingPacking.Pack(_sum, packed);
        FixResult(survivors, packed);
        return new()
        {
            StoreFirst = new(
                DurableRecordKind.ServerResult,
                DescriptorDigest,
                ServerRecords.PackSurvivors(survivors, new Dictionary<ushort, SortedSet<ushort>>(), packed)
            ),
            Send = [.. Announcements()],
            Faults = [.. faults],
            Ended = CompletedEnding(),
        };
    }

    private protected override IEnumerable<OutgoingMessage> Announcements() =>
        CurrentPhase == RoundPhase.MaskedInput
            ? ToAll(Everyone, new ProtocolMessage.RoundInvitation(DescriptorDigest, Descriptor))
        : _result is null ? []
        : ToAll(_survivors, _result);

    private void FixResult(PartySet survivors, ReadOnlySpan<byte> packedSum)
    {
        _survivors = survivors;
        _result = new(DescriptorDigest, survivors, Digest.Of(packedSum));
        CurrentPhase = RoundPhase.Ended;
    }

    private RoundEnding<AggregateResult>.Completed CompletedEnding() =>
        new(
            new AggregateResult(
                new RingSum(Encoding, _sum, [.. _survivors.Members.Select(IdOf)]),
                DescriptorDigest,
                SchemeKind.Unprotected,
                effectiveCohort: 0,
                [.. Everyone.Except(_survivors).Members.Select(IdOf)]
            )
        );

    private protected override RoundEnding<AggregateResult>? Apply(DurableRecord record)
    {
        if (record.Session != DescriptorDigest || HasEnded)
        {
            throw new FormatException(
                "A stored decision belongs to another round or attempt. Pass the records of this attempt only."
            );
        }

        if (record.Kind == DurableRecordKind.ServerAborted)
        {
            return ApplyAborted(record);
        }

        PartySet survivors = ServerRecords.UnpackSurvivors(
            record.Content,
            RosterSize,
            (_, _) => { },
            out ReadOnlyMemory<byte> packed
        );
        if (
            record.Kind != DurableRecordKind.ServerResult
            || survivors.Count < Descriptor.MinimumSurvivors
            || !RingPacking.TryUnpack(packed.Span, _sum)
        )
        {
            throw new FormatException(
                $"A stored decision ({record.Kind}) is damaged or not one of an unprotected round."
            );
        }

        MarkAccepted(survivors, MessageType.PlainInput);
        FixResult(survivors, packed.Span);
        return CompletedEnding();
    }

    private protected override void AppendState(List<byte> state)
    {
        byte[] packed = new byte[Encoding.PackedSizeInBytes];
        RingPacking.Pack(_sum, packed);
        state.AddRange(Digest.Of(packed).ToArray());
    }

    private protected override void ForgetResult()
    {
        _result = null;
        WipeState();
    }

    private protected override void WipeState()
    {
        if (_result is null)
        {
            _sum.Clear();
        }
    }
}
