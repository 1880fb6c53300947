using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Everything a client session starts with. The input is part of it: training ends before the session joins.</summary>
public sealed class ClientSetup
{
    /// <summary>The round as the server offered it.</summary>
    public required RoundDescriptor Descriptor { get; init; }

    /// <summary>This client.</summary>
    public required ParticipantId Self { get; init; }

    /// <summary>Signs with this client's pinned key.</summary>
    public required ISigner Signer { get; init; }

    /// <summary>The primitives; must be the descriptor's suite.</summary>
    public required ProtocolSuite Suite { get; init; }

    /// <summary>Keys, seeds, salts and share coefficients are drawn from it.</summary>
    public required RandomSource Random { get; init; }

    /// <summary>This client's floors.</summary>
    public required ClientPolicy Policy { get; init; }

    /// <summary>What this client joined and signed before.</summary>
    public required ClientHistory History { get; init; }

    /// <summary>Digest of the model the update was trained from.</summary>
    public required Digest ExpectedModel { get; init; }

    /// <summary>The update, clipped and encoded for this round's lattice; in a round with noise with its share of noise.</summary>
    public required EncodedUpdate Update { get; init; }

    /// <summary>This client's account of rounds with noise; null refuses them.</summary>
    public PrivacyGate? Gate { get; init; }

    /// <summary>How mask expansion may use several cores. Default: sequential.</summary>
    public WorkSplitter Splitter { get; init; } = WorkSplitter.Sequential;
}

/// <summary>Everything a server session starts with.</summary>
public sealed class ServerSetup
{
    /// <summary>The round.</summary>
    public required RoundDescriptor Descriptor { get; init; }

    /// <summary>The primitives; must be the descriptor's suite.</summary>
    public required ProtocolSuite Suite { get; init; }

    /// <summary>How unmasking may use several cores. Default: sequential.</summary>
    public WorkSplitter Splitter { get; init; } = WorkSplitter.Sequential;

    /// <summary>Samples the layers of noise that are removed; needed for rounds with such layers only.</summary>
    public NoiseSampling? Sampling { get; init; }
}

/// <summary>What a completed round gives the server's host.</summary>
public sealed class AggregateResult
{
    internal AggregateResult(
        RingSum sum,
        Digest cohort,
        SchemeKind scheme,
        int effectiveCohort,
        ImmutableArray<ParticipantId> dropped
    ) => (Sum, Cohort, Scheme, EffectiveCohort, Dropped) = (sum, cohort, scheme, effectiveCohort, dropped);

    /// <summary>The exact sum over the survivors.</summary>
    public RingSum Sum { get; }

    /// <summary>K (masked) or D (unprotected).</summary>
    public Digest Cohort { get; }

    /// <summary>The scheme that protected the inputs.</summary>
    public SchemeKind Scheme { get; }

    /// <summary>t − c: the least number of honest inputs the sum hides in; 0 when unprotected. spec 06-security#effective-cohort-1</summary>
    public int EffectiveCohort { get; }

    /// <summary>Whose inputs are in the sum.</summary>
    public ImmutableArray<ParticipantId> Survivors => Sum.Contributors;

    /// <summary>Enrolled parties whose inputs are not in the sum.</summary>
    public ImmutableArray<ParticipantId> Dropped { get; }
}

/// <summary>What a client keeps of a completed round.</summary>
public sealed class ClientReceipt
{
    internal ClientReceipt(
        Digest cohort,
        ImmutableArray<ParticipantId> survivors,
        Digest sumDigest,
        int effectiveCohort
    ) => (Cohort, Survivors, SumDigest, EffectiveCohort) = (cohort, survivors, sumDigest, effectiveCohort);

    /// <summary>K (masked) or D (unprotected).</summary>
    public Digest Cohort { get; }

    /// <summary>The survivor set this client signed.</summary>
    public ImmutableArray<ParticipantId> Survivors { get; }

    /// <summary>SHA-256 of the packed sum, as the server announced it.</summary>
    public Digest SumDigest { get; }

    /// <summary>t − c; 0 when unprotected.</summary>
    public int EffectiveCohort { get; }
}
