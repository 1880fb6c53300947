using System.Collections.Immutable;
using System.Diagnostics;
using SecureFed.Core;
using SecureFed.Crypto;

namespace SecureFed.Samples.Shared;

/// <summary>What the linear demonstration found.</summary>
/// <param name="Task">The parties and their points.</param>
/// <param name="Plan">The plan of all rounds.</param>
/// <param name="Training">The secure training.</param>
/// <param name="Pooled">Least squares over all points in one place.</param>
/// <param name="Seconds">Wall time.</param>
public sealed record LinearDemoResult(
    LinearTask Task,
    AggregationPlan Plan,
    TrainingResult Training,
    (double Slope, double Intercept) Pooled,
    double Seconds
)
{
    /// <summary>The slope that was found.</summary>
    public double Slope => Training.Model.Weights[0];

    /// <summary>The intercept that was found.</summary>
    public double Intercept => Training.Model.Weights[1];

    /// <summary>The larger distance to pooled least squares.</summary>
    public double Gap => Math.Max(Math.Abs(Slope - Pooled.Slope), Math.Abs(Intercept - Pooled.Intercept));

    /// <summary>Whether the result is pooled least squares, and the line: within three standard errors with noise, to three decimals without.</summary>
    /// <remarks>For 1,000 points with noise 1 that is 0.35 for the slope and 0.2 for the intercept.</remarks>
    public bool IsKept =>
        Gap <= LinearDemo.AllowedGap
        && Math.Abs(Slope - LinearTask.TrueSlope) <= Tolerance(0.35)
        && Math.Abs(Intercept - LinearTask.TrueIntercept) <= Tolerance(0.2);

    private double Tolerance(double ofThousandPoints) =>
        Math.Max(0.0005, ofThousandPoints * Task.NoiseStandardDeviation * Math.Sqrt(1000.0 / Task.PointCount));
}

/// <summary>Parties fit y = 2x + 1 together through the masked protocol: five with noise, or two devices without.</summary>
public static class LinearDemo
{
    /// <summary>The largest distance to pooled least squares.</summary>
    public const double AllowedGap = 1e-4;

    /// <summary>Rounds until the distance to least squares is far below 10⁻⁴: momentum shrinks it by less than 0.74 a round.</summary>
    public const int RoundCount = 50;

    /// <summary>C: no honest gradient step from the zero model on is longer.</summary>
    public const double ClipNorm = 4;

    /// <summary>The floors of a client that a cohort of two lowers. Empty for three parties and more.</summary>
    public static ImmutableArray<string> LoweredFloors(AggregationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.MaximumParticipants > 2
            ? []
            :
            [
                $"minimum cohort {plan.MinimumSurvivors}, where a client asks for 3",
                $"collusion bound c = {plan.CollusionBound}, where a client asks for 1",
            ];
    }

    /// <summary>What a cohort of two costs.</summary>
    public const string CostOfTwo =
        "With an effective cohort of 2 and c = 0, each party computes the other's update by subtracting its own from the sum; only a server that works with neither is kept out, and neither may drop out.";

    /// <summary>The plan of all rounds.</summary>
    /// <param name="parties">At least 2. Two parties need floors that others do not, see <see cref="LoweredFloors"/>.</param>
    public static AggregationPlan PlanFor(int parties)
    {
        int collusionBound = parties > 2 ? 1 : 0;
        return AggregationPlan.Create(
            length: 2,
            maximumParticipants: parties,
            clipNorm: ClipNorm,
            fractionBits: 24,
            privacy: PrivacyPlan.None(because: "made-up points"),
            scheme: AggregationScheme.PairwiseMasked(
                minimumSurvivors: Protocol.DescriptorRules.LeastThreshold(parties, collusionBound),
                collusionBound
            )
        );
    }

    /// <summary>Trains.</summary>
    /// <param name="task">The parties and their points; equally many at each, so that the plain mean is the pooled gradient.</param>
    /// <param name="plan">See <see cref="PlanFor"/>.</param>
    /// <param name="rounds">At least 1.</param>
    /// <param name="progress">Told of every round.</param>
    public static LinearDemoResult Run(
        LinearTask task,
        AggregationPlan plan,
        int rounds = RoundCount,
        Action<RoundRecord>? progress = null
    )
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(plan);
        long started = Stopwatch.GetTimestamp();
        using var federation = InProcessFederation.Create("devices", task.Parties, SystemRandomSource.Instance);
        FederatedRunner runner = new(
            task,
            new SecureAggregate(federation, _ => plan),
            new ServerOptimiser.Momentum(learningRate: 2, momentum: 0.4)
        );
        TrainingResult result = runner.Run(ParticipationPlan.Everyone(task.Parties, rounds), progress);
        return result.Rounds.FirstOrDefault(round => round.AbortedBecause is not null) is { } aborted
            ? throw new DemoException(
                DemoExit.Round,
                "round-aborted",
                $"Round {aborted.Round} gave no sum. {aborted.AbortedBecause}",
                "Run it again; if it repeats, the plan and the participants do not fit each other."
            )
            : new LinearDemoResult(
                task,
                plan,
                result,
                task.PooledLeastSquares(),
                Stopwatch.GetElapsedTime(started).TotalSeconds
            );
    }
}
