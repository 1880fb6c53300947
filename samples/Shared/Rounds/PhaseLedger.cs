using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Samples.Shared;

/// <summary>What one phase of the protocol cost, over some rounds.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Seconds">Time, all parties one after another in one process.</param>
/// <param name="MessageCount">Messages in both directions.</param>
/// <param name="BytesToServer">Bytes of all parties to the server.</param>
/// <param name="BytesFromServer">Bytes of the server to all parties.</param>
public sealed record PhaseCost(
    RoundPhase Phase,
    double Seconds,
    int MessageCount,
    long BytesToServer,
    long BytesFromServer
);

/// <summary>Adds up time and bytes of the phases over many rounds. A message of the server counts for the phase that it opens.</summary>
/// <remarks>Not thread-safe. Keeps sizes only, no message.</remarks>
public sealed class PhaseLedger : IRoundObserver
{
    private readonly SortedDictionary<RoundPhase, PhaseCost> _costs = [];

    /// <summary>Rounds whose times were added.</summary>
    public int RoundCount { get; private set; }

    /// <summary>The phases in the order of the protocol; a phase that no round reached is absent.</summary>
    public ImmutableArray<PhaseCost> Costs => [.. _costs.Values];

    /// <inheritdoc/>
    public void OnMessage(RoundMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (PhaseOf(message.Type) is { } phase)
        {
            PhaseCost cost = Of(phase);
            int bytes = message.Bytes.Length;
            _costs[phase] = message.To is null
                ? cost with
                {
                    MessageCount = cost.MessageCount + 1,
                    BytesToServer = cost.BytesToServer + bytes,
                }
                : cost with
                {
                    MessageCount = cost.MessageCount + 1,
                    BytesFromServer = cost.BytesFromServer + bytes,
                };
        }
    }

    /// <inheritdoc/>
    public void OnStored(ParticipantId? owner, DurableRecord record) { }

    /// <summary>Adds the times of a round that is over.</summary>
    public void AddTimings(RoundOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        RoundCount++;
        foreach (PhaseTiming timing in outcome.Timings)
        {
            PhaseCost cost = Of(timing.Phase);
            _costs[timing.Phase] = cost with { Seconds = cost.Seconds + timing.Elapsed.TotalSeconds };
        }
    }

    private PhaseCost Of(RoundPhase phase) =>
        _costs.TryGetValue(phase, out PhaseCost? cost) ? cost : new PhaseCost(phase, 0, 0, 0, 0);

    // The result closes the last phase; an abort or a withdrawal belongs to none.
    private static RoundPhase? PhaseOf(MessageType type) =>
        type switch
        {
            MessageType.RoundInvitation or MessageType.KeyAdvertisement => RoundPhase.AdvertiseKeys,
            MessageType.CohortAnnouncement or MessageType.EncryptedShares => RoundPhase.ShareKeys,
            MessageType.ShareDelivery or MessageType.MaskedInput or MessageType.PlainInput => RoundPhase.MaskedInput,
            MessageType.SurvivorAnnouncement or MessageType.ConsistencySignature => RoundPhase.Consistency,
            MessageType.UnmaskRequest or MessageType.UnmaskShares or MessageType.ResultAnnouncement =>
                RoundPhase.Unmask,
            _ => null,
        };
}
