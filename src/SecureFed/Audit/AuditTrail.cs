using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Writes what one attempt does into an audit log: before it is stored, sent or reported. spec 06-security#audit-2</summary>
/// <remarks>Not thread-safe, as the session it follows. Every method throws what the log throws; the pump ends the attempt then.</remarks>
internal sealed class AuditTrail(AuditLog log, RoundDescriptor descriptor, PrivacyGate? gate, bool isResumed)
{
    // Faults wait for the next line, so many of them at most.
    private const int MostWaitingFaults = 64;

    // A flood of messages fills neither the disk nor this set; the last line of the attempt has the number of all.
    private const int MostFaults = 4096;

    private readonly AuditAttempt _attempt = AuditAttempt.Of(descriptor);
    private readonly HashSet<PeerFault> _faults = [];
    private readonly List<AuditEvent> _waiting = [AuditEvent.RoundOffered.Of(descriptor, isResumed)];
    private bool _isOffered;
    private bool _hasSurvivors;
    private RoundPhase _phase = RoundPhase.None;
    private int _faultCount;

    /// <summary>The head that was signed when the attempt ended; null before, and when that could not be written.</summary>
    public AuditHead? Head { get; private set; }

    /// <summary>Gives the head of an attempt that ended to those who keep it.</summary>
    public static void HandOut(AuditTrail? trail, Action<AuditHead>? keeper)
    {
        if (trail?.Head is { } head)
        {
            keeper?.Invoke(head);
        }
    }

    /// <summary>Writes a step before it is stored or carried out.</summary>
    /// <param name="step">What the session gave.</param>
    /// <param name="cause">What the session took; null for a restored one.</param>
    /// <param name="session">The session after the step.</param>
    public void Before<TResult>(Step<TResult> step, RoundEvent? cause, RoundSession<TResult> session)
    {
        AddFaults(step.Faults);
        if (!_hasSurvivors && SurvivorsOf(step, cause) is { } survivors)
        {
            AddSurvivors([.. survivors.Members.Select(index => descriptor.Roster[index].Id)]);
        }

        bool isNew = session.Phase != _phase && !session.HasEnded;
        if (isNew)
        {
            _phase = session.Phase;
            _waiting.Add(new AuditEvent.PhaseEntered(_attempt, _phase, (session as ServerSession)?.WaitingFor ?? []));
        }

        if (step.Ended is { } ending)
        {
            AddEnding(ending);
        }

        if (isNew || !_isOffered || step.Ended is not null || _waiting.Count >= MostWaitingFaults)
        {
            Write(sign: step.Ended is not null);
            _isOffered = true;
        }
    }

    /// <summary>Writes a charge after it was made: a record of these kinds comes with one.</summary>
    public void After(DurableRecord record)
    {
        if (
            descriptor.Noise is null
            || gate is null
            || record.Kind is not (DurableRecordKind.ClientCharged or DurableRecordKind.ServerSurvivors)
        )
        {
            return;
        }

        Privacy.PrivacyLedger? ledger = (gate as LedgerGate)?.Ledger.Current;
        _waiting.Add(
            new AuditEvent.Charged(
                _attempt,
                ledger?.Lines.Length,
                ledger is not null && double.IsFinite(ledger.Spent) ? ledger.Spent : null,
                ledger?.Budget.Delta,
                ledger?.Head
            )
        );
        Write(sign: false);
    }

    /// <summary>Writes that the attempt was given up, for an ending that came from no step.</summary>
    public void GivenUp(AbortReason reason)
    {
        _waiting.Add(new AuditEvent.Aborted(_attempt, reason, [], _faultCount));
        Write(sign: true);
    }

    private void Write(bool sign)
    {
        AuditEvent[] events = [.. _waiting];
        _waiting.Clear();
        Head = null;
        Head = log.Append(events, sign);
    }

    private void AddFaults(ImmutableArray<PeerFault> faults)
    {
        foreach (PeerFault fault in faults)
        {
            _faultCount++;
            if (_faults.Count < MostFaults && _faults.Add(fault))
            {
                _waiting.Add(new AuditEvent.PartyFault(_attempt, fault));
            }
        }
    }

    private void AddSurvivors(ImmutableArray<ParticipantId> survivors)
    {
        _hasSurvivors = true;
        _waiting.Add(new AuditEvent.Survivors(_attempt, survivors));
    }

    private void AddEnding<TResult>(RoundEnding<TResult> ending)
    {
        if (ending is RoundEnding<TResult>.Aborted aborted)
        {
            _waiting.Add(new AuditEvent.Aborted(_attempt, aborted.Reason, aborted.Named, _faultCount));
            return;
        }

        (ImmutableArray<ParticipantId> survivors, AuditEvent.Completed completed) =
            ending is RoundEnding<TResult>.Completed { Result: AggregateResult sum }
                ? (sum.Survivors, Completed(DigestOf(sum.Sum), sum.Cohort, sum.Survivors, sum.EffectiveCohort))
            : ending is RoundEnding<TResult>.Completed { Result: ClientReceipt receipt }
                ? (
                    receipt.Survivors,
                    Completed(receipt.SumDigest, receipt.Cohort, receipt.Survivors, receipt.EffectiveCohort)
                )
            : throw new InvariantViolatedException("a session ends with a sum, a receipt or a reason");
        if (!_hasSurvivors)
        {
            AddSurvivors(survivors);
        }

        _waiting.Add(completed);
    }

    private AuditEvent.Completed Completed(
        Digest result,
        Digest cohort,
        ImmutableArray<ParticipantId> survivors,
        int effectiveCohort
    ) => new(_attempt, result, cohort, survivors.Length, effectiveCohort, _faultCount);

    // The digest that clients are told, so that their lines and the server's can be compared.
    private static Digest DigestOf(RingSum sum)
    {
        byte[] packed = new byte[sum.Encoding.PackedSizeInBytes];
        RingPacking.Pack(sum.Values, packed);
        return Digest.Of(packed);
    }

    // A server announces the set; a client stores it before it signs what the server announced.
    private PartySet? SurvivorsOf<TResult>(Step<TResult> step, RoundEvent? cause) =>
        step.StoreFirst?.Kind == DurableRecordKind.ClientSurvivorSet && cause is RoundEvent.Received received
            ? Decode(received.Message)
        : step.Send.FirstOrDefault(message => message.Type == MessageType.SurvivorAnnouncement) is { } announced
            ? Decode(announced.Bytes)
        : null;

    private PartySet? Decode(ReadOnlyMemory<byte> message) =>
        (
            MessageCodec.Decode(message, MessageLimits.For(descriptor)).Message as ProtocolMessage.SurvivorAnnouncement
        )?.Survivors;
}
