using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Samples.Shared;
using static SecureFed.UnitTests.Samples.PrivateRuns;

namespace SecureFed.UnitTests.Samples;

/// <summary>A private training of a few rounds, made once.</summary>
internal static class PrivateRuns
{
    private static readonly Lazy<PrivateTrainingResult> s_small = new(() => Run(epsilon: 3, rounds: 5));

    public static PrivateTrainingResult Small => s_small.Value;

    public static PrivateTrainingResult Run(double epsilon, int rounds)
    {
        HospitalFederation hospitals = HospitalDemo.Load(folder: null, seed: 1, rounds);
        return PrivateTraining.Run(hospitals, epsilon, delta: 1e-5, HospitalDemo.OneDropout(hospitals));
    }
}

public sealed class PrivateTrainingTests
{
    [Fact]
    public void The_rounds_spend_the_budget_and_not_more_and_one_more_is_refused()
    {
        PrivateTrainingResult found = Small;
        double[] spent = [.. found.Rounds.Select(round => round.Epsilon)];

        Assert.Equal(5, spent.Length);
        Assert.Equal(spent.Order(), spent);
        Assert.InRange(spent[^1], 3 * (1 - 1e-5), 3);
        Assert.Contains("BudgetExceeded", found.Stopped, StringComparison.Ordinal);
        Assert.Single(found.Rounds.SelectMany(round => round.Dropped));

        // What the ledgers say is what the plan's own cost comes to.
        double expected = new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne)
            .Compose(found.Plan.Cost!, 2)
            .Epsilon(1e-5)
            .Epsilon;
        Assert.Equal(expected, spent[1]);
    }

    [Fact]
    public void A_model_is_learnt_under_the_noise_and_more_noise_costs_more_of_it()
    {
        Assert.InRange(Small.Evaluation.Auc!.Value, 0.9, 1);
        Assert.InRange(Small.WithoutNoise.Auc!.Value, 0.9, 1);
        PrivateTrainingResult drowned = Run(epsilon: 0.001, rounds: 2);
        Assert.True(drowned.Evaluation.Loss > Small.Evaluation.Loss);
        Assert.True(drowned.NoiseMultiplier > 100 * Small.NoiseMultiplier);
    }

    [Fact]
    public void A_budget_that_no_plan_keeps_is_refused_with_what_to_ask_for()
    {
        DemoException refused = Assert.Throws<DemoException>(() => Run(epsilon: 1e-9, rounds: 2));
        Assert.Equal(DemoExit.Plan, refused.Exit);
        Assert.Contains("larger ε", refused.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0, null)]
    [InlineData(-1.0, null)]
    [InlineData(double.NaN, null)]
    [InlineData(3.0, 0.0)]
    [InlineData(3.0, 1.0)]
    [InlineData(3.0, double.NaN)]
    [InlineData(null, 1e-5)]
    public void DP_03_What_cannot_be_meant_is_a_usage_error(double? epsilon, double? delta) =>
        Assert.Equal(DemoExit.Usage, Assert.Throws<DemoException>(() => PrivacyTarget.Of(epsilon, delta)).Exit);

    [Fact]
    public void Delta_has_a_usual_value_and_without_epsilon_there_is_no_target()
    {
        Assert.Equal(new PrivacyTarget(3, PrivacyTarget.UsualDelta), PrivacyTarget.Of(3, null));
        Assert.Null(PrivacyTarget.Of(null, null));
    }
}
