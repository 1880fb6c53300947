using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Samples.Shared;

/// <summary>Who takes part in a round and who falls silent in it.</summary>
/// <param name="Cohort">The parties that start, ascending by name.</param>
/// <param name="Dropped">Those of them whose update does not arrive.</param>
public sealed record Participation(ImmutableArray<ParticipantId> Cohort, ImmutableArray<ParticipantId> Dropped);

/// <summary>Cohorts and dropouts of a whole training, fixed beforehand so that plain and secure runs meet the same.</summary>
/// <remarks>Immutable. A simulation: real parties drop out without a plan.</remarks>
public sealed class ParticipationPlan
{
    private ParticipationPlan(ImmutableArray<Participation> rounds) => Rounds = rounds;

    /// <summary>One entry per round.</summary>
    public ImmutableArray<Participation> Rounds { get; }

    /// <summary>Everyone takes part in every round.</summary>
    /// <param name="parties">At least one.</param>
    /// <param name="roundCount">At least 1.</param>
    public static ParticipationPlan Everyone(IReadOnlyCollection<ParticipantId> parties, int roundCount) =>
        WithDropouts(parties, roundCount, dropoutProbability: 0, minimumSurvivors: 1, seed: 0);

    /// <summary>Everyone starts every round and drops out with the given chance, but never so many that fewer than the minimum stay.</summary>
    /// <param name="parties">At least one.</param>
    /// <param name="roundCount">At least 1.</param>
    /// <param name="dropoutProbability">0 to 1, of each party in each round.</param>
    /// <param name="minimumSurvivors">1 to the number of parties.</param>
    /// <param name="seed">The seed.</param>
    public static ParticipationPlan WithDropouts(
        IReadOnlyCollection<ParticipantId> parties,
        int roundCount,
        double dropoutProbability,
        int minimumSurvivors,
        int seed
    )
    {
        ArgumentNullException.ThrowIfNull(parties);
        ArgumentOutOfRangeException.ThrowIfLessThan(roundCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumSurvivors, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minimumSurvivors, parties.Count);
        if (!(dropoutProbability >= 0 && dropoutProbability <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(dropoutProbability),
                dropoutProbability,
                "A probability is from 0 to 1."
            );
        }

        ImmutableArray<ParticipantId> cohort = [.. parties.Order()];
        var random = new DataSplitRandom(seed, stream: -1);
        return new ParticipationPlan([
            .. Enumerable
                .Range(0, roundCount)
                .Select(_ => new Participation(
                    cohort,
                    Draw(cohort, dropoutProbability, cohort.Length - minimumSurvivors, random)
                )),
        ]);
    }

    /// <summary>The same plan with one more party falling silent in one round.</summary>
    /// <param name="round">From 1.</param>
    /// <param name="party">A party of that round's cohort.</param>
    public ParticipationPlan WithDropout(int round, ParticipantId party)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(round, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(round, Rounds.Length);
        Participation old = Rounds[round - 1];
        if (!old.Cohort.Contains(party))
        {
            throw new ArgumentException($"'{party}' is not in the cohort of round {round}.", nameof(party));
        }

        ImmutableArray<ParticipantId> dropped = [.. old.Dropped.Append(party).Distinct().Order()];
        return new ParticipationPlan(Rounds.SetItem(round - 1, old with { Dropped = dropped }));
    }

    // A random order decides who stays when more drop out than may.
    private static ImmutableArray<ParticipantId> Draw(
        ImmutableArray<ParticipantId> cohort,
        double probability,
        int maximumDropped,
        DataSplitRandom random
    )
    {
        int[] order = [.. Enumerable.Range(0, cohort.Length)];
        random.Shuffle(order);
        return
        [
            .. order
                .Where(_ => random.NextDouble() < probability)
                .Take(maximumDropped)
                .Select(index => cohort[index])
                .Order(),
        ];
    }
}
