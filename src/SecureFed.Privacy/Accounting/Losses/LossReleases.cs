using System.Collections.Immutable;
using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Losses;

/// <summary>
/// Releases in the form in which their losses are added: sorted, equal ones counted together, and all unsampled Gaussian
/// ones merged into one, which loses nothing: their losses add up to the loss of one of noise (Σ 1/z²)^(−1/2). spec
/// 02-privacy#loss-5
/// </summary>
internal sealed class LossReleases
{
    // No release has more cells, and no window more points.
    private const int MostCells = 1 << 22;
    private const int PilotCells = 1 << 13;
    private const double LeastPilot = 1e-9;

    private readonly ImmutableArray<(PrivacyEvent Release, long Count)> _releases;
    private readonly double _mergedMultiplier;
    private readonly LossCache _cache;
    private readonly double _addingLimit;

    public LossReleases(ImmutableDictionary<PrivacyEvent, long> counts, LossCache cache)
    {
        _cache = cache;
        List<(PrivacyEvent Release, long Count)> kept = [];
        List<double> precisions = [];
        foreach ((PrivacyEvent release, long count) in counts)
        {
            if (UnsampledMultiplier(release) is { } multiplier)
            {
                precisions.Add(count / multiplier / multiplier);
            }
            else
            {
                kept.Add((Continuous(release), count));
            }
        }

        precisions.Sort();
        _mergedMultiplier = 1 / Math.Sqrt(precisions.Sum());
        _releases =
        [
            .. kept.GroupBy(entry => entry.Release, (release, entries) => (release, entries.Sum(entry => entry.Count)))
                .OrderBy(entry => Order(entry.release)),
        ];
        if (precisions.Count > 0)
        {
            _releases = _releases.Add((PrivacyEvent.Gaussian(_mergedMultiplier), 1));
        }

        _addingLimit = AddingLimit();
    }

    /// <summary>How many releases there are after merging.</summary>
    public long Count => _releases.Sum(entry => entry.Count);

    /// <summary>Whether adding a unit loses other than removing one.</summary>
    public bool IsDirected => _releases.Any(entry => entry.Release is PrivacyEvent.PoissonSampledGaussianNoise);

    /// <summary>A step for a first look.</summary>
    public double PilotStep(double tail)
    {
        double square = 0;
        double widest = 0;
        foreach ((PrivacyEvent release, long count) in _releases)
        {
            (double spread, double range) = Extent(release, tail);
            square += count * spread * spread;
            widest = Math.Max(widest, range);
        }

        return Math.Max(Math.Max(0.25 * Math.Sqrt(square / Count), widest / PilotCells), LeastPilot);
    }

    /// <summary>The narrowest step that is allowed.</summary>
    public double LeastStep(double tail, LossDirection direction) =>
        _releases.Max(entry => Extent(entry.Release, tail, direction).Range) / MostCells;

    /// <summary>A step near the one that is asked for, of a ladder, so that the same steps come back; on it both ends of the bounded losses that are most frequent are points.</summary>
    public double Rung(double step)
    {
        // e^step has to be a number with room above it.
        const double Widest = 500;
        double rung = Math.Pow(2, Math.Floor(2 * Math.Log2(Math.Min(step, Widest))) / 2);
        (double range, long most) = (0, 0);
        foreach ((PrivacyEvent release, long count) in _releases)
        {
            double bounded = release switch
            {
                PrivacyEvent.LaplaceNoise laplace => 2 / laplace.Scale,
                PrivacyEvent.ApproximatePrivacy approximate => 2 * approximate.Epsilon,
                _ => 0,
            };
            if (bounded > 0 && count > most)
            {
                (range, most) = (bounded, count);
            }
        }

        return range == 0 ? rung : range / Math.Ceiling(range / rung);
    }

    /// <summary>The losses on one step.</summary>
    public LossSum On(double step, double tail, LossDirection direction) =>
        new([.. _releases.Select(entry => (Discretise(entry.Release, step, tail).In(direction), entry.Count))], step);

    // A loss of adding a unit so low that all others at their largest leave a sum below 0 is of no account. In powers of two,
    // so that cells that were made once come back.
    private double AddingLimit()
    {
        double largest = 0;
        foreach ((PrivacyEvent release, long count) in _releases)
        {
            largest += release switch
            {
                PrivacyEvent.PoissonSampledGaussianNoise sampled => -count
                    * NearOne.LogOfOnePlus(-sampled.SamplingRate),
                PrivacyEvent.LaplaceNoise laplace => count / laplace.Scale,
                PrivacyEvent.ApproximatePrivacy approximate => count * approximate.Epsilon,
                _ => double.PositiveInfinity,
            };
        }

        return double.IsFinite(largest) ? Math.Pow(2, Math.Ceiling(Math.Log2(largest))) : largest;
    }

    private LossCache.Directions Discretise(PrivacyEvent release, double step, double tail) =>
        _cache.Of(
            (release, step, tail, _addingLimit),
            () =>
            {
                switch (release)
                {
                    case PrivacyEvent.PoissonSampledGaussianNoise sampled:
                        (LossMasses removing, LossMasses adding) = SampledNormalLoss.Of(
                            sampled.NoiseMultiplier,
                            sampled.SamplingRate,
                            step,
                            tail,
                            _addingLimit
                        );
                        return new(removing, adding);
                    case PrivacyEvent.LaplaceNoise laplace:
                        return Both(BoundedLoss.Laplace(1 / laplace.Scale, step));
                    case PrivacyEvent.ApproximatePrivacy approximate:
                        return Both(BoundedLoss.Approximate(approximate.Epsilon, approximate.Delta, step));
                    default:
                        return Both(NormalLoss.Of(_mergedMultiplier, step, tail));
                }
            }
        );

    private static LossCache.Directions Both(LossMasses masses) => new(masses, masses);

    // About the standard deviation of one loss, and the length of its range.
    private (double Spread, double Range) Extent(PrivacyEvent release, double tail, LossDirection? direction = null)
    {
        switch (release)
        {
            case PrivacyEvent.PoissonSampledGaussianNoise sampled:
                double inverse = 1 / sampled.NoiseMultiplier;
                double squared = inverse * inverse;
                double spread = sampled.SamplingRate * Math.Sqrt(squared > 700 ? 1e300 : NearOne.ExpMinusOne(squared));
                (double removing, double adding) = SampledNormalLoss.Ranges(
                    sampled.NoiseMultiplier,
                    sampled.SamplingRate,
                    tail
                );
                adding = Math.Min(adding, _addingLimit);
                return (
                    Math.Min(spread, inverse),
                    direction switch
                    {
                        LossDirection.Removing => removing,
                        LossDirection.Adding => adding,
                        _ => Math.Max(removing, adding),
                    }
                );
            case PrivacyEvent.GaussianNoise noise:
                return (1 / noise.NoiseMultiplier, 2 * NormalLoss.Reach(tail) / noise.NoiseMultiplier);
            case PrivacyEvent.LaplaceNoise laplace:
                return (1 / laplace.Scale, 2 / laplace.Scale);
            case PrivacyEvent.ApproximatePrivacy approximate:
                return (approximate.Epsilon, 2 * approximate.Epsilon);
            default:
                return (0, 0);
        }
    }

    private static double? UnsampledMultiplier(PrivacyEvent release) =>
        release switch
        {
            PrivacyEvent.GaussianNoise noise => noise.NoiseMultiplier,
            PrivacyEvent.DiscreteGaussianNoise noise => noise.NoiseMultiplier,
            PrivacyEvent.PoissonSampledGaussianNoise { SamplingRate: 1 } noise => noise.NoiseMultiplier,
            PrivacyEvent.PoissonSampledDiscreteGaussianNoise { SamplingRate: 1 } noise => noise.NoiseMultiplier,
            _ => null,
        };

    private static PrivacyEvent Continuous(PrivacyEvent release) =>
        release is PrivacyEvent.PoissonSampledDiscreteGaussianNoise sampled
            ? PrivacyEvent.PoissonSampledGaussian(sampled.NoiseMultiplier, sampled.SamplingRate)
            : release;

    private static (int Kind, double First, double Second) Order(PrivacyEvent release) =>
        release switch
        {
            PrivacyEvent.PoissonSampledGaussianNoise sampled => (1, sampled.NoiseMultiplier, sampled.SamplingRate),
            PrivacyEvent.LaplaceNoise laplace => (2, laplace.Scale, 0),
            PrivacyEvent.ApproximatePrivacy approximate => (3, approximate.Epsilon, approximate.Delta),
            _ => (0, 0, 0),
        };
}
