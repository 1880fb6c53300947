using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Where a driven session stands and whom it waits for. Public values only.</summary>
/// <param name="Round">R.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Phase">The phase.</param>
/// <param name="WaitingFor">The parties whose message the server awaits, ascending; empty at a client, which waits for the server.</param>
/// <param name="Remaining">The time left until the phase's deadline.</param>
public sealed record RoundProgress(
    ulong Round,
    uint Attempt,
    RoundPhase Phase,
    ImmutableArray<ParticipantId> WaitingFor,
    TimeSpan Remaining
)
{
    /// <summary>Set when a client's vector with noise is leaving: on time, or how late. Null in every other report.</summary>
    public NoiseRelease? Release { get; init; }

    /// <summary>For example "round 3, attempt 1, ShareKeys: 00:01:30 left for clinic-2, clinic-5".</summary>
    public override string ToString() =>
        $"round {Round}, attempt {Attempt}, {Phase}: {Remaining:c} left for {(WaitingFor.IsEmpty ? "the server" : string.Join(", ", WaitingFor))}{(Release is null ? string.Empty : $"; {Release}")}";
}
