using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Noise by a server that is trusted with the exact sum.</summary>
public sealed class CentralNoiseTests
{
    private const int Length = 2000;
    private const int FractionBits = 16;

    [Fact]
    public void The_mean_has_the_noise_of_the_charge_and_one_sum_is_released_once()
    {
        UpdateSum sum = Sum();
        InMemoryLedger ledger = Ledger(epsilon: 20);
        Digest reference = Digest.Of("round 1"u8);
        float[] mean = CentralNoise.Release(sum, 2, divisor: 4, ledger, reference, SystemRandomSource.Instance);

        double step = sum.Encoding.GridStep;
        long[] noise = [.. mean.Zip(sum.Integers(), (value, exact) => (long)Math.Round((value * 4 / step) - exact))];
        double variance = 4 * (double)sum.Encoding.SquaredNormBound;
        Assert.False(NoiseVarianceTest.IsTooSmall(noise, variance * 0.999));
        Assert.True(NoiseVarianceTest.IsTooSmall(noise, variance * 1.7));
        Assert.Equal(
            new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne)
                .Compose(PrivacyEvent.DiscreteGaussian(2))
                .Epsilon(1e-5)
                .Epsilon,
            ledger.Current.Spent
        );
        Assert.Throws<ChargeRefusedException>(() =>
            CentralNoise.Release(sum, 2, divisor: 4, ledger, reference, SystemRandomSource.Instance)
        );
    }

    [Fact]
    public void Nothing_is_drawn_that_the_ledger_does_not_allow()
    {
        UpdateSum sum = Sum();
        InMemoryLedger small = Ledger(epsilon: 0.01);
        Assert.Throws<BudgetExceededException>(() =>
            CentralNoise.Release(sum, 2, divisor: 4, small, Digest.Of("a"u8), new NoRandomness())
        );
        Assert.Empty(small.Current.Lines);
        InMemoryLedger records = new(
            "server",
            new PrivacyBudget(20, 1e-5, PrivacyUnit.Record, NeighbouringRelation.AddOrRemoveOne)
        );
        Assert.Throws<ChargeRefusedException>(() =>
            CentralNoise.Release(sum, 2, divisor: 4, records, Digest.Of("a"u8), new NoRandomness())
        );
    }

    [Theory]
    [InlineData(0, 4, "noiseMultiplier")]
    [InlineData(double.NaN, 4, "noiseMultiplier")]
    [InlineData(1e9, 4, "noiseMultiplier")]
    [InlineData(2, 0, "divisor")]
    [InlineData(2, double.PositiveInfinity, "divisor")]
    public void A_number_outside_its_domain_is_refused_by_name(double multiplier, double divisor, string parameter) =>
        Assert.Equal(
            parameter,
            Assert
                .Throws<PrivacyDomainException>(() =>
                    CentralNoise.Release(Sum(), multiplier, divisor, Ledger(20), Digest.Of("a"u8), new NoRandomness())
                )
                .ParamName
        );

    private static InMemoryLedger Ledger(double epsilon) =>
        new("server", new PrivacyBudget(epsilon, 1e-5, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne));

    private static UpdateSum Sum()
    {
        AggregationPlan plan = AggregationPlan.Create(
            Length,
            maximumParticipants: 4,
            clipNorm: 1,
            FractionBits,
            PrivacyPlan.None("the server adds the noise"),
            AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 0)
        );
        using InProcessRound round = InProcessRound.Start(plan, SystemRandomSource.Instance);
        for (int i = 0; i < 4; i++)
        {
            float[] update = new float[Length];
            update[i] = 1;
            round.Contribute(ParticipantId.FromIndex(i), update);
        }

        return round.Complete().SumOrThrow();
    }

    private sealed class NoRandomness : RandomSource
    {
        public override void Fill(Span<byte> destination) =>
            throw new InvalidOperationException("nothing may be drawn");
    }
}
