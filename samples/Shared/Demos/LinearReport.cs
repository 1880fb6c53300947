using System.Collections.Immutable;
using System.Globalization;
using SecureFed.Crypto;

namespace SecureFed.Samples.Shared;

/// <summary>Tells the story of a <see cref="LinearDemo"/>: for people while it runs, or as one JSON object at the end.</summary>
public static class LinearReport
{
    private static readonly DemoColumn[] s_columns =
    [
        new("round", 5),
        new("mean squared error", 18),
        new("bytes up", 8),
    ];

    /// <summary>Runs the demonstration and reports it.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="task">The parties and their points.</param>
    /// <param name="plan">The plan of all rounds.</param>
    /// <param name="rounds">Rounds of training, at least 1.</param>
    /// <returns>Whether the line was found.</returns>
    public static DemoExit Run(
        DemoScreen screen,
        LinearTask task,
        AggregationPlan plan,
        int rounds = LinearDemo.RoundCount
    )
    {
        ArgumentNullException.ThrowIfNull(screen);
        LinearDemoResult result = Tell(screen, task, plan, rounds);
        if (screen.IsJson)
        {
            DemoHost.WriteJson(screen, ToJson(result));
        }

        return Judge(screen, [result]);
    }

    /// <summary>Runs the demonstration several times and reports it; with JSON as one object with an array <c>runs</c>.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="rounds">Rounds of each training, at least 1.</param>
    /// <param name="runs">The parties and the plan of each run.</param>
    /// <returns>Whether every run found the line.</returns>
    public static DemoExit RunAll(
        DemoScreen screen,
        int rounds,
        params IReadOnlyList<(LinearTask Task, AggregationPlan Plan)> runs
    )
    {
        ArgumentNullException.ThrowIfNull(screen);
        ArgumentNullException.ThrowIfNull(runs);
        List<LinearDemoResult> results = [];
        foreach ((LinearTask task, AggregationPlan plan) in runs)
        {
            if (results.Count > 0)
            {
                screen.Line();
            }

            results.Add(Tell(screen, task, plan, rounds));
        }

        if (screen.IsJson)
        {
            DemoHost.WriteJson(
                screen,
                new
                {
                    Demo = "linear",
                    Kept = results.All(result => result.IsKept),
                    Runs = results.Select(ToJson),
                }
            );
        }

        return Judge(screen, results);
    }

    private static DemoExit Judge(DemoScreen screen, IEnumerable<LinearDemoResult> results) =>
        DemoHost.Judge(
            screen,
            [
                .. results
                    .Where(result => !result.IsKept)
                    .Select(result =>
                        Invariant(
                            $"{result.Plan.MaximumParticipants} parties found y = {result.Slope:F3}x + {result.Intercept:F3}, {result.Gap:E1} from pooled least squares"
                        )
                    ),
            ]
        );

    private static LinearDemoResult Tell(DemoScreen screen, LinearTask task, AggregationPlan plan, int rounds)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(plan);
        ImmutableArray<string> lowered = LinearDemo.LoweredFloors(plan);
        screen.Line(
            $"y = 2x + 1{(task.NoiseStandardDeviation > 0 ? " + noise" : string.Empty)}: {task.Parties.Length} parties, {rounds} rounds, suite {P256Suite.Instance.Name}, n = {plan.MaximumParticipants}, c = {plan.CollusionBound}, t = {plan.Threshold}, U = {plan.MinimumSurvivors}, effective cohort t - c = {plan.EffectiveCohort}"
        );
        foreach (string floor in lowered)
        {
            screen.Line($"  floor lowered: {floor}");
        }

        if (!lowered.IsEmpty)
        {
            screen.Line($"  {LinearDemo.CostOfTwo}");
        }

        LinearDemoResult? result = null;
        screen.Table(
            s_columns,
            addRow =>
                result = LinearDemo.Run(
                    task,
                    plan,
                    rounds,
                    round =>
                    {
                        if (round.Round % 10 == 0 || round.Round == 1)
                        {
                            addRow([
                                Invariant($"{round.Round}"),
                                Invariant($"{round.Evaluation.Loss:F6}"),
                                Invariant($"{round.BytesUpPerParty} B"),
                            ]);
                        }
                    }
                )
        );
        screen.Line(Invariant($"secure FedAvg         [{result!.Slope:F3}] [{result.Intercept:F3}]"));
        screen.Line(
            Invariant(
                $"pooled least squares  [{result.Pooled.Slope:F3}] [{result.Pooled.Intercept:F3}]   largest difference {result.Gap:E1}, at most {LinearDemo.AllowedGap} allowed"
            )
        );
        screen.Line(Invariant($"{(result.IsKept ? "found the line" : "MISSED the line")} in {result.Seconds:F1} s"));
        return result;
    }

    private static object ToJson(LinearDemoResult result)
    {
        ImmutableArray<string> lowered = LinearDemo.LoweredFloors(result.Plan);
        return new
        {
            Demo = "linear",
            Parties = result.Plan.MaximumParticipants,
            Noise = result.Task.NoiseStandardDeviation,
            Suite = P256Suite.Instance.Name,
            result.Plan.CollusionBound,
            result.Plan.Threshold,
            result.Plan.MinimumSurvivors,
            result.Plan.EffectiveCohort,
            LoweredFloors = lowered,
            CostOfLoweredFloors = lowered.IsEmpty ? null : LinearDemo.CostOfTwo,
            result.Slope,
            result.Intercept,
            PooledSlope = result.Pooled.Slope,
            PooledIntercept = result.Pooled.Intercept,
            result.Gap,
            LinearDemo.AllowedGap,
            Kept = result.IsKept,
            result.Training.Evaluation.Loss,
            Rounds = result.Training.Rounds.Select(round => new
            {
                round.Round,
                Cohort = round.Cohort.Length,
                Dropped = round.Dropped.Select(name => name.ToString()),
                BytesUp = round.BytesUpPerParty,
                round.Evaluation.Loss,
            }),
            result.Seconds,
        };
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
