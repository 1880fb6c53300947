using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Samples.Shared;

/// <summary>A secure round and what it was asked for. Only a demonstration holds both: the server sees the outcome, each party its own update.</summary>
/// <param name="Request">The parties' private updates.</param>
/// <param name="Plan">The public plan.</param>
/// <param name="Outcome">What the server ended with.</param>
public sealed record SecureRound(AggregateRequest Request, AggregationPlan Plan, RoundOutcome Outcome);

/// <summary>The mean by a secure round: real keys, shares, masks and signatures, all parties in this process. The server learns the sum.</summary>
/// <remarks>Not thread-safe. The federation stays the caller's.</remarks>
public sealed class SecureAggregate : IAggregate
{
    private readonly InProcessFederation _federation;
    private readonly Func<AggregateRequest, AggregationPlan> _planOf;
    private readonly RoundPhase _dropsDuring;
    private readonly Action<SecureRound>? _observer;
    private readonly IRoundObserver? _messages;

    /// <param name="federation">The enrolled parties.</param>
    /// <param name="planOf">The plan of a round. It may read the length, the round's number and the number of parties of the request, and nothing private.</param>
    /// <param name="dropsDuring">When a party that drops out falls silent: up to MaskedInput, so that its update is not in the sum.</param>
    /// <param name="observer">Told of every round when it is over; null when nobody listens.</param>
    /// <param name="messages">Sees every message on its way; null when nobody does.</param>
    public SecureAggregate(
        InProcessFederation federation,
        Func<AggregateRequest, AggregationPlan> planOf,
        RoundPhase dropsDuring = RoundPhase.MaskedInput,
        Action<SecureRound>? observer = null,
        IRoundObserver? messages = null
    )
    {
        ArgumentNullException.ThrowIfNull(federation);
        ArgumentNullException.ThrowIfNull(planOf);
        if (dropsDuring is < RoundPhase.AdvertiseKeys or > RoundPhase.MaskedInput)
        {
            throw new ArgumentOutOfRangeException(
                nameof(dropsDuring),
                dropsDuring,
                "A party that falls silent after MaskedInput is in the sum: it has not dropped out of it."
            );
        }

        _federation = federation;
        _planOf = planOf;
        _dropsDuring = dropsDuring;
        _observer = observer;
        _messages = messages;
    }

    /// <inheritdoc/>
    public AggregateOutcome Aggregate(AggregateRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        AggregationPlan plan = _planOf(request);

        // Parties refuse to add up updates of different models: the digest binds them to this one.
        InProcessOptions options = new() { ModelDigest = request.Model.Digest, Observer = _messages };
        using InProcessRound round = _federation.StartRound(plan, options);
        foreach (PartyUpdate update in request.Cohort)
        {
            // Clipped first: whether that changed anything is one of the metrics, and travels inside the same masked vector.
            ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create(update.Update, update.Weight), plan.Encoding);
            round.Contribute(update.Party, clipped, TrainingMetrics.Complete(plan.Encoding, update, clipped));
        }

        foreach (ParticipantId party in request.Dropped)
        {
            round.Drop(party, _dropsDuring);
        }

        RoundOutcome outcome = round.Complete();
        _observer?.Invoke(new SecureRound(request, plan, outcome));
        return outcome switch
        {
            RoundOutcome.Completed completed => new AggregateOutcome.Completed(
                completed.Sum.Average(),
                completed.Survivors,
                request.Cohort.Max(update => completed.Traffic.BytesSentBy(update.Party))
            ),
            RoundOutcome.Aborted aborted => new AggregateOutcome.Aborted($"{aborted.Reason}: {aborted.Explanation}"),
            _ => throw new InvalidOperationException("A round completes or aborts."),
        };
    }
}
