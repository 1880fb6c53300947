using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>What hosts of clients store beside the journal.</summary>
internal static class SessionPump
{
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
internal sealed class SessionPump<TResult>(RoundSession<TResult> session, Action<DurableRecord> store)
{
    /// <summary>What peers did wrong, in order.</summary>
    public List<PeerFault> Faults { get; } = [];

    /// <summary>How the session ended; null while it goes on.</summary>
    public RoundEnding<TResult>? Ending { get; private set; }

    /// <summary>The failure of the storage that ended the session, for the host's log.</summary>
    public Exception? StorageFailure { get; private set; }

    /// <summary>Delivers an event; the messages returned may leave now.</summary>
    public ImmutableArray<OutgoingMessage> Take(RoundEvent happened) => Carry(session.Advance(happened));

    /// <summary>Carries out a step that the session gave outside of an event (a restored one).</summary>
    public ImmutableArray<OutgoingMessage> Carry(Step<TResult> step)
    {
        Faults.AddRange(step.Faults);
        if (step.StoreFirst is { } record && !TryStore(record))
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
        if (stopped.StoreFirst is { } record)
        {
            TryStore(record);
        }

        // A session that ended in a result that is not stored has no result to report: a restart resumes before it.
        Ending = stopped.Ended ?? new RoundEnding<TResult>.Aborted(AbortReason.StorageFailure, []);
        return stopped.Send;
    }

    private bool TryStore(DurableRecord record)
    {
        try
        {
            store(record);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            StorageFailure = failure;
            return false;
        }
    }
}
