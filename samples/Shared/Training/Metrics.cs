namespace SecureFed.Samples.Shared;

/// <summary>How good scores are against labels. Scores are on the logit scale; a score of 0 means "as likely as not".</summary>
public static class Metrics
{
    /// <summary>1/(1 + exp(−score)), without overflow for any score.</summary>
    public static double Sigmoid(double score)
    {
        double small = Math.Exp(-Math.Abs(score));
        return score >= 0 ? 1 / (1 + small) : small / (1 + small);
    }

    /// <summary>The mean of −ln p(label), in nats; 0.693 is a coin.</summary>
    /// <param name="scores">double[n], n at least 1.</param>
    /// <param name="labels">bool[n].</param>
    public static double LogLoss(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        RequirePairs(scores, labels);
        double sum = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            // ln(1 + exp(−m)), m the score on the label's side; written so that exp cannot overflow.
            double margin = labels[i] ? scores[i] : -scores[i];
            sum += Math.Max(-margin, 0) + Math.Log(1 + Math.Exp(-Math.Abs(margin)));
        }

        return sum / scores.Length;
    }

    /// <summary>The share of rows whose score is on the label's side of 0; a score of exactly 0 counts as false.</summary>
    /// <param name="scores">double[n], n at least 1.</param>
    /// <param name="labels">bool[n].</param>
    public static double Accuracy(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        RequirePairs(scores, labels);
        int right = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            right += scores[i] > 0 == labels[i] ? 1 : 0;
        }

        return (double)right / scores.Length;
    }

    /// <summary>
    /// The area under the ROC curve: the chance that a random true row scores above a random false one, ties counting half
    /// (Mann and Whitney, by mean ranks).
    /// </summary>
    /// <param name="scores">double[n].</param>
    /// <param name="labels">bool[n], at least one of each.</param>
    /// <exception cref="ArgumentException">All labels are the same: the area is not defined.</exception>
    public static double Auc(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        RequirePairs(scores, labels);
        double[] sorted = scores.ToArray();
        int[] order = [.. Enumerable.Range(0, scores.Length)];
        Array.Sort(sorted, order);

        long positives = 0;
        double rankSum = 0;
        for (int start = 0; start < sorted.Length; )
        {
            int end = start + 1;
            while (end < sorted.Length && sorted[end] == sorted[start])
            {
                end++;
            }

            // Ranks count from 1; equal scores share the mean of theirs.
            double rank = (start + 1 + end) / 2.0;
            for (int i = start; i < end; i++)
            {
                if (labels[order[i]])
                {
                    positives++;
                    rankSum += rank;
                }
            }

            start = end;
        }

        long negatives = sorted.Length - positives;
        return positives > 0 && negatives > 0
            ? (rankSum - (positives * (positives + 1) / 2.0)) / (positives * negatives)
            : throw new ArgumentException(
                "The area under the curve needs at least one row of each label.",
                nameof(labels)
            );
    }

    private static void RequirePairs(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        if (scores.Length != labels.Length || scores.IsEmpty)
        {
            throw new ArgumentException(
                $"Each row has a score and a label, and there is at least one row; {scores.Length} scores and {labels.Length} labels were given.",
                nameof(labels)
            );
        }
    }
}
