using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>How an attempt ended at a client. A closed family.</summary>
public abstract class ClientOutcome
{
    private ClientOutcome(RoundDescriptor descriptor, FaultLog faults, ImmutableArray<NoiseRelease> releases) =>
        (Descriptor, Faults, FaultsNotKept, Releases) = (descriptor, [.. faults.Kept], faults.NotKept, releases);

    /// <summary>The round.</summary>
    public RoundDescriptor Descriptor { get; }

    /// <summary>What the server and other dealers did wrong, in order.</summary>
    public ImmutableArray<PeerFault> Faults { get; }

    /// <summary>How many faults more there were than are kept: see <see cref="RoundOutcome.MaximumFaultsOfOneParty"/>.</summary>
    public long FaultsNotKept { get; }

    /// <summary>When the vector left that depends on noise; empty when none left, or none was held.</summary>
    public ImmutableArray<NoiseRelease> Releases { get; }

    /// <summary>How many of them left later than planned.</summary>
    public int LateReleases => Releases.Count(release => release.IsLate);

    /// <summary>
    /// What kept the receipt of the ledger from those who keep it: what <see cref="ClientRun.LedgerReceiptTo"/> or the signer
    /// threw; null when nothing did. <see cref="LedgerGate.ReceiptAfter"/> makes it again.
    /// </summary>
    public Exception? LedgerReceiptFailure { get; private init; }

    internal static ClientOutcome Of(
        RoundEnding<ClientReceipt> ending,
        RoundDescriptor descriptor,
        FaultLog faults,
        ImmutableArray<NoiseRelease> releases,
        Exception? ledgerReceiptFailure
    ) =>
        ending switch
        {
            RoundEnding<ClientReceipt>.Completed done => new Completed(done.Result, descriptor, faults, releases)
            {
                LedgerReceiptFailure = ledgerReceiptFailure,
            },
            RoundEnding<ClientReceipt>.Aborted aborted => new Aborted(
                aborted.Reason,
                aborted.Named,
                descriptor,
                faults,
                releases
            )
            {
                LedgerReceiptFailure = ledgerReceiptFailure,
            },
            _ => throw new InvariantViolatedException("a session ends Completed or Aborted"),
        };

    /// <summary>The server announced a result.</summary>
    public sealed class Completed : ClientOutcome
    {
        internal Completed(
            ClientReceipt receipt,
            RoundDescriptor descriptor,
            FaultLog faults,
            ImmutableArray<NoiseRelease> releases
        )
            : base(descriptor, faults, releases) => Receipt = receipt;

        /// <summary>What this client keeps.</summary>
        public ClientReceipt Receipt { get; }
    }

    /// <summary>The attempt is over for this client without a result.</summary>
    public sealed class Aborted : ClientOutcome
    {
        internal Aborted(
            AbortReason reason,
            ImmutableArray<ParticipantId> named,
            RoundDescriptor descriptor,
            FaultLog faults,
            ImmutableArray<NoiseRelease> releases
        )
            : base(descriptor, faults, releases) => (Reason, Named) = (reason, named);

        /// <summary>Why.</summary>
        public AbortReason Reason { get; }

        /// <summary>The parties that caused it; may be empty.</summary>
        public ImmutableArray<ParticipantId> Named { get; }

        /// <summary>What happened and what to do, in words.</summary>
        public string Explanation => Reason.Describe();
    }
}
