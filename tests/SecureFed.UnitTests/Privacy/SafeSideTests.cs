using SecureFed.Core;
using SecureFed.Privacy;

namespace SecureFed.UnitTests.Privacy;

/// <summary>Corners of the domains where rounding, underflow or an empty bound once made an answer too small, endless or no number.</summary>
public sealed class SafeSideTests
{
    // The truth by sums of sixty digits. Where ε is one loss but for its last bits, so is the difference of the two.
    [Theory]
    [InlineData(0.0159476284323581, 219.46836890797005, 1, 1.2052422644374339e-136)]
    [InlineData(0.004334904572208493, 5651.79684855624, 7, 1.2723028896502829e-12)]
    [InlineData(0.07086648302749157, 35.27760787889195, 1, 5.8247570580053704e-27)]
    public void A_delta_at_the_very_loss_of_an_outcome_is_not_below_the_truth(
        double variance,
        double epsilon,
        long sensitivity,
        double truth
    ) =>
        Assert.InRange(
            DiscreteGaussian.Delta(variance, epsilon, sensitivity),
            truth * (1 - 1e-12),
            truth + (truth * 100)
        );

    [Fact]
    public void An_epsilon_above_the_domain_is_refused_and_not_returned() =>
        Assert.Throws<PrivacyDomainException>(() => DiscreteGaussian.Epsilon(1e-4, 0.5, 5));

    [Theory]
    [InlineData(676, 0.00095, 1)]
    [InlineData(1e6, 0.00095, 1)]
    [InlineData(300, 1 - 1e-15, 100_000)]
    public void Much_noise_costs_no_more_time_than_little(double noiseMultiplier, double samplingRate, long count)
    {
        LossBracket bracket = new LossAccountant(NeighbouringRelation.AddOrRemoveOne)
            .Compose(PrivacyEvent.PoissonSampledGaussian(noiseMultiplier, samplingRate), count)
            .Delta(0);
        Assert.InRange(bracket.Lower, 0, bracket.Upper);
        Assert.InRange(bracket.Upper, LossAccountant.LeastDelta, 1);
    }

    [Fact]
    public void A_delta_that_is_consumed_but_for_a_last_bit_is_refused_and_gives_no_infinity()
    {
        LossAccountant consumed = new LossAccountant(NeighbouringRelation.AddOrRemoveOne).Compose(
            PrivacyEvent.Approximate(1, 0.1)
        );
        Assert.Throws<PrivacyDomainException>(() => consumed.Epsilon(0.10000000000000002));
        Assert.InRange(consumed.Epsilon(0.101).Upper, 0, 1.001);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Next_to_no_noise_on_samples_has_bounds_like_any_other(long count)
    {
        LossBracket bracket = new LossAccountant(NeighbouringRelation.AddOrRemoveOne)
            .Compose(PrivacyEvent.PoissonSampledGaussian(0.01, 0.9), count)
            .Epsilon(1e-6);
        Assert.InRange(bracket.Lower, 0, bracket.Upper);
        Assert.InRange(bracket.Upper, 5000 * count, 100_000);
    }

    [Fact]
    public void Losses_of_very_different_sizes_lose_no_mass()
    {
        LossBracket bracket = new LossAccountant(NeighbouringRelation.AddOrRemoveOne)
            .Compose(PrivacyEvent.Approximate(5000, 0))
            .Compose(PrivacyEvent.PoissonSampledGaussian(1, 0.5))
            .Delta(4500, LossDirection.Removing);

        // Randomised response of 5000 alone is above 4500 with all but e^-5000 of its probability.
        Assert.InRange(bracket.Upper, 1 - 1e-9, 1);
    }

    [Theory]
    [InlineData(1e-200, 1e-300)]
    [InlineData(1e-157, 1e-300)]
    public void A_budget_that_no_rho_meets_is_refused(double epsilon, double delta) =>
        Assert.Throws<PrivacyDomainException>(() => ConcentratedPrivacy.LargestRho(epsilon, delta));

    [Fact]
    public void The_formula_at_an_order_beside_one_is_not_below_its_value() =>
        Assert.InRange(
            RenyiPrivacy.Epsilon(1.0000016857644234, 79.47764366645042, 0.9999999945079656),
            65.18760927987443,
            65.18760928
        );

    [Fact]
    public void What_is_too_small_for_a_double_still_promises_less_than_everything()
    {
        PrivacyEvent[] releases = [PrivacyEvent.Approximate(1e-170, 0), PrivacyEvent.Laplace(1e170)];
        Assert.All(
            releases,
            release =>
            {
                Assert.True(RenyiPrivacy.Divergence(release, 2) > 0);
                RenyiAccountant accountant = new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne).Compose(release);
                Assert.True(accountant.Epsilon(1e-300).Epsilon >= 1e-170);
            }
        );
    }
}
