using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>What every server session does the same way: identities, signatures, repeats, departures, phase ends. spec 03-masking#server-1</summary>
/// <remarks>
/// Not thread-safe. A decision (who is in the next set) is stored before it is announced; a restarted server takes its
/// records back through the session's Restore method and announces again, byte for byte.
/// </remarks>
public abstract partial class ServerSession : RoundSession<AggregateResult>
{
    private readonly Dictionary<ParticipantId, ushort> _indices = [];
    private readonly Dictionary<(ushort Sender, MessageType Type), Digest> _accepted = [];
    private readonly HashSet<ushort> _gone = [];
    private readonly HashSet<ushort> _withdrawn = [];
    private readonly MessageLimits _limits;
    private ProtocolMessage.RoundAborted? _aborted;
    private bool _disposed;

    private protected ServerSession(ServerSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        if (DescriptorRules.Check(setup.Descriptor) is { } refusal)
        {
            throw new ArgumentException(
                $"The round cannot run ({refusal.Reason}): {refusal.Explanation}",
                nameof(setup)
            );
        }

        if (setup.Suite.Id != setup.Descriptor.Suite)
        {
            throw new ArgumentException(
                $"The round uses suite {setup.Descriptor.Suite}; the setup brings {setup.Suite.Id}. Pass the suite the descriptor names.",
                nameof(setup)
            );
        }

        Setup = setup;
        DescriptorDigest = RoundDigests.Descriptor(setup.Descriptor);
        Encoding = DescriptorRules.EncodingOf(setup.Descriptor);
        _limits = MessageLimits.For(setup.Descriptor);
        Everyone = PartySet.Of(RosterSize, Enumerable.Range(0, RosterSize).Select(index => (ushort)index));
        for (int index = 0; index < setup.Descriptor.Roster.Length; index++)
        {
            _indices.Add(setup.Descriptor.Roster[index].Id, (ushort)index);
        }
    }

    /// <inheritdoc/>
    public sealed override bool HasEnded => CurrentPhase == RoundPhase.Ended;

    /// <inheritdoc/>
    public sealed override RoundPhase Phase => CurrentPhase;

    /// <summary>The parties whose message this phase still waits for; empty when nothing is awaited.</summary>
    public ImmutableArray<ParticipantId> WaitingFor =>
        [.. Expected.Members.Where(index => !IsGone(index) && !HasAnswered(index)).Select(IdOf)];

    private protected RoundPhase CurrentPhase { get; set; } = RoundPhase.None;

    private protected ServerSetup Setup { get; }

    private protected RoundDescriptor Descriptor => Setup.Descriptor;

    private protected Digest DescriptorDigest { get; }

    private protected UpdateEncoding Encoding { get; }

    private protected int RosterSize => Descriptor.Roster.Length;

    /// <summary>The digest that this phase's client messages carry.</summary>
    private protected abstract Digest CurrentSession { get; }

    /// <summary>The message type this phase takes.</summary>
    private protected abstract MessageType ExpectedType { get; }

    /// <summary>The parties this phase may hear.</summary>
    private protected abstract PartySet Expected { get; }

    /// <inheritdoc/>
    public sealed override Step<AggregateResult> Advance(RoundEvent happened)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(happened);
        bool returned = false;
        try
        {
            Step<AggregateResult> step = Take(happened);
            returned = true;
            return step;
        }
        finally
        {
            // Whatever was thrown (a splitter, a bug): nobody goes on with a half-made step.
            if (!returned && happened is not RoundEvent.Started)
            {
                CurrentPhase = RoundPhase.Ended;
                WipeState();
            }
        }
    }

    private Step<AggregateResult> Take(RoundEvent happened)
    {
        if (happened is RoundEvent.Received received)
        {
            return OnReceived(received);
        }

        if (HasEnded)
        {
            if (happened is RoundEvent.Stopped { Reason: AbortReason.StorageFailure })
            {
                // spec 03-masking#durability-8: a result that is not durable is none; a restart resumes before it.
                ForgetResult();
            }

            return Step<AggregateResult>.Nothing;
        }

        return happened switch
        {
            RoundEvent.Started => OnStarted(),
            RoundEvent.PhaseEnded ended => ended.Phase == CurrentPhase && CurrentPhase != RoundPhase.None
                ? Decide(TimedOut())
                : Step<AggregateResult>.Nothing,
            RoundEvent.Disconnected gone => OnGone(gone.Who, PeerFaultKind.Disconnected, about: null),
            RoundEvent.Connected back => OnBack(back.Who),
            RoundEvent.Stopped stopped => Abort(stopped.Reason, []),
            _ => Step<AggregateResult>.Nothing,
        };
    }

    /// <inheritdoc/>
    public sealed override void Dispose()
    {
        _disposed = true;
        WipeState();
    }

    /// <summary>Digest of the whole state but the vectors: unchanged when a message was refused.</summary>
    internal Digest StateFingerprint()
    {
        List<byte> state = [(byte)CurrentPhase, .. CurrentSession.ToArray()];
        foreach (((ushort sender, MessageType type), Digest digest) in _accepted.OrderBy(entry => entry.Key))
        {
            state.AddRange([(byte)sender, (byte)(sender >> 8), (byte)type, .. digest.ToArray()]);
        }

        foreach (ushort index in _gone.Order().Concat(_withdrawn.Order()))
        {
            state.AddRange([(byte)index, (byte)(index >> 8)]);
        }

        AppendState(state);
        return Digest.Of(state.ToArray());
    }

    private protected abstract void AppendState(List<byte> state);

    private protected abstract void WipeState();

    /// <summary>Drops a result that could not be stored, and wipes the sum.</summary>
    private protected abstract void ForgetResult();

    /// <summary>Takes a message that passed identity, session, phase and signature; null when accepted, else its fault.</summary>
    private protected abstract PeerFaultKind? Accept(ProtocolMessage.FromClient message, List<PeerFault> faults);

    /// <summary>The content whose signature is checked; null when it cannot be built from this message.</summary>
    private protected virtual byte[]? SignedContentOf(ProtocolMessage.FromClient message) =>
        MessageCodec.SignedContent(message);

    /// <summary>Ends the current phase with what has arrived.</summary>
    private protected abstract Step<AggregateResult> Decide(IEnumerable<PeerFault> faults);

    /// <summary>Whether nothing more is needed although some have not answered.</summary>
    private protected virtual bool HasEnough => false;

    /// <summary>Whether a message that came after the end shows that its sender may still wait for the result.</summary>
    private protected virtual bool AwaitsResult(ProtocolMessage.FromClient late) => false;

    /// <summary>The announcements of the current phase; also what a repeated message of a client is answered with.</summary>
    private protected abstract IEnumerable<OutgoingMessage> Announcements();

    /// <summary>The announcements of the current phase for one receiver.</summary>
    private protected virtual IEnumerable<OutgoingMessage> AnnouncementsTo(ushort index) =>
        Announcements().Where(message => message.To == IdOf(index));

    // Stops at the first one, where WaitingFor lists them all: this is asked once for each message.
    private bool NobodyIsAwaited => !Expected.Members.Any(index => !IsGone(index) && !HasAnswered(index));

    private bool IsGone(ushort index) => _gone.Contains(index) || _withdrawn.Contains(index);

    private protected bool HasAnswered(ushort index) => _accepted.ContainsKey((index, ExpectedType));

    private protected ParticipantId IdOf(ushort index) => Descriptor.Roster[index].Id;

    private protected PartySet Answered() => PartySet.Of(RosterSize, Expected.Members.Where(HasAnswered));

    private protected OutgoingMessage To(ushort index, ProtocolMessage message) =>
        new(IdOf(index), message.Type, MessageCodec.Encode(message));

    /// <summary>The same bytes to several receivers.</summary>
    private protected IEnumerable<OutgoingMessage> ToAll(PartySet receivers, ProtocolMessage message)
    {
        byte[] bytes = MessageCodec.Encode(message);
        return receivers.Members.Select(index => new OutgoingMessage(IdOf(index), message.Type, bytes));
    }

    /// <summary>Moves to the next phase: store the decision, then announce it. spec 03-masking#durability-6</summary>
    private protected Step<AggregateResult> Enter(
        RoundPhase phase,
        DurableRecord decision,
        IEnumerable<PeerFault> faults
    )
    {
        CurrentPhase = phase;
        return new()
        {
            StoreFirst = decision,
            Send = [.. Announcements()],
            Faults = [.. faults],
        };
    }

    private protected Step<AggregateResult> Abort(
        AbortReason reason,
        IEnumerable<PeerFault> faults,
        params ReadOnlySpan<ushort> named
    )
    {
        PartySet about = PartySet.Of(RosterSize, named.ToArray());

        // D, which every client knows: those outside the cohort never learn K.
        ProtocolMessage.RoundAborted message = new(DescriptorDigest, reason, about);
        DurableRecord record = new(DurableRecordKind.ServerAborted, CurrentSession, MessageCodec.Encode(message));
        return EndAborted(message, record, faults);
    }

    private Step<AggregateResult> EndAborted(
        ProtocolMessage.RoundAborted message,
        DurableRecord? storeFirst,
        IEnumerable<PeerFault> faults
    )
    {
        _aborted = message;
        CurrentPhase = RoundPhase.Ended;
        WipeState();
        return new()
        {
            StoreFirst = storeFirst,
            Send = [.. ToAll(Everyone, message)],
            Faults = [.. faults],
            Ended = new RoundEnding<AggregateResult>.Aborted(message.Reason, [.. message.Named.Members.Select(IdOf)]),
        };
    }

    private protected PartySet Everyone { get; }

    private protected Step<AggregateResult> OnStarted()
    {
        if (CurrentPhase != RoundPhase.None)
        {
            throw new InvalidOperationException("The session was started before.");
        }

        CurrentPhase = FirstPhase;
        return new() { Send = [.. Announcements()] };
    }

    private protected abstract RoundPhase FirstPhase { get; }

    private Step<AggregateResult> OnReceived(RoundEvent.Received received)
    {
        if (received.From is not { } from || !_indices.TryGetValue(from, out ushort index))
        {
            return Fault(received.From, PeerFaultKind.UnknownIdentity);
        }

        DecodeResult decoded = MessageCodec.Decode(received.Message, _limits);
        if (decoded.Message is null)
        {
            return Fault(from, decoded.Fault);
        }

        if (decoded.Message is not ProtocolMessage.FromClient message)
        {
            return Fault(from, PeerFaultKind.WrongDirection);
        }

        if (message.Sender != index)
        {
            return Fault(from, PeerFaultKind.WrongSender);
        }

        // Before anything else is made of it: what another round or cohort sent says nothing about this one.
        if (message.Session != DescriptorDigest && message.Session != CurrentSession)
        {
            return Fault(from, PeerFaultKind.WrongSession);
        }

        if (_accepted.TryGetValue((index, message.Type), out Digest before))
        {
            return OnRepeat(from, index, before, ContentDigest(SignedContentOf(message)));
        }

        if (HasEnded || CurrentPhase == RoundPhase.None)
        {
            return HasEnded ? OnLate(from, index, message) : Fault(from, PeerFaultKind.WrongPhase);
        }

        return message is ProtocolMessage.ClientWithdrawal withdrawal
            ? OnWithdrawal(from, withdrawal)
            : OnPhaseMessage(from, index, message);
    }

    // spec 03-masking#points-2: signatures are malleable, so whether a message repeats is decided by what they cover. What
    // cannot be signed is no repeat of anything.
    private static Digest ContentDigest(byte[]? signedContent) =>
        signedContent is null ? default : Digest.Of(signedContent);

    // The first message counts; another one is a fault. The same again means that the announcement was lost on its way
    // only when this client has not answered that announcement: or two honest parties would answer each other for ever.
    private Step<AggregateResult> OnRepeat(ParticipantId from, ushort index, Digest before, Digest now)
    {
        if (!before.IsDefault && before != now)
        {
            return Fault(from, PeerFaultKind.MessageChanged);
        }

        // A party that repeats itself is there.
        _gone.Remove(index);
        return new()
        {
            Send =
            [
                .. _aborted is { } aborted ? [To(index, aborted)]
                : HasAnswered(index) ? []
                : AnnouncementsTo(index),
            ],
            Faults = [new(from, CurrentPhase, PeerFaultKind.DuplicateMessage)],
        };
    }

    // spec 03-masking#server-1: a survivor whose signature missed U4 has nothing accepted to repeat but waits for the result.
    private Step<AggregateResult> OnLate(ParticipantId from, ushort index, ProtocolMessage.FromClient message) =>
        new()
        {
            Send = [.. AwaitsResult(message) ? AnnouncementsTo(index) : []],
            Faults = [new(from, CurrentPhase, PeerFaultKind.LateMessage)],
        };

    private Step<AggregateResult> OnPhaseMessage(ParticipantId from, ushort index, ProtocolMessage.FromClient message)
    {
        if (message.Type != ExpectedType)
        {
            return Fault(from, message.Type < ExpectedType ? PeerFaultKind.LateMessage : PeerFaultKind.WrongPhase);
        }

        if (message.Session != CurrentSession)
        {
            return Fault(from, PeerFaultKind.WrongSession);
        }

        if (!Expected.Contains(index))
        {
            return Fault(from, PeerFaultKind.UnknownIdentity);
        }

        if (SignedContentOf(message) is not { } content)
        {
            return Fault(from, PeerFaultKind.InvalidShareList);
        }

        if (!Setup.Suite.VerifySignature(Descriptor.Roster[index].SigningKey.Span, content, message.Signature.Span))
        {
            return Fault(from, PeerFaultKind.BadSignature);
        }

        List<PeerFault> faults = [];
        if (Accept(message, faults) is { } fault)
        {
            return Fault(from, fault);
        }

        _accepted.Add((index, message.Type), ContentDigest(content));
        _gone.Remove(index);
        return NobodyIsAwaited || HasEnough ? Decide(faults) : new() { Faults = [.. faults] };
    }

    private Step<AggregateResult> OnWithdrawal(ParticipantId from, ProtocolMessage.ClientWithdrawal withdrawal)
    {
        if (withdrawal.Named.RosterSize != RosterSize)
        {
            return Fault(from, PeerFaultKind.MalformedMessage);
        }

        if (
            !Setup.Suite.VerifySignature(
                Descriptor.Roster[withdrawal.Sender].SigningKey.Span,
                MessageCodec.SignedContent(withdrawal),
                withdrawal.Signature.Span
            )
        )
        {
            return Fault(from, PeerFaultKind.BadSignature);
        }

        ParticipantId? about = withdrawal.Named.Count > 0 ? IdOf(withdrawal.Named.Members[0]) : null;
        return OnGone(from, PeerFaultKind.Withdrew, about);
    }

    private Step<AggregateResult> OnGone(ParticipantId who, PeerFaultKind kind, ParticipantId? about)
    {
        if (!_indices.TryGetValue(who, out ushort index))
        {
            return Fault(who, PeerFaultKind.UnknownIdentity);
        }

        // Who withdrew has wiped its secrets: nothing it repeats brings it back.
        if (!(kind == PeerFaultKind.Withdrew ? _withdrawn : _gone).Add(index))
        {
            return Step<AggregateResult>.Nothing;
        }

        PeerFault fault = new(who, CurrentPhase, kind, about);
        return CurrentPhase != RoundPhase.None && NobodyIsAwaited ? Decide([fault]) : new() { Faults = [fault] };
    }

    private Step<AggregateResult> OnBack(ParticipantId who)
    {
        if (!_indices.TryGetValue(who, out ushort index))
        {
            return Fault(who, PeerFaultKind.UnknownIdentity);
        }

        _gone.Remove(index);
        return Step<AggregateResult>.Nothing;
    }

    private IEnumerable<PeerFault> TimedOut() =>
        [
            .. Expected
                .Members.Where(index => !HasAnswered(index) && !IsGone(index))
                .Select(index => new PeerFault(IdOf(index), CurrentPhase, PeerFaultKind.TimedOut)),
        ];

    private Step<AggregateResult> Fault(ParticipantId? who, PeerFaultKind kind) =>
        new() { Faults = [new(who, CurrentPhase, kind)] };
}
