using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Samples.Shared;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Samples;

public sealed class StudyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void On_Wisconsin_pooled_and_federated_training_reach_an_AUC_of_99_percent(int seed)
    {
        HospitalBaselines baselines = HospitalStudy.Baselines(HospitalFederation.Wisconsin(seed));

        Assert.InRange(baselines.Pooled.Evaluation.Auc!.Value, 0.99, 1);
        Assert.InRange(baselines.Plain.Evaluation.Auc!.Value, 0.99, 1);
        Assert.True(baselines.MeanAloneAuc < baselines.Plain.Evaluation.Auc.Value);
    }

    [SharedFact("data/heart-disease/processed.va.data")]
    public void On_heart_disease_federated_training_is_near_pooled_and_clearly_above_alone()
    {
        HospitalBaselines baselines = HospitalStudy.Baselines(
            HospitalFederation.HeartDisease(RepositoryFolders.InShared("data", "heart-disease"))
        );

        double plain = baselines.Plain.Evaluation.Auc!.Value;
        Assert.InRange(baselines.Pooled.Evaluation.Auc!.Value, 0.85, 0.95);
        Assert.InRange(plain, baselines.Pooled.Evaluation.Auc.Value - 0.02, 0.95);
        Assert.True(baselines.MeanAloneAuc < plain - 0.05);
    }

    [SharedFact("data/heart-disease/processed.va.data")]
    public void No_update_of_the_plans_reaches_their_clip_norm()
    {
        HospitalFederation[] federations =
        [
            HospitalFederation.Wisconsin(),
            HospitalFederation.HeartDisease(RepositoryFolders.InShared("data", "heart-disease")),
        ];

        foreach (HospitalFederation federation in federations)
        {
            TrainingResult result = HospitalStudy.Federated(federation, new PlainAggregate());
            Assert.All(
                result.Rounds,
                round => Assert.InRange(round.LargestUpdateNorm, 0, 0.9 * federation.Plan.ClipNorm)
            );
            Assert.All(federation.Hospitals, h => Assert.InRange(h.Training.Count, 1, federation.Plan.MaximumRowCount));
        }
    }

    [Fact]
    public void The_same_seeds_give_the_same_models_and_another_split_does_not()
    {
        TrainingResult first = HospitalStudy.Federated(HospitalFederation.Wisconsin(1), new PlainAggregate());
        TrainingResult again = HospitalStudy.Federated(HospitalFederation.Wisconsin(1), new PlainAggregate());
        TrainingResult other = HospitalStudy.Federated(HospitalFederation.Wisconsin(2), new PlainAggregate());

        Assert.Equal(first.Rounds.Select(r => r.ModelDigest), again.Rounds.Select(r => r.ModelDigest));
        Assert.NotEqual(first.Model.Digest, other.Model.Digest);
    }

    [Fact]
    public void A_party_that_drops_out_does_not_move_the_model()
    {
        HospitalFederation federation = HospitalFederation.Wisconsin();
        ImmutableArray<ParticipantId> parties = [.. federation.Hospitals.Select(h => h.Name)];
        ParticipationPlan without = ParticipationPlan.Everyone(parties, 1).WithDropout(1, parties[0]);
        var counting = new Recorder(new PlainAggregate());

        TrainingResult result = HospitalStudy.Federated(federation, counting, without);

        Assert.Equal(parties[0], Assert.Single(result.Rounds[0].Dropped));
        Assert.Equal(5, counting.Requests[^1].Cohort.Length);
        PartyUpdate[] present = [.. counting.Requests[^1].Cohort.Skip(1)];
        float[] mean = new float[result.Model.Length];
        FederatedAveraging.WeightedMean(
            [.. present.Select(u => u.Update)],
            [.. present.Select(u => (double)u.Weight)],
            mean
        );
        Assert.Equal(GlobalModel.Create(mean).Digest, result.Model.Digest);
    }

    [Fact]
    public void An_aborted_round_leaves_the_model_and_says_why()
    {
        HospitalFederation federation = HospitalFederation.Wisconsin();
        var failing = new AbortEveryTrainingRound();

        TrainingResult result = HospitalStudy.Federated(federation, failing);

        Assert.Equal(GlobalModel.Zero(31).Digest, result.Model.Digest);
        Assert.All(result.Rounds, round => Assert.Equal("no quorum", round.AbortedBecause));
    }

    [Fact]
    public void Plain_averaging_without_survivors_is_aborted()
    {
        ParticipantId party = ParticipantId.FromIndex(0);
        var request = new AggregateRequest(1, GlobalModel.Zero(1), [new PartyUpdate(party, [1f], 1)], [party]);

        Assert.IsType<AggregateOutcome.Aborted>(new PlainAggregate().Aggregate(request));
        Assert.IsType<AggregateOutcome.Completed>(new PlainAggregate().Aggregate(request with { Dropped = [] }));
    }

    [Fact]
    public void Drawn_dropouts_repeat_by_seed_and_leave_the_minimum_of_survivors()
    {
        ParticipantId[] parties = [.. Enumerable.Range(0, 6).Select(ParticipantId.FromIndex)];

        ParticipationPlan plan = ParticipationPlan.WithDropouts(parties, 200, 0.6, minimumSurvivors: 4, seed: 9);
        ParticipationPlan again = ParticipationPlan.WithDropouts(parties, 200, 0.6, minimumSurvivors: 4, seed: 9);

        Assert.All(plan.Rounds, round => Assert.InRange(round.Dropped.Length, 0, 2));
        Assert.Contains(plan.Rounds, round => round.Dropped.Length == 2);
        Assert.Equal(plan.Rounds.Select(round => round.Dropped), again.Rounds.Select(round => round.Dropped));
        Assert.Equal(6, plan.Rounds.SelectMany(round => round.Dropped).Distinct().Count());
    }

    [Fact]
    public void A_dropout_of_a_party_outside_the_cohort_is_refused() =>
        Assert.Throws<ArgumentException>(
            "party",
            () => ParticipationPlan.Everyone([ParticipantId.FromIndex(0)], 1).WithDropout(1, ParticipantId.FromIndex(1))
        );

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Five_parties_find_the_noisy_line_as_pooled_least_squares_does(int seed)
    {
        var task = LinearTask.Create(partyCount: 5, rowsPerParty: 200, noiseStandardDeviation: 1, seed);

        TrainingResult result = RunLinear(task);

        (double slope, double intercept) = task.PooledLeastSquares();
        Assert.Equal(slope, result.Model.Weights[0], 1e-4);
        Assert.Equal(intercept, result.Model.Weights[1], 1e-4);
        // Three standard errors of 1,000 points; the seeds are fixed, so this cannot fail by chance.
        Assert.InRange(result.Model.Weights[0], 1.65, 2.35);
        Assert.InRange(result.Model.Weights[1], 0.8, 1.2);
        Assert.InRange(result.Evaluation.Loss, 0.85, 1.15);
    }

    [Fact]
    public void Two_devices_without_noise_find_the_line()
    {
        TrainingResult result = RunLinear(
            LinearTask.Create(partyCount: 2, rowsPerParty: 100, noiseStandardDeviation: 0)
        );

        Assert.Equal(2, result.Model.Weights[0], 5e-4);
        Assert.Equal(1, result.Model.Weights[1], 5e-4);
    }

    private static TrainingResult RunLinear(LinearTask task) =>
        new FederatedRunner(task, new PlainAggregate()).Run(
            ParticipationPlan.Everyone(task.Parties, LinearTask.RecommendedRoundCount)
        );

    private sealed class Recorder(IAggregate inner) : IAggregate
    {
        public List<AggregateRequest> Requests { get; } = [];

        public AggregateOutcome Aggregate(AggregateRequest request)
        {
            Requests.Add(request);
            return inner.Aggregate(request);
        }
    }

    private sealed class AbortEveryTrainingRound : IAggregate
    {
        public AggregateOutcome Aggregate(AggregateRequest request) =>
            request.Round == 0 ? new PlainAggregate().Aggregate(request) : new AggregateOutcome.Aborted("no quorum");
    }
}
