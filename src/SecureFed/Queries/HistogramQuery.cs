using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed;

/// <summary>
/// How many records of all parties lie in each of some bins, as a round with noise: quantiles follow from it at no further
/// cost. spec 02-privacy#query-1
/// </summary>
/// <remarks>
/// Immutable, public and thread-safe. Each record is a vector of norm at most 1, so the plan of the round has clip norm
/// <see cref="ClipNorm"/> and <see cref="PrivacyPlan.ForRecords"/>; the round is charged like any other.
/// </remarks>
public sealed class HistogramQuery
{
    /// <summary>C of the plan: one record counts once.</summary>
    public const double ClipNorm = 1;

    private HistogramQuery(ImmutableArray<double> edges) => Edges = edges;

    /// <summary>The edges of the bins, ascending; one more than there are bins.</summary>
    public ImmutableArray<double> Edges { get; }

    /// <summary>d of the plan: the number of bins.</summary>
    public int Length => Edges.Length - 1;

    /// <summary>Makes a query. The edges are public: choose them without looking at data.</summary>
    /// <param name="edges">At least two, finite, strictly ascending.</param>
    /// <exception cref="ArgumentException">They are not.</exception>
    public static HistogramQuery Create(IEnumerable<double> edges)
    {
        ArgumentNullException.ThrowIfNull(edges);
        ImmutableArray<double> all = [.. edges];
        return all.Length >= 2 && all.All(double.IsFinite) && all.Zip(all.Skip(1)).All(pair => pair.First < pair.Second)
            ? new HistogramQuery(all)
            : throw new ArgumentException(
                "A histogram has at least two finite edges, strictly ascending, agreed on beforehand.",
                nameof(edges)
            );
    }

    /// <summary>One record's vector, for <see cref="ExampleSum.Add"/>. Private to its owner.</summary>
    /// <param name="value">What is outside the edges counts in the first or the last bin; NaN counts nowhere.</param>
    /// <returns>float[<see cref="Length"/>] with at most one 1.</returns>
    public float[] VectorOf(double value)
    {
        float[] vector = new float[Length];
        if (!double.IsNaN(value))
        {
            int above = Edges.BinarySearch(value);
            int bin = above >= 0 ? above : ~above - 1;
            vector[Math.Clamp(bin, 0, Length - 1)] = 1;
        }

        return vector;
    }

    /// <summary>Reads the sum of a round.</summary>
    /// <param name="sum">Of a plan with this query's length.</param>
    /// <exception cref="ArgumentException">The sum has another length.</exception>
    public NoisyHistogram Read(UpdateSum sum)
    {
        ArgumentNullException.ThrowIfNull(sum);
        return sum.Length == Length
            ? new NoisyHistogram(Edges, [.. sum.SumAsDoubles()])
            : throw new ArgumentException(
                $"The query has {Length} bins and the sum {sum.Length} coordinates.",
                nameof(sum)
            );
    }
}

/// <summary>Counts with noise. Public: everything that is computed from them is.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed class NoisyHistogram
{
    internal NoisyHistogram(ImmutableArray<double> edges, ImmutableArray<double> counts) =>
        (Edges, Counts) = (edges, counts);

    /// <summary>The edges of the bins.</summary>
    public ImmutableArray<double> Edges { get; }

    /// <summary>The count of each bin with its noise: it may be below 0 and is no whole number.</summary>
    public ImmutableArray<double> Counts { get; }

    /// <summary>A quantile, by the counts that are above 0, evenly spread inside a bin.</summary>
    /// <param name="share">0 to 1; 0.5 for the median.</param>
    /// <returns>Between the first and the last edge; null when no count is above 0.</returns>
    public double? Quantile(double share)
    {
        if (!(share is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "A quantile's share is from 0 to 1.");
        }

        double total = Counts.Sum(count => Math.Max(0, count));
        if (total <= 0)
        {
            return null;
        }

        double left = share * total;
        int last = Counts.Select((count, bin) => count > 0 ? bin : -1).Max();
        for (int bin = 0; bin < last; bin++)
        {
            double count = Math.Max(0, Counts[bin]);
            if (left < count)
            {
                return Inside(bin, left / count);
            }

            left -= count;
        }

        return Inside(last, Math.Min(1, left / Counts[last]));
    }

    private double Inside(int bin, double share) => Edges[bin] + (share * (Edges[bin + 1] - Edges[bin]));
}
