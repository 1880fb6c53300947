using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;
using Xunit.Abstractions;

namespace SecureFed.SimulationTests;

/// <summary>
/// A server that lies about who survived, to every client as it likes, with c corrupt clients that sign and reveal whatever
/// helps. Judged by what the masks then allow: no dealer's two secrets together, no sum of fewer than U − c honest inputs.
/// </summary>
public class ActiveServerTests(ITestOutputHelper output)
{
    [Fact]
    public void RND_01_Half_told_alive_and_half_told_dropped_reveals_nothing()
    {
        using LyingServer attack = new(seed: 1, parties: 6, collusionBound: 0, corrupt: 0);
        PartySet all = attack.Set(0, 1, 2, 3, 4, 5);
        PartySet without = attack.Set(0, 1, 2, 3, 4);
        PartySet other = attack.Set(1, 2, 3, 4, 5);

        attack.AnnounceSurvivors(party =>
            party switch
            {
                0 => without,
                5 => other,
                < 3 => all,
                _ => without,
            }
        );
        attack.RequestUnmaskingWithEverySignatureThatVerifies();

        Assert.Equal(0, attack.Revealed.Messages);
        attack.AssertLaw();
    }

    [Fact]
    public void RND_02_Own_survivor_sets_for_each_client_never_isolate_a_small_sum()
    {
        // n = 5, t = 3, c = 0: the setting in which a missing consistency step gives away a sum of two.
        int revealed = 0;
        for (ulong seed = 0; seed < 1_500; seed++)
        {
            using SeededRandomSource random = new(seed, "liar");
            using LyingServer attack = new(seed, parties: 5, collusionBound: 0, corrupt: 0);
            PartySet[] sets =
            [
                attack.RandomSurvivors(random),
                attack.RandomSurvivors(random),
                attack.Set(0, 1, 2, 3, 4),
            ];

            attack.AnnounceSurvivors(_ => sets[random.Next(sets.Length)]);
            attack.RequestUnmaskingWithEverySignatureThatVerifies();

            attack.AssertLaw();
            revealed += attack.Revealed.Messages > 0 ? 1 : 0;
        }

        // Must-succeed neighbour: when at least t clients were told the same set, the round can be finished.
        output.WriteLine($"{revealed} of 1500 lying servers found t signatures on one set");
        Assert.InRange(revealed, 50, 1_450);
    }

    [Fact]
    public void With_colluding_clients_no_sum_of_fewer_than_U_minus_c_honest_inputs_comes_out()
    {
        int revealed = 0;
        for (ulong seed = 0; seed < 1_500; seed++)
        {
            using SeededRandomSource random = new(seed, "colluding liar");
            int parties = 5 + random.Next(4);
            int corrupt = 1 + random.Next(2);
            using LyingServer attack = new(seed, parties, collusionBound: corrupt, corrupt);
            PartySet[] sets =
            [
                attack.RandomSurvivors(random),
                attack.RandomSurvivors(random),
                attack.Set([.. Enumerable.Range(0, parties)]),
            ];

            attack.AnnounceSurvivors(_ => sets[random.Next(sets.Length)]);
            attack.RequestUnmaskingWithEverySignatureThatVerifies();

            attack.AssertLaw();
            revealed += attack.Revealed.Messages > 0 ? 1 : 0;
        }

        output.WriteLine($"{revealed} of 1500 rounds were unmasked");
        Assert.True(revealed > 50);
    }

    [Fact]
    public void A_threshold_below_the_rule_would_be_broken_by_the_same_attack()
    {
        // The must-fail neighbour of the tests above: 2t ≤ n + c, so the descriptor is refused before anything happens.
        using Cast cast = new(seed: 1, parties: 6, collusionBound: 2, threshold: 4);

        using ClientSession client = cast.Client(3);
        Step<ClientReceipt> step = client.Advance(new RoundEvent.Started());

        RoundEnding<ClientReceipt>.Aborted aborted = Assert.IsType<RoundEnding<ClientReceipt>.Aborted>(step.Ended);
        Assert.Equal(AbortReason.ThresholdTooLow, aborted.Reason);
        Assert.Empty(step.Send);
    }

    [Fact]
    public void RND_04_A_repeated_unmask_request_gets_the_same_bytes_and_another_one_nothing()
    {
        using LyingServer attack = new(seed: 4, parties: 5, collusionBound: 1, corrupt: 0);
        PartySet all = attack.Set(0, 1, 2, 3, 4);
        attack.AnnounceSurvivors(_ => all);
        ReadOnlyMemory<byte> request = attack.UnmaskRequest(all, attack.Signatures.Where(entry => entry.Sender < 4));
        ReadOnlyMemory<byte> other = attack.UnmaskRequest(all, attack.Signatures);

        Step<ClientReceipt> first = attack.Ask(2, request);
        Step<ClientReceipt> again = attack.Ask(2, request);
        Step<ClientReceipt> changed = attack.Ask(2, other);

        Assert.True(Assert.Single(first.Send).Bytes.Span.SequenceEqual(Assert.Single(again.Send).Bytes.Span));
        Assert.DoesNotContain(changed.Send, message => message.Type == MessageType.UnmaskShares);
        Assert.Equal(
            AbortReason.RequestChanged,
            Assert.IsType<RoundEnding<ClientReceipt>.Aborted>(changed.Ended).Reason
        );
    }
}
