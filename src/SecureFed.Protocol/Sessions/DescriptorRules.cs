using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Why a descriptor is refused, with the numbers in words.</summary>
/// <param name="Reason">The registered reason.</param>
/// <param name="Explanation">What is wrong and what would be right; holds public values only.</param>
public sealed record DescriptorRefusal(AbortReason Reason, string Explanation);

/// <summary>The inequalities every descriptor must satisfy, whoever wrote it. spec 03-masking#descriptor-2</summary>
public static class DescriptorRules
{
    /// <summary>The largest cohort on the complete graph.</summary>
    public const int MaximumCompleteCohort = 256;

    /// <summary>The largest cohort on the sparse graph.</summary>
    public const int MaximumSparseCohort = MessageLimits.MaximumRosterSize;

    /// <summary>The effective cohort t − c of the complete graph: how many honest inputs a sum hides in at least. spec 06-security#effective-cohort-1</summary>
    public static int EffectiveCohort(int threshold, int collusionBound) => Math.Max(0, threshold - collusionBound);

    /// <summary>
    /// What a round promises whoever takes part: t − c, and on the sparse graph the least t − t1 of any cohort, because a
    /// smaller cohort has a thinner graph. spec 06-security#effective-cohort-1
    /// </summary>
    /// <param name="descriptor">A descriptor that passed <see cref="Check"/>.</param>
    public static int EffectiveCohort(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return descriptor.Scheme == SchemeKind.MaskedSparse
            ? GraphSizing.RoundEffectiveCohort
            : EffectiveCohort(descriptor.Threshold, descriptor.CollusionBound);
    }

    /// <summary>The scheme of a masked round: sparse above <see cref="MaximumCompleteCohort"/> enrolled parties. spec 03-masking#descriptor-2</summary>
    public static SchemeKind MaskedSchemeFor(int enrolled) =>
        enrolled > MaximumCompleteCohort ? SchemeKind.MaskedSparse : SchemeKind.MaskedComplete;

    /// <summary>The least threshold with 2t &gt; n + c, t &gt; c and t ≥ 2. spec 03-masking#threshold-1</summary>
    /// <param name="participants">n, at least 2.</param>
    /// <param name="collusionBound">c, 0 ≤ c &lt; n.</param>
    public static int LeastThreshold(int participants, int collusionBound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(participants, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(collusionBound);
        return Math.Max(2, Math.Max(((participants + collusionBound) / 2) + 1, collusionBound + 1));
    }

    /// <summary>Checks threshold, survivors and collusion bound against each other; null when they hold.</summary>
    public static DescriptorRefusal? CheckThreshold(
        int participants,
        int threshold,
        int minimumSurvivors,
        int collusionBound
    )
    {
        string? broken =
            threshold < 2 ? $"t ≥ 2 is required, t = {threshold}"
            : collusionBound < 0 ? $"c ≥ 0 is required, c = {collusionBound}"
            : threshold > participants ? $"t ≤ n is required, t = {threshold}, n = {participants}"
            : threshold <= collusionBound ? $"t > c is required, t = {threshold}, c = {collusionBound}"
            : 2 * threshold <= participants + collusionBound
                ? $"2t > n + c is required, 2·{threshold} ≤ {participants} + {collusionBound}"
            : minimumSurvivors < threshold ? $"U ≥ t is required, U = {minimumSurvivors}, t = {threshold}"
            : minimumSurvivors > participants ? $"U ≤ n is required, U = {minimumSurvivors}, n = {participants}"
            : null;
        return broken is null
            ? null
            : new DescriptorRefusal(
                AbortReason.ThresholdTooLow,
                $"{broken}. The least threshold for n = {participants}, c = {Math.Max(0, collusionBound)} is "
                    + $"{LeastThreshold(Math.Max(2, participants), Math.Clamp(collusionBound, 0, Math.Max(2, participants) - 1))}."
            );
    }

    /// <summary>Checks a descriptor; null when it is sound.</summary>
    public static DescriptorRefusal? Check(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return CheckNames(descriptor)
            ?? CheckRoster(descriptor)
            ?? CheckScheme(descriptor)
            ?? CheckRing(descriptor)
            ?? NoiseRules.Check(descriptor);
    }

    /// <summary>The lattice of a sound descriptor, in a compressed round with the attempt's rotation.</summary>
    /// <exception cref="PlanRefusedException">The descriptor is not sound.</exception>
    public static UpdateEncoding EncodingOf(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        UpdateEncoding encoding = UpdateEncoding.Create(
            descriptor.Length,
            descriptor.MaximumParticipants,
            descriptor.ClipNorm,
            descriptor.FractionBits,
            descriptor.MaximumWeight,
            descriptor.Metrics,
            descriptor.Noise?.Terms
        );
        return encoding.IsCompressed
            ? encoding.RotatedBy(
                RoundDigests.RotationSeed(
                    descriptor.Federation,
                    descriptor.Round,
                    descriptor.Attempt,
                    descriptor.ModelDigest
                )
            )
            : encoding;
    }

    private static DescriptorRefusal? CheckNames(RoundDescriptor descriptor)
    {
        if (descriptor.Suite is not (SuiteId.P256A256V1 or SuiteId.X25519CC20V1))
        {
            return new(AbortReason.SuiteMismatch, $"suite {(ushort)descriptor.Suite} is unknown or reserved");
        }

        if (!ParticipantId.TryParse(descriptor.Federation, out _))
        {
            return new(AbortReason.FederationMismatch, "the federation's name is malformed");
        }

        if (descriptor.Noise is null && string.IsNullOrWhiteSpace(descriptor.NoPrivacyBecause))
        {
            return new(AbortReason.PrivacyTooWeak, "a round without privacy noise must say why");
        }

        return descriptor.Attempt == 0 ? new(AbortReason.RoundParametersChanged, "attempts are numbered from 1") : null;
    }

    private static DescriptorRefusal? CheckRoster(RoundDescriptor descriptor)
    {
        if (descriptor.Roster.Length < 2)
        {
            return new(
                AbortReason.CohortTooSmall,
                $"a round needs at least 2 parties, {descriptor.Roster.Length} are enrolled"
            );
        }

        HashSet<string> keys = new(StringComparer.Ordinal);
        for (int i = 0; i < descriptor.Roster.Length; i++)
        {
            RosterEntry entry = descriptor.Roster[i];
            if (entry.Id.IsDefault || (i > 0 && descriptor.Roster[i - 1].Id >= entry.Id))
            {
                return new(AbortReason.DuplicateIdentity, $"the roster is not strictly ascending at entry {i}");
            }

            if (!keys.Add(Convert.ToHexString(entry.SigningKey.Span)))
            {
                return new(AbortReason.KeyReused, $"'{entry.Id}' has another party's signing key");
            }
        }

        return null;
    }

    private static DescriptorRefusal? CheckScheme(RoundDescriptor descriptor)
    {
        int enrolled = descriptor.Roster.Length;
        switch (descriptor.Scheme)
        {
            case SchemeKind.MaskedComplete or SchemeKind.MaskedSparse:
                if (descriptor.Scheme != MaskedSchemeFor(enrolled))
                {
                    return new(
                        AbortReason.GraphMismatch,
                        $"up to {MaximumCompleteCohort} parties run on the complete graph and more on the sparse one, {enrolled} are enrolled"
                    );
                }

                if (descriptor.UnprotectedBecause.Length != 0)
                {
                    return new(
                        AbortReason.RoundParametersChanged,
                        "a protected round carries no reason to be unprotected"
                    );
                }

                // spec 03-masking#threshold-1
                return CheckThreshold(
                        enrolled,
                        descriptor.Threshold,
                        descriptor.MinimumSurvivors,
                        descriptor.CollusionBound
                    ) ?? CheckGraph(descriptor);

            case SchemeKind.Unprotected:
                if (string.IsNullOrWhiteSpace(descriptor.UnprotectedBecause))
                {
                    return new(AbortReason.UnprotectedRefused, "an unprotected round must say why");
                }

                return
                    descriptor.Threshold != 0
                    || descriptor.MinimumSurvivors < 1
                    || descriptor.MinimumSurvivors > enrolled
                    ? new(AbortReason.NotEnoughSurvivors, "an unprotected round has t = 0 and 1 ≤ U ≤ n")
                    : null;

            default:
                return new(AbortReason.GraphMismatch, $"scheme {(byte)descriptor.Scheme} is unknown or reserved");
        }
    }

    private static DescriptorRefusal? CheckGraph(RoundDescriptor descriptor) =>
        descriptor.Scheme != SchemeKind.MaskedSparse ? null
        : descriptor.Roster.Length > MaximumSparseCohort
            ? new(
                AbortReason.GraphMismatch,
                $"the sparse graph holds at most {MaximumSparseCohort} parties, {descriptor.Roster.Length} are enrolled"
            )
        : GraphSizing.ForRound(descriptor.Roster.Length, descriptor.CollusionBound, descriptor.MinimumSurvivors) is null
            ? new(
                AbortReason.GraphMismatch,
                $"no graph of {descriptor.Roster.Length} parties withstands {descriptor.CollusionBound} corrupt and {descriptor.Roster.Length - descriptor.MinimumSurvivors} dropped ones with {GraphSizing.RoundSecrecyBits} secrecy bits; raise U or lower c"
            )
        : null;

    private static DescriptorRefusal? CheckRing(RoundDescriptor descriptor)
    {
        if (descriptor.Roster.Length > descriptor.MaximumParticipants)
        {
            return new(
                AbortReason.OverflowRisk,
                $"the ring is sized for {descriptor.MaximumParticipants} parties, {descriptor.Roster.Length} are enrolled"
            );
        }

        UpdateEncoding encoding;
        try
        {
            encoding = EncodingOf(descriptor);
        }
        catch (PlanRefusedException refused)
        {
            return new(AbortReason.OverflowRisk, refused.Message);
        }

        // spec 03-masking#descriptor-3: the width is recomputed, never taken.
        return encoding.RingBits == descriptor.RingBits ? null
            : encoding.RingBits > descriptor.RingBits
                ? new(
                    AbortReason.OverflowRisk,
                    $"the sum needs {encoding.RingBits} bits, the descriptor says {descriptor.RingBits}"
                )
            : new(
                AbortReason.RoundParametersChanged,
                $"the ring has {encoding.RingBits} bits, the descriptor says {descriptor.RingBits}"
            );
    }
}
