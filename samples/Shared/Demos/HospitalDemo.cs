using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.Samples.Shared;

/// <summary>A round of the secure training and how long it took, training, measuring and protocol together.</summary>
/// <param name="Record">What happened.</param>
/// <param name="Seconds">Wall time.</param>
public sealed record TimedRound(RoundRecord Record, double Seconds);

/// <summary>Everything the demonstration found.</summary>
/// <param name="Hospitals">The hospitals.</param>
/// <param name="Plan">The plan of the training rounds.</param>
/// <param name="Secure">The secure training.</param>
/// <param name="Rounds">Its rounds with their times.</param>
/// <param name="Baselines">What it is compared with.</param>
/// <param name="Watched">The hospital whose uploads were examined.</param>
/// <param name="WatchedBytes">How many bytes of it the server had received.</param>
/// <param name="WatchedCoordinates">How many coordinates of its updates they stand for.</param>
/// <param name="View">What the server could make of them.</param>
/// <param name="Bytes">The same bytes counted by value, beside those of the unmasked updates.</param>
/// <param name="Phases">What the phases of the secure rounds of the logistic model cost, all rounds together.</param>
/// <param name="Metrics">What each round of the logistic model said about the model it started from; null where it gave out nothing.</param>
/// <param name="Network">The second comparison.</param>
/// <param name="Seconds">Wall time of everything.</param>
public sealed record HospitalDemoResult(
    HospitalFederation Hospitals,
    AggregationPlan Plan,
    TrainingResult Secure,
    ImmutableArray<TimedRound> Rounds,
    HospitalBaselines Baselines,
    ParticipantId Watched,
    int WatchedBytes,
    int WatchedCoordinates,
    ServerView View,
    ByteHistogram Bytes,
    ImmutableArray<PhaseCost> Phases,
    ImmutableArray<MetricReading?> Metrics,
    NetworkResult Network,
    double Seconds
)
{
    /// <summary>The training with differential privacy; null when none was asked for.</summary>
    public PrivateTrainingResult? Private { get; init; }

    /// <summary>|secure − plain| in AUC on the held-out rows.</summary>
    public double Gap => Math.Abs(Secure.Evaluation.Auc!.Value - Baselines.Plain.Evaluation.Auc!.Value);

    /// <summary>3/√n: independent vectors of n coordinates correlate by more than this once in 370 times.</summary>
    public double CorrelationByChance => 3 / Math.Sqrt(WatchedCoordinates);

    /// <summary>Whether the uploads look uniform; not a number does not.</summary>
    public bool IsUniform => View.ChiSquareP >= HospitalDemo.LeastChiSquareP;

    /// <summary>What the demonstration promises and does not show; empty when it shows all of it.</summary>
    public ImmutableArray<string> Missed
    {
        get
        {
            List<string> missed = [];
            if (!(Gap <= HospitalDemo.AllowedGap))
            {
                missed.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the gap to plain FedAvg is {Gap:F5} AUC, at most {HospitalDemo.AllowedGap} is allowed"
                    )
                );
            }

            if (!(Network.Gap <= HospitalDemo.AllowedGap))
            {
                missed.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the gap of the network to plain FedAvg is {Network.Gap:F5} AUC, at most {HospitalDemo.AllowedGap} is allowed"
                    )
                );
            }

            if (Rounds.Count(round => round.Record.AbortedBecause is not null) is > 0 and int aborted)
            {
                missed.Add($"{aborted} of {Rounds.Length} rounds gave no sum");
            }

            if (Network.Secure.Rounds.Count(round => round.AbortedBecause is not null) is > 0 and int abortedOfNetwork)
            {
                missed.Add($"{abortedOfNetwork} of {Network.Secure.Rounds.Length} rounds of the network gave no sum");
            }

            if (!IsUniform)
            {
                missed.Add($"what the server saw of {Watched} is not uniform");
            }

            return [.. missed];
        }
    }

    /// <summary>Whether the demonstration shows what it promises.</summary>
    public bool IsKept => Missed.IsEmpty;
}

/// <summary>Hospitals train one model together through the masked protocol, one of them falls silent, and the result is compared with plain training.</summary>
public static class HospitalDemo
{
    /// <summary>The largest |secure − plain| in AUC: what the integer grid may cost.</summary>
    public const double AllowedGap = 0.005;

    /// <summary>Uniform bytes fall below this p-value once in 10⁹ runs; a masked upload that does is not masked.</summary>
    public const double LeastChiSquareP = 1e-9;

    /// <summary>c: one hospital may work together with the server.</summary>
    public const int CollusionBound = 1;

    /// <summary>The phase in which a hospital falls silent: its keys and shares are out, its update is not.</summary>
    public const RoundPhase DropPhase = RoundPhase.MaskedInput;

    /// <summary>Why the plans have no noise.</summary>
    public const string NoNoiseBecause = "public research data";

    /// <summary>The hospitals of a demonstration.</summary>
    /// <param name="folder">The four heart disease files; null for the Wisconsin rows that come with the samples.</param>
    /// <param name="seed">Splits the rows.</param>
    /// <param name="rounds">Rounds of training; null for the plan's own number.</param>
    /// <exception cref="DataFileException">A file is missing or malformed.</exception>
    /// <exception cref="DemoException">The folder has no name, or a hospital has too few or too many rows.</exception>
    public static HospitalFederation Load(string? folder, int seed, int? rounds)
    {
        if (folder is not null && string.IsNullOrWhiteSpace(folder))
        {
            throw new DemoException(
                DemoExit.Usage,
                "usage",
                "--data names a folder; its value is empty.",
                "Give it the folder with the data, or leave --data out."
            );
        }

        HospitalFederation hospitals = folder is null
            ? HospitalFederation.Wisconsin(seed)
            : HospitalFederation.HeartDisease(folder, seed);
        RequireBound(hospitals);
        return rounds is { } count ? hospitals.WithRounds(count) : hospitals;
    }

    // The bound is public and fixed beforehand: weights and statistics are sized by it.
    private static void RequireBound(HospitalFederation hospitals)
    {
        if (hospitals.Hospitals.FirstOrDefault(h => h.Training.Count > hospitals.Plan.MaximumRowCount) is { } large)
        {
            throw new DemoException(
                DemoExit.Data,
                "data-too-many-rows",
                $"{large.Name} has {large.Training.Count} training rows; the plan allows {hospitals.Plan.MaximumRowCount}.",
                "Give it fewer rows, or agree on a plan with a larger bound."
            );
        }
    }

    /// <summary>Everybody in every round, except that the last hospital by name falls silent in the middle one.</summary>
    public static ParticipationPlan OneDropout(HospitalFederation hospitals)
    {
        ArgumentNullException.ThrowIfNull(hospitals);
        int rounds = hospitals.Plan.RoundCount;
        return ParticipationPlan.Everyone(hospitals.Names, rounds).WithDropout((rounds + 1) / 2, hospitals.Names[^1]);
    }

    /// <summary>The plans of the hospitals: one for the statistics of round 0, one for training each kind of model.</summary>
    public static Func<AggregateRequest, AggregationPlan> PlansOf(HospitalFederation hospitals)
    {
        ArgumentNullException.ThrowIfNull(hospitals);
        int parties = hospitals.Hospitals.Length;
        int threshold = DescriptorRules.LeastThreshold(parties, CollusionBound);
        var scheme = AggregationScheme.PairwiseMasked(minimumSurvivors: threshold, CollusionBound);
        var privacy = PrivacyPlan.None(NoNoiseBecause);
        StandardisationStatistics statistics = hospitals.Plan.StatisticsOf(hospitals.Test.Features);
        var scale = AggregationPlan.Create(
            length: statistics.Length,
            maximumParticipants: parties,
            clipNorm: statistics.ClipNorm,
            fractionBits: StandardisationStatistics.RecommendedFractionBits,
            privacy,
            scheme
        );
        AggregationPlan TrainingOf(int length) =>
            AggregationPlan
                .Create(
                    length,
                    maximumParticipants: parties,
                    clipNorm: hospitals.Plan.ClipNorm,
                    fractionBits: 20,
                    privacy,
                    scheme,
                    maximumWeight: hospitals.Plan.MaximumRowCount
                )
                .WithMetrics(hospitals.Plan.Metrics.Blocks);
        return request => request.Round == 0 ? scale : TrainingOf(request.Model.Length);
    }

    /// <summary>Trains securely, then the baselines on the same cohorts, dropouts and seeds.</summary>
    /// <param name="hospitals">The hospitals.</param>
    /// <param name="planOf">The plan of each round, see <see cref="PlansOf"/>.</param>
    /// <param name="participation">Who takes part, see <see cref="OneDropout"/>.</param>
    /// <param name="seed">Shuffles mini-batches. Keys, masks and rounding are never seeded.</param>
    /// <param name="progress">Told of every secure round.</param>
    public static HospitalDemoResult Run(
        HospitalFederation hospitals,
        Func<AggregateRequest, AggregationPlan> planOf,
        ParticipationPlan participation,
        int seed,
        Action<TimedRound>? progress = null
    )
    {
        ArgumentNullException.ThrowIfNull(hospitals);
        ArgumentNullException.ThrowIfNull(participation);
        long started = Stopwatch.GetTimestamp();
        ServerViewRecorder watched = new(hospitals.Names[0]);
        PhaseLedger ledger = new();
        AggregationPlan? plan = null;
        ImmutableArray<MetricReading?>.Builder metrics = ImmutableArray.CreateBuilder<MetricReading?>();
        using var federation = InProcessFederation.Create("hospitals", hospitals.Names, SystemRandomSource.Instance);
        Standardiser scale = HospitalTask.AgreeOnScale(hospitals, new SecureAggregate(federation, planOf));
        SecureAggregate secure = new(
            federation,
            planOf,
            DropPhase,
            round =>
            {
                plan = round.Plan;
                ledger.AddTimings(round.Outcome);
                watched.Add(round);
                metrics.Add(hospitals.Plan.Metrics.Read(round.Outcome));
            },
            ledger
        );

        ImmutableArray<TimedRound>.Builder rounds = ImmutableArray.CreateBuilder<TimedRound>();
        long roundStarted = Stopwatch.GetTimestamp();
        TrainingResult trained = HospitalStudy.OnScale(
            hospitals,
            secure,
            scale,
            participation,
            seed,
            record =>
            {
                TimedRound timed = new(record, Stopwatch.GetElapsedTime(roundStarted).TotalSeconds);
                rounds.Add(timed);
                progress?.Invoke(timed);
                roundStarted = Stopwatch.GetTimestamp();
            }
        );
        if (!watched.HasView)
        {
            throw new DemoException(
                DemoExit.Round,
                "round-aborted",
                $"No training round gave a sum. {rounds[0].Record.AbortedBecause}",
                "Run it again; if it repeats, the plan and the participants do not fit each other."
            );
        }

        return new HospitalDemoResult(
            hospitals,
            plan!,
            trained,
            rounds.ToImmutable(),
            HospitalStudy.Baselines(hospitals, participation, seed),
            watched.Party,
            watched.ByteCount,
            watched.CoordinateCount,
            watched.View(),
            watched.Histogram(),
            ledger.Costs,
            metrics.ToImmutable(),
            Network(hospitals, federation, planOf, scale, participation, seed),
            Stopwatch.GetElapsedTime(started).TotalSeconds
        );
    }

    private static NetworkResult Network(
        HospitalFederation hospitals,
        InProcessFederation federation,
        Func<AggregateRequest, AggregationPlan> planOf,
        Standardiser scale,
        ParticipationPlan participation,
        int seed
    )
    {
        AggregationPlan? plan = null;
        SecureAggregate secure = new(federation, planOf, DropPhase, round => plan = round.Plan);
        TrainingResult trained = HospitalStudy.OnScale(
            hospitals,
            secure,
            scale,
            participation,
            seed,
            model: RowModel.Network
        );
        return new NetworkResult(
            plan!,
            trained,
            HospitalStudy.Baselines(hospitals, participation, seed, RowModel.Network)
        );
    }
}
