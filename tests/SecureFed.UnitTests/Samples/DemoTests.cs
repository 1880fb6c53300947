using System.Text.Json;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Samples.Shared;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Samples;

public sealed class DemoTests
{
    [Fact]
    public void On_Wisconsin_secure_and_plain_FedAvg_differ_by_at_most_five_thousandths_of_AUC() =>
        AssertKept(HospitalDemo.Load(folder: null, seed: 2, rounds: 4), droppedInRound: 2);

    [SharedFact("data/heart-disease/processed.va.data")]
    public void On_heart_disease_secure_and_plain_FedAvg_differ_by_at_most_five_thousandths_of_AUC() =>
        AssertKept(
            HospitalDemo.Load(RepositoryFolders.InShared("data", "heart-disease"), seed: 1, rounds: 4),
            droppedInRound: 2
        );

    // samples/Hospital/Program.cs shows the plans so that they can be copied; the demo command runs the same ones.
    [Fact]
    public void The_plans_to_copy_are_the_plans_that_run()
    {
        string shown = PlansIn("samples", "Hospital", "Program.cs");

        Assert.Contains("clipNorm:hospitals.Plan.ClipNorm", shown, StringComparison.Ordinal);
        Assert.Equal(PlansIn("samples", "Shared", "Demos", "HospitalDemo.cs"), shown);

        static string PlansIn(params string[] path)
        {
            string text = string.Concat(
                File.ReadLines(RepositoryFolders.InRoot(path))
                    .Select(line => line.Replace(" ", string.Empty, StringComparison.Ordinal))
                    .Where(line => !line.StartsWith("//", StringComparison.Ordinal))
            );
            int start = text.IndexOf("varscale=", StringComparison.Ordinal);
            return text[start..text.IndexOf(".WithMetrics(", start, StringComparison.Ordinal)];
        }
    }

    [Fact]
    public void Two_runs_with_the_same_seed_agree_in_everything_that_is_not_protected()
    {
        HospitalDemoResult first = Run(HospitalDemo.Load(folder: null, seed: 5, rounds: 1));
        HospitalDemoResult again = Run(HospitalDemo.Load(folder: null, seed: 5, rounds: 1));

        Assert.Equal(first.Baselines.Plain.Model.Digest, again.Baselines.Plain.Model.Digest);
        Assert.Equal(first.Baselines.Pooled.Model.Digest, again.Baselines.Pooled.Model.Digest);
        Assert.Equal(first.Baselines.MeanAloneAuc, again.Baselines.MeanAloneAuc);
        // Masks and rounding are never seeded: the server sees something else each time.
        Assert.NotEqual(first.View.Correlation, again.View.Correlation);
    }

    [Fact]
    public void Without_masks_the_server_view_shows_the_update_and_with_masks_it_does_not()
    {
        HospitalFederation hospitals = HospitalDemo.Load(folder: null, seed: 1, rounds: 3);
        Func<AggregateRequest, AggregationPlan> masked = HospitalDemo.PlansOf(hospitals);
        AggregationPlan Unprotected(AggregateRequest request)
        {
            AggregationPlan plan = masked(request);
            return AggregationPlan.Create(
                plan.Length,
                plan.MaximumParticipants,
                plan.Encoding.ClipNorm,
                plan.Encoding.FractionBits,
                plan.Privacy,
                AggregationScheme.Unprotected(because: "the contrast of a test"),
                plan.Encoding.MaximumWeight
            );
        }

        HospitalDemoResult hidden = Run(hospitals);
        HospitalDemoResult open = HospitalDemo.Run(hospitals, Unprotected, HospitalDemo.OneDropout(hospitals), seed: 1);

        // Ninety-three independent pairs exceed 0.65 less than once in 10^11 runs.
        Assert.InRange(Math.Abs(hidden.View.Correlation), 0, 0.65);
        Assert.True(open.View.Correlation > 0.99);
        Assert.True(open.View.ChiSquareP < 1e-9);
        Assert.True(hidden.IsKept);
        Assert.False(open.IsKept);
        Assert.Equal(open.Secure.Evaluation.Auc!.Value, hidden.Secure.Evaluation.Auc!.Value, HospitalDemo.AllowedGap);
    }

    [Fact]
    public void The_secure_mean_is_the_plain_mean_of_those_who_stayed_up_to_the_grid()
    {
        ParticipantId[] parties = [.. Enumerable.Range(0, 4).Select(ParticipantId.FromIndex)];
        using var federation = InProcessFederation.Create("test", parties, SystemRandomSource.Instance);
        AggregateRequest request = new(
            1,
            GlobalModel.Zero(2),
            [.. parties.Select((party, i) => new PartyUpdate(party, [0.1f * i, -0.2f], Weight: 10 + i))],
            Dropped: [parties[2]]
        );
        RoundOutcome? seen = null;
        SecureAggregate secure = new(
            federation,
            _ => PlanOfTwo(participants: 4, maximumWeight: 16),
            RoundPhase.ShareKeys,
            round => seen = round.Outcome
        );

        var mean = Assert.IsType<AggregateOutcome.Completed>(secure.Aggregate(request));
        var plain = Assert.IsType<AggregateOutcome.Completed>(new PlainAggregate().Aggregate(request));

        Assert.Equal(plain.Contributors.AsEnumerable(), mean.Contributors.AsEnumerable());
        Assert.Equal(plain.Mean[0], mean.Mean[0], 1e-4);
        Assert.Equal(plain.Mean[1], mean.Mean[1], 1e-4);
        Assert.Equal(request.Model.Digest, seen!.Descriptor.ModelDigest);
        Assert.InRange(mean.BytesUpPerParty, 100, 10_000);
    }

    [Fact]
    public void Too_many_dropouts_give_no_mean_and_a_reason()
    {
        ParticipantId[] parties = [.. Enumerable.Range(0, 4).Select(ParticipantId.FromIndex)];
        using var federation = InProcessFederation.Create("test", parties, SystemRandomSource.Instance);
        SecureAggregate secure = new(federation, _ => PlanOfTwo(participants: 4, maximumWeight: 0));
        AggregateRequest request = new(
            1,
            GlobalModel.Zero(2),
            [.. parties.Select(party => new PartyUpdate(party, [0.1f, 0.2f], Weight: 1))],
            Dropped: [parties[0], parties[1]]
        );

        var aborted = Assert.IsType<AggregateOutcome.Aborted>(secure.Aggregate(request));

        Assert.Contains(nameof(AbortReason.NotEnoughSurvivors), aborted.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_party_cannot_drop_out_of_a_sum_that_it_is_in()
    {
        using var federation = InProcessFederation.Create(
            "test",
            [ParticipantId.FromIndex(0), ParticipantId.FromIndex(1)],
            SystemRandomSource.Instance
        );

        Assert.Throws<ArgumentOutOfRangeException>(
            "dropsDuring",
            () => new SecureAggregate(federation, _ => LinearDemo.PlanFor(2), RoundPhase.Unmask)
        );
    }

    [Fact]
    public void Five_parties_find_the_noisy_line_as_pooled_least_squares_does_by_secure_rounds()
    {
        var task = LinearTask.Create(partyCount: 5, rowsPerParty: 200, noiseStandardDeviation: 1);

        LinearDemoResult result = LinearDemo.Run(task, LinearDemo.PlanFor(5), rounds: 35);

        Assert.True(result.IsKept);
        Assert.Equal(result.Pooled.Slope, result.Slope, 1e-4);
        Assert.Equal(result.Pooled.Intercept, result.Intercept, 1e-4);
        Assert.InRange(result.Slope, 1.65, 2.35);
        Assert.InRange(result.Intercept, 0.8, 1.2);
        Assert.All(result.Training.Rounds, round => Assert.InRange(round.LargestUpdateNorm, 0, LinearDemo.ClipNorm));
    }

    [Fact]
    public void Only_a_cohort_of_two_lowers_floors()
    {
        Assert.Equal(2, LinearDemo.LoweredFloors(LinearDemo.PlanFor(2)).Length);
        Assert.Empty(LinearDemo.LoweredFloors(LinearDemo.PlanFor(3)));
        Assert.Equal(2, LinearDemo.PlanFor(3).EffectiveCohort);
    }

    [Theory]
    [InlineData("--seed", "-1")]
    [InlineData("--rounds", "0")]
    [InlineData("--rounds", "10001")]
    [InlineData("--rounds", "2147483647")]
    [InlineData("--data")]
    [InlineData("--data", "")]
    [InlineData("--data", "--json")]
    [InlineData("--verbose")]
    public void Arguments_of_a_sample_that_make_no_sense_are_a_usage_failure(params string[] args)
    {
        DemoException failure = Assert.Throws<DemoException>(() => DemoArguments.Parse(args));

        Assert.Equal(DemoExit.Usage, failure.Exit);
        Assert.Contains(args[0], failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sample_without_data_of_the_user_refuses_a_folder()
    {
        DemoException failure = Assert.Throws<DemoException>(() =>
            DemoArguments.Parse(["--data", "folder"], takesData: false)
        );

        Assert.Equal(DemoExit.Usage, failure.Exit);
        Assert.Contains("--data", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1e-9, "masked bytes, uniform by", DemoExit.Success)]
    [InlineData(9e-10, "masked bytes, NOT uniform by chi-square p = 9.0E-010", DemoExit.PromiseMissed)]
    [InlineData(double.NaN, "masked bytes, NOT uniform by", DemoExit.PromiseMissed)]
    public void Uploads_that_are_not_uniform_are_a_missed_promise(double p, string expected, DemoExit exit)
    {
        HospitalDemoResult result = Run(HospitalDemo.Load(folder: null, seed: 1, rounds: 1)) with
        {
            View = new ServerView(p, Correlation: 0),
        };
        using StringWriter output = new();
        using StringWriter error = new();

        Assert.Equal(exit, HospitalReport.Finish(new DemoScreen(output, error), result, seed: 1));

        Assert.Contains(expected, output.ToString(), StringComparison.Ordinal);
        Assert.Equal(exit == DemoExit.Success, result.IsKept);
        Assert.Equal(
            exit == DemoExit.Success ? string.Empty : "missed: what the server saw of eastfield is not uniform.",
            error.ToString().TrimEnd()
        );
    }

    [Fact]
    public void Several_linear_runs_are_one_object_on_one_line()
    {
        var task = LinearTask.Create(partyCount: 2, rowsPerParty: 100, noiseStandardDeviation: 0);
        AggregationPlan plan = LinearDemo.PlanFor(2);
        using StringWriter output = new();
        using StringWriter error = new();

        DemoExit exit = LinearReport.RunAll(
            new DemoScreen(output, error, isJson: true),
            rounds: 1,
            (task, plan),
            (task, plan)
        );

        // One round is too few: both runs miss the line, which is still one line of each stream.
        Assert.Equal(DemoExit.PromiseMissed, exit);
        Assert.Single(error.ToString().TrimEnd().Split('\n'));
        using var answer = JsonDocument.Parse(Assert.Single(output.ToString().TrimEnd().Split('\n')));
        Assert.False(answer.RootElement.GetProperty("kept").GetBoolean());
        Assert.Equal(2, answer.RootElement.GetProperty("runs").GetArrayLength());
    }

    [Fact]
    public void Arguments_of_a_sample_are_read()
    {
        DemoArguments parsed = DemoArguments.Parse(["--seed", "7", "--json", "--rounds", "3", "--data", "folder"]);

        Assert.Equal((7, 3, "folder", true), (parsed.Seed, parsed.Rounds, parsed.Data, parsed.IsJson));
    }

    private static HospitalDemoResult Run(HospitalFederation hospitals) =>
        HospitalDemo.Run(hospitals, HospitalDemo.PlansOf(hospitals), HospitalDemo.OneDropout(hospitals), seed: 1);

    private static void AssertKept(HospitalFederation hospitals, int droppedInRound)
    {
        HospitalDemoResult result = Run(hospitals);

        Assert.InRange(result.Gap, 0, HospitalDemo.AllowedGap);
        Assert.True(result.IsKept);
        foreach (TimedRound round in result.Rounds)
        {
            bool isDropRound = round.Record.Round == droppedInRound;
            Assert.Equal(isDropRound ? 1 : 0, round.Record.Dropped.Length);
            Assert.Equal(isDropRound, round.Record.Dropped.Contains(hospitals.Names[^1]));
            Assert.Null(round.Record.AbortedBecause);
        }

        Assert.Equal(
            result.Baselines.Plain.Rounds.Select(round => round.Dropped),
            result.Secure.Rounds.Select(round => round.Dropped)
        );
        Assert.Equal(result.Plan.Threshold - HospitalDemo.CollusionBound, result.Plan.EffectiveCohort);
    }

    private static AggregationPlan PlanOfTwo(int participants, long maximumWeight) =>
        AggregationPlan.Create(
            length: 2,
            participants,
            clipNorm: 1,
            fractionBits: 20,
            PrivacyPlan.None(because: "made-up numbers"),
            AggregationScheme.PairwiseMasked(minimumSurvivors: 3, collusionBound: 1),
            maximumWeight
        );
}
