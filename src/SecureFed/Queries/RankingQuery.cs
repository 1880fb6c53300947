using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed;

/// <summary>
/// The area under the ROC curve over the records of all parties, as a round with noise: a histogram of the scores of
/// positive and one of those of negative records. spec 02-privacy#query-3
/// </summary>
/// <remarks>
/// Immutable, public and thread-safe. Each record is a vector of norm at most 1, so the plan of the round has clip norm
/// <see cref="ClipNorm"/> and <see cref="PrivacyPlan.ForRecords"/>; the round is charged like any other. Without noise, the
/// same area is a metric beside the update (<see cref="AucMetric"/>).
/// </remarks>
public sealed class RankingQuery
{
    /// <summary>C of the plan: one record counts once.</summary>
    public const double ClipNorm = 1;

    private readonly HistogramQuery _scores;

    private RankingQuery(HistogramQuery scores) => _scores = scores;

    /// <summary>The edges of the bins of the score, ascending.</summary>
    public ImmutableArray<double> Edges => _scores.Edges;

    /// <summary>d of the plan: two coordinates for each bin.</summary>
    public int Length => 2 * _scores.Length;

    /// <summary>Makes a query. The edges are public: choose them without looking at data. Few bins have less noise in all.</summary>
    /// <param name="edges">At least two, finite, strictly ascending.</param>
    /// <exception cref="ArgumentException">They are not.</exception>
    public static RankingQuery Create(IEnumerable<double> edges) => new(HistogramQuery.Create(edges));

    /// <summary>One record's vector, for <see cref="ExampleSum.Add"/>. Private to its owner.</summary>
    /// <param name="score">What is outside the edges counts in the first or the last bin; NaN counts nowhere.</param>
    /// <param name="isPositive">The record's label.</param>
    /// <returns>float[<see cref="Length"/>] with at most one 1: the bins of positive records, then those of negative ones.</returns>
    public float[] VectorOf(double score, bool isPositive)
    {
        float[] vector = new float[Length];
        _scores.VectorOf(score).CopyTo(vector, isPositive ? 0 : _scores.Length);
        return vector;
    }

    /// <summary>Reads the sum of a round.</summary>
    /// <param name="sum">Of a plan with this query's length.</param>
    /// <exception cref="ArgumentException">The sum has another length.</exception>
    public NoisyRanking Read(UpdateSum sum)
    {
        ArgumentNullException.ThrowIfNull(sum);
        if (sum.Length != Length)
        {
            throw new ArgumentException($"The query has {Length} coordinates and the sum {sum.Length}.", nameof(sum));
        }

        double[] counts = sum.SumAsDoubles();
        return new NoisyRanking([.. counts[.._scores.Length]], [.. counts[_scores.Length..]]);
    }
}

/// <summary>Counts of scores with noise, and the area that they give. Public.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed class NoisyRanking
{
    internal NoisyRanking(ImmutableArray<double> positives, ImmutableArray<double> negatives) =>
        (Positives, Negatives) = (positives, negatives);

    /// <summary>The positive records of each bin with their noise, by ascending score.</summary>
    public ImmutableArray<double> Positives { get; }

    /// <summary>The negative ones.</summary>
    public ImmutableArray<double> Negatives { get; }

    /// <summary>
    /// The share of pairs of a positive and a negative record of which the positive one has the higher score, pairs in one
    /// bin counting half; 0 to 1. Null when noise leaves no positive or no negative record. spec 02-privacy#query-3
    /// </summary>
    /// <remarks>The counts are used as they come, also below 0: the noise of the pairs then has mean zero.</remarks>
    public double? Area
    {
        get
        {
            double positives = Positives.Sum();
            double negatives = Negatives.Sum();
            if (positives <= 0 || negatives <= 0)
            {
                return null;
            }

            double below = 0;
            double pairs = 0;
            for (int bin = 0; bin < Positives.Length; bin++)
            {
                pairs += Positives[bin] * (below + (0.5 * Negatives[bin]));
                below += Negatives[bin];
            }

            return Math.Clamp(pairs / (positives * negatives), 0, 1);
        }
    }
}
