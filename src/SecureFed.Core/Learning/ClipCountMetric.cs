namespace SecureFed.Core;

/// <summary>How many parties' updates were longer than the clip norm: a metric of one coordinate.</summary>
/// <remarks>
/// Immutable and thread-safe. When it is near the number of contributors, the clip norm is too small and the mean is biased
/// towards short updates; when it is always 0, the clip norm is larger than it need be.
/// </remarks>
public sealed class ClipCountMetric
{
    /// <summary>Creates the metric.</summary>
    /// <param name="name">Its name in the plan.</param>
    /// <exception cref="PlanRefusedException">The name is not one.</exception>
    public ClipCountMetric(string name = "clipped") => Block = MetricBlock.Create(name, count: 1, maximum: 1);

    /// <summary>Its block in the plan.</summary>
    public MetricBlock Block { get; }

    /// <summary>A party's metrics with whether its update was clipped.</summary>
    /// <param name="values">What it reports beside.</param>
    /// <param name="update">The update it contributes.</param>
    public MetricValues AddTo(MetricValues values, ClippedUpdate update)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(update);
        return values.With(Block.Name, update.WasClipped ? 1 : 0);
    }

    /// <summary>The number of contributors whose update was clipped.</summary>
    /// <exception cref="ArgumentException">The plan did not name the metric.</exception>
    public long Read(MetricSums sums)
    {
        ArgumentNullException.ThrowIfNull(sums);
        return sums.Integers(Block.Name)[0];
    }
}
