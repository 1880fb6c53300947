using System.Collections.Immutable;
using System.Globalization;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>A local decision to accept less protection, with its reason. There is no default that accepts.</summary>
/// <remarks>Immutable.</remarks>
public sealed class LocalConsent
{
    private LocalConsent(string? because) => Because = because;

    /// <summary>Not given: the round is refused.</summary>
    public static LocalConsent Refused { get; } = new(null);

    /// <summary>The reason; null when not given.</summary>
    public string? Because { get; }

    /// <summary>Whether consent was given.</summary>
    public bool IsGiven => Because is not null;

    /// <summary>Gives consent and says why; the reason stands in the logs of the host.</summary>
    /// <exception cref="ArgumentException">The reason is empty.</exception>
    public static LocalConsent Given(string because)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(because);
        return new LocalConsent(because);
    }

    /// <summary>"refused" or "given: …".</summary>
    public override string ToString() => Because is null ? "refused" : $"given: {Because}";
}

/// <summary>A client's own floors. Values sent by a server are only compared with them. spec 06-security#floors-1</summary>
/// <remarks>Immutable; thread-safe. The defaults are the strict ones.</remarks>
public sealed class ClientPolicy
{
    /// <summary>The enrolled identities and keys, obtained out of band. A round's roster must be a subset.</summary>
    public required ImmutableArray<RosterEntry> PinnedRoster { get; init; }

    /// <summary>The federation this client belongs to.</summary>
    public required string Federation { get; init; }

    /// <summary>The least number of parties in a cohort and of inputs in a sum. Default 3.</summary>
    public int MinimumCohort { get; init; } = 3;

    /// <summary>
    /// The same for rounds with metrics, when it is higher than <see cref="MinimumCohort"/>. Default 5: a count or a loss of
    /// one party is more easily guessed from a small sum than a model's weights are. spec 06-security#metrics-1
    /// </summary>
    public int MinimumCohortForMetrics { get; init; } = 5;

    /// <summary>The least effective cohort: t − c, on a sparse graph t − t1. Default 2.</summary>
    public int MinimumEffectiveCohort { get; init; } = 2;

    /// <summary>The least number of colluding parties the threshold must allow for. Default 1.</summary>
    public int CollusionBoundAtLeast { get; init; } = 1;

    /// <summary>Suites this client accepts. Default: SF-P256-A256-1 only.</summary>
    public ImmutableArray<SuiteId> AcceptedSuites { get; init; } = [SuiteId.P256A256V1];

    /// <summary>Consent to send vectors in the clear. Default: refused.</summary>
    public LocalConsent Unprotected { get; init; } = LocalConsent.Refused;

    /// <summary>Consent to a sum without privacy noise. Default: refused.</summary>
    public LocalConsent WithoutPrivacyNoise { get; init; } = LocalConsent.Refused;

    /// <summary>
    /// The least noise multiplier of a round with noise. Default 0: the client's ledger alone decides. What all rounds
    /// together may cost is the ledger's budget. spec 06-security#floors-3
    /// </summary>
    public double NoiseMultiplierAtLeast { get; init; }

    /// <summary>Whose presence noise must hide. Default: a record or a party.</summary>
    public ImmutableArray<PrivacyUnit> AcceptedUnits { get; init; } = [PrivacyUnit.Record, PrivacyUnit.Client];

    /// <summary>
    /// The least number of parties, other than none, by which a survivor set must differ from each one that this client
    /// signed for the same model. Default 2: one party's update could be read off by subtraction. 0 or 1 allows everything.
    /// </summary>
    /// <remarks>
    /// spec 06-security#floors-2. At 2, a retry that lacks exactly one party of a set that was signed before is refused;
    /// the server leaves out a second one, or goes on from another model.
    /// </remarks>
    public int MinimumCohortDifference { get; init; } = 2;

    /// <summary>
    /// The same for sets that were signed for other models. Default 0, off: one party that misses a round would stop the
    /// training. spec 06-security#floors-2
    /// </summary>
    public int MinimumCohortDifferenceAcrossModels { get; init; }

    /// <summary>With how many of the latest survivor sets that this client signed a new one is compared. Default 64.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 0 or above <see cref="ClientHistory.MaximumCohortMemory"/>.</exception>
    public int CohortMemory
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ClientHistory.MaximumCohortMemory);
            field = value;
        }
    } = 64;

    /// <summary>Compares an offered round with the floors; null when the client may join.</summary>
    /// <param name="descriptor">The offer.</param>
    /// <param name="self">This client.</param>
    /// <param name="expectedModel">Digest of the model this client trained (or will train) from.</param>
    /// <param name="history">What this client joined before, and which rounds gave it a result.</param>
    public DescriptorRefusal? Examine(
        RoundDescriptor descriptor,
        ParticipantId self,
        Digest expectedModel,
        ClientHistory history
    )
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(history);
        return DescriptorRules.Check(descriptor)
            ?? ExamineIdentity(descriptor, self, expectedModel)
            ?? ExamineProtection(descriptor)
            ?? history.Examine(descriptor);
    }

    // spec 06-security#metrics-1: the floor for what this round would open.
    internal int LeastCohort(RoundDescriptor descriptor) =>
        descriptor.Metrics.IsEmpty ? MinimumCohort : Math.Max(MinimumCohort, MinimumCohortForMetrics);

    private DescriptorRefusal? ExamineIdentity(RoundDescriptor descriptor, ParticipantId self, Digest expectedModel)
    {
        if (!string.Equals(descriptor.Federation, Federation, StringComparison.Ordinal))
        {
            return new(
                AbortReason.FederationMismatch,
                $"the round is of '{descriptor.Federation}', this client of '{Federation}'"
            );
        }

        Dictionary<ParticipantId, RosterEntry> pinned = PinnedRoster.ToDictionary(entry => entry.Id);
        foreach (RosterEntry entry in descriptor.Roster)
        {
            if (
                !pinned.TryGetValue(entry.Id, out RosterEntry? known)
                || !known.SigningKey.Span.SequenceEqual(entry.SigningKey.Span)
            )
            {
                return new(
                    AbortReason.RosterMismatch,
                    $"'{entry.Id}' is not enrolled here with the key the server shows"
                );
            }
        }

        if (!descriptor.Roster.Any(entry => entry.Id == self))
        {
            return new(AbortReason.UnknownIdentity, $"this client, '{self}', is not in the round's roster");
        }

        return descriptor.ModelDigest == expectedModel
            ? null
            : new(AbortReason.ModelMismatch, "the round is for another model than the one this client trained from");
    }

    private DescriptorRefusal? ExamineProtection(RoundDescriptor descriptor)
    {
        if (!AcceptedSuites.Contains(descriptor.Suite))
        {
            return new(AbortReason.SuiteMismatch, $"suite {descriptor.Suite} is not on this client's list");
        }

        int least = LeastCohort(descriptor);
        if (descriptor.Roster.Length < least || descriptor.MinimumSurvivors < least)
        {
            return new(
                AbortReason.CohortTooSmall,
                $"this client asks for at least {least} inputs{(descriptor.Metrics.IsEmpty ? string.Empty : " in a sum with metrics")}; the round has {descriptor.Roster.Length} parties and accepts {descriptor.MinimumSurvivors} survivors"
            );
        }

        if (ExamineNoise(descriptor) is { } refusal)
        {
            return refusal;
        }

        if (descriptor.Scheme == SchemeKind.Unprotected)
        {
            return Unprotected.IsGiven
                ? null
                : new(
                    AbortReason.UnprotectedRefused,
                    "the round is unprotected and local configuration does not allow that"
                );
        }

        if (descriptor.CollusionBound < CollusionBoundAtLeast)
        {
            return new(
                AbortReason.ThresholdTooLow,
                $"the threshold allows for {descriptor.CollusionBound} colluding parties, this client asks for {CollusionBoundAtLeast}"
            );
        }

        int effective = DescriptorRules.EffectiveCohort(descriptor);
        return effective < MinimumEffectiveCohort
            ? new(
                AbortReason.EffectiveCohortTooSmall,
                $"the effective cohort is {effective}, this client asks for {MinimumEffectiveCohort}"
            )
            : null;
    }

    private DescriptorRefusal? ExamineNoise(RoundDescriptor descriptor)
    {
        if (descriptor.Noise is null)
        {
            // Whatever reason the server writes, consent is local.
            return WithoutPrivacyNoise.IsGiven
                ? null
                : new(
                    AbortReason.PrivacyTooWeak,
                    "the round adds no privacy noise and local configuration does not allow that"
                );
        }

        double multiplier = NoiseRules.NoiseMultiplier(descriptor);
        if (multiplier < NoiseMultiplierAtLeast)
        {
            return new(
                AbortReason.PrivacyTooWeak,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the honest noise is {multiplier} times what one unit changes, this client asks for {NoiseMultiplierAtLeast}"
                )
            );
        }

        return AcceptedUnits.Contains(descriptor.Noise.Unit)
            ? null
            : new(
                AbortReason.PrivacyTooWeak,
                $"the noise hides a {descriptor.Noise.Unit}, which is not among the units this client accepts"
            );
    }
}
