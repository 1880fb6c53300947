using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Samples.Shared;

/// <summary>One party's contribution to a round. Private to the party until an aggregate protects it.</summary>
/// <param name="Party">Who.</param>
/// <param name="Update">float[d]: the locally trained model minus the global one.</param>
/// <param name="Weight">At least 1, for example the number of training rows.</param>
/// <param name="Metrics">What the party measured, for plans that ask for it; null for nothing.</param>
public sealed record PartyUpdate(ParticipantId Party, float[] Update, long Weight, MetricValues? Metrics = null);

/// <summary>What an aggregate gets for a round.</summary>
/// <param name="Round">The round, from 1; 0 for the statistics before the first.</param>
/// <param name="Model">The model the updates start from.</param>
/// <param name="Cohort">The parties that start the round, in ascending order of their names, those that drop out included.</param>
/// <param name="Dropped">The parties of the cohort that fall silent before their update arrives.</param>
public sealed record AggregateRequest(
    int Round,
    GlobalModel Model,
    ImmutableArray<PartyUpdate> Cohort,
    ImmutableArray<ParticipantId> Dropped
);

/// <summary>What an aggregate gives back: the mean, or why there is none.</summary>
/// <remarks>A closed family.</remarks>
public abstract record AggregateOutcome
{
    private AggregateOutcome() { }

    /// <summary>The weighted mean of the updates of those who did not drop out.</summary>
    /// <param name="Mean">float[d].</param>
    /// <param name="Contributors">Whose updates are in the mean.</param>
    /// <param name="BytesUpPerParty">What the largest sender sent, in bytes.</param>
    public sealed record Completed(float[] Mean, ImmutableArray<ParticipantId> Contributors, long BytesUpPerParty)
        : AggregateOutcome;

    /// <summary>The round gave nothing; the model stays.</summary>
    /// <param name="Reason">Why, for a reader.</param>
    public sealed record Aborted(string Reason) : AggregateOutcome;
}

/// <summary>Turns a cohort's updates into their weighted mean: in the clear, or by a secure round. The rest of the training is the same code.</summary>
public interface IAggregate
{
    /// <summary>Σ wᵣ·xᵣ / Σ wᵣ over the cohort without the dropped parties.</summary>
    AggregateOutcome Aggregate(AggregateRequest request);
}

/// <summary>Plain FedAvg: the server sees every update. The baseline, and what secure rounds are compared with.</summary>
public sealed class PlainAggregate : IAggregate
{
    /// <inheritdoc/>
    public AggregateOutcome Aggregate(AggregateRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        PartyUpdate[] present = [.. request.Cohort.Where(update => !request.Dropped.Contains(update.Party))];
        if (present.Length == 0)
        {
            return new AggregateOutcome.Aborted("Every party of the cohort dropped out.");
        }

        float[] mean = new float[present[0].Update.Length];
        FederatedAveraging.WeightedMean(
            [.. present.Select(update => update.Update)],
            [.. present.Select(update => (double)update.Weight)],
            mean
        );
        return new AggregateOutcome.Completed(
            mean,
            [.. present.Select(update => update.Party)],
            BytesUpPerParty: (long)mean.Length * sizeof(float)
        );
    }
}
