using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Everything the parties agree on before an attempt starts. Its digest D enters every signature and key. spec 03-masking#descriptor-1</summary>
/// <remarks>
/// Immutable. The constructor checks structure only (what the encoding can express); <c>DescriptorRules</c> checks the
/// protocol's inequalities, and a client additionally compares with its own policy.
/// </remarks>
public sealed class RoundDescriptor
{
    /// <summary>Suite.</summary>
    public required SuiteId Suite { get; init; }

    /// <summary>Scheme.</summary>
    public required SchemeKind Scheme { get; init; }

    /// <summary>Why an unprotected round is acceptable; empty for protected schemes. At most 200 UTF-8 bytes.</summary>
    public required string UnprotectedBecause { get; init; }

    /// <summary>d: coordinates of an update, without the weight coordinate.</summary>
    public required int Length { get; init; }

    /// <summary>C: the clip norm, finite and positive.</summary>
    public required double ClipNorm { get; init; }

    /// <summary>f: the grid is 2^−f.</summary>
    public required int FractionBits { get; init; }

    /// <summary>n: the largest number of participants, which the ring is sized for.</summary>
    public required int MaximumParticipants { get; init; }

    /// <summary>W: the public bound on a weight; 0 when the plan has no weights.</summary>
    public required long MaximumWeight { get; init; }

    /// <summary>The metrics that every party sends beside its update, in the order of their coordinates. Empty: none.</summary>
    public ImmutableArray<MetricBlock> Metrics { get; init; } = [];

    /// <summary>b, which every client recomputes.</summary>
    public required int RingBits { get; init; }

    /// <summary>t: the Shamir threshold; 0 when unprotected.</summary>
    public required int Threshold { get; init; }

    /// <summary>U: the minimum number of survivors.</summary>
    public required int MinimumSurvivors { get; init; }

    /// <summary>c: the bound on colluding parties.</summary>
    public required int CollusionBound { get; init; }

    /// <summary>Why there is no privacy noise. At most 200 UTF-8 bytes; empty in a round with noise.</summary>
    public required string NoPrivacyBecause { get; init; }

    /// <summary>The noise that every party adds; null for none.</summary>
    public RoundNoise? Noise { get; init; }

    /// <summary>SHA-256 of the model the clients start from.</summary>
    public required Digest ModelDigest { get; init; }

    /// <summary>The federation's name: a participant-id-like name.</summary>
    public required string Federation { get; init; }

    /// <summary>R: the round number.</summary>
    public required ulong Round { get; init; }

    /// <summary>The attempt within the round, from 1.</summary>
    public required uint Attempt { get; init; }

    /// <summary>The enrolled parties, strictly ascending by id.</summary>
    public required ImmutableArray<RosterEntry> Roster { get; init; }
}

/// <summary>One enrolled party.</summary>
/// <param name="Id">Its name.</param>
/// <param name="SigningKey">Its pinned public signing key in the suite's encoding.</param>
public sealed record RosterEntry(ParticipantId Id, ReadOnlyMemory<byte> SigningKey);
