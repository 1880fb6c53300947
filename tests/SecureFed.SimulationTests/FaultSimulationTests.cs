using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;
using Xunit.Abstractions;

namespace SecureFed.SimulationTests;

/// <summary>Crashes, partitions, loss, repetition and disorder: an exact sum or a typed abort, and one result.</summary>
public class FaultSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void REP_03_Repeated_reordered_and_late_messages_change_nothing()
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            using Cast cast = new(seed, parties: 3 + (int)(seed % 6), collusionBound: 0);
            using World calm = new(seed, cast, new Faults());
            using World stormy = new(seed, cast, new Faults { DuplicatePerMille = 500, MaximumDelaySeconds = 100 });

            calm.Run();
            stormy.Run();

            stormy.AssertSound();
            AggregateResult expected = Assert.IsType<RoundEnding<AggregateResult>.Completed>(calm.Ending).Result;
            AggregateResult actual = Assert.IsType<RoundEnding<AggregateResult>.Completed>(stormy.Ending).Result;
            Assert.Equal(expected.Sum.Decode().Integers(), actual.Sum.Decode().Integers());
            Assert.Equal(cast.Count, actual.Survivors.Length);
        }
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    public void FLT_01_A_server_that_crashes_at_any_action_finishes_with_the_same_sum(int silentParty, int messages)
    {
        Dictionary<int, int> silent = silentParty < 0 ? [] : new() { [silentParty] = messages };
        using Cast cast = new(seed: 1, parties: 5, collusionBound: 1);
        using World calm = new(1, cast, new Faults { SilentAfter = silent });
        calm.Run();
        AggregateResult expected = Assert.IsType<RoundEnding<AggregateResult>.Completed>(calm.Ending).Result;

        for (int action = 0; action < calm.ServerActions; action++)
        {
            using World world = new(1, cast, new Faults { SilentAfter = silent, ServerCrashAtAction = action });
            world.Run();

            world.AssertSound();
            Assert.Equal(1, world.Crashes);
            AggregateResult actual = Assert.IsType<RoundEnding<AggregateResult>.Completed>(world.Ending).Result;

            // A party that falls silent after so many messages may fall silent earlier when it has to repeat some.
            if (silentParty < 0)
            {
                Assert.Equal(expected.Sum.Decode().Integers(), actual.Sum.Decode().Integers());
            }
        }

        output.WriteLine($"{calm.ServerActions} crash points");
    }

    [Fact]
    public void FLT_03_Every_partition_at_every_phase_gives_the_exact_sum_of_one_side_or_an_abort()
    {
        int completed = 0;
        int aborted = 0;
        for (int cut = 1; cut < 32; cut++)
        {
            for (RoundPhase phase = RoundPhase.AdvertiseKeys; phase <= RoundPhase.Unmask; phase++)
            {
                using Cast cast = new(seed: 3, parties: 5, collusionBound: 1);
                RoundPhase from = phase;
                int mask = cut;
                using World world = new(
                    3,
                    cast,
                    new Faults
                    {
                        CutOffFrom = Enumerable
                            .Range(0, 5)
                            .Where(party => ((mask >> party) & 1) != 0)
                            .ToDictionary(party => party, _ => from),
                    }
                );

                world.Run();

                world.AssertSound();
                bool enough = 5 - System.Numerics.BitOperations.PopCount((uint)mask) >= cast.Threshold;
                Assert.Equal(enough, world.Ending is RoundEnding<AggregateResult>.Completed);
                completed += enough ? 1 : 0;
                aborted += enough ? 0 : 1;
            }
        }

        Assert.True(completed > 0 && aborted > 0);
    }

    [Fact]
    public void Swarms_of_faults_never_give_a_wrong_sum_or_a_second_result()
    {
        int completed = 0;
        int crashed = 0;
        Dictionary<AbortReason, int> reasons = [];
        for (ulong seed = 0; seed < 2_000; seed++)
        {
            // Each run switches a random subset of the faults on, so that rare combinations happen.
            using SeededRandomSource random = new(seed, "swarm");
            bool Coin() => random.Next(2) == 0;
            int parties = 3 + random.Next(6);
            using Cast cast = new(seed, parties, collusionBound: random.Next(2));
            Faults faults = new()
            {
                DropPerMille = Coin() ? random.Next(60) : 0,
                DuplicatePerMille = Coin() ? random.Next(500) : 0,
                MaximumDelaySeconds = Coin() ? random.Next(200) : 0,
                ServerCrashAtAction = Coin() ? random.Next(60) : -1,
                ServerCrashPerMille = Coin() ? 20 : 0,
                SilentAfter = Coin()
                    ? new Dictionary<int, int> { [random.Next(parties)] = random.Next(5) }
                    : new Dictionary<int, int>(),
            };
            using World world = new(seed, cast, faults);

            world.Run();

            world.AssertSound();
            crashed += world.Crashes > 0 ? 1 : 0;
            if (world.Ending is RoundEnding<AggregateResult>.Aborted aborted)
            {
                reasons[aborted.Reason] = reasons.GetValueOrDefault(aborted.Reason) + 1;
            }
            else
            {
                completed++;
            }
        }

        output.WriteLine(
            $"{completed} completed, {crashed} with crashes; {string.Join(", ", reasons.Select(entry => $"{entry.Key} {entry.Value}"))}"
        );
        Assert.True(completed > 600 && crashed > 600);
    }

    [Fact]
    public void CRY_01_No_sealing_key_is_used_twice_over_many_rounds_with_retries()
    {
        using KeyRecordingSuite suite = new();
        int rounds = 0;
        for (ulong seed = 0; rounds < 10_000; seed++)
        {
            // Attempts follow each other; the server of some crashes and announces again.
            using Cast cast = new(
                seed,
                parties: 3,
                collusionBound: 0,
                suite,
                round: seed,
                attempt: 1 + (uint)(seed % 3)
            );
            using World world = new(
                seed,
                cast,
                new Faults { DuplicatePerMille = 200, ServerCrashAtAction = seed % 4 == 0 ? (int)(seed % 25) : -1 }
            );
            world.Run();
            rounds++;
        }

        Assert.Equal(suite.Sealings, suite.DistinctKeys);
        Assert.True(suite.Sealings >= 6 * 10_000);
    }
}
