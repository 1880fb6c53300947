using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>What hosts charge beside what they store.</summary>
internal static class SessionPump
{
    /// <summary>Refuses to start a round that the server's own account does not allow. spec 02-privacy#charge-3</summary>
    /// <exception cref="InvalidOperationException">It does not.</exception>
    public static void RequireAllowed(RoundDescriptor descriptor, PrivacyGate? gate)
    {
        if (descriptor.Noise is not null && gate?.Examine(descriptor) is { } refusal)
        {
            throw new InvalidOperationException(
                $"Round {descriptor.Round} does not start ({refusal.Reason}): {refusal.Explanation}"
            );
        }
    }

    /// <summary>Makes the server's charge durable before the decision after which a sum can be opened. spec 02-privacy#charge-3</summary>
    public static void ChargeServer(RoundDescriptor descriptor, PrivacyGate? gate, DurableRecord record)
    {
        // A crash between the charge and the record leaves the charge: it is the same attempt that comes back.
        if (
            record.Kind == DurableRecordKind.ServerSurvivors
            && descriptor.Noise is not null
            && gate is not null
            && !gate.IsCharged(descriptor)
        )
        {
            gate.Charge(descriptor);
        }
    }

    /// <summary>Makes the charge of a round with noise durable when the session asks for it. spec 02-privacy#charge-1</summary>
    public static void Charge(RoundDescriptor descriptor, PrivacyGate? gate, DurableRecord record)
    {
        if (record.Kind == DurableRecordKind.ClientCharged && descriptor.Noise is not null)
        {
            Invariant.Check(gate is not null, "a client without an account joins no round with noise");
            gate.Charge(descriptor);
        }
    }
}

/// <summary>Carries out the steps of one session: store first, then hand out what may be sent. Every host goes through it.</summary>
/// <remarks>Not thread-safe, as the session it serves.</remarks>
internal sealed class SessionPump<TResult>(
    RoundSession<TResult> session,
    Action<DurableRecord> store,
    AuditTrail? trail = null
)
{
    /// <summary>What peers did wrong.</summary>
    public FaultLog Faults { get; } = new();

    /// <summary>How the session ended; null while it goes on.</summary>
    public RoundEnding<TResult>? Ending { get; private set; }

    /// <summary>The failure of the storage that ended the session, for the host's log.</summary>
    public Exception? StorageFailure { get; private set; }

    /// <summary>Delivers an event; the messages returned may leave now.</summary>
    public ImmutableArray<OutgoingMessage> Take(RoundEvent happened) => Carry(session.Advance(happened), happened);

    /// <summary>Carries out a step that the session gave outside of an event (a restored one).</summary>
    public ImmutableArray<OutgoingMessage> Carry(Step<TResult> step) => Carry(step, cause: null);

    private ImmutableArray<OutgoingMessage> Carry(Step<TResult> step, RoundEvent? cause)
    {
        Faults.Add(step.Faults);
        if (!TryStore(step, cause))
        {
            return GiveUp(step);
        }

        Ending ??= step.Ended;
        return step.Send;
    }

    // spec 03-masking#durability-1: nothing of a step whose record is not durable may leave.
    private ImmutableArray<OutgoingMessage> GiveUp(Step<TResult> step)
    {
        if (step.Ended is RoundEnding<TResult>.Aborted aborted)
        {
            // An abort gives nothing away, and peers should not wait for nothing.
            Ending = aborted;
            return step.Send;
        }

        Step<TResult> stopped = session.Advance(new RoundEvent.Stopped(AbortReason.StorageFailure));
        TryStore(stopped, cause: null);

        // A session that ended in a result that is not stored has no result to report: a restart resumes before it.
        Ending = stopped.Ended;
        if (Ending is null)
        {
            Ending = new RoundEnding<TResult>.Aborted(AbortReason.StorageFailure, []);
            Try(() => trail?.GivenUp(AbortReason.StorageFailure));
        }

        return stopped.Send;
    }

    // spec 06-security#audit-2: evidence first. What is not in the audit log is not stored, and so neither sent nor reported.
    private bool TryStore(Step<TResult> step, RoundEvent? cause) =>
        Try(() =>
        {
            trail?.Before(step, cause, session);
            if (step.StoreFirst is { } record)
            {
                store(record);
                trail?.After(record);
            }
        });

    private bool Try(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            StorageFailure = failure;
            return false;
        }
    }
}
