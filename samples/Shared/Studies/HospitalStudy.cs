using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Samples.Shared;

/// <summary>One hospital's result without the others.</summary>
/// <param name="Hospital">Who.</param>
/// <param name="TrainingRows">How many rows it trained on.</param>
/// <param name="Evaluation">Its model on everybody's held-out rows.</param>
public sealed record AloneResult(ParticipantId Hospital, int TrainingRows, Evaluation Evaluation);

/// <summary>The figures that a secure run is compared with: data pooled, plain FedAvg, every hospital alone.</summary>
/// <param name="Pooled">All rows in one place, the same number of steps.</param>
/// <param name="Plain">FedAvg without protection, with the same cohorts, dropouts and seeds as the secure run.</param>
/// <param name="Alone">Each hospital by itself.</param>
public sealed record HospitalBaselines(TrainingResult Pooled, TrainingResult Plain, ImmutableArray<AloneResult> Alone)
{
    /// <summary>The mean AUC of the hospitals alone.</summary>
    public double MeanAloneAuc => Alone.Average(result => result.Evaluation.Auc!.Value);
}

/// <summary>Runs the trainings that a demonstration compares. Every one measures on the same held-out rows.</summary>
public static class HospitalStudy
{
    /// <summary>Federated training: the hospitals agree on a scale with the aggregate, then train by rounds with it.</summary>
    /// <param name="federation">The hospitals and their plan.</param>
    /// <param name="aggregate">Plain or secure.</param>
    /// <param name="participation">Cohorts and dropouts; null when everyone is there in every round of the plan.</param>
    /// <param name="seed">Shuffles mini-batches; give plain and secure the same.</param>
    /// <param name="progress">Told of every round.</param>
    /// <param name="model">What is trained; null for logistic regression.</param>
    public static TrainingResult Federated(
        HospitalFederation federation,
        IAggregate aggregate,
        ParticipationPlan? participation = null,
        int seed = 1,
        Action<RoundRecord>? progress = null,
        RowModel? model = null
    )
    {
        ArgumentNullException.ThrowIfNull(federation);
        Standardiser scale = HospitalTask.AgreeOnScale(federation, aggregate);
        return OnScale(federation, aggregate, scale, participation, seed, progress, model);
    }

    /// <summary>The same on a scale that was agreed on before: its sums need not be released again for a second model.</summary>
    /// <inheritdoc cref="Federated" path="/param"/>
    /// <param name="scale">See <see cref="HospitalTask.AgreeOnScale"/>.</param>
    public static TrainingResult OnScale(
        HospitalFederation federation,
        IAggregate aggregate,
        Standardiser scale,
        ParticipationPlan? participation = null,
        int seed = 1,
        Action<RoundRecord>? progress = null,
        RowModel? model = null
    )
    {
        ArgumentNullException.ThrowIfNull(federation);
        var task = HospitalTask.Of(federation, scale, seed, model);
        return new FederatedRunner(task, aggregate).Run(
            participation ?? ParticipationPlan.Everyone(task.Parties, federation.Plan.RoundCount),
            progress
        );
    }

    /// <summary>The baselines, with the plain run under the given participation.</summary>
    /// <param name="federation">The hospitals and their plan.</param>
    /// <param name="participation">Cohorts and dropouts of the secure run; null when everyone is always there.</param>
    /// <param name="seed">Shuffles mini-batches.</param>
    /// <param name="model">What is trained; null for logistic regression.</param>
    public static HospitalBaselines Baselines(
        HospitalFederation federation,
        ParticipationPlan? participation = null,
        int seed = 1,
        RowModel? model = null
    )
    {
        ArgumentNullException.ThrowIfNull(federation);
        return new HospitalBaselines(
            InOnePlace(federation, HospitalTask.Pooled(federation, seed, model)),
            Federated(federation, new PlainAggregate(), participation, seed, model: model),
            [
                .. federation.Hospitals.Select(hospital => new AloneResult(
                    hospital.Name,
                    hospital.Training.Count,
                    InOnePlace(federation, HospitalTask.Alone(federation, hospital, seed, model)).Evaluation
                )),
            ]
        );
    }

    private static TrainingResult InOnePlace(HospitalFederation federation, HospitalTask task) =>
        new FederatedRunner(task, new PlainAggregate()).Run(
            ParticipationPlan.Everyone(task.Parties, federation.Plan.RoundCount)
        );
}
