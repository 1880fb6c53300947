using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Testing;
using SecureFed.UnitTests.FrontDoor;

namespace SecureFed.UnitTests.Testing;

/// <summary>The simulator itself: it is exact, deterministic, and its accidents are accidents.</summary>
public sealed class SimulatedRoundTests
{
    private static readonly AggregationPlan s_plan = Plans.Masked(length: 4, parties: 5, survivors: 4);

    [Fact]
    public void An_untouched_round_completes_with_the_sum_of_all()
    {
        using SimulatedRound round = new(s_plan, seed: 1);

        round.RunToEnd();

        Assert.NotNull(round.Result);
        Assert.Equal(5, round.Result.Survivors.Length);
        Assert.Equal(round.SumOf(round.Result.Survivors), round.Result.Sum.Decode().Integers());

        // t verified shares of everybody end the round; shares that come after that are late, and nothing else is wrong.
        Assert.All(round.ServerFaults, fault => Assert.Equal(PeerFaultKind.LateMessage, fault.Kind));
        Assert.All(round.Parties, party => Assert.NotNull(party.Receipt));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        Assert.Equal(Bytes(seed: 7), Bytes(seed: 7));
        Assert.NotEqual(Bytes(seed: 7), Bytes(seed: 8));
    }

    [Fact]
    public void A_round_with_the_real_suite_runs_in_the_simulator_too()
    {
        using SimulatedRound round = new(
            s_plan,
            seed: 2,
            new SimulationOptions { Suite = P256Suite.Instance, Signer = _ => EcdsaP256Signer.Generate() }
        );

        round.RunToEnd();

        Assert.Equal(round.SumOf(round.Result!.Survivors), round.Result.Sum.Decode().Integers());
    }

    [Fact]
    public void A_lost_vector_is_missing_from_the_sum_and_nothing_else_is()
    {
        using SimulatedRound round = new(s_plan, seed: 3);

        round.RunToEnd(message =>
            message.Type == MessageType.MaskedInput && message.From == round.Parties[2].Id ? [] : [message]
        );

        Assert.Equal([0, 1, 3, 4], round.Result!.Survivors.Select(id => IndexOf(round, id)));
        Assert.Equal(round.SumOf(round.Result.Survivors), round.Result.Sum.Decode().Integers());
        Assert.Contains(round.ServerFaults, fault => fault.Kind == PeerFaultKind.TimedOut);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_server_that_crashes_around_an_append_finishes_with_the_same_sum(int append)
    {
        foreach (bool afterStoring in new[] { false, true })
        {
            using SimulatedRound round = new(s_plan, seed: 4) { NextCrash = new ServerCrash(append, afterStoring) };

            round.RunToEnd();

            Assert.Null(round.NextCrash);
            Assert.NotNull(round.Result);
            Assert.Equal(round.SumOf(round.Result.Survivors), round.Result.Sum.Decode().Integers());
            Assert.Equal(5, round.Result.Survivors.Length);
        }
    }

    [Fact]
    public void Five_hundred_scripts_end_in_the_exact_sum_or_in_an_abort()
    {
        int completed = 0;
        for (ulong seed = 0; seed < 500; seed++)
        {
            RoundScript script = RoundScript.Generate(seed, length: 120, parties: 5);
            using SimulatedRound round = new(s_plan, seed);

            script.Play(round);

            Assert.NotNull(round.Ending);
            if (round.Result is { } result)
            {
                completed++;
                Assert.True(result.Survivors.Length >= s_plan.MinimumSurvivors);
                Assert.Equal(round.SumOf(result.Survivors), result.Sum.Decode().Integers());
            }
        }

        // Neither of the two ends is rare, or the scripts would test nothing.
        Assert.InRange(completed, 50, 450);
    }

    [Fact]
    public void One_duplicated_message_does_not_echo_between_client_and_server()
    {
        using SimulatedRound round = new(s_plan, seed: 5);
        bool duplicated = false;

        // One party is silent, so the server waits in the phase; the duplicate must not keep two others busy for ever.
        round.RunToEnd(message =>
        {
            if (message.From == round.Parties[4].Id && message.Type == MessageType.EncryptedShares)
            {
                return [];
            }

            bool first = !duplicated && message.Type == MessageType.EncryptedShares;
            duplicated |= first;
            return first ? [message, message] : [message];
        });

        Assert.True(duplicated);
        Assert.NotNull(round.Result);
        Assert.Single(round.ServerFaults, fault => fault.Kind == PeerFaultKind.DuplicateMessage);
    }

    [Fact]
    public void A_failing_script_shrinks_to_what_matters()
    {
        RoundScript script = RoundScript.Generate(seed: 11, length: 60, parties: 5);
        RoundScript long_ = new([.. script.Operations, new RoundOperation.CrashServer()]);

        RoundScript small = long_.Shrink(candidate => candidate.Operations.OfType<RoundOperation.CrashServer>().Any());

        Assert.Equal("CrashServer()", small.ToString());
    }

    private static int IndexOf(SimulatedRound round, ParticipantId id) =>
        round.Parties.Single(party => party.Id == id).Index;

    private static byte[] Bytes(ulong seed)
    {
        using SimulatedRound round = new(s_plan, seed);
        round.RunToEnd();
        return [.. round.Transcript.Messages.SelectMany(message => message.Bytes.ToArray())];
    }
}
