using System.Collections.Immutable;

namespace SecureFed.Samples.Shared;

/// <summary>
/// Count, sum and sum of squares of every feature at one party, as a vector that fits a public clip bound, so that a masked
/// sum can add them up and no party's own statistics are seen.
/// </summary>
/// <remarks>
/// A value x is clamped to its feature's public range [low, high] and mapped to u = (2x − low − high)/(high − low) in
/// [−1, 1]. With M = the public largest number of rows of a party, the vector is, for feature j, count/M at 3j, Σu/M at
/// 3j + 1 and Σu²/M at 3j + 2; missing values are left out. Every coordinate is in [−1, 1], so the L2 norm is at most
/// √(3·features) = <see cref="ClipNorm"/>. Statistics of party data are a release: without a privacy plan the sums
/// themselves are exact and public.
/// </remarks>
public sealed class StandardisationStatistics
{
    /// <summary>Coordinates per feature: count, sum, sum of squares.</summary>
    public const int CoordinatesPerFeature = 3;

    /// <summary>Fraction bits for the sum: with M = 1,024 and 100 rows the grid moves a mean by less than 10⁻⁶ of half the range.</summary>
    public const int RecommendedFractionBits = 24;

    /// <param name="features">The features with their public ranges.</param>
    /// <param name="maximumRowCount">M: the public bound on the rows of one party, at least 1.</param>
    public StandardisationStatistics(ImmutableArray<Feature> features, int maximumRowCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumRowCount, 1);
        foreach (Feature feature in features)
        {
            if (!(feature.Low < feature.High))
            {
                throw new ArgumentException(
                    $"Feature {feature.Name} has the range {feature.Low} to {feature.High}; the range must not be empty.",
                    nameof(features)
                );
            }
        }

        Features = features;
        MaximumRowCount = maximumRowCount;
    }

    /// <summary>The features with their public ranges.</summary>
    public ImmutableArray<Feature> Features { get; }

    /// <summary>M: the public bound on the rows of one party.</summary>
    public int MaximumRowCount { get; }

    /// <summary>The length of the vector.</summary>
    public int Length => Features.Length * CoordinatesPerFeature;

    /// <summary>The largest L2 norm that the vector can have.</summary>
    public double ClipNorm => Math.Sqrt(Length);

    /// <summary>One party's vector. Private to the party.</summary>
    /// <param name="rows">At most <see cref="MaximumRowCount"/> rows.</param>
    /// <returns>float[<see cref="Length"/>], each coordinate in [−1, 1].</returns>
    /// <exception cref="ArgumentException">There are more rows than the public bound.</exception>
    public float[] Of(LabelledRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count > MaximumRowCount)
        {
            throw new ArgumentException(
                $"The plan allows {MaximumRowCount} rows per party and this party has {rows.Count}; agree on a larger bound.",
                nameof(rows)
            );
        }

        float[] statistics = new float[Length];
        for (int j = 0; j < Features.Length; j++)
        {
            (double count, double sum, double squares) = (0, 0, 0);
            foreach (float[] row in rows.Values)
            {
                if (!float.IsNaN(row[j]))
                {
                    double u = ToUnit(Features[j], row[j]);
                    count++;
                    sum += u;
                    squares += u * u;
                }
            }

            statistics[CoordinatesPerFeature * j] = (float)(count / MaximumRowCount);
            statistics[(CoordinatesPerFeature * j) + 1] = (float)(sum / MaximumRowCount);
            statistics[(CoordinatesPerFeature * j) + 2] = (float)(squares / MaximumRowCount);
        }

        return statistics;
    }

    /// <summary>A value on −1 … 1 by its feature's public range.</summary>
    internal static double ToUnit(Feature feature, double value) =>
        ((2 * Math.Clamp(value, feature.Low, feature.High)) - feature.Low - feature.High)
        / (feature.High - feature.Low);
}

/// <summary>Maps features to mean 0 and standard deviation 1, by statistics of all parties together.</summary>
/// <remarks>
/// A missing value becomes 0, the mean. A feature that has no value or no spread says nothing and becomes 0 throughout.
/// Immutable and thread-safe.
/// </remarks>
public sealed class Standardiser
{
    private readonly double[] _means;
    private readonly double[] _scales;

    private Standardiser(double[] means, double[] scales)
    {
        _means = means;
        _scales = scales;
    }

    /// <summary>The number of features.</summary>
    public int FeatureCount => _means.Length;

    /// <summary>double[features]: the means, in the unit of each feature.</summary>
    public ReadOnlySpan<double> Means => _means;

    /// <summary>double[features]: 1 / standard deviation, or 0 for a feature that says nothing.</summary>
    public ReadOnlySpan<double> Scales => _scales;

    /// <summary>Makes the map from the sum of the parties' vectors.</summary>
    /// <param name="statistics">How the vectors were made.</param>
    /// <param name="sums">float[<see cref="StandardisationStatistics.Length"/>]: the sum over the parties. Its mean serves as well: only ratios count.</param>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public static Standardiser FromSums(StandardisationStatistics statistics, ReadOnlySpan<float> sums)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        if (sums.Length != statistics.Length)
        {
            throw new ArgumentException(
                $"The statistics have {statistics.Length} coordinates; {sums.Length} were given.",
                nameof(sums)
            );
        }

        // A variance below this share of the squared range is rounding noise of the sums, not spread of the feature.
        const double SmallestVariance = 1e-7;
        double[] means = new double[statistics.Features.Length];
        double[] scales = new double[means.Length];
        for (int j = 0; j < means.Length; j++)
        {
            ReadOnlySpan<float> of = sums.Slice(StandardisationStatistics.CoordinatesPerFeature * j, 3);
            double count = of[0];
            if (!(count > 0))
            {
                continue;
            }

            double mean = of[1] / count;
            double variance = (of[2] / count) - (mean * mean);
            Feature feature = statistics.Features[j];
            double halfRange = (feature.High - feature.Low) / 2;
            means[j] = feature.Low + ((mean + 1) * halfRange);
            scales[j] = variance > SmallestVariance ? 1 / (Math.Sqrt(variance) * halfRange) : 0;
        }

        return new Standardiser(means, scales);
    }

    /// <summary>The rows on the common scale.</summary>
    public LabelledRows Apply(LabelledRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        float[][] values = new float[rows.Count][];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = new float[FeatureCount];
            for (int j = 0; j < FeatureCount; j++)
            {
                float value = rows.Values[i][j];
                values[i][j] = float.IsNaN(value) ? 0 : (float)((value - _means[j]) * _scales[j]);
            }
        }

        return new LabelledRows(rows.Features, values, rows.Labels);
    }
}
