using System.Collections.Immutable;
using System.Globalization;

namespace SecureFed.Core;

/// <summary>The mean loss over the examples of all parties: a sum of losses and a number of examples.</summary>
/// <remarks>
/// Immutable and thread-safe. The loss of one example counts as at most <see cref="LargestLoss"/>, so that one example, or one
/// party, cannot move the mean without bound. Each party's sum is rounded once: beside the rounding of double
/// additions the mean is off by at most half a step of 2^-<see cref="FractionBits"/> for each party, divided by the number of
/// examples.
/// </remarks>
public sealed class LossMetric
{
    private readonly MetricBlock _losses;
    private readonly MetricBlock _examples;

    /// <summary>Creates the metric.</summary>
    /// <param name="maximumExamples">The most examples of one party, at least 1.</param>
    /// <param name="largestLoss">As how much the loss of one example counts at most; positive and finite.</param>
    /// <param name="fractionBits">The steps of a party's sum, 0 to 60.</param>
    /// <param name="name">Its name in the plan; the number of examples is name + ".examples".</param>
    /// <exception cref="PlanRefusedException">A number is out of range, or their product does not fit 63 bits.</exception>
    public LossMetric(long maximumExamples, double largestLoss, int fractionBits = 16, string name = "loss")
    {
        ArgumentNullException.ThrowIfNull(name);
        double steps = Math.Ceiling(Math.ScaleB(largestLoss * maximumExamples, fractionBits));
        if (!(largestLoss > 0 && double.IsFinite(largestLoss) && maximumExamples >= 1 && steps < long.MaxValue))
        {
            throw new PlanRefusedException(
                PlanFault.MetricOutOfRange,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The largest loss of an example ({largestLoss}) is a positive finite number, a party has at least 1 example ({maximumExamples}), and their product in steps of 2^-{fractionBits} is below 2^63. Lower one of them."
                )
            );
        }

        LargestLoss = largestLoss;
        MaximumExamples = maximumExamples;
        _losses = MetricBlock.Create(name, count: 1, (long)steps, fractionBits);
        _examples = MetricBlock.Create(name + ".examples", count: 1, maximumExamples);
    }

    /// <summary>As how much the loss of one example counts at most.</summary>
    public double LargestLoss { get; }

    /// <summary>The most examples of one party.</summary>
    public long MaximumExamples { get; }

    /// <summary>One step of a party's sum is 2^-FractionBits.</summary>
    public int FractionBits => _losses.FractionBits;

    /// <summary>Its blocks in the plan.</summary>
    public ImmutableArray<MetricBlock> Blocks => [_losses, _examples];

    /// <summary>A party's metrics with its losses.</summary>
    /// <param name="values">What it reports beside.</param>
    /// <param name="losses">double[examples], not NaN and not negative; at most <see cref="MaximumExamples"/> of them, and none is allowed.</param>
    /// <exception cref="UpdateRefusedException">A loss is NaN or negative, or there are too many.</exception>
    public MetricValues AddTo(MetricValues values, ReadOnlySpan<double> losses)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (losses.Length > MaximumExamples)
        {
            throw new UpdateRefusedException(
                UpdateFault.MetricOutOfRange,
                $"Metric '{_losses.Name}' is planned for at most {MaximumExamples} examples of one party; {losses.Length} were given. Agree on a plan with more.",
                metric: _losses.Name
            );
        }

        double sum = 0;
        for (int i = 0; i < losses.Length; i++)
        {
            sum +=
                losses[i] >= 0
                    ? Math.Min(losses[i], LargestLoss)
                    : throw new UpdateRefusedException(
                        UpdateFault.MetricOutOfRange,
                        $"Loss {i} of metric '{_losses.Name}' is NaN or negative. Training diverged, or this loss has another range: shift it to start at 0.",
                        i,
                        _losses.Name
                    );
        }

        // Adding in double may end just above what that many examples can have.
        return values
            .With(_losses.Name, Math.Min(sum, LargestLoss * losses.Length))
            .With(_examples.Name, losses.Length);
    }

    /// <summary>The mean over all examples; null when the parties had none.</summary>
    /// <exception cref="ArgumentException">The plan did not name the metric.</exception>
    public double? Read(MetricSums sums)
    {
        ArgumentNullException.ThrowIfNull(sums);
        long examples = sums.Integers(_examples.Name)[0];
        return examples == 0 ? null : sums.Sums(_losses.Name)[0] / examples;
    }
}
