using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Everything a server driver needs for one attempt.</summary>
public sealed class ServerRun
{
    /// <summary>The attempt; see <see cref="AggregationPlan.DescribeFor"/>.</summary>
    public required RoundDescriptor Descriptor { get; init; }

    /// <summary>Carries messages.</summary>
    public required IServerTransport Transport { get; init; }

    /// <summary>Keeps decisions. What it holds of this attempt already is resumed.</summary>
    public required IRoundStore Store { get; init; }

    /// <summary>How long to wait.</summary>
    public required RoundDeadlines Deadlines { get; init; }

    /// <summary>
    /// From how many inputs on the outcome gives the sums of the metrics out; see <see cref="AggregationPlan.WithMetrics"/>.
    /// Default: the descriptor's minimum of survivors.
    /// </summary>
    public int? MinimumContributorsForMetrics { get; init; }

    /// <summary>
    /// The server's own account of rounds with noise, beside those of the clients. Default: none. spec 02-privacy#charge-3
    /// </summary>
    public PrivacyGate? Gate { get; init; }

    /// <summary>
    /// Is given what the attempt does, line by line, before any of it is stored, sent or reported. A line that cannot be
    /// written ends the attempt with StorageFailure: there is no result without evidence. Default: none. spec 06-security#audit-2
    /// </summary>
    public AuditLog? Audit { get; init; }

    /// <summary>
    /// Is handed the signed head of <see cref="Audit"/> when the attempt has ended, to give it to those who write it into
    /// their own logs (<see cref="AuditLog.TryRecordHead"/>). Default: nobody. spec 06-security#audit-6
    /// </summary>
    public Action<AuditHead>? AuditHeadTo { get; init; }

    /// <summary>The primitives. Default: SF-P256-A256-1.</summary>
    public ProtocolSuite Suite { get; init; } = P256Suite.Instance;

    /// <summary>Measures deadlines. Default: the system's clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Hears where the round stands. Default: nobody.</summary>
    public IProgress<RoundProgress>? Progress { get; init; }

    /// <summary>How unmasking may use several cores. Default: sequential.</summary>
    public WorkSplitter Splitter { get; init; } = WorkSplitter.Sequential;
}

/// <summary>Everything a client driver needs for one attempt, after the update was trained.</summary>
public sealed class ClientRun
{
    /// <summary>The attempt as the server offered it.</summary>
    public required RoundDescriptor Descriptor { get; init; }

    /// <summary>This client.</summary>
    public required ParticipantId Self { get; init; }

    /// <summary>Signs with this client's pinned key.</summary>
    public required ISigner Signer { get; init; }

    /// <summary>This client's floors.</summary>
    public required ClientPolicy Policy { get; init; }

    /// <summary>SHA-256 of the model the update was trained from.</summary>
    public required Digest ExpectedModel { get; init; }

    /// <summary>The update, encoded for this attempt's lattice; in a round with noise with its share of noise.</summary>
    public required EncodedUpdate Update { get; init; }

    /// <summary>This client's account of rounds with noise. Default: none, which refuses them.</summary>
    public PrivacyGate? Gate { get; init; }

    /// <summary>Carries messages.</summary>
    public required IClientTransport Transport { get; init; }

    /// <summary>Remembers what this client joined.</summary>
    public required IClientJournal Journal { get; init; }

    /// <summary>How long to wait for the server.</summary>
    public required RoundDeadlines Deadlines { get; init; }

    /// <summary>
    /// In a round with noise: how long after the server asked for it the masked vector leaves, on the clock of
    /// <see cref="Time"/>. It is never sent earlier; when it is not ready by then it leaves at once and is reported as late.
    /// Zero sends it when it is ready, which shows how long it took. Default: one second, or a tenth of the deadline of
    /// MaskedInput if that is less. spec 02-privacy#release-1
    /// </summary>
    /// <remarks>
    /// Less than that deadline, and than the server's. It covers what happens after the server asked. A draw between the
    /// offer and joining shows in the moment of joining: draw before the offer, or wait for a <see cref="ReleaseDeadline"/>
    /// before the driver is started.
    /// </remarks>
    public TimeSpan? ReleaseAfter { get; init; }

    /// <summary>
    /// Is handed the signed receipt of this client's ledger after an attempt that was charged to it, to give it to those who
    /// keep it, however the run ends. Needs a <see cref="LedgerGate"/>. Default: nobody. spec 02-privacy#ledger-7
    /// </summary>
    /// <remarks>
    /// What it throws is <see cref="ClientOutcome.LedgerReceiptFailure"/>. Runs of one ledger at the same time may come out of
    /// order: a receipt with fewer entries than one that was handed over before says nothing new.
    /// </remarks>
    public Action<SignedLedgerReceipt>? LedgerReceiptTo { get; init; }

    /// <summary>
    /// Is given what the attempt does, line by line, before any of it is stored, sent or reported. A line that cannot be
    /// written ends the attempt with StorageFailure: there is no result without evidence. Default: none. spec 06-security#audit-2
    /// </summary>
    public AuditLog? Audit { get; init; }

    /// <summary>
    /// Is handed the signed head of <see cref="Audit"/> when the attempt has ended, to give it to those who write it into
    /// their own logs (<see cref="AuditLog.TryRecordHead"/>). Default: nobody. spec 06-security#audit-6
    /// </summary>
    public Action<AuditHead>? AuditHeadTo { get; init; }

    /// <summary>The primitives. Default: SF-P256-A256-1.</summary>
    public ProtocolSuite Suite { get; init; } = P256Suite.Instance;

    /// <summary>Keys, seeds and shares are drawn from it. Default: the system's generator.</summary>
    public RandomSource Random { get; init; } = SystemRandomSource.Instance;

    /// <summary>Measures deadlines. Default: the system's clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Hears where the round stands. Default: nobody.</summary>
    public IProgress<RoundProgress>? Progress { get; init; }

    /// <summary>How mask expansion may use several cores. Default: sequential.</summary>
    public WorkSplitter Splitter { get; init; } = WorkSplitter.Sequential;

    internal void RequireOwnAudit()
    {
        if (Audit is not null && Audit.Owner != Self)
        {
            throw new ArgumentException(
                $"The audit log is of '{Audit.Owner}' and the client is '{Self}'. Give every party a log of its own."
            );
        }
    }

    internal TimeSpan ReleaseAfterOrDefault()
    {
        TimeSpan deadline = Deadlines.For(RoundPhase.MaskedInput);
        if (ReleaseAfter is not { } after)
        {
            return TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerSecond, deadline.Ticks / 10));
        }

        return after >= TimeSpan.Zero && after < deadline
            ? after
            : throw new ArgumentException(
                $"A vector that leaves {after:c} after it was asked for misses the deadline of {RoundPhase.MaskedInput}, {deadline:c}. Release it earlier, or wait longer."
            );
    }
}
