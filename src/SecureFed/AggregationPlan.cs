using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>The public numbers of a secure sum, checked together when the plan is made: a plan that exists can run.</summary>
/// <remarks>Immutable and thread-safe. Everybody who holds the same numbers derives the same plan; nothing in it is secret.</remarks>
public sealed class AggregationPlan
{
    // spec 07-registry#other-labels
    private const string PlanLabel = "SecureFed/1 plan";

    private AggregationPlan(
        UpdateEncoding encoding,
        PrivacyPlan privacy,
        AggregationScheme scheme,
        int? minimumContributorsForMetrics = null
    )
    {
        Encoding = encoding;
        Privacy = privacy;
        Scheme = scheme;
        MinimumContributorsForMetrics = minimumContributorsForMetrics ?? scheme.MinimumSurvivors;
        if (scheme is AggregationScheme.Masked masked)
        {
            CollusionBound = masked.CollusionBound;
            Threshold =
                masked.Threshold ?? DescriptorRules.LeastThreshold(encoding.MaximumParticipants, CollusionBound);
            Graph =
                DescriptorRules.MaskedSchemeFor(encoding.MaximumParticipants) == SchemeKind.MaskedSparse
                    ? GraphSizing.ForRound(encoding.MaximumParticipants, CollusionBound, MinimumSurvivors)
                    : null;
        }
    }

    /// <summary>The integer lattice.</summary>
    public UpdateEncoding Encoding { get; }

    /// <summary>What is done against reading inputs out of sums.</summary>
    public PrivacyPlan Privacy { get; }

    /// <summary>How inputs are protected.</summary>
    public AggregationScheme Scheme { get; }

    /// <summary>d: float coordinates of an update.</summary>
    public int Length => Encoding.Length;

    /// <summary>n: the most participants.</summary>
    public int MaximumParticipants => Encoding.MaximumParticipants;

    /// <summary>b: bits of a coordinate on the wire; n updates cannot wrap in it, unless it is compressed.</summary>
    public int RingBits => Encoding.RingBits;

    /// <summary>t: how many parties must sign the set of survivors, and up to 256 participants help to unmask; 0 when unprotected.</summary>
    public int Threshold { get; }

    /// <summary>c: how many parties may work together with the server; 0 when unprotected.</summary>
    public int CollusionBound { get; }

    /// <summary>U: the least number of inputs in a sum.</summary>
    public int MinimumSurvivors => Scheme.MinimumSurvivors;

    /// <summary>The metrics that every party sends beside its update; empty for none.</summary>
    public ImmutableArray<MetricBlock> Metrics => Encoding.Metrics;

    /// <summary>From how many inputs on the sums of the metrics are given out; U unless <see cref="WithMetrics"/> says more.</summary>
    public int MinimumContributorsForMetrics { get; }

    /// <summary>The graph of a round of all n participants; null up to 256 of them, where everybody masks with everybody, and when unprotected.</summary>
    public GraphParameters? Graph { get; }

    /// <summary>
    /// The least number of honest inputs that an input hides in, even from a lying server: t − c, above 256 participants
    /// the least t − t1 of any cohort, 8 (the result states the cohort's own); 0 when unprotected.
    /// </summary>
    public int EffectiveCohort =>
        Scheme is AggregationScheme.Plain ? 0
        : Graph is not null ? GraphSizing.RoundEffectiveCohort
        : DescriptorRules.EffectiveCohort(Threshold, CollusionBound);

    /// <summary>The packed vector of one participant, in bytes, without the message's header, sets and signature (under 1 KiB).</summary>
    public int VectorBytesPerUpload => Encoding.PackedSizeInBytes;

    /// <summary>SHA-256 of the plan's numbers and reasons: equal plans have equal digests.</summary>
    public Digest Digest => Core.Digest.Of(CanonicalBytes());

    /// <summary>Makes a plan.</summary>
    /// <param name="length">d, coordinates of an update; 1 to 2^28.</param>
    /// <param name="maximumParticipants">n, at least 2; at most 4,096 with pairwise masks. Fixes the ring.</param>
    /// <param name="clipNorm">C, finite and positive, in the unit of the update: a longer update is scaled down to this L2 norm.</param>
    /// <param name="fractionBits">f: one coordinate is a multiple of 2^-f.</param>
    /// <param name="privacy">Against reading inputs out of sums.</param>
    /// <param name="scheme">Against reading inputs on their way.</param>
    /// <param name="maximumWeight">W, the largest weight; 0 for updates that all weigh the same.</param>
    /// <exception cref="PlanRefusedException">The numbers of the lattice are out of range or need more than 64 bits.</exception>
    /// <exception cref="ArgumentException">Threshold, survivors, collusion bound and participants do not fit each other.</exception>
    public static AggregationPlan Create(
        int length,
        int maximumParticipants,
        double clipNorm,
        int fractionBits,
        PrivacyPlan privacy,
        AggregationScheme scheme,
        long maximumWeight = 0
    )
    {
        ArgumentNullException.ThrowIfNull(privacy);
        ArgumentNullException.ThrowIfNull(scheme);
        UpdateEncoding encoding = UpdateEncoding.Create(
            length,
            maximumParticipants,
            clipNorm,
            fractionBits,
            maximumWeight
        );
        CheckParticipants(scheme, maximumParticipants);
        AggregationPlan plan = new(encoding, privacy, scheme);
        plan.CheckSurvivors(maximumParticipants, nameof(scheme), "the plan's n");
        plan.CheckGraph();
        return privacy is PrivacyPlan.DistributedNoise noise ? plan.With(noise) : plan;
    }

    /// <summary>h: how many honest shares of noise are in every sum that the server can learn; 0 without noise. spec 02-privacy#shares-1</summary>
    public int HonestShares =>
        Encoding.Noise is null ? 0
        : Graph is not null ? GraphSizing.RoundEffectiveCohort
        : MinimumSurvivors - CollusionBound;

    /// <summary>What one round under this plan costs, for an accountant; null without noise. spec 02-privacy#charge-2</summary>
    public PrivacyEvent? Cost =>
        Privacy is PrivacyPlan.DistributedNoise noise && Encoding.Noise is { } shares
            ? RoundCost.Of(
                NoiseRules.NoiseMultiplier(
                    Encoding.SquaredNormBound,
                    shares,
                    HonestShares,
                    CollusionBound,
                    noise.Relation
                ),
                noise.SamplingRate
            )
            : null;

    /// <summary>The same plan in which every party also sends metrics, inside the same masked vector.</summary>
    /// <param name="metrics">At most 64 blocks and 4,096 coordinates; the largest maximum may widen the ring.</param>
    /// <param name="minimumContributors">
    /// From how many inputs on an outcome gives the sums out, U to n; null for U. It binds this library's outcomes; the
    /// server itself learns the sum. The floor that protects a party is its own <see cref="ClientPolicy.MinimumCohortForMetrics"/>.
    /// </param>
    /// <exception cref="PlanRefusedException">A metric is named twice, there are too many, or the ring would need more than 64 bits.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The minimum is below U or above n.</exception>
    public AggregationPlan WithMetrics(IEnumerable<MetricBlock> metrics, int? minimumContributors = null)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        if (minimumContributors is { } minimum)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(minimum, MinimumSurvivors, nameof(minimumContributors));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minimum, MaximumParticipants, nameof(minimumContributors));
        }

        UpdateEncoding encoding = UpdateEncoding.Create(
            Length,
            MaximumParticipants,
            Encoding.ClipNorm,
            Encoding.FractionBits,
            Encoding.MaximumWeight,
            metrics,
            Encoding.Noise
        );
        return new AggregationPlan(encoding, Privacy, Scheme, minimumContributors);
    }

    /// <summary>
    /// The same plan with 20 or 24 bits for each coordinate, for rounds of many records, whose ring is wide: vectors are
    /// rotated at random before they are clipped and rounded, and the sum may wrap, which costs accuracy and no privacy.
    /// Compare <see cref="VectorBytesPerUpload"/>: with a party as the unit, a plain ring may be as narrow. spec 02-privacy#compressed-1
    /// </summary>
    /// <param name="bits">At 20 bits the error of a mean grows by less than a thousandth, at 24 by nothing that can be seen.</param>
    /// <param name="expectedNormOfSum">
    /// The L2 norm that the sum without noise has at most, as expected, in the unit of the update: a public constant, never
    /// measured on private data. Null for n·C where a party is the unit, and else for the divisor times C.
    /// </param>
    /// <returns>The plan with the finest grid for which the noisy sum stays inside the ring; fractionBits of this plan are not used.</returns>
    /// <exception cref="InvalidOperationException">The plan has no noise.</exception>
    /// <exception cref="PlanRefusedException">The ring is too narrow for this plan: there the grid would be too coarse, or the shares too small.</exception>
    public AggregationPlan WithCompression(CompressedBits bits, double? expectedNormOfSum = null)
    {
        if (Privacy is not PrivacyPlan.DistributedNoise noise || Encoding.Noise is not { } terms)
        {
            throw new InvalidOperationException(
                "Only rounds with noise are compressed: their sum may wrap once in a while, and an exact one must not. Plan noise, or use fewer fraction bits."
            );
        }

        if (terms.Layers is not null)
        {
            throw new InvalidOperationException(
                "Noise in layers is not removed from compressed rings. Leave WithRemovableSurplus or the compression out."
            );
        }

        double most = MaximumParticipants * (double)noise.MaximumExamples * Encoding.ClipNorm;
        double usual = noise.Unit == PrivacyUnit.Record ? Math.Min(noise.Divisor * Encoding.ClipNorm, most) : most;
        UpdateEncoding encoding = CompressionRules.Choose(
            Encoding,
            terms with
            {
                Compression = bits,
            },
            noise.NoiseMultiplier,
            HonestShares,
            noise.Relation,
            expectedNormOfSum ?? usual
        );
        return new AggregationPlan(encoding, Privacy, Scheme);
    }

    /// <summary>The lattice of one attempt: that of the plan, in a compressed round with the attempt's rotation. spec 02-privacy#compressed-3</summary>
    /// <param name="federation">The federation's name.</param>
    /// <param name="round">R.</param>
    /// <param name="attempt">From 1.</param>
    /// <param name="modelDigest">SHA-256 of the model that updates start from.</param>
    public UpdateEncoding EncodingFor(string federation, ulong round, uint attempt, Digest modelDigest) =>
        Encoding.IsCompressed
            ? Encoding.RotatedBy(RoundDigests.RotationSeed(federation, round, attempt, modelDigest))
            : Encoding;

    /// <summary>The descriptor of one attempt under this plan.</summary>
    /// <param name="roster">The enrolled parties of this attempt, in any order: at least U and at most n. t stays the plan's.</param>
    /// <param name="federation">The federation's name, written like a participant id.</param>
    /// <param name="round">R.</param>
    /// <param name="attempt">From 1.</param>
    /// <param name="modelDigest">SHA-256 of the model that updates start from.</param>
    /// <param name="suite">The suite all parties use.</param>
    /// <exception cref="ArgumentException">The roster is too small, too large or not a set, or a name or number is out of range.</exception>
    public RoundDescriptor DescribeFor(
        IEnumerable<RosterEntry> roster,
        string federation,
        ulong round,
        uint attempt,
        Digest modelDigest,
        SuiteId suite
    )
    {
        ArgumentNullException.ThrowIfNull(roster);
        ImmutableArray<RosterEntry> sorted = [.. roster.OrderBy(entry => entry.Id)];
        RoundDescriptor descriptor = new()
        {
            Suite = suite,
            Scheme = Scheme.KindFor(sorted.Length),
            UnprotectedBecause = Scheme is AggregationScheme.Plain plain ? plain.Because : string.Empty,
            Length = Length,
            ClipNorm = Encoding.ClipNorm,
            FractionBits = Encoding.FractionBits,
            MaximumParticipants = MaximumParticipants,
            MaximumWeight = Encoding.MaximumWeight,
            Metrics = Metrics,
            RingBits = RingBits,
            Threshold = Threshold,
            MinimumSurvivors = MinimumSurvivors,
            CollusionBound = CollusionBound,
            NoPrivacyBecause = Privacy.Because,
            Noise =
                Privacy is PrivacyPlan.DistributedNoise noise && Encoding.Noise is { } shares
                    ? new RoundNoise(shares, noise.Unit, noise.Relation, noise.SamplingRate)
                    : null,
            ModelDigest = modelDigest,
            Federation = federation,
            Round = round,
            Attempt = attempt,
            Roster = sorted,
        };
        return DescriptorRules.Check(descriptor) is { } refusal
            ? throw new ArgumentException(
                $"The plan cannot run with these {sorted.Length} parties ({refusal.Reason}): {refusal.Explanation}",
                nameof(roster)
            )
            : descriptor;
    }

    /// <summary>The plan in one line of public numbers.</summary>
    public override string ToString() => $"{Encoding}; {Scheme}; {Privacy}";

    private static void CheckParticipants(AggregationScheme scheme, int participants)
    {
        if (participants < 2)
        {
            throw new ArgumentException(
                $"A sum of {participants} input is that input: n ≥ 2 is required. Raise maximumParticipants.",
                nameof(participants)
            );
        }

        if (scheme is AggregationScheme.Masked masked)
        {
            if (participants > DescriptorRules.MaximumSparseCohort)
            {
                throw new ArgumentException(
                    $"A cohort with pairwise masks holds at most {DescriptorRules.MaximumSparseCohort} parties, n = {participants}. "
                        + "Split the federation into cohorts and add their sums.",
                    nameof(participants)
                );
            }

            if (masked.CollusionBound < 0 || masked.CollusionBound >= participants)
            {
                throw new ArgumentException(
                    $"0 ≤ c < n is required, c = {masked.CollusionBound}, n = {participants}. "
                        + "collusionBound is the number of parties that may work together with the server.",
                    nameof(scheme)
                );
            }
        }
    }

    // The least shares whose honest part is the noise asked for. spec 02-privacy#shares-1
    private AggregationPlan With(PrivacyPlan.DistributedNoise noise)
    {
        if (Scheme is not AggregationScheme.Masked)
        {
            throw new ArgumentException(
                "Shares of noise hide nothing from a server that sees every vector. Use pairwise masks, or a plan without noise.",
                "scheme"
            );
        }

        UpdateEncoding encoding = UpdateEncoding.Create(
            Length,
            MaximumParticipants,
            Encoding.ClipNorm,
            Encoding.FractionBits,
            Encoding.MaximumWeight,
            Metrics,
            noise.HasRemovableSurplus ? LayersOf(noise) : SharesOf(noise)
        );
        return new AggregationPlan(encoding, Privacy, Scheme);
    }

    private SumNoise SharesOf(PrivacyPlan.DistributedNoise noise)
    {
        int honest = Graph is not null ? GraphSizing.RoundEffectiveCohort : MinimumSurvivors - CollusionBound;
        BigInteger variance = NoiseRules.LeastShareVariance(
            Encoding.SquaredNormBound,
            noise.NoiseMultiplier,
            honest,
            noise.Relation
        );
        long share = (long)BigInteger.Min(variance, long.MaxValue);
        return new SumNoise(share, noise.MaximumExamples, noise.Divisor);
    }

    // spec 02-privacy#layers-6
    private SumNoise LayersOf(PrivacyPlan.DistributedNoise noise)
    {
        int removable = MaximumParticipants - MinimumSurvivors;
        if (Graph is not null || removable < 1)
        {
            throw new ArgumentException(
                Graph is not null
                    ? $"Surplus noise is removed on the complete graph, of at most {DescriptorRules.MaximumCompleteCohort} parties. Leave it in the sum, or split the federation."
                    : "With minimumSurvivors = maximumParticipants nobody may drop out, so that no noise is left over. Lower minimumSurvivors, or leave the option out.",
                "scheme"
            );
        }

        BigInteger variance = NoiseRules.LeastLayeredVariance(
            Encoding.SquaredNormBound,
            noise.NoiseMultiplier,
            MinimumSurvivors,
            CollusionBound,
            noise.Relation
        );
        long whole = (long)BigInteger.Min(variance, NoiseLayers.LargestVariance + 1);
        return SumNoise.In(
            new NoiseLayers(whole, MaximumParticipants, removable),
            noise.MaximumExamples,
            noise.Divisor
        );
    }

    private void CheckSurvivors(int participants, string parameter, string whose)
    {
        if (Scheme is AggregationScheme.Plain)
        {
            if (MinimumSurvivors < 1 || MinimumSurvivors > participants)
            {
                throw new ArgumentException(
                    $"1 ≤ U ≤ n is required, U = {MinimumSurvivors}, n = {participants} ({whose}).",
                    parameter
                );
            }
        }
        else if (
            DescriptorRules.CheckThreshold(participants, Threshold, MinimumSurvivors, CollusionBound) is { } refusal
        )
        {
            int least = DescriptorRules.LeastThreshold(participants, CollusionBound);
            string remedy =
                least > participants
                    ? "No threshold fits: lower collusionBound or enrol more parties."
                    : $"Set minimumSurvivors from {Math.Max(least, Math.Min(Threshold, participants))} to {participants}"
                        + $"{(Threshold < least ? $" and leave threshold out or set it to at least {least}" : string.Empty)}.";
            throw new ArgumentException($"{refusal.Explanation} {remedy}", parameter);
        }
    }

    private void CheckGraph()
    {
        if (
            Scheme is AggregationScheme.Masked
            && Graph is null
            && DescriptorRules.MaskedSchemeFor(MaximumParticipants) == SchemeKind.MaskedSparse
        )
        {
            throw new ArgumentException(
                $"No sparse graph of n = {MaximumParticipants} parties withstands c = {CollusionBound} corrupt and "
                    + $"n − U = {MaximumParticipants - MinimumSurvivors} dropped ones with {GraphSizing.RoundSecrecyBits} secrecy bits. "
                    + "Raise minimumSurvivors, lower collusionBound, or split the federation into cohorts of at most "
                    + $"{DescriptorRules.MaximumCompleteCohort} parties and add their sums.",
                "scheme"
            );
        }
    }

    private byte[] CanonicalBytes() =>
        System.Text.Encoding.UTF8.GetBytes(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{PlanLabel}\n{Length}\n{MaximumParticipants}\n{BitConverter.DoubleToUInt64Bits(Encoding.ClipNorm):x16}\n{Encoding.FractionBits}\n{Encoding.MaximumWeight}\n{(byte)Scheme.KindFor(MaximumParticipants)}\n{Threshold}\n{MinimumSurvivors}\n{CollusionBound}\n{Escaped(Privacy.Because)}\n{Escaped((Scheme as AggregationScheme.Plain)?.Because ?? string.Empty)}{MetricLines()}{NoiseLine()}"
            )
        );

    // Nothing for plans without metrics. A name holds neither spaces nor line breaks.
    private string MetricLines() =>
        Metrics.IsEmpty
            ? string.Empty
            : string.Create(CultureInfo.InvariantCulture, $"\n{MinimumContributorsForMetrics}\n")
                + string.Join(
                    '\n',
                    Metrics.Select(block =>
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{block.Name} {block.Count} {block.Maximum} {block.FractionBits}"
                        )
                    )
                );

    // Nothing for plans without noise.
    private string NoiseLine() =>
        Privacy is PrivacyPlan.DistributedNoise noise && Encoding.Noise is { } shares
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"\nnoise {shares.ShareVariance}{(shares.Layers is { } layers ? $" of {layers.Variance} in {layers.Removable}" : string.Empty)} {shares.MaximumExamples} {BitConverter.DoubleToUInt64Bits(shares.Divisor):x16} {(int)noise.Unit} {(int)noise.Relation} {BitConverter.DoubleToUInt64Bits(noise.SamplingRate):x16}{(Encoding.IsCompressed ? $" {(int)shares.Compression}" : string.Empty)}"
            )
            : string.Empty;

    // Lengths before the texts, so that no reason can look like the next line.
    private static string Escaped(string text) => $"{text.Length.ToString(CultureInfo.InvariantCulture)}:{text}";
}
