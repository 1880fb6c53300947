using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>
/// Audits of the protocol as it runs: canaries are put in by coins, the sums are attacked, and what the attack proves is
/// compared with what the accountant certifies.
/// </summary>
public sealed class CanaryAuditTests
{
    private const int Canaries = 1000;
    private const int Parties = 4;
    private const double Delta = 1e-10;
    private const double ErrorProbability = 1e-6;
    private const double Claimed = 2;

    [Fact]
    public void In_a_hundred_runs_no_attack_proves_more_than_is_certified_and_too_little_noise_is_caught_by_one()
    {
        const int Runs = 100;
        double certified = new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne)
            .Compose(Plan(Claimed).Cost!)
            .Epsilon(Delta)
            .Epsilon;
        int proofs = 0;
        for (int run = 0; run < Runs; run++)
        {
            double proved = Proved(Run(Plan(Claimed)));
            Assert.InRange(proved, 0, certified);
            proofs += proved > 0 ? 1 : 0;
        }

        // An attack that never proves anything would pass with any noise.
        Assert.InRange(proofs, Runs / 2, Runs);
        Assert.True(Proved(Run(Plan(0.02))) > certified);
    }

    [Fact]
    public void Noise_whose_deviation_is_cut_by_thirty_per_cent_is_caught_in_one_run()
    {
        AggregationPlan plan = Plan(Claimed);
        double variance = plan.Encoding.Noise!.ShareVariance * (double)Parties;
        Assert.False(NoiseVarianceTest.IsTooSmall(Run(plan).Noise(), variance));
        Assert.True(NoiseVarianceTest.IsTooSmall(Run(Plan(0.7 * Claimed)).Noise(), variance));
        Assert.True(Canaries >= NoiseVarianceTest.SamplesToCatch(0.7 * 0.7, miss: 1e-9));
    }

    private static AggregationPlan Plan(double noiseMultiplier) =>
        AggregationPlan.Create(
            length: Canaries,
            maximumParticipants: Parties,
            clipNorm: 1,
            fractionBits: 16,
            PrivacyPlan.ForRecords(noiseMultiplier, Canaries, divisor: 1, SamplingClaim.Nothing),
            AggregationScheme.PairwiseMasked(minimumSurvivors: Parties, collusionBound: 0)
        );

    // Each canary is a record with a coordinate of its own, there by the toss of a fair coin.
    private static AuditedRun Run(AggregationPlan plan)
    {
        byte[] coins = new byte[Canaries];
        SystemRandomSource.Instance.Fill(coins);
        bool[] isThere = [.. coins.Select(coin => (coin & 1) != 0)];
        using InProcessRound round = InProcessRound.Start(plan, SystemRandomSource.Instance);
        for (int party = 0; party < Parties; party++)
        {
            ExampleSum examples = new(plan.Encoding, SystemRandomSource.Instance);
            for (int canary = party; canary < Canaries; canary += Parties)
            {
                if (isThere[canary])
                {
                    float[] record = new float[Canaries];
                    record[canary] = 1;
                    examples.Add(record);
                }
            }

            round.Contribute(ParticipantId.FromIndex(party), examples);
        }

        return new AuditedRun(isThere, round.Complete().SumOrThrow().Integers(), 1L << plan.Encoding.FractionBits);
    }

    private static double Proved(AuditedRun run)
    {
        int correct = run.Sum.Where((value, canary) => value > run.Step / 2 == run.IsThere[canary]).Count();
        return AttackAudit.OneRunLowerBound(Canaries, Canaries, correct, Delta, ErrorProbability);
    }

    private sealed record AuditedRun(bool[] IsThere, long[] Sum, long Step)
    {
        public long[] Noise() => [.. Sum.Select((value, canary) => value - (IsThere[canary] ? Step : 0))];
    }
}
