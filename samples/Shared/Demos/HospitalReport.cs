using System.Globalization;
using SecureFed.Crypto;

namespace SecureFed.Samples.Shared;

/// <summary>Tells the story of a <see cref="HospitalDemo"/>: for people while it runs, or as one JSON object at the end.</summary>
public static class HospitalReport
{
    /// <summary>Where the figures of the tables come from; they are no part of what the secure rounds release.</summary>
    public const string DemoOnly =
        "Loss and AUC of the tables are measured on pooled held-out rows, for this demonstration only: they are not part of the release.";

    private static readonly DemoColumn[] s_roundColumns =
    [
        new("round", 5),
        new("cohort", 6),
        new("dropped", -12),
        new("loss", 6),
        new("AUC", 6),
        new("bytes up", 8),
        new("time", 8),
    ];

    private static readonly DemoColumn[] s_comparisonColumns =
    [
        new("model", -24),
        new("AUC", 7),
        new("loss", 7),
        new("who sees what", -46),
    ];

    private static readonly DemoColumn[] s_privateColumns =
    [
        new("round", 5),
        new("cohort", 6),
        new("dropped", -12),
        new("ε so far", 8),
        new("loss", 6),
        new("AUC", 6),
    ];

    /// <summary>Runs the demonstration and reports it.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="hospitals">The hospitals.</param>
    /// <param name="planOf">The plan of each round.</param>
    /// <param name="seed">Shuffles mini-batches.</param>
    /// <param name="reportPath">Where the report page goes; null for none.</param>
    /// <param name="privacy">What a training with differential privacy may cost; null for none.</param>
    /// <returns>Whether the demonstration showed what it promises.</returns>
    public static DemoExit Run(
        DemoScreen screen,
        HospitalFederation hospitals,
        Func<AggregateRequest, AggregationPlan> planOf,
        int seed,
        string? reportPath = null,
        PrivacyTarget? privacy = null
    )
    {
        ArgumentNullException.ThrowIfNull(screen);
        ArgumentNullException.ThrowIfNull(hospitals);
        ArgumentNullException.ThrowIfNull(planOf);
        ParticipationPlan participation = HospitalDemo.OneDropout(hospitals);
        Opening(screen, hospitals, planOf, participation);

        HospitalDemoResult? result = null;
        screen.Table(
            s_roundColumns,
            addRow =>
                result = HospitalDemo.Run(hospitals, planOf, participation, seed, round => addRow(RoundCells(round)))
        );
        if (privacy is not null)
        {
            result = result! with { Private = RunPrivately(screen, hospitals, participation, privacy) };
        }

        return Finish(screen, result!, seed, reportPath);
    }

    /// <summary>Reports what was found, and on standard error what of it is not as promised.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="result">What was found.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="reportPath">Where the report page goes; null for none. When it cannot be written, the rest is reported all the same.</param>
    /// <returns>Whether the demonstration showed what it promises.</returns>
    public static DemoExit Finish(DemoScreen screen, HospitalDemoResult result, int seed, string? reportPath = null)
    {
        ArgumentNullException.ThrowIfNull(screen);
        ArgumentNullException.ThrowIfNull(result);
        DemoException? unwritten = reportPath is null
            ? null
            : ReportFile.TryWrite(reportPath, HospitalPage.Create(result, seed, ReportStamp.Now()));
        if (screen.IsJson)
        {
            DemoHost.WriteJson(screen, ToJson(result, seed, unwritten is null ? reportPath : null, unwritten));
        }
        else
        {
            Closing(screen, result);
            if (reportPath is not null && unwritten is null)
            {
                screen.Line($"report {reportPath}");
            }

            screen.Line(Invariant($"done in {result.Seconds:F1} s"));
        }

        DemoExit exit = DemoHost.Judge(screen, result.Missed);
        if (unwritten is null)
        {
            return exit;
        }

        DemoExit failed = DemoHost.FailBesideResult(screen, unwritten);
        return exit == DemoExit.Success ? failed : exit;
    }

    /// <summary>The result as an object whose public members are the JSON fields.</summary>
    /// <param name="result">What was found.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="report">Where the report page was written; null when there is none.</param>
    /// <param name="unwritten">Why it could not be written; null when nothing failed.</param>
    public static object ToJson(
        HospitalDemoResult result,
        int seed,
        string? report = null,
        DemoException? unwritten = null
    )
    {
        ArgumentNullException.ThrowIfNull(result);
        AggregationPlan plan = result.Plan;
        return new
        {
            Demo = "hospital",
            Data = result.Hospitals.Title,
            result.Hospitals.Attribution,
            Seed = seed,
            Suite = P256Suite.Instance.Name,
            Parties = result.Hospitals.Names.Select(name => name.ToString()),
            Plan = new
            {
                plan.MaximumParticipants,
                plan.CollusionBound,
                plan.Threshold,
                plan.MinimumSurvivors,
                plan.EffectiveCohort,
                plan.Length,
                plan.Encoding.ClipNorm,
                plan.Encoding.FractionBits,
                plan.Encoding.MaximumWeight,
                plan.RingBits,
                plan.VectorBytesPerUpload,
            },
            PooledAuc = result.Baselines.Pooled.Evaluation.Auc,
            PlainAuc = result.Baselines.Plain.Evaluation.Auc,
            SecureAuc = result.Secure.Evaluation.Auc,
            AloneAuc = result.Baselines.MeanAloneAuc,
            Alone = result.Baselines.Alone.Select(alone => new
            {
                Party = alone.Hospital.ToString(),
                alone.TrainingRows,
                alone.Evaluation.Auc,
            }),
            result.Gap,
            HospitalDemo.AllowedGap,
            Kept = result.IsKept,
            Mlp = ToJson(result.Network),
            Private = ToJson(result.Private),
            Rounds = result.Rounds.Select(
                (round, i) =>
                    new
                    {
                        round.Record.Round,
                        Cohort = round.Record.Cohort.Length,
                        Dropped = round.Record.Dropped.Select(name => name.ToString()),
                        BytesUp = round.Record.BytesUpPerParty,
                        round.Record.Evaluation.Loss,
                        round.Record.Evaluation.Auc,
                        Metrics = result.Metrics[i],
                        round.Seconds,
                        Aborted = round.Record.AbortedBecause,
                    }
            ),
            DropPhase = HospitalDemo.DropPhase.ToString(),
            ServerView = new
            {
                Party = result.Watched.ToString(),
                Bytes = result.WatchedBytes,
                result.View.ChiSquareP,
                Uniform = result.IsUniform,
                result.View.Correlation,
                result.CorrelationByChance,
            },
            Release = $"The sums of the rounds and their metrics, exact, without noise. {DemoOnly}",
            Report = report,
            ReportError = unwritten is null ? null : DemoHost.ErrorObject(unwritten),
            result.Seconds,
        };
    }

    private static PrivateTrainingResult RunPrivately(
        DemoScreen screen,
        HospitalFederation hospitals,
        ParticipationPlan participation,
        PrivacyTarget privacy
    )
    {
        screen.Line();
        screen.Line(
            Invariant(
                $"the same with differential privacy, ε = {privacy.Epsilon} at δ = {privacy.Delta} for one patient, added or removed: every gradient clipped, noise inside the masked sum, features scaled by public ranges"
            )
        );
        PrivateTrainingResult? found = null;
        screen.Table(
            s_privateColumns,
            addRow =>
                found = PrivateTraining.Run(
                    hospitals,
                    privacy.Epsilon,
                    privacy.Delta,
                    participation,
                    round =>
                        addRow([
                            Invariant($"{round.Round}"),
                            Invariant($"{round.Cohort - round.Dropped.Length}/{round.Cohort}"),
                            round.Dropped.IsEmpty ? "-" : string.Join(", ", round.Dropped),
                            Invariant($"{round.Epsilon:F3}"),
                            Invariant($"{round.Evaluation.Loss:F4}"),
                            Invariant($"{round.Evaluation.Auc:F4}"),
                        ])
                )
        );
        return found!;
    }

    private static object? ToJson(PrivateTrainingResult? found) =>
        found is null
            ? null
            : new
            {
                found.Budget.Epsilon,
                found.Budget.Delta,
                Unit = found.Budget.Unit.ToString(),
                Relation = found.Budget.Relation.ToString(),
                found.NoiseMultiplier,
                found.Plan.HonestShares,
                ShareVariance = found.Plan.Encoding.Noise!.ShareVariance,
                PrivateTraining.ClipNorm,
                Auc = found.Evaluation.Auc,
                AucWithoutNoise = found.WithoutNoise.Auc,
                found.Cost,
                found.Stopped,
                Rounds = found.Rounds.Select(round => new
                {
                    round.Round,
                    round.Cohort,
                    Dropped = round.Dropped.Select(name => name.ToString()),
                    round.Epsilon,
                    round.Evaluation.Loss,
                    round.Evaluation.Auc,
                }),
            };

    private static object ToJson(NetworkResult network) =>
        new
        {
            HiddenLayerNetwork.HiddenUnits,
            network.Plan.Length,
            network.Plan.RingBits,
            PooledAuc = network.Baselines.Pooled.Evaluation.Auc,
            PlainAuc = network.Baselines.Plain.Evaluation.Auc,
            SecureAuc = network.Secure.Evaluation.Auc,
            AloneAuc = network.Baselines.MeanAloneAuc,
            network.Gap,
            Rounds = network.Secure.Rounds.Select(round => new
            {
                round.Round,
                BytesUp = round.BytesUpPerParty,
                round.Evaluation.Loss,
                round.Evaluation.Auc,
                Aborted = round.AbortedBecause,
            }),
        };

    private static void Opening(
        DemoScreen screen,
        HospitalFederation hospitals,
        Func<AggregateRequest, AggregationPlan> planOf,
        ParticipationPlan participation
    )
    {
        AggregationPlan plan = planOf(
            new AggregateRequest(1, RowModel.Logistic.StartOf(hospitals.Test.Features.Length), Cohort: [], Dropped: [])
        );
        P256Suite suite = P256Suite.Instance;
        screen.Line(
            $"{hospitals.Title}: {string.Join(", ", hospitals.Hospitals.Select(h => $"{h.Name} ({h.Training.Count} rows)"))}"
        );
        screen.Line($"  suite   {suite.Name}, masks by {suite.MaskImplementation}");
        screen.Line(
            Invariant(
                $"  plan    n = {plan.MaximumParticipants} hospitals, c = {plan.CollusionBound} may collude with the server, t = {plan.Threshold} must unmask, U = {plan.MinimumSurvivors} must stay"
            )
        );
        screen.Line(
            Invariant(
                $"          clip norm C = {plan.Encoding.ClipNorm}, grid 2^-{plan.Encoding.FractionBits}, weight = training rows, at most W = {plan.Encoding.MaximumWeight}; {plan.Length} weights in {plan.RingBits} bits each"
            )
        );
        screen.Line(
            $"  scale   means and deviations from one masked sum of counts, sums and squares of {hospitals.Test.Features.Length} features"
        );
        screen.Line(
            Invariant(
                $"  metrics loss, AUC parts and clip count of the hospitals' own training rows: {plan.Encoding.MetricLength} more values in the same masked vector"
            )
        );
        screen.Line("  noise   none in these rounds: the exact sums are what comes out");
        foreach ((Participation round, int number) in participation.Rounds.Select((round, i) => (round, i + 1)))
        {
            if (!round.Dropped.IsEmpty)
            {
                screen.Line(
                    $"  dropout {string.Join(", ", round.Dropped)} falls silent in round {number}, phase {HospitalDemo.DropPhase}: after its keys, before its update"
                );
            }
        }

        screen.Line();
    }

    private static string[] RoundCells(TimedRound timed)
    {
        RoundRecord round = timed.Record;
        int present = round.Cohort.Length - round.Dropped.Length;
        return
        [
            Invariant($"{round.Round}"),
            round.AbortedBecause is null ? Invariant($"{present}/{round.Cohort.Length}") : "none",
            round.Dropped.IsEmpty ? "-" : string.Join(", ", round.Dropped),
            Invariant($"{round.Evaluation.Loss:F4}"),
            Invariant($"{round.Evaluation.Auc:F4}"),
            Invariant($"{round.BytesUpPerParty} B"),
            Invariant($"{timed.Seconds * 1000:F0} ms"),
        ];
    }

    private static void Closing(DemoScreen screen, HospitalDemoResult result)
    {
        HospitalBaselines baselines = result.Baselines;
        screen.Line();
        screen.Table(
            s_comparisonColumns,
            addRow =>
            {
                AddCompared(addRow, baselines, result.Secure);
                foreach (AloneResult alone in baselines.Alone)
                {
                    addRow(Cells($"alone: {alone.Hospital}", alone.Evaluation, "no data or update leaves"));
                }

                AddMeanAlone(addRow, baselines);
            }
        );
        NetworkResult network = result.Network;
        screen.Line();
        screen.Line(
            Invariant(
                $"the same with a neural network of {HiddenLayerNetwork.HiddenUnits} hidden units, {network.Plan.Length} weights, through rounds of its own:"
            )
        );
        screen.Table(
            s_comparisonColumns,
            addRow =>
            {
                AddCompared(addRow, network.Baselines, network.Secure);
                AddMeanAlone(addRow, network.Baselines);
            }
        );
        if (result.Private is { } found)
        {
            screen.Line();
            screen.Line(
                Invariant(
                    $"with differential privacy: AUC {found.Evaluation.Auc:F4}, by the same training without noise {found.WithoutNoise.Auc:F4}: the noise costs {found.Cost:F4}. Noise multiplier {found.NoiseMultiplier:F3}, counted for the {found.Plan.HonestShares} hospitals that surely are honest."
                )
            );
            screen.Line($"  the budget ends it: {found.Stopped}.");
        }

        AggregationPlan plan = result.Plan;
        screen.Line();
        foreach (TimedRound aborted in result.Rounds.Where(round => round.Record.AbortedBecause is not null))
        {
            screen.Line($"round {aborted.Record.Round} gave no sum: {aborted.Record.AbortedBecause}");
        }

        screen.Line(
            Invariant(
                $"gap |secure - plain| = {result.Gap:F5} AUC, at most {HospitalDemo.AllowedGap} allowed: {(result.Gap <= HospitalDemo.AllowedGap ? "kept" : "MISSED")}. Both had the same cohorts, dropouts and seeds."
            )
        );
        screen.Line(
            Invariant(
                $"  of the neural network {network.Gap:F5} AUC: {(network.Gap <= HospitalDemo.AllowedGap ? "kept" : "MISSED")}."
            )
        );
        screen.Line(
            $"effective cohort t - c = {plan.EffectiveCohort}: every sum hides a hospital among at least {plan.EffectiveCohort} honest ones, even from a lying server."
        );
        string others =
            plan.EffectiveCohort == 2
                ? "the update of the one other is"
                : $"the updates of the other {plan.EffectiveCohort - 1} are";
        screen.Line(
            $"  the count includes the hospital itself: at worst, {others} enough to find its update by subtraction."
        );
        screen.Line(
            Invariant(
                $"what the server saw of {result.Watched}: {result.WatchedBytes} masked bytes, {(result.IsUniform ? "uniform" : "NOT uniform")} by chi-square p = {ProbabilityText(result.View.ChiSquareP)}, correlation with its true updates {result.View.Correlation:F4} (chance alone stays within {result.CorrelationByChance:F2})."
            )
        );
        screen.Line(MetricText(result));
        screen.Line(DemoOnly);
        screen.Line($"data: {result.Hospitals.Attribution}");
    }

    /// <summary>What came out of the masked sums beside the model: public, and part of the release.</summary>
    internal static string MetricText(HospitalDemoResult result)
    {
        if (result.Metrics.FirstOrDefault(reading => reading is not null) is not { } first)
        {
            return "from inside the masked sums: no metrics, the plan names none or they are withheld.";
        }

        MetricReading last = result.Metrics.Last(reading => reading is not null)!;
        long clipped = result.Metrics.Sum(reading => reading?.Clipped ?? 0);
        int updates = result.Metrics.Sum(reading => reading?.Contributors ?? 0);
        return Invariant(
            $"from inside the masked sums, over the hospitals' own training rows: loss {first.Loss:F4} before the first round, {last.Loss:F4} before the last; AUC {last.Auc:F4} by then, exact within {last.AucErrorBound:F4}; {clipped} of {updates} updates clipped."
        );
    }

    private static void AddCompared(Action<string[]> addRow, HospitalBaselines baselines, TrainingResult secure)
    {
        addRow(Cells("pooled", baselines.Pooled.Evaluation, "one place sees every row"));
        addRow(Cells("plain FedAvg", baselines.Plain.Evaluation, "the server sees every update"));
        addRow(Cells("secure FedAvg", secure.Evaluation, "the server sees only sums"));
    }

    private static void AddMeanAlone(Action<string[]> addRow, HospitalBaselines baselines) =>
        addRow(["alone, mean", Invariant($"{baselines.MeanAloneAuc:F4}"), string.Empty, "no data or update leaves"]);

    // Three decimals would show a p-value that settles the matter as zero.
    private static string ProbabilityText(double p) => p < 0.001 ? Invariant($"{p:E1}") : Invariant($"{p:F3}");

    private static string[] Cells(string name, Evaluation evaluation, string rows) =>
        [name, Invariant($"{evaluation.Auc:F4}"), Invariant($"{evaluation.Loss:F4}"), rows];

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
