using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Privacy.Losses;

namespace SecureFed.Privacy;

/// <summary>
/// Adds up the privacy losses of releases and answers with two proven bounds, so close that the upper one is the promise and
/// the lower one shows that no better accountant could promise noticeably less. spec 02-privacy#loss-1, 02-privacy#loss-4
/// </summary>
/// <remarks>
/// Immutable and thread-safe. Answers do not depend on the order in which releases were composed, and a count of n is the
/// same as n compositions, to the last bit. A first answer takes milliseconds; releases that an accountant, or one it was
/// composed from, has met before are not made again.
/// </remarks>
public sealed class LossAccountant
{
    /// <summary>The most releases that are composed: what rounding can come to grows with their number.</summary>
    public const long MostReleases = 10_000_000;

    /// <summary>The smallest δ that is answered.</summary>
    public const double LeastDelta = 1e-200;

    private readonly ImmutableDictionary<PrivacyEvent, long> _counts;
    private readonly LossCache _cache;
    private readonly Lazy<LossReleases> _releases;

    /// <summary>An accountant of no releases.</summary>
    /// <param name="relation">The relation under which all releases promise: a sensitivity in a noise multiplier is measured by it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The relation is none of the two.</exception>
    public LossAccountant(NeighbouringRelation relation)
        : this(
            Enum.IsDefined(relation) ? relation : throw new ArgumentOutOfRangeException(nameof(relation)),
            ImmutableDictionary<PrivacyEvent, long>.Empty,
            new LossCache()
        ) { }

    private LossAccountant(
        NeighbouringRelation relation,
        ImmutableDictionary<PrivacyEvent, long> counts,
        LossCache cache
    )
    {
        (Relation, _counts, _cache) = (relation, counts, cache);
        _releases = new(() => new LossReleases(counts, cache));
    }

    /// <summary>The relation under which all releases promise.</summary>
    public NeighbouringRelation Relation { get; }

    /// <summary>Whether discrete Gaussian noise was counted as continuous noise. spec 02-privacy#loss-6</summary>
    public bool IsContinuousEquivalent =>
        _counts.Keys.Any(release =>
            release is PrivacyEvent.DiscreteGaussianNoise or PrivacyEvent.PoissonSampledDiscreteGaussianNoise
        );

    /// <summary>This accountant and n more of one release.</summary>
    /// <param name="release">The release.</param>
    /// <param name="count">n, at least 1.</param>
    /// <returns>A new accountant; this one stays as it is.</returns>
    /// <exception cref="PrivacyDomainException">n is below 1, there are more than <see cref="MostReleases"/>, or the noise is out of all proportion.</exception>
    /// <exception cref="MixedRelationsException">The release promises under the other relation only.</exception>
    /// <exception cref="NotSupportedException">No pair of distributions is known that bounds the losses of such releases; a Rényi accountant answers for them.</exception>
    public LossAccountant Compose(PrivacyEvent release, long count = 1)
    {
        ArgumentNullException.ThrowIfNull(release);
        if (count < 1)
        {
            throw new PrivacyDomainException(nameof(count), count, "at least 1", "It counts releases.");
        }

        if (release.Relation is { } relation && relation != Relation)
        {
            throw new MixedRelationsException(Relation, relation);
        }

        Check(release);
        long before = _counts.Values.Sum();
        if (count > MostReleases - before)
        {
            throw new PrivacyDomainException(
                nameof(count),
                count,
                "so small that all releases are at most 10000000",
                "Rounding could come to too much; a Rényi accountant has no such limit."
            );
        }

        return new(Relation, _counts.SetItem(release, _counts.GetValueOrDefault(release) + count), _cache);
    }

    /// <summary>The ε of all releases together at δ.</summary>
    /// <param name="delta">δ, <see cref="LeastDelta"/> to below 1, and more than what <see cref="PrivacyEvent.Approximate"/> releases consume.</param>
    /// <returns>Bounds whose distance is below 0.001·ε + 0.00001 unless losses of very different sizes, or very many, are composed.</returns>
    /// <exception cref="PrivacyDomainException">δ is outside its domain, or consumed.</exception>
    public LossBracket Epsilon(double delta)
    {
        Domain.Delta(delta);
        if (delta < LeastDelta)
        {
            throw Unreachable(delta, "Losses so unlikely drown in rounding; a Rényi accountant answers.");
        }

        if (_counts.IsEmpty)
        {
            return new(0, 0, IsContinuousEquivalent: false);
        }

        LossQuestion question = new(_releases.Value, _cache, Directions(), delta, epsilon: null);
        if (question.Consumed >= delta)
        {
            throw Unreachable(delta, "Releases of which only (ε, δ) is known consume all of it.");
        }

        (double lower, double upper) = question.Answer(static upper => (1e-3 * upper) + 1e-5);
        if (!double.IsFinite(upper))
        {
            throw Unreachable(delta, "Nearly all of it is consumed by releases of which only (ε, δ) is known.");
        }

        return new(Math.Max(0, lower), Math.Max(0, upper), IsContinuousEquivalent);

        static PrivacyDomainException Unreachable(double delta, string remedy) =>
            new(nameof(delta), delta, "from 1e-200 to below 1, and above what is consumed", remedy);
    }

    /// <summary>The δ of all releases together at ε.</summary>
    /// <param name="epsilon">ε, 0 to 100,000.</param>
    /// <returns>Bounds whose distance is below 0.001·δ + 10^-18 mostly; the upper one is never below <see cref="LeastDelta"/>.</returns>
    /// <exception cref="PrivacyDomainException">ε is outside its domain.</exception>
    public LossBracket Delta(double epsilon)
    {
        Domain.Epsilon(epsilon);
        return Delta(epsilon, Directions());
    }

    /// <summary>The same for one direction alone, which is no guarantee but shows which of the two decides.</summary>
    /// <param name="epsilon">ε, 0 to 100,000.</param>
    /// <param name="direction">Removing a unit, or adding one.</param>
    /// <returns>Bounds whose distance is below 0.001·δ + 10^-18 mostly; the upper one is never below <see cref="LeastDelta"/>.</returns>
    /// <exception cref="PrivacyDomainException">ε is outside its domain.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The direction is none of the two.</exception>
    public LossBracket Delta(double epsilon, LossDirection direction)
    {
        Domain.Epsilon(epsilon);
        return Enum.IsDefined(direction)
            ? Delta(epsilon, [direction])
            : throw new ArgumentOutOfRangeException(nameof(direction));
    }

    /// <summary>The least noise multiplier of Gaussian noise on Poisson samples under which a number of steps stays within (ε, δ).</summary>
    /// <param name="epsilon">ε, above 0.</param>
    /// <param name="delta">δ, <see cref="LeastDelta"/> to below 1.</param>
    /// <param name="samplingRate">q, above 0 to 1.</param>
    /// <param name="steps">How many, 1 to <see cref="MostReleases"/>.</param>
    /// <returns>z, rounded up: the upper bound of ε at z is at most ε, and z is within a thousandth of the least.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain, or no z from 0.01 to 10^6 fits.</exception>
    public static double NoiseMultiplier(double epsilon, double delta, double samplingRate = 1, long steps = 1) =>
        LossCalibration.NoiseMultiplier(epsilon, delta, samplingRate, steps);

    private LossBracket Delta(double epsilon, ImmutableArray<LossDirection> directions)
    {
        if (_counts.IsEmpty)
        {
            return new(0, LeastDelta, IsContinuousEquivalent: false);
        }

        LossQuestion question = new(_releases.Value, _cache, directions, delta: null, epsilon);
        (double lower, double upper) = question.Answer(static upper => (1e-3 * upper) + 1e-18);
        return new(lower, Math.Max(upper, LeastDelta), IsContinuousEquivalent);
    }

    private ImmutableArray<LossDirection> Directions() =>
        _counts.IsEmpty || !_releases.Value.IsDirected
            ? [LossDirection.Removing]
            : [LossDirection.Removing, LossDirection.Adding];

    private static void Check(PrivacyEvent release)
    {
        (string parameter, double value) = release switch
        {
            PrivacyEvent.GaussianNoise noise => ("noiseMultiplier", noise.NoiseMultiplier),
            PrivacyEvent.DiscreteGaussianNoise noise => ("noiseMultiplier", noise.NoiseMultiplier),
            PrivacyEvent.PoissonSampledGaussianNoise noise => ("noiseMultiplier", noise.NoiseMultiplier),
            PrivacyEvent.PoissonSampledDiscreteGaussianNoise noise => ("noiseMultiplier", noise.NoiseMultiplier),
            PrivacyEvent.LaplaceNoise laplace => ("scale", laplace.Scale),
            PrivacyEvent.ApproximatePrivacy => ("epsilon", 1),
            _ => throw new NotSupportedException(
                "No pair of distributions is known that bounds the losses of this release. A Rényi accountant answers for samples without replacement and for shares of noise."
            ),
        };
        if (value is < LossCalibration.LeastMultiplier or > LossCalibration.MostMultiplier)
        {
            throw new PrivacyDomainException(
                parameter,
                value,
                "from 0.01 to 1000000",
                "Below, a release promises next to nothing; above, its losses drown in rounding."
            );
        }

        double rate = release switch
        {
            PrivacyEvent.PoissonSampledGaussianNoise noise => noise.SamplingRate,
            PrivacyEvent.PoissonSampledDiscreteGaussianNoise noise => noise.SamplingRate,
            _ => 1,
        };
        if (rate < 1e-12)
        {
            throw new PrivacyDomainException(
                "samplingRate",
                rate,
                "from 1e-12 to 1",
                "Smaller losses drown in rounding."
            );
        }
    }
}
