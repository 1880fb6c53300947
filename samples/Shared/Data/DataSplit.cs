namespace SecureFed.Samples.Shared;

/// <summary>Seeded ways to cut rows into parts. The same rows, numbers and seed give the same parts.</summary>
public static class DataSplit
{
    private const int MaximumDraws = 10_000;

    /// <summary>Splits rows into a training and a test part with the same share of positive labels.</summary>
    /// <param name="rows">At least two rows of each label.</param>
    /// <param name="trainingShare">Above 0 and below 1, for example 0.7; rounded to whole rows for each label, with at least one row on each side.</param>
    /// <param name="seed">The seed.</param>
    /// <exception cref="ArgumentException">A label has fewer than two rows.</exception>
    public static (LabelledRows Training, LabelledRows Test) Stratified(
        LabelledRows rows,
        double trainingShare,
        int seed
    )
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(trainingShare, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(trainingShare, 1);
        var random = new DataSplitRandom(seed);
        List<int> training = [];
        List<int> test = [];
        foreach (bool label in (bool[])[false, true])
        {
            int[] indices = ShuffledIndices(rows, label, random);
            if (indices.Length < 2)
            {
                throw new ArgumentException(
                    $"There are {indices.Length} rows with label {label}; a stratified split needs at least 2.",
                    nameof(rows)
                );
            }

            int count = Math.Clamp((int)Math.Round(indices.Length * trainingShare), 1, indices.Length - 1);
            training.AddRange(indices[..count]);
            test.AddRange(indices[count..]);
        }

        // In the order of the file, so that no part is sorted by label.
        training.Sort();
        test.Sort();
        return (rows.Select(training), rows.Select(test));
    }

    /// <summary>
    /// Splits rows among parties whose share of each label is drawn from a Dirichlet distribution (Hsu, Qi, Brown, arXiv
    /// 1909.06335): the smaller α, the more the parties differ. Shares are drawn again until every party has both labels and
    /// enough rows.
    /// </summary>
    /// <param name="rows">The rows to split.</param>
    /// <param name="partyCount">At least 1.</param>
    /// <param name="concentration">α, positive; 1 differs visibly, 100 is nearly even.</param>
    /// <param name="minimumRowCount">The least number of rows of a party, at least 2.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>One part per party; together they hold every row once.</returns>
    /// <exception cref="ArgumentException">The minimum cannot be reached, or was not in 10,000 draws.</exception>
    public static LabelledRows[] ByLabelSkew(
        LabelledRows rows,
        int partyCount,
        double concentration,
        int minimumRowCount,
        int seed
    )
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(partyCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumRowCount, 2);
        if (!double.IsFinite(concentration) || concentration <= 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(concentration),
                concentration,
                "The concentration is a finite positive number."
            );
        }

        var random = new DataSplitRandom(seed);
        int[] negatives = ShuffledIndices(rows, label: false, random);
        int[] positives = ShuffledIndices(rows, label: true, random);
        for (int draw = 0; draw < MaximumDraws; draw++)
        {
            int[] negativeCounts = DirichletCounts(negatives.Length, partyCount, concentration, random);
            int[] positiveCounts = DirichletCounts(positives.Length, partyCount, concentration, random);
            bool isAllowed = Enumerable
                .Range(0, partyCount)
                .All(party =>
                    negativeCounts[party] > 0
                    && positiveCounts[party] > 0
                    && negativeCounts[party] + positiveCounts[party] >= minimumRowCount
                );
            if (isAllowed)
            {
                return Deal(rows, negatives, negativeCounts, positives, positiveCounts);
            }
        }

        throw new ArgumentException(
            $"No split of {rows.Count} rows among {partyCount} parties with at least {minimumRowCount} rows and both labels each was found; lower the minimum or raise the concentration.",
            nameof(minimumRowCount)
        );
    }

    private static LabelledRows[] Deal(
        LabelledRows rows,
        int[] negatives,
        int[] negativeCounts,
        int[] positives,
        int[] positiveCounts
    )
    {
        LabelledRows[] parts = new LabelledRows[negativeCounts.Length];
        (int negative, int positive) = (0, 0);
        for (int party = 0; party < parts.Length; party++)
        {
            List<int> indices =
            [
                .. negatives.AsSpan(negative, negativeCounts[party]),
                .. positives.AsSpan(positive, positiveCounts[party]),
            ];
            negative += negativeCounts[party];
            positive += positiveCounts[party];
            indices.Sort();
            parts[party] = rows.Select(indices);
        }

        return parts;
    }

    private static int[] DirichletCounts(int total, int partyCount, double concentration, DataSplitRandom random)
    {
        double[] shares = new double[partyCount];
        for (int party = 0; party < partyCount; party++)
        {
            shares[party] = random.NextGamma(concentration);
        }

        // Cutting at rounded cumulative shares deals every row exactly once.
        int[] counts = new int[partyCount];
        double sum = shares.Sum();
        double cumulative = 0;
        int dealt = 0;
        for (int party = 0; party < partyCount; party++)
        {
            cumulative += shares[party];
            int end = party == partyCount - 1 ? total : (int)Math.Round(total * (cumulative / sum));
            counts[party] = end - dealt;
            dealt = end;
        }

        return counts;
    }

    private static int[] ShuffledIndices(LabelledRows rows, bool label, DataSplitRandom random)
    {
        int[] indices = [.. Enumerable.Range(0, rows.Count).Where(i => rows.Labels[i] == label)];
        random.Shuffle(indices);
        return indices;
    }
}
