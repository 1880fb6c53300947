using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;
using SecureFed.Testing;
using SeededRandomSource = SecureFed.Testing.SeededRandomSource;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>A clip norm that follows a quantile through the sums of real rounds.</summary>
public sealed class AdaptiveClipRoundTests
{
    private const int Parties = 20;
    private const int Length = 4;
    private const double NoiseMultiplier = 0.5;
    private const double CountSigma = 1;

    [Theory]
    [InlineData(0.01)]
    [InlineData(1)]
    [InlineData(100)]
    public void In_sixty_rounds_the_clip_norm_is_within_a_fifth_of_the_median_norm(double start)
    {
        using SeededRandomSource random = new(8, $"adaptive {start}");
        float[][] updates = Updates();
        AdaptiveClip clip = AdaptiveClip.Start(start);
        using InProcessFederation federation = Federation(random);
        for (int round = 0; round < 60; round++)
        {
            clip = Run(federation, clip, updates).Next;
        }

        // The norms are 0.5 to 1.45 in steps of 0.05.
        Assert.InRange(clip.Value, 0.975 * 0.8, 0.975 * 1.2);
        Assert.Equal(60, clip.StepCount);
    }

    [Fact]
    public void Updates_and_count_have_the_noise_that_was_asked_for_and_cost_one_release()
    {
        AdaptiveClip clip = AdaptiveClip.Start(2);
        AdaptiveClipRound round = AdaptiveClipRound.Create(clip, Length, NoiseMultiplier, CountSigma);
        AggregationPlan plan = Plan(round);
        double sigma =
            Math.Sqrt((double)plan.Encoding.Noise!.ShareVariance * plan.HonestShares) * plan.Encoding.GridStep;

        // On the updates z'·C_u with z'^-2 = z^-2 − (2s)^-2; on the count s, read off the vector itself.
        double expected = AdaptiveClip.ValueNoiseMultiplier(NoiseMultiplier, CountSigma) * clip.Value;
        Assert.InRange(sigma / expected, 1, 1 + 1e-5);
        double bit = round.VectorOf(new float[Length])[Length];
        Assert.InRange(sigma / (2 * bit) / CountSigma, 1, 1 + 1e-5);
        Assert.Equal(
            NoiseMultiplier,
            NoiseRules.NoiseMultiplier(
                plan.Encoding.SquaredNormBound,
                plan.Encoding.Noise,
                plan.HonestShares,
                plan.CollusionBound,
                NeighbouringRelation.AddOrRemoveOne
            ),
            1e-6
        );
    }

    [Theory]
    [InlineData(0.5f, true)]
    [InlineData(1f, true)]
    [InlineData(1.01f, false)]
    [InlineData(1e30f, false)]
    public void A_vector_keeps_the_plans_norm_and_says_whether_the_update_was_within_the_clip_norm(
        float norm,
        bool isWithin
    )
    {
        AdaptiveClipRound round = AdaptiveClipRound.Create(AdaptiveClip.Start(1), Length, NoiseMultiplier, CountSigma);
        float[] vector = round.VectorOf([0, norm, 0, 0]);
        Assert.Equal(isWithin, vector[Length] > 0);
        Assert.Equal(Math.Min(norm, 1), vector[1], 1e-6);
        Assert.False(ClippedUpdate.Clip(LocalUpdate.Create(vector), Plan(round).Encoding).WasClipped);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        AdaptiveClip clip = AdaptiveClip.Start(1);
        Assert.Throws<PrivacyDomainException>(() => AdaptiveClipRound.Create(clip, Length, 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            AdaptiveClipRound.Create(clip, 0, NoiseMultiplier, CountSigma)
        );
        AdaptiveClipRound round = AdaptiveClipRound.Create(clip, Length, NoiseMultiplier, CountSigma);
        Assert.Throws<ArgumentException>(() => round.VectorOf(new float[Length + 1]));
        Assert.Throws<UpdateRefusedException>(() => round.VectorOf([float.NaN, 0, 0, 0]));
        using SeededRandomSource random = new(9, "another length");
        using InProcessFederation federation = Federation(random);
        AdaptiveClipRound longer = AdaptiveClipRound.Create(clip, Length + 1, NoiseMultiplier, CountSigma);
        UpdateSum sum = Sum(federation, round, Updates());
        Assert.Throws<ArgumentException>(() => longer.Read(sum));
    }

    private static float[][] Updates() =>
        [.. Enumerable.Range(0, Parties).Select(i => new[] { 0, 0.3f + (0.03f * i), 0, 0.4f + (0.04f * i) })];

    private static (float[] Mean, AdaptiveClip Next) Run(
        InProcessFederation federation,
        AdaptiveClip clip,
        float[][] updates
    )
    {
        AdaptiveClipRound round = AdaptiveClipRound.Create(clip, Length, NoiseMultiplier, CountSigma);
        return round.Read(Sum(federation, round, updates));
    }

    private static UpdateSum Sum(InProcessFederation federation, AdaptiveClipRound round, float[][] updates) =>
        federation
            .RunRound(
                Plan(round),
                attempt =>
                {
                    for (int i = 0; i < updates.Length; i++)
                    {
                        attempt.Contribute(ParticipantId.FromIndex(i), round.VectorOf(updates[i]));
                    }
                },
                maximumAttempts: 1
            )
            .SumOrThrow();

    private static AggregationPlan Plan(AdaptiveClipRound round) =>
        AggregationPlan.Create(
            round.VectorLength,
            maximumParticipants: Parties,
            round.ClipNorm,
            fractionBits: 24,
            PrivacyPlan.ForParties(NoiseMultiplier, divisor: Parties),
            AggregationScheme.PairwiseMasked(minimumSurvivors: Parties, collusionBound: 0)
        );

    private static InProcessFederation Federation(SeededRandomSource random) =>
        InProcessFederation.FromMembers(
            "adaptive",
            Enumerable
                .Range(0, Parties)
                .Select(ParticipantId.FromIndex)
                .Select(id => new FederationMember(
                    id,
                    new TestSigner($"{id}"),
                    new InMemoryClientJournal(),
                    new LedgerGate(
                        new InMemoryLedger(
                            $"{id}",
                            new PrivacyBudget(10_000, 1e-5, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne)
                        )
                    )
                )),
            TestSuite.Instance,
            random
        );
}
