using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Drivers of rounds whose surplus noise is removed, also after the server died. spec 02-privacy#layers-5</summary>
public sealed class LayeredDriverTests
{
    private static readonly AggregationPlan s_plan = AggregationPlan.Create(
        length: 6,
        maximumParticipants: NoisyFederation.Parties,
        clipNorm: 1,
        fractionBits: 16,
        PrivacyPlan.ForParties(noiseMultiplier: 4, divisor: 5).WithRemovableSurplus(),
        AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 1)
    );

    [Fact]
    public void A_server_driver_takes_the_opened_layers_out_of_the_sum()
    {
        using NoisyFederation federation = new(s_plan);

        long[] expected = federation.SumWithoutLayers();
        RoundOutcome outcome = federation.Run();

        Assert.Equal(expected, outcome.SumOrThrow().Integers());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_server_that_dies_around_any_append_resumes_with_the_same_sum(int append)
    {
        foreach (AppendFault fault in new[] { AppendFault.CrashBefore, AppendFault.CrashAfter })
        {
            using NoisyFederation federation = new(s_plan);
            long[] expected = federation.SumWithoutLayers();
            federation.Store.FailAt = append;
            federation.Store.Fault = fault;

            Assert.Throws<SimulatedCrashException>(() => federation.Run());
            RoundOutcome outcome = federation.RunServerAgain();

            Assert.Equal(expected, outcome.SumOrThrow().Integers());
        }
    }

    [Fact]
    public void A_simulated_round_with_layers_runs_and_survives_a_crash_of_its_server()
    {
        long[]? whole = null;
        foreach (int crashAt in new[] { -1, 0, 1, 2, 3 })
        {
            using SimulatedRound round = new(
                s_plan,
                seed: 3,
                new SimulationOptions
                {
                    Gate = id => new LedgerGate(new InMemoryLedger($"{id}", NoisyFederation.Budget)),
                }
            );
            round.NextCrash = crashAt < 0 ? null : new ServerCrash(crashAt, AfterStoring: true);
            round.RunToEnd();

            long[] sum = round.Result!.Sum.Decode().Integers();
            Assert.Equal(whole ??= sum, sum);

            // What was removed is what the parties' vectors have more.
            Assert.NotEqual(round.SumOf(round.Parties.Select(party => party.Id)), sum);
        }
    }
}
