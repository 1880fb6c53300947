using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Samples.Shared;

/// <summary>How good a model is on held-out rows. For demonstration: without a privacy plan, measuring is no part of the release.</summary>
/// <param name="Loss">Mean log loss in nats, or mean squared error.</param>
/// <param name="Auc">Area under the ROC curve; null where the task has no labels.</param>
/// <param name="Accuracy">Share of rows on the right side; null where the task has no labels.</param>
public sealed record Evaluation(double Loss, double? Auc, double? Accuracy);

/// <summary>What is trained: the parties' local work and the measuring. It knows nothing of rounds or protection.</summary>
public interface ILearningTask
{
    /// <summary>The parties, ascending by name.</summary>
    ImmutableArray<ParticipantId> Parties { get; }

    /// <summary>d, the number of the model's weights.</summary>
    int ModelLength { get; }

    /// <summary>Where training starts: public, and the same at every party. The zero model unless the task says otherwise.</summary>
    GlobalModel InitialModel => GlobalModel.Zero(ModelLength);

    /// <summary>One party's local training. The same arguments give the same update, so that plain and secure runs train alike.</summary>
    /// <param name="party">One of <see cref="Parties"/>.</param>
    /// <param name="model">The global model.</param>
    /// <param name="round">From 1.</param>
    PartyUpdate Train(ParticipantId party, GlobalModel model, int round);

    /// <summary>Measures a model on everybody's held-out rows.</summary>
    Evaluation Evaluate(GlobalModel model);
}

/// <summary>What happened in a round.</summary>
/// <param name="Round">From 1.</param>
/// <param name="Cohort">Who started.</param>
/// <param name="Dropped">Who fell silent.</param>
/// <param name="BytesUpPerParty">What the largest sender sent, in bytes; 0 when the round was aborted.</param>
/// <param name="LargestUpdateNorm">The largest L2 norm of an update of the cohort, which a clip norm has to admit. Only a simulation knows it.</param>
/// <param name="Evaluation">The model after the round.</param>
/// <param name="ModelDigest">The model after the round.</param>
/// <param name="AbortedBecause">Why the round gave nothing; null when it gave a mean.</param>
public sealed record RoundRecord(
    int Round,
    ImmutableArray<ParticipantId> Cohort,
    ImmutableArray<ParticipantId> Dropped,
    long BytesUpPerParty,
    double LargestUpdateNorm,
    Evaluation Evaluation,
    Digest ModelDigest,
    string? AbortedBecause
);

/// <summary>A finished training.</summary>
/// <param name="Model">The last model.</param>
/// <param name="Evaluation">How good it is.</param>
/// <param name="Rounds">Every round, in order.</param>
public sealed record TrainingResult(GlobalModel Model, Evaluation Evaluation, ImmutableArray<RoundRecord> Rounds);

/// <summary>Trains by rounds: local training, an aggregate, a step of the server's optimiser. Plain and secure training differ in the aggregate only.</summary>
/// <remarks>Deterministic when the aggregate is. Not thread-safe.</remarks>
public sealed class FederatedRunner
{
    private readonly ILearningTask _task;
    private readonly IAggregate _aggregate;
    private readonly ServerOptimiser _optimiser;

    /// <param name="task">What is trained.</param>
    /// <param name="aggregate">How updates become a mean.</param>
    /// <param name="optimiser">How the mean becomes a model; null for <see cref="ServerOptimiser.FederatedAverage"/>.</param>
    public FederatedRunner(ILearningTask task, IAggregate aggregate, ServerOptimiser? optimiser = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(aggregate);
        _task = task;
        _aggregate = aggregate;
        _optimiser = optimiser ?? ServerOptimiser.FederatedAverage;
    }

    /// <summary>Trains from the task's initial model.</summary>
    /// <param name="plan">Who takes part and who falls silent.</param>
    /// <param name="progress">Told of every round when it is over; null when nobody listens.</param>
    public TrainingResult Run(ParticipationPlan plan, Action<RoundRecord>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        GlobalModel model = _task.InitialModel;
        OptimiserState state = _optimiser.Start(_task.ModelLength);
        ImmutableArray<RoundRecord>.Builder records = ImmutableArray.CreateBuilder<RoundRecord>(plan.Rounds.Length);
        for (int round = 1; round <= plan.Rounds.Length; round++)
        {
            Participation participation = plan.Rounds[round - 1];
            GlobalModel start = model;
            int number = round;
            ImmutableArray<PartyUpdate> updates =
            [
                .. participation.Cohort.Select(party => _task.Train(party, start, number)),
            ];
            AggregateOutcome outcome = _aggregate.Aggregate(
                new AggregateRequest(round, model, updates, participation.Dropped)
            );
            if (outcome is AggregateOutcome.Completed completed)
            {
                (model, state) = _optimiser.Step(model, state, completed.Mean);
            }

            RoundRecord record = Describe(round, participation, updates, outcome, model);
            records.Add(record);
            progress?.Invoke(record);
        }

        return new TrainingResult(model, _task.Evaluate(model), records.ToImmutable());
    }

    private RoundRecord Describe(
        int round,
        Participation participation,
        ImmutableArray<PartyUpdate> updates,
        AggregateOutcome outcome,
        GlobalModel model
    ) =>
        new(
            round,
            participation.Cohort,
            participation.Dropped,
            outcome is AggregateOutcome.Completed completed ? completed.BytesUpPerParty : 0,
            updates.Max(update => Norm(update.Update)),
            _task.Evaluate(model),
            model.Digest,
            (outcome as AggregateOutcome.Aborted)?.Reason
        );

    private static double Norm(float[] vector)
    {
        double squares = 0;
        foreach (float value in vector)
        {
            squares += (double)value * value;
        }

        return Math.Sqrt(squares);
    }
}
