using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed.Samples.Shared;

/// <summary>One round of a training with differential privacy.</summary>
/// <param name="Round">From 1.</param>
/// <param name="Cohort">How many hospitals started it.</param>
/// <param name="Dropped">Who fell silent.</param>
/// <param name="Epsilon">ε of everything released so far, by the hospitals' own ledgers.</param>
/// <param name="Evaluation">On held-out rows, for the demonstration only.</param>
public sealed record PrivateRound(
    int Round,
    int Cohort,
    ImmutableArray<ParticipantId> Dropped,
    double Epsilon,
    Evaluation Evaluation
);

/// <summary>What a training with differential privacy came to.</summary>
/// <param name="Budget">What every hospital's ledger allows.</param>
/// <param name="Plan">The plan of every round.</param>
/// <param name="Rounds">The rounds that the budget paid for.</param>
/// <param name="WithoutNoise">The same training without noise, after its last round.</param>
/// <param name="Stopped">Why the round after the last was refused.</param>
public sealed record PrivateTrainingResult(
    PrivacyBudget Budget,
    AggregationPlan Plan,
    ImmutableArray<PrivateRound> Rounds,
    Evaluation WithoutNoise,
    string Stopped
)
{
    /// <summary>z of the plan.</summary>
    public double NoiseMultiplier => ((PrivacyPlan.DistributedNoise)Plan.Privacy).NoiseMultiplier;

    /// <summary>The model after the last round.</summary>
    public Evaluation Evaluation => Rounds[^1].Evaluation;

    /// <summary>What the noise costs: AUC without it minus AUC with it.</summary>
    public double Cost => WithoutNoise.Auc!.Value - Evaluation.Auc!.Value;
}

/// <summary>
/// Logistic regression by record-level DP-SGD: every patient's gradient is clipped by itself, the hospitals add the noise
/// inside the masked sum, and their ledgers stop the training at the budget.
/// </summary>
/// <remarks>
/// Features are scaled by their public ranges: statistics of the rows would be a release of their own. The mean divides by
/// a public number of rows.
/// </remarks>
public static class PrivateTraining
{
    /// <summary>C: the norm that one patient's gradient is clipped to.</summary>
    public const double ClipNorm = 1;

    private const int FractionBits = 16;
    private const double LearningRate = 4;

    /// <summary>Trains until the budget is spent.</summary>
    /// <param name="hospitals">The hospitals; the rounds of their plan are what the budget is divided by.</param>
    /// <param name="epsilon">ε, above 0.</param>
    /// <param name="delta">δ.</param>
    /// <param name="participation">Who takes part.</param>
    /// <param name="progress">Told of every round.</param>
    /// <exception cref="PrivacyDomainException">ε or δ is outside its domain.</exception>
    /// <exception cref="DemoException">No plan of so many rounds keeps the budget, or a round gave no sum.</exception>
    public static PrivateTrainingResult Run(
        HospitalFederation hospitals,
        double epsilon,
        double delta,
        ParticipationPlan participation,
        Action<PrivateRound>? progress = null
    )
    {
        ArgumentNullException.ThrowIfNull(hospitals);
        ArgumentNullException.ThrowIfNull(participation);
        PrivacyBudget budget = new(epsilon, delta, PrivacyUnit.Record, NeighbouringRelation.AddOrRemoveOne);
        int rounds = participation.Rounds.Length;
        AggregationPlan plan = PlanWithin(budget, hospitals, rounds);
        var ledgers = hospitals.Names.ToImmutableDictionary(
            name => name,
            name => new InMemoryLedger($"{name}", budget)
        );
        using var federation = InProcessFederation.Create(
            "hospitals",
            hospitals.Names,
            SystemRandomSource.Instance,
            name => new LedgerGate(ledgers[name])
        );

        PublicScale scale = new(hospitals);
        float[] model = new float[plan.Length];
        ImmutableArray<PrivateRound>.Builder done = ImmutableArray.CreateBuilder<PrivateRound>();
        foreach (Participation round in participation.Rounds)
        {
            RoundOutcome outcome = federation.RunRound(
                plan,
                attempt => Contribute(attempt, hospitals, scale, model, round),
                maximumAttempts: 1,
                options: new InProcessOptions { ModelDigest = GlobalModel.Create(model).Digest }
            );
            if (outcome is not RoundOutcome.Completed completed)
            {
                throw new DemoException(
                    DemoExit.Round,
                    "round-aborted",
                    $"Round {done.Count + 1} of the private training gave no sum. {((RoundOutcome.Aborted)outcome).Explanation}",
                    "Run it again; if it repeats, the plan and the participants do not fit each other."
                );
            }

            Step(model, completed.Sum.Average());
            done.Add(
                new PrivateRound(
                    done.Count + 1,
                    round.Cohort.Length,
                    round.Dropped,
                    ledgers.Values.Max(ledger => ledger.Current.Spent),
                    scale.Evaluate(model)
                )
            );
            progress?.Invoke(done[^1]);
        }

        return new PrivateTrainingResult(
            budget,
            plan,
            done.ToImmutable(),
            WithoutNoise(hospitals, scale, plan, participation),
            OneRoundMore(federation, hospitals, scale, plan, model)
        );
    }

    private static AggregationPlan PlanWithin(PrivacyBudget budget, HospitalFederation hospitals, int rounds)
    {
        try
        {
            return PlanOf(hospitals, RenyiAccountant.NoiseMultiplier(budget.Epsilon, budget.Delta, steps: rounds));
        }
        catch (Exception refused) when (refused is PrivacyDomainException or PlanRefusedException)
        {
            throw new DemoException(
                DemoExit.Plan,
                "plan-refused",
                $"No plan of {rounds} rounds keeps {budget}: {refused.Message}",
                "Ask for a larger ε or for fewer rounds.",
                refused
            );
        }
    }

    private static AggregationPlan PlanOf(HospitalFederation hospitals, double noiseMultiplier)
    {
        int parties = hospitals.Hospitals.Length;
        return AggregationPlan.Create(
            length: LogisticRegression.ModelLength(hospitals.Test.Features.Length),
            maximumParticipants: parties,
            ClipNorm,
            FractionBits,
            PrivacyPlan.ForRecords(
                noiseMultiplier,
                maximumExamples: hospitals.Plan.MaximumRowCount,
                divisor: hospitals.Plan.PublicRowCount,
                SamplingClaim.Nothing
            ),
            AggregationScheme.PairwiseMasked(
                minimumSurvivors: DescriptorRules.LeastThreshold(parties, HospitalDemo.CollusionBound),
                HospitalDemo.CollusionBound
            )
        );
    }

    private static void Contribute(
        InProcessRound attempt,
        HospitalFederation hospitals,
        PublicScale scale,
        float[] model,
        Participation round
    )
    {
        foreach (Hospital hospital in hospitals.Hospitals.Where(hospital => round.Cohort.Contains(hospital.Name)))
        {
            ExampleSum examples = new(attempt.Plan.Encoding, SystemRandomSource.Instance);
            foreach ((float[] row, bool label) in scale.RowsOf(hospital))
            {
                examples.Add(Descent(model, row, label));
            }

            attempt.Contribute(hospital.Name, examples);
        }

        foreach (ParticipantId silent in round.Dropped)
        {
            attempt.Drop(silent, HospitalDemo.DropPhase);
        }
    }

    // The budget is divided by the rounds of the plan, so the ledgers of all hospitals refuse one more.
    private static string OneRoundMore(
        InProcessFederation federation,
        HospitalFederation hospitals,
        PublicScale scale,
        AggregationPlan plan,
        float[] model
    )
    {
        Participation everyone = ParticipationPlan.Everyone(hospitals.Names, 1).Rounds[0];
        RoundOutcome outcome = federation.RunRound(
            plan,
            attempt => Contribute(attempt, hospitals, scale, model, everyone),
            maximumAttempts: 1
        );
        return
            outcome is RoundOutcome.Aborted { ClientAborts.Values: var reasons }
            && reasons.All(reason => reason == AbortReason.BudgetExceeded)
            ? $"round {outcome.Descriptor.Round} was refused by all {reasons.Count()} hospitals: {AbortReason.BudgetExceeded}"
            : throw new InvalidOperationException("A round beyond the budget was not refused.");
    }

    private static Evaluation WithoutNoise(
        HospitalFederation hospitals,
        PublicScale scale,
        AggregationPlan plan,
        ParticipationPlan participation
    )
    {
        float[] model = new float[plan.Length];
        foreach (Participation round in participation.Rounds)
        {
            double[] sum = new double[plan.Length];
            foreach (
                Hospital hospital in hospitals.Hospitals.Where(hospital =>
                    round.Cohort.Contains(hospital.Name) && !round.Dropped.Contains(hospital.Name)
                )
            )
            {
                foreach ((float[] row, bool label) in scale.RowsOf(hospital))
                {
                    ClippedUpdate clipped = ClippedUpdate.Clip(
                        LocalUpdate.Create(Descent(model, row, label)),
                        plan.Encoding
                    );
                    for (int j = 0; j < sum.Length; j++)
                    {
                        sum[j] += clipped.Values[j];
                    }
                }
            }

            Step(model, [.. sum.Select(value => (float)(value / plan.Encoding.Noise!.Divisor))]);
        }

        return scale.Evaluate(model);
    }

    // Minus the gradient of one row's log loss.
    private static float[] Descent(float[] model, float[] row, bool label)
    {
        double score = model[^1];
        for (int j = 0; j < row.Length; j++)
        {
            score += model[j] * row[j];
        }

        double pull = (label ? 1 : 0) - Metrics.Sigmoid(score);
        return [.. row.Select(value => (float)(pull * value)), (float)pull];
    }

    private static void Step(float[] model, ReadOnlySpan<float> mean)
    {
        for (int j = 0; j < model.Length; j++)
        {
            model[j] += (float)(LearningRate * mean[j]);
        }
    }

    // Rows with every feature mapped from its public range to −1 … 1; a missing value is the middle.
    private sealed class PublicScale
    {
        private readonly ImmutableDictionary<ParticipantId, (float[] Row, bool Label)[]> _training;
        private readonly LabelledRows _test;

        public PublicScale(HospitalFederation hospitals)
        {
            ImmutableArray<Feature> features = hospitals.Test.Features;
            _training = hospitals.Hospitals.ToImmutableDictionary(
                hospital => hospital.Name,
                hospital =>
                    hospital
                        .Training.Values.Zip(hospital.Training.Labels, (row, label) => (Map(features, row), label))
                        .ToArray()
            );
            _test = new LabelledRows(
                features,
                [.. hospitals.Test.Values.Select(row => Map(features, row))],
                hospitals.Test.Labels
            );
        }

        public (float[] Row, bool Label)[] RowsOf(Hospital hospital) => _training[hospital.Name];

        public Evaluation Evaluate(float[] model)
        {
            double[] scores = LogisticRegression.Scores(model, _test);
            return new Evaluation(
                Metrics.LogLoss(scores, _test.Labels),
                Metrics.Auc(scores, _test.Labels),
                Metrics.Accuracy(scores, _test.Labels)
            );
        }

        private static float[] Map(ImmutableArray<Feature> features, float[] row) =>
            [
                .. row.Select(
                    (value, j) => float.IsNaN(value) ? 0 : (float)StandardisationStatistics.ToUnit(features[j], value)
                ),
            ];
    }
}
