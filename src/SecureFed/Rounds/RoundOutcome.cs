using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>How an attempt ended, seen from its server: with a sum or with a reason. A closed family.</summary>
/// <remarks>Immutable.</remarks>
public abstract class RoundOutcome
{
    /// <summary>The most faults that an outcome keeps. spec 03-masking#host-1</summary>
    public const int MaximumFaults = 16_384;

    /// <summary>The most faults of one party that an outcome keeps. spec 03-masking#host-1</summary>
    public const int MaximumFaultsOfOneParty = 512;

    private RoundOutcome(RoundReport report)
    {
        Descriptor = report.Descriptor;
        Faults = [.. report.Faults.Kept];
        FaultsNotKept = report.Faults.NotKept;
        Timings = report.Timings;
        Traffic = report.Traffic;
        Receipts = report.Receipts;
        ClientAborts = report.ClientAborts;
        LedgerReceiptFailures = report.LedgerReceiptFailures;
        Uploads = report.Uploads;
    }

    /// <summary>What the parties agreed on.</summary>
    public RoundDescriptor Descriptor { get; }

    /// <summary>What peers did wrong or did not do, in order. The round may have completed all the same.</summary>
    public ImmutableArray<PeerFault> Faults { get; }

    /// <summary>How many faults more there were than are kept: those above <see cref="MaximumFaultsOfOneParty"/>, or <see cref="MaximumFaults"/> in all.</summary>
    public long FaultsNotKept { get; }

    /// <summary>How long each phase took.</summary>
    public ImmutableArray<PhaseTiming> Timings { get; }

    /// <summary>Bytes on the wire.</summary>
    public RoundTraffic Traffic { get; }

    /// <summary>What each client that completed keeps. In-process rounds only; empty from a driver.</summary>
    public ImmutableDictionary<ParticipantId, ClientReceipt> Receipts { get; }

    /// <summary>Why clients left or refused, seen from the client. In-process rounds only; empty from a driver.</summary>
    public ImmutableDictionary<ParticipantId, AbortReason> ClientAborts { get; }

    /// <summary>
    /// Whose receipt is not in <see cref="InProcessFederation.Receipts"/> although its ledger was charged, and what kept it
    /// out: a <see cref="LedgerReceiptRefusedException"/>, or what the signer threw. In-process rounds only; empty from a
    /// driver. spec 02-privacy#ledger-7
    /// </summary>
    public ImmutableDictionary<ParticipantId, Exception> LedgerReceiptFailures { get; }

    private ImmutableDictionary<ParticipantId, ReadOnlyMemory<byte>>? Uploads { get; }

    /// <summary>The vector of one party exactly as the server received it: masked, and b bits for each element.</summary>
    /// <param name="party">A party whose vector arrived.</param>
    /// <exception cref="KeyNotFoundException">No vector of this party arrived.</exception>
    /// <exception cref="InvalidOperationException">Uploads were not kept: the round ran with a driver or with KeepUploads off.</exception>
    public ReadOnlyMemory<byte> MaskedUploadOf(ParticipantId party)
    {
        if (Uploads is null)
        {
            throw new InvalidOperationException(
                "The uploads of this round were not kept. Run it in one process with KeepUploads on."
            );
        }

        return Uploads.TryGetValue(party, out ReadOnlyMemory<byte> packed)
            ? packed
            : throw new KeyNotFoundException(
                $"No vector of '{party}' arrived. Ask for a party that reached the MaskedInput phase."
            );
    }

    /// <summary>The same vector as ring elements.</summary>
    /// <inheritdoc cref="MaskedUploadOf" path="/exception"/>
    public RingVector MaskedVectorOf(ParticipantId party)
    {
        ReadOnlyMemory<byte> packed = MaskedUploadOf(party);
        UpdateEncoding encoding = DescriptorRules.EncodingOf(Descriptor);
        RingVector vector = new(encoding.Ring, encoding.RingLength);
        Invariant.Check(RingPacking.TryUnpack(packed.Span, vector), "a vector that the server accepted unpacks");
        return vector;
    }

    /// <summary>The sum.</summary>
    /// <exception cref="RoundAbortedException">The attempt was aborted.</exception>
    public UpdateSum SumOrThrow() =>
        this switch
        {
            Completed done => done.Sum,
            Aborted aborted => throw new RoundAbortedException(aborted),
            _ => throw new InvariantViolatedException("an outcome is Completed or Aborted"),
        };

    internal static RoundOutcome Of(RoundEnding<AggregateResult> ending, RoundReport report) =>
        ending switch
        {
            RoundEnding<AggregateResult>.Completed done => new Completed(done.Result, report),
            RoundEnding<AggregateResult>.Aborted aborted => new Aborted(aborted.Reason, aborted.Named, report),
            _ => throw new InvariantViolatedException("a session ends Completed or Aborted"),
        };

    /// <summary>The attempt gave a sum.</summary>
    public sealed class Completed : RoundOutcome
    {
        internal Completed(AggregateResult result, RoundReport report)
            : base(report)
        {
            Result = result;
            Sum = result.Sum.Decode();
            Metrics = Sum.Metrics(Math.Max(1, report.MinimumContributorsForMetrics));
        }

        /// <summary>The exact sum.</summary>
        public UpdateSum Sum { get; }

        /// <summary>The sums of the metrics, or that they are withheld because too few parties are in them. spec 06-security#metrics-2</summary>
        public MetricRelease Metrics { get; }

        /// <summary>The session's own result, with the sum as ring elements.</summary>
        public AggregateResult Result { get; }

        /// <summary>K: names the cohort with its keys (D when unprotected).</summary>
        public Digest Cohort => Result.Cohort;

        /// <summary>t − c: the least number of honest inputs the sum hides in; 0 when unprotected.</summary>
        public int EffectiveCohort => Result.EffectiveCohort;

        /// <summary>Whose updates are in the sum.</summary>
        public ImmutableArray<ParticipantId> Survivors => Result.Survivors;

        /// <summary>Enrolled parties whose updates are not in the sum.</summary>
        public ImmutableArray<ParticipantId> Dropped => Result.Dropped;

        /// <summary>For example "sum of 7 updates of 8 parties".</summary>
        public override string ToString() => $"sum of {Survivors.Length} updates of {Descriptor.Roster.Length} parties";
    }

    /// <summary>The attempt gave no sum, and none is stored.</summary>
    public sealed class Aborted : RoundOutcome
    {
        internal Aborted(AbortReason reason, ImmutableArray<ParticipantId> named, RoundReport report)
            : base(report)
        {
            Reason = reason;
            Named = named;
            IEnumerable<string> refusals = ClientAborts
                .Values.Where(value => value != reason)
                .Distinct()
                .Order()
                .Select(value => $" A client left with {value}: {value.Describe()}");
            Explanation =
                reason.Describe()
                + (named.IsEmpty ? string.Empty : $" Named: {string.Join(", ", named)}.")
                + string.Concat(refusals);
        }

        /// <summary>Why.</summary>
        public AbortReason Reason { get; }

        /// <summary>The parties that caused it, as far as that can be proved; leave them out of the next attempt. May be empty.</summary>
        public ImmutableArray<ParticipantId> Named { get; }

        /// <summary>What happened and what to do, in words. Public values only.</summary>
        public string Explanation { get; }

        /// <summary>The reason and its explanation.</summary>
        public override string ToString() => $"no sum, {Reason}: {Explanation}";
    }
}

/// <summary>What a host gathered beside the session's ending.</summary>
internal sealed class RoundReport
{
    public required RoundDescriptor Descriptor { get; init; }

    public required int MinimumContributorsForMetrics { get; init; }

    public required FaultLog Faults { get; init; }

    public required ImmutableArray<PhaseTiming> Timings { get; init; }

    public required RoundTraffic Traffic { get; init; }

    public ImmutableDictionary<ParticipantId, ClientReceipt> Receipts { get; init; } =
        ImmutableDictionary<ParticipantId, ClientReceipt>.Empty;

    public ImmutableDictionary<ParticipantId, AbortReason> ClientAborts { get; init; } =
        ImmutableDictionary<ParticipantId, AbortReason>.Empty;

    public ImmutableDictionary<ParticipantId, Exception> LedgerReceiptFailures { get; init; } =
        ImmutableDictionary<ParticipantId, Exception>.Empty;

    public ImmutableDictionary<ParticipantId, ReadOnlyMemory<byte>>? Uploads { get; init; }
}
