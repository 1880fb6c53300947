using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>One party's side of one attempt of a round. Deterministic: the same events and random bytes give the same steps.</summary>
/// <typeparam name="TResult">What a completed session hands its host.</typeparam>
/// <remarks>
/// Sans-IO: no clock, no socket, no thread. Not thread-safe: a host delivers one event at a time. Peers cannot make it
/// throw; an exception is the caller's mistake or a bug.
/// </remarks>
public abstract class RoundSession<TResult> : IDisposable
{
    /// <summary>The phase the session is in.</summary>
    public abstract RoundPhase Phase { get; }

    /// <summary>Whether the session has ended; then every event is answered with an empty step or a fault.</summary>
    public abstract bool HasEnded { get; }

    /// <summary>Takes one event and returns what the host must do.</summary>
    /// <exception cref="ObjectDisposedException">The session was disposed.</exception>
    /// <remarks>When a port throws (a signer, a random source), the exception passes through and the session has ended and wiped its secrets.</remarks>
    public abstract Step<TResult> Advance(RoundEvent happened);

    /// <summary>Wipes every secret; also done when the session ends.</summary>
    public abstract void Dispose();
}

/// <summary>What can happen to a session.</summary>
public abstract class RoundEvent
{
    private RoundEvent() { }

    /// <summary>The host starts the session.</summary>
    public sealed class Started : RoundEvent;

    /// <summary>A message came.</summary>
    /// <param name="from">The peer as the transport authenticated it; null when it is the server.</param>
    /// <param name="message">The bytes; must not be changed afterwards.</param>
    public sealed class Received(ParticipantId? from, ReadOnlyMemory<byte> message) : RoundEvent
    {
        /// <summary>The authenticated peer; null for the server.</summary>
        public ParticipantId? From { get; } = from;

        /// <summary>The bytes.</summary>
        public ReadOnlyMemory<byte> Message { get; } = message;
    }

    /// <summary>The host's deadline for a phase passed. Ignored when the phase is already over.</summary>
    /// <param name="phase">The phase the deadline belonged to.</param>
    public sealed class PhaseEnded(RoundPhase phase) : RoundEvent
    {
        /// <summary>The phase.</summary>
        public RoundPhase Phase { get; } = phase;
    }

    /// <summary>A peer is known to be gone.</summary>
    /// <param name="who">The peer.</param>
    public sealed class Disconnected(ParticipantId who) : RoundEvent
    {
        /// <summary>The peer.</summary>
        public ParticipantId Who { get; } = who;
    }

    /// <summary>A peer that was gone is back.</summary>
    /// <param name="who">The peer.</param>
    public sealed class Connected(ParticipantId who) : RoundEvent
    {
        /// <summary>The peer.</summary>
        public ParticipantId Who { get; } = who;
    }

    /// <summary>The host gives up.</summary>
    /// <param name="reason">Cancelled, DeadlineExceeded or StorageFailure.</param>
    public sealed class Stopped(AbortReason reason) : RoundEvent
    {
        /// <summary>Why.</summary>
        public AbortReason Reason { get; } = reason;
    }
}

/// <summary>What the host must do, in this order: store, then send, then report.</summary>
/// <typeparam name="TResult">The session's result.</typeparam>
public sealed class Step<TResult>
{
    /// <summary>Nothing to do.</summary>
    public static Step<TResult> Nothing { get; } = new();

    /// <summary>Must be durable before anything is sent; null when there is nothing to store.</summary>
    public DurableRecord? StoreFirst { get; init; }

    /// <summary>Messages to send, after storing.</summary>
    public ImmutableArray<OutgoingMessage> Send { get; init; } = [];

    /// <summary>Who did what wrong; the round goes on.</summary>
    public ImmutableArray<PeerFault> Faults { get; init; } = [];

    /// <summary>Set once, on the step that ends the session.</summary>
    public RoundEnding<TResult>? Ended { get; init; }
}

/// <summary>A message for the transport.</summary>
/// <param name="To">The receiver; null for the server.</param>
/// <param name="Type">What it is, for the host's log and counters.</param>
/// <param name="Bytes">The canonical bytes.</param>
public sealed record OutgoingMessage(ParticipantId? To, MessageType Type, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Prints receiver, type and size, never content.</summary>
    public override string ToString() => $"{Type} to {To?.ToString() ?? "server"}, {Bytes.Length} bytes";
}

/// <summary>A peer's mistake, as a value.</summary>
/// <param name="Who">The peer; null for the server.</param>
/// <param name="Phase">The phase it happened in.</param>
/// <param name="Kind">What it was.</param>
/// <param name="About">For complaints: the party complained about.</param>
public sealed record PeerFault(ParticipantId? Who, RoundPhase Phase, PeerFaultKind Kind, ParticipantId? About = null)
{
    /// <summary>For example "cleveland, ShareKeys: BadSignature".</summary>
    public override string ToString() =>
        $"{Who?.ToString() ?? "server"}, {Phase}: {Kind}{(About is { } about ? $" ({about})" : string.Empty)}";
}

/// <summary>How a session ended.</summary>
/// <typeparam name="TResult">The session's result.</typeparam>
public abstract class RoundEnding<TResult>
{
    private RoundEnding() { }

    /// <summary>With a result.</summary>
    /// <param name="result">The result.</param>
    public sealed class Completed(TResult result) : RoundEnding<TResult>
    {
        /// <summary>The result.</summary>
        public TResult Result { get; } = result;
    }

    /// <summary>Without one.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="named">The parties that caused it; may be empty.</param>
    public sealed class Aborted(AbortReason reason, ImmutableArray<ParticipantId> named) : RoundEnding<TResult>
    {
        /// <summary>Why.</summary>
        public AbortReason Reason { get; } = reason;

        /// <summary>The parties that caused it.</summary>
        public ImmutableArray<ParticipantId> Named { get; } = named;
    }
}

/// <summary>Something that must survive a crash before the step's messages leave. spec 03-masking#durability-1</summary>
/// <param name="Kind">What it records.</param>
/// <param name="Session">D or K.</param>
/// <param name="Content">Canonical bytes; a server's records can hold masked vectors, never a secret of an honest client.</param>
public sealed record DurableRecord(DurableRecordKind Kind, Digest Session, ReadOnlyMemory<byte> Content)
{
    /// <summary>Prints kind and size.</summary>
    public override string ToString() => $"{Kind}, {Content.Length} bytes";
}

/// <summary>Kinds of durable records. spec 07-registry#durable-records</summary>
public enum DurableRecordKind : byte
{
    /// <summary>No record.</summary>
    None = 0,

    /// <summary>Client: joined (federation, round, attempt); before the keys leave.</summary>
    ClientJoined = 1,

    /// <summary>Client: the privacy cost of this attempt is charged; before the masked vector leaves.</summary>
    ClientCharged = 2,

    /// <summary>Client: the survivor set this client signs; before the consistency signature leaves.</summary>
    ClientSurvivorSet = 3,

    /// <summary>Client: the round gave a result; before the result is reported.</summary>
    ClientResult = 4,

    /// <summary>Server: U1 and its advertisements.</summary>
    ServerCohort = 16,

    /// <summary>Server: U2 and its dealt shares.</summary>
    ServerSharers = 17,

    /// <summary>Server: U3 and the sum of its masked vectors, one atomic record.</summary>
    ServerSurvivors = 18,

    /// <summary>Server: U4 and its consistency signatures.</summary>
    ServerSigners = 19,

    /// <summary>Server: the result.</summary>
    ServerResult = 20,

    /// <summary>Server: the abort.</summary>
    ServerAborted = 21,

    /// <summary>Server: which attempt gave the result of a round; before that result, under a key of the round.</summary>
    ServerRoundResult = 22,

    /// <summary>Client or server: an entry of its privacy ledger.</summary>
    LedgerEntry = 32,
}
