using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Samples.Shared;

/// <summary>What the sums of a round say about the model that it started from, on all parties' own training rows.</summary>
/// <param name="Loss">Mean log loss in nats, each row up to <see cref="TrainingMetrics.LargestLoss"/>.</param>
/// <param name="Auc">Area under the ROC curve, from the summed histograms of scores.</param>
/// <param name="AucErrorBound">How far the exact area can be away.</param>
/// <param name="Clipped">How many parties' updates of the round were clipped.</param>
/// <param name="Contributors">How many parties are in the sums.</param>
public sealed record MetricReading(double Loss, double Auc, double AucErrorBound, long Clipped, int Contributors);

/// <summary>What every hospital reports inside its masked vector: loss and AUC parts of its own training rows, and whether it was clipped.</summary>
/// <remarks>Immutable and thread-safe. Sized so that no sum of them is larger than that of a coordinate of the update: the ring stays as it is.</remarks>
public sealed class TrainingMetrics
{
    /// <summary>The loss of one row counts up to this, in nats.</summary>
    public const double LargestLoss = 8;

    // Scores are on the logit scale; 32 bins from -8 to 8.
    private const int Bins = 32;
    private const double LargestScore = 8;
    private static readonly ClipCountMetric s_clipped = new();
    private readonly LossMetric _loss;
    private readonly AucMetric _auc;

    /// <param name="maximumRowCount">The public bound on a party's training rows.</param>
    public TrainingMetrics(int maximumRowCount)
    {
        _loss = new LossMetric(maximumRowCount, LargestLoss, fractionBits: 8);
        _auc = new AucMetric(Bins, maximumRowCount, -LargestScore, LargestScore);
    }

    /// <summary>The blocks of the plan.</summary>
    public ImmutableArray<MetricBlock> Blocks => [.. _loss.Blocks, _auc.Block, s_clipped.Block];

    /// <summary>A party's metrics, as long as it does not know whether its update will be clipped; see <see cref="Complete"/>.</summary>
    /// <param name="scores">double[rows], the scores of its training rows under the model of the round.</param>
    /// <param name="labels">bool[rows].</param>
    public MetricValues Of(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        double[] losses = new double[scores.Length];
        for (int i = 0; i < losses.Length; i++)
        {
            losses[i] = Metrics.LogLoss(scores.Slice(i, 1), labels.Slice(i, 1));
        }

        return _auc.AddTo(_loss.AddTo(MetricValues.None, losses), scores, labels);
    }

    /// <summary>What a party sends in a round: nothing when the plan asks for nothing, else its metrics with the clip count.</summary>
    /// <param name="plan">The plan's encoding.</param>
    /// <param name="own">Its contribution.</param>
    /// <param name="clipped">The same after clipping.</param>
    public static MetricValues Complete(UpdateEncoding plan, PartyUpdate own, ClippedUpdate clipped)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(own);
        return plan.HasMetrics ? s_clipped.AddTo(own.Metrics ?? MetricValues.None, clipped) : MetricValues.None;
    }

    /// <summary>Reads what a round gave out; null when it gave out nothing, or the parties had no rows of one label.</summary>
    /// <param name="outcome">How the round ended.</param>
    public MetricReading? Read(RoundOutcome outcome) =>
        outcome is RoundOutcome.Completed { Metrics: MetricRelease.Released { Sums: { Blocks.IsEmpty: false } sums } }
        && _loss.Read(sums) is { } loss
        && _auc.Read(sums) is { } auc
            ? new MetricReading(loss, auc.Area, auc.ErrorBound, s_clipped.Read(sums), sums.Contributors)
            : null;
}
