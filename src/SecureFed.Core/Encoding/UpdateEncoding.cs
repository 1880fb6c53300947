using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace SecureFed.Core;

/// <summary>The integer lattice of a round: how a float update becomes ring elements, and why their sum cannot wrap.</summary>
/// <remarks>
/// Immutable, public and thread-safe. Everything is derived from five numbers and a list of metrics that all parties know,
/// in exact arithmetic, so that all of them derive the same ring. Compared by those numbers and that list.
/// </remarks>
public sealed partial class UpdateEncoding : IEquatable<UpdateEncoding>
{
    /// <summary>The most coordinates an update may have: 2^28.</summary>
    public const int MaximumLength = 1 << 28;

    /// <summary>The most participants a plan may name: 65,535.</summary>
    public const int MaximumParticipantCount = 65_535;

    /// <summary>The most fraction bits: 60.</summary>
    public const int MaximumFractionBits = 60;

    /// <summary>The largest weight a plan may allow: 2^32.</summary>
    public const long LargestMaximumWeight = 1L << 32;

    /// <summary>The smallest clip norm: 2^-60, one step of the finest grid.</summary>
    public const double SmallestClipNorm = 1.0 / (1UL << 60);

    /// <summary>The largest clip norm: 2^62, beyond which no grid fits the ring.</summary>
    public const double LargestClipNorm = 1UL << 62;

    private UpdateEncoding(
        int length,
        int maximumParticipants,
        double clipNorm,
        int fractionBits,
        long maximumWeight,
        ImmutableArray<MetricBlock> metrics,
        SumNoise? noise,
        Digest? rotation,
        (long CoordinateBound, UInt128 SquaredNormBound, long NoiseBound, int RingBits) derived
    )
    {
        Length = length;
        MaximumParticipants = maximumParticipants;
        ClipNorm = clipNorm;
        FractionBits = fractionBits;
        MaximumWeight = maximumWeight;
        Metrics = metrics;
        MetricLength = metrics.Sum(block => block.Count);
        Noise = noise;
        Rotation = rotation;
        CoordinateBound = derived.CoordinateBound;
        NoiseBound = derived.NoiseBound;
        SquaredNormBound = derived.SquaredNormBound;
        Ring = new Ring(derived.RingBits);
    }

    /// <summary>d, the number of float coordinates of an update.</summary>
    public int Length { get; }

    /// <summary>Number of ring elements: d values, the weight if there are weights, then the metrics. spec 01-updates#weight-3</summary>
    public int RingLength => MetricStart + MetricLength;

    /// <summary>n, the most updates that one sum may hold.</summary>
    public int MaximumParticipants { get; }

    /// <summary>C, the L2 norm to which an update is clipped, in the unit of the update.</summary>
    public double ClipNorm { get; }

    /// <summary>f: one grid step is 2^-f in the unit of the update.</summary>
    public int FractionBits { get; }

    /// <summary>W, the largest weight; 0 when updates are not weighted.</summary>
    public long MaximumWeight { get; }

    /// <summary>Whether updates carry a weight coordinate.</summary>
    public bool IsWeighted => MaximumWeight > 0;

    /// <summary>The metrics that every update carries, in the order of their coordinates; empty when there are none.</summary>
    public ImmutableArray<MetricBlock> Metrics { get; }

    /// <summary>Number of metric coordinates, at most 4,096.</summary>
    public int MetricLength { get; }

    /// <summary>Whether updates carry metrics.</summary>
    public bool HasMetrics => MetricLength > 0;

    /// <summary>The noise that every party adds to its update; null for none.</summary>
    public SumNoise? Noise { get; }

    /// <summary>Whether vectors are rotated and added in a narrow ring, in which a sum may wrap. spec 02-privacy#compressed-1</summary>
    public bool IsCompressed => Noise is { Compression: not CompressedBits.None };

    /// <summary>The seed of the attempt's rotation; null where nothing is rotated, and in a plan that no attempt was made of yet.</summary>
    public Digest? Rotation { get; }

    /// <summary>E: how many clipped vectors one contribution may be the sum of.</summary>
    public int MaximumExamples => Noise?.MaximumExamples ?? 1;

    /// <summary>T: with probability above 1 − 10^-20 no coordinate of the noise of all n parties is larger, in grid steps; 0 without noise and in a compressed ring. spec 01-updates#width-5</summary>
    public long NoiseBound { get; }

    /// <summary>The ring Z_2^b in which any n updates can be added without wrapping; with noise, except with probability below 10^-20. A compressed one may wrap.</summary>
    public Ring Ring { get; }

    /// <summary>b, the number of bits of one ring element, and of one value on the wire.</summary>
    public int RingBits => Ring.Bits;

    /// <summary>B = ⌊C·2^f⌋: no value coordinate of one update is larger in magnitude, in grid steps.</summary>
    public long CoordinateBound { get; }

    /// <summary>⌊C²·2^2f⌋: no update has a larger sum of squares over its value coordinates, in squared grid steps.</summary>
    public UInt128 SquaredNormBound { get; }

    /// <summary>⌈RingLength·b / 8⌉: the size of one packed vector on the wire, in bytes.</summary>
    public int PackedSizeInBytes => RingPacking.PackedSizeInBytes(Ring, RingLength);

    /// <summary>One grid step, 2^-f, in the unit of the update. Exact.</summary>
    public double GridStep => Math.ScaleB(1.0, -FractionBits);

    /// <summary>Index of the first metric coordinate, whether there is one or not.</summary>
    internal int MetricStart => IsWeighted ? Length + 1 : Length;

    /// <summary>Makes the encoding of a plan.</summary>
    /// <param name="length">d, 1 to 2^28.</param>
    /// <param name="maximumParticipants">n, 1 to 65,535.</param>
    /// <param name="clipNorm">C, finite, 2^-60 to 2^62; its exact binary value counts.</param>
    /// <param name="fractionBits">f, 0 to 60.</param>
    /// <param name="maximumWeight">W, 1 to 2^32; or 0 for updates that all weigh the same.</param>
    /// <param name="metrics">What every update carries beside its values, at most 64 blocks and 4,096 coordinates; null for nothing.</param>
    /// <param name="noise">What every party adds to its update; null for nothing. Plans with noise have neither weights nor metrics.</param>
    /// <exception cref="PlanRefusedException">A number is out of range, a metric is named twice, the grid is too coarse, or the ring would need more than 64 bits.</exception>
    public static UpdateEncoding Create(
        int length,
        int maximumParticipants,
        double clipNorm,
        int fractionBits,
        long maximumWeight = 0,
        IEnumerable<MetricBlock>? metrics = null,
        SumNoise? noise = null
    )
    {
        // spec 01-updates#encode-1
        RequireInRange(length, maximumParticipants, clipNorm, fractionBits, maximumWeight);
        ImmutableArray<MetricBlock> blocks = Checked(metrics);

        RequireNoiseFits(noise, maximumWeight, blocks);
        RequireLayersFit(noise, maximumParticipants);

        bool isCompressed = noise is { Compression: not CompressedBits.None };
        (BigInteger coordinateBound, BigInteger squaredNormBound) = Bounds(clipNorm, fractionBits);
        if (IsTooCoarse(length, coordinateBound, squaredNormBound))
        {
            throw TooCoarse(length, clipNorm, fractionBits);
        }

        if (isCompressed)
        {
            RequireExactNorm(clipNorm, coordinateBound, fractionBits);
            return new UpdateEncoding(
                length,
                maximumParticipants,
                clipNorm,
                fractionBits,
                maximumWeight,
                blocks,
                noise,
                rotation: null,
                ((long)coordinateBound, (UInt128)squaredNormBound, 0, (int)noise!.Compression)
            );
        }

        // spec 01-updates#width-1, and 01-updates#width-2 for why a sum then cannot wrap
        BigInteger largestMetric = blocks.IsEmpty ? 0 : blocks.Max(block => block.Maximum);
        BigInteger largest = BigInteger.Max(BigInteger.Max(coordinateBound, maximumWeight), largestMetric);
        BigInteger noiseBound = noise is null ? 0 : NoiseBoundOf(noise, maximumParticipants, length);
        long ringBits =
            ((maximumParticipants * largest * (noise?.MaximumExamples ?? 1)) + noiseBound).GetBitLength() + 1;
        if (ringBits > Ring.MaximumBits)
        {
            throw noise is not null ? NoiseTooWide(noise, maximumParticipants, ringBits)
            : RingBitsFor(maximumParticipants, coordinateBound) > Ring.MaximumBits
                ? TooWide(maximumParticipants, clipNorm, fractionBits, maximumWeight, largest, ringBits)
            : MetricTooWide(maximumParticipants, blocks.First(block => block.Maximum == largestMetric), ringBits);
        }

        return new UpdateEncoding(
            length,
            maximumParticipants,
            clipNorm,
            fractionBits,
            maximumWeight,
            blocks,
            noise,
            rotation: null,
            (
                (long)coordinateBound,
                (UInt128)squaredNormBound,
                (long)noiseBound,
                Math.Max(Ring.MinimumBits, (int)ringBits)
            )
        );
    }

    /// <summary>The same lattice for one attempt of a compressed round. Other plans need nothing of an attempt: the result is this.</summary>
    /// <param name="rotation">The seed of the attempt, the same for all parties. spec 02-privacy#compressed-3</param>
    public UpdateEncoding RotatedBy(Digest rotation) =>
        !IsCompressed || rotation == Rotation
            ? this
            : new UpdateEncoding(
                Length,
                MaximumParticipants,
                ClipNorm,
                FractionBits,
                MaximumWeight,
                Metrics,
                Noise,
                rotation,
                (CoordinateBound, SquaredNormBound, NoiseBound, RingBits)
            );

    /// <summary>The largest magnitude that a value coordinate of a sum of k contributions has, k·E·B + T.</summary>
    internal Int128 LargestSumOf(int contributors) =>
        ((Int128)CoordinateBound * contributors * MaximumExamples) + NoiseBound;

    /// <inheritdoc/>
    public bool Equals(UpdateEncoding? other) =>
        other is not null
        && Length == other.Length
        && MaximumParticipants == other.MaximumParticipants
        && ClipNorm.Equals(other.ClipNorm)
        && FractionBits == other.FractionBits
        && MaximumWeight == other.MaximumWeight
        && Metrics.SequenceEqual(other.Metrics)
        && Equals(Noise, other.Noise)
        && Rotation == other.Rotation;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as UpdateEncoding);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(
            Length,
            MaximumParticipants,
            ClipNorm,
            FractionBits,
            MaximumWeight,
            MetricLength,
            Noise,
            Rotation
        );

    /// <summary>For example "1000 coordinates on the grid 2^-18, norm ≤ 1, 10 participants, Z_2^23".</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Length} coordinates on the grid 2^-{FractionBits}, norm ≤ {ClipNorm}, {MaximumParticipants} participants{(IsWeighted ? $", weights ≤ {MaximumWeight}" : string.Empty)}{(HasMetrics ? $", {MetricLength} metric coordinates" : string.Empty)}{(Noise is { } noise ? $", noise of variance {noise.ShareVariance} each, {noise.MaximumExamples} examples each" : string.Empty)}{(IsCompressed ? ", rotated" : string.Empty)}, {Ring}"
        );

    private static void RequireInRange(
        int length,
        int maximumParticipants,
        double clipNorm,
        int fractionBits,
        long maximumWeight
    )
    {
        if (length is < 1 or > MaximumLength)
        {
            throw Refused(
                PlanFault.LengthOutOfRange,
                CultureInfo.InvariantCulture,
                $"An update has 1 to {MaximumLength} coordinates; the plan says {length}."
            );
        }

        if (maximumParticipants is < 1 or > MaximumParticipantCount)
        {
            throw Refused(
                PlanFault.ParticipantCountOutOfRange,
                CultureInfo.InvariantCulture,
                $"A plan names 1 to {MaximumParticipantCount} participants; this one says {maximumParticipants}."
            );
        }

        if (!(clipNorm >= SmallestClipNorm && clipNorm <= LargestClipNorm))
        {
            throw Refused(
                PlanFault.ClipNormOutOfRange,
                CultureInfo.InvariantCulture,
                $"The clip norm is a finite number from 2^-60 to 2^62; the plan says {clipNorm}. "
                    + $"Take a bound on the length (L2 norm) of one participant's update, for example its median over a trial run."
            );
        }

        if (fractionBits is < 0 or > MaximumFractionBits)
        {
            throw Refused(
                PlanFault.FractionBitsOutOfRange,
                CultureInfo.InvariantCulture,
                $"The grid has 0 to {MaximumFractionBits} fraction bits; the plan says {fractionBits}."
            );
        }

        if (maximumWeight is < 0 or > LargestMaximumWeight)
        {
            throw Refused(
                PlanFault.MaximumWeightOutOfRange,
                CultureInfo.InvariantCulture,
                $"The largest weight is 1 to {LargestMaximumWeight}, or 0 for an unweighted plan; the plan says {maximumWeight}."
            );
        }
    }

    private static ImmutableArray<MetricBlock> Checked(IEnumerable<MetricBlock>? metrics)
    {
        ImmutableArray<MetricBlock> blocks = [.. metrics ?? []];
        foreach (MetricBlock block in blocks)
        {
            ArgumentNullException.ThrowIfNull(block, nameof(metrics));
        }

        // spec 01-updates#metric-1
        return MetricBlock.ProblemOf(blocks) is { } problem
            ? throw new PlanRefusedException(PlanFault.MetricOutOfRange, problem)
            : blocks;
    }

    private static void RequireNoiseFits(SumNoise? noise, long maximumWeight, ImmutableArray<MetricBlock> metrics)
    {
        if (noise is null)
        {
            return;
        }

        if (noise.ShareVariance is < SumNoise.LeastShareVariance or > SumNoise.LargestShareVariance)
        {
            throw Refused(
                PlanFault.NoiseOutOfRange,
                CultureInfo.InvariantCulture,
                $"A share of noise has a variance of {SumNoise.LeastShareVariance} to 2^58 squared grid units; the plan says {noise.ShareVariance}. Use more fraction bits for less noise on the grid, fewer for more."
            );
        }

        // spec 02-privacy#compressed-1
        if (!Enum.IsDefined(noise.Compression))
        {
            throw Refused(
                PlanFault.NoiseOutOfRange,
                CultureInfo.InvariantCulture,
                $"A compressed ring has 20 or 24 bits; the plan says {(int)noise.Compression}. Use one of these, or 0 for a ring that is as wide as the sum needs."
            );
        }

        if (noise.MaximumExamples is < 1 or > SumNoise.MostExamples)
        {
            throw Refused(
                PlanFault.NoiseOutOfRange,
                CultureInfo.InvariantCulture,
                $"A party adds up 1 to {SumNoise.MostExamples} examples; the plan says {noise.MaximumExamples}."
            );
        }

        if (!(double.IsFinite(noise.Divisor) && noise.Divisor >= 1.0 / (1L << 60)))
        {
            throw Refused(
                PlanFault.NoiseOutOfRange,
                CultureInfo.InvariantCulture,
                $"The divisor of a mean is a positive, finite public constant; the plan says {noise.Divisor}. Use the number of units that is expected."
            );
        }

        // spec 02-privacy#shares-3
        if (maximumWeight != 0 || !metrics.IsEmpty)
        {
            throw Refused(
                PlanFault.NoiseOutOfRange,
                CultureInfo.InvariantCulture,
                $"A plan with noise has neither weights nor metrics: they are computed from data, and its noise does not hide them. Leave them out, and ask for them in a round of their own (RankingQuery, MomentsQuery, HistogramQuery)."
            );
        }
    }

    // spec 02-privacy#layers-2
    private static void RequireLayersFit(SumNoise? noise, int participants)
    {
        if (noise?.Layers is not { } layers)
        {
            return;
        }

        if (noise.Compression != CompressedBits.None)
        {
            throw Refused(
                PlanFault.NoiseOutOfRange,
                CultureInfo.InvariantCulture,
                $"Noise in layers is not removed from compressed rings. Leave one of the two out."
            );
        }

        if (layers.Variance > NoiseLayers.LargestVariance)
        {
            throw Refused(
                PlanFault.NoiseOutOfRange,
                CultureInfo.InvariantCulture,
                $"All parties' noise together has a variance of at most 2^62 squared grid units. Use fewer fraction bits."
            );
        }

        if (
            !layers.IsSound
            || layers.Parties != participants
            || noise.ShareVariance != layers.VarianceUpTo(layers.Removable)
        )
        {
            throw Refused(
                PlanFault.NoiseOutOfRange,
                CultureInfo.InvariantCulture,
                $"Layers of noise are those of the plan's {participants} participants, 1 to {participants - 1} of them removable, and add up to a share; the plan says {layers} and shares of {noise.ShareVariance}."
            );
        }

        long least = Math.Min(layers.VarianceOf(0), layers.VarianceOf(1));
        if (least < SumNoise.LeastShareVariance)
        {
            throw Refused(
                PlanFault.NoiseOutOfRange,
                CultureInfo.InvariantCulture,
                $"A layer of noise has a variance of at least {SumNoise.LeastShareVariance} squared grid units; the smallest of this plan has {least}. Use more fraction bits."
            );
        }
    }

    // spec 01-updates#width-5: T² ≥ 2nv·L with L ≥ ln(2d·10^20). A sum of n shares is subgaussian with parameter nv, so a
    // coordinate exceeds T with probability at most 2·e^−L.
    private static BigInteger NoiseBoundOf(SumNoise noise, int participants, int length)
    {
        const int MillionthsOfLn2 = 693_148;
        BigInteger outcomes = 2 * BigInteger.Pow(10, 20) * length;
        BigInteger exponent = ((outcomes.GetBitLength() * (BigInteger)MillionthsOfLn2) / 1_000_000) + 1;
        BigInteger square = 2 * (BigInteger)participants * noise.ShareVariance * exponent;
        BigInteger bound = (BigInteger)Math.Sqrt((double)square);
        while (bound * bound < square)
        {
            bound++;
        }

        while ((bound - 1) * (bound - 1) >= square)
        {
            bound--;
        }

        return bound;
    }

    private static PlanRefusedException NoiseTooWide(SumNoise noise, int participants, long ringBits) =>
        Refused(
            PlanFault.RingTooWide,
            CultureInfo.InvariantCulture,
            $"A sum of {participants} parties with {noise.MaximumExamples} examples each and noise of variance {noise.ShareVariance} needs a ring of "
                + $"{ringBits} bits; the widest has {Ring.MaximumBits}. Use {ringBits - Ring.MaximumBits} fraction bits fewer, or fewer examples or participants."
        );

    private static long RingBitsFor(int maximumParticipants, BigInteger largest) =>
        (maximumParticipants * largest).GetBitLength() + 1;

    /// <summary>S on a grid.</summary>
    internal static BigInteger SquaredNormBoundOf(double clipNorm, int fractionBits) =>
        Bounds(clipNorm, fractionBits).SquaredNorm;

    // spec 01-updates#encode-2
    private static (BigInteger Coordinate, BigInteger SquaredNorm) Bounds(double clipNorm, int fractionBits)
    {
        ExactNumber scaledClip = ExactNumber.Of(clipNorm).ScaledByPowerOfTwo(fractionBits);
        return (scaledClip.Floor(), scaledClip.Squared().Floor());
    }

    // spec 01-updates#width-3
    private static bool IsTooCoarse(int length, BigInteger coordinateBound, BigInteger squaredNormBound) =>
        coordinateBound.IsZero || squaredNormBound << 2 < length;

    // The culture is fixed: a decimal comma would make a remedy that cannot be typed back.
    private static PlanRefusedException Refused(
        PlanFault fault,
        CultureInfo culture,
        [InterpolatedStringHandlerArgument(nameof(culture))] ref DefaultInterpolatedStringHandler message
    ) => new(fault, message.ToStringAndClear());
}
