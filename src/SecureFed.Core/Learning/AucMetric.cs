using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;

namespace SecureFed.Core;

/// <summary>The area under the ROC curve over the examples of all parties, from two histograms of scores.</summary>
/// <remarks>
/// Immutable and thread-safe. The area cannot be summed, but the counts of positive and of negative examples per bin of the
/// score can. Pairs in different bins are judged exactly; pairs in one bin count half. See <see cref="AucEstimate"/> for what
/// that costs. Counting is not constant-time: which bins it touches depends on the party's own scores, on its own machine.
/// </remarks>
public sealed class AucMetric
{
    /// <summary>The most examples of one party and one label: 2^32. No plan's counts then overflow 63 bits.</summary>
    public const long LargestMaximumExamples = 1L << 32;

    /// <summary>Creates the metric.</summary>
    /// <param name="bins">1 to 2,048 bins of equal width; the plan gets twice as many coordinates.</param>
    /// <param name="maximumExamples">The most examples of one party and one label, 1 to 2^32.</param>
    /// <param name="lowest">Scores below it count into the first bin.</param>
    /// <param name="highest">Scores from it on count into the last bin; above <paramref name="lowest"/>.</param>
    /// <param name="name">Its name in the plan.</param>
    /// <exception cref="PlanRefusedException">A number is out of range.</exception>
    public AucMetric(int bins, long maximumExamples, double lowest = 0, double highest = 1, string name = "auc")
    {
        if (
            bins is < 1 or > MetricBlock.MaximumCoordinates / 2
            || !(highest > lowest && double.IsFinite(highest - lowest))
        )
        {
            throw new PlanRefusedException(
                PlanFault.MetricOutOfRange,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"A histogram has 1 to {MetricBlock.MaximumCoordinates / 2} bins between two finite scores, the lower one first; got {bins} bins from {lowest} to {highest}."
                )
            );
        }

        if (maximumExamples > LargestMaximumExamples)
        {
            throw new PlanRefusedException(
                PlanFault.MetricOutOfRange,
                $"A histogram counts at most {LargestMaximumExamples} examples of one party and label; the plan says {maximumExamples}."
            );
        }

        (Bins, Lowest, Highest) = (bins, lowest, highest);
        Block = MetricBlock.Create(name, 2 * bins, maximumExamples);
    }

    /// <summary>Number of bins of each histogram.</summary>
    public int Bins { get; }

    /// <summary>The lower end of the first bin.</summary>
    public double Lowest { get; }

    /// <summary>The upper end of the last bin.</summary>
    public double Highest { get; }

    /// <summary>Its block in the plan: the counts of positive examples, then those of negative ones, by ascending score.</summary>
    public MetricBlock Block { get; }

    /// <summary>A party's metrics with its scores.</summary>
    /// <param name="values">What it reports beside.</param>
    /// <param name="scores">double[examples], not NaN.</param>
    /// <param name="labels">bool[examples], true for a positive example.</param>
    /// <exception cref="UpdateRefusedException">A score is NaN.</exception>
    /// <exception cref="ArgumentException">Scores and labels differ in number.</exception>
    public MetricValues AddTo(MetricValues values, ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (scores.Length != labels.Length)
        {
            throw new ArgumentException(
                $"Each example has a score and a label; {scores.Length} scores and {labels.Length} labels were given.",
                nameof(labels)
            );
        }

        double[] counts = new double[2 * Bins];
        for (int i = 0; i < scores.Length; i++)
        {
            if (double.IsNaN(scores[i]))
            {
                throw new UpdateRefusedException(
                    UpdateFault.MetricOutOfRange,
                    $"Score {i} of metric '{Block.Name}' is NaN. Training diverged, or an example has a missing value.",
                    i,
                    Block.Name
                );
            }

            counts[BinOf(scores[i]) + (labels[i] ? 0 : Bins)]++;
        }

        return values.With(Block.Name, counts);
    }

    /// <summary>The area over all examples; null when there is no positive or no negative one.</summary>
    /// <exception cref="ArgumentException">The plan did not name the metric.</exception>
    public AucEstimate? Read(MetricSums sums)
    {
        ArgumentNullException.ThrowIfNull(sums);
        ImmutableArray<long> counts = sums.Integers(Block.Name);
        BigInteger positives = 0;
        BigInteger negatives = 0;
        BigInteger halfPairsWon = 0;
        BigInteger pairsInOneBin = 0;
        for (int bin = 0; bin < Bins; bin++)
        {
            (BigInteger positive, BigInteger negative) = (counts[bin], counts[Bins + bin]);
            halfPairsWon += positive * ((2 * negatives) + negative);
            pairsInOneBin += positive * negative;
            positives += positive;
            negatives += negative;
        }

        BigInteger pairs = positives * negatives;
        return pairs.IsZero
            ? null
            : new AucEstimate(
                (double)halfPairsWon / (2 * (double)pairs),
                (double)pairsInOneBin / (2 * (double)pairs),
                (long)positives,
                (long)negatives
            );
    }

    // Ascending in the score, whatever the rounding: scores of different bins are in the order of their bins.
    private int BinOf(double score)
    {
        double position = (score - Lowest) / (Highest - Lowest) * Bins;
        return position >= Bins ? Bins - 1
            : position > 0 ? (int)position
            : 0;
    }
}

/// <summary>An area under the ROC curve that was computed from histograms.</summary>
/// <param name="Area">The chance that a positive example scores above a negative one, where a pair in one bin counts half.</param>
/// <param name="ErrorBound">
/// Half the share of the pairs that lie in one bin. The exact area, in which equal scores count half, is never farther away
/// than this (up to the rounding of both numbers): each pair in one bin is judged wrongly by at most a half, and no other is.
/// </param>
/// <param name="Positives">Number of positive examples, at least 1.</param>
/// <param name="Negatives">Number of negative examples, at least 1.</param>
public sealed record AucEstimate(double Area, double ErrorBound, long Positives, long Negatives);
