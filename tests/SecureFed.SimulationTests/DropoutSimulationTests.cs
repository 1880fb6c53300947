using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Testing;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.SimulationTests;

/// <summary>Dropouts at every phase boundary: an exact sum over the survivors, or the typed abort exactly when too few are left.</summary>
public class DropoutSimulationTests(ITestOutputHelper output)
{
    /// <summary>Who falls silent after how many messages: 5 is "never".</summary>
    internal sealed record Dropouts(ulong Seed, int[] Messages)
    {
        public override string ToString() => $"seed {Seed}, messages sent by each party: {string.Join(' ', Messages)}";
    }

    [Fact]
    public void RND_12_A_round_aborts_if_and_only_if_too_few_parties_are_left() =>
        CheckDropouts(DropoutGenerator(), count: 10_000, TestSuite.Instance);

    [Fact]
    public void RND_12_holds_on_the_platform_suite_too() =>
        CheckDropouts(
            DropoutGenerator().Where(dropouts => dropouts.Messages.Length <= 8),
            count: 200,
            P256Suite.Instance
        );

    private void CheckDropouts(Gen<Dropouts> generator, int count, ProtocolSuite suite)
    {
        int completed = 0;
        int aborted = 0;
        Prop.ForAll(
                Arb.From(generator, Shrink),
                dropouts =>
                {
                    using Cast cast = new(
                        dropouts.Seed,
                        dropouts.Messages.Length,
                        collusionBound: dropouts.Messages.Length / 5,
                        suite
                    );
                    using World world = new(dropouts.Seed, cast, new Faults { SilentAfter = Silent(dropouts) });
                    world.Run();
                    world.AssertSound();
                    bool did = world.Ending is RoundEnding<AggregateResult>.Completed;
                    completed += did ? 1 : 0;
                    aborted += did ? 0 : 1;
                    if (world.Ending is RoundEnding<AggregateResult>.Completed done)
                    {
                        Assert.Equal(
                            Enumerable.Range(0, cast.Count).Where(party => dropouts.Messages[party] >= 3),
                            done.Result.Survivors.Select(cast.IndexOf)
                        );
                    }

                    Assert.Equal(MustComplete(dropouts, cast), did);
                }
            )
            .Holds(output, count);

        // The cases are not trivial: about one in four aborts. Fewer than one in twenty of 200 is less likely than 1e-9.
        output.WriteLine($"{completed} completed, {aborted} aborted");
        Assert.True(completed > count / 20 && aborted > count / 20, $"{completed} completed, {aborted} aborted");
    }

    [Fact]
    public void Masked_plain_and_unbounded_integers_give_the_same_sum()
    {
        Prop.ForAll(
                Arb.From(DropoutGenerator(), Shrink),
                dropouts =>
                {
                    // Silence after two messages is, for the plain scheme, silence before its only one.
                    int parties = dropouts.Messages.Length;
                    Dictionary<int, int> masked = Enumerable
                        .Range(0, parties)
                        .Where(party => dropouts.Messages[party] < 3)
                        .ToDictionary(party => party, _ => 2);
                    Dictionary<int, int> plain = masked.Keys.ToDictionary(party => party, _ => 0);
                    RoundEnding<AggregateResult>? viaMasks = Play(SchemeKind.MaskedComplete, masked);
                    RoundEnding<AggregateResult>? viaPlain = Play(SchemeKind.Unprotected, plain);
                    Assert.Equal(
                        viaMasks is RoundEnding<AggregateResult>.Completed,
                        viaPlain is RoundEnding<AggregateResult>.Completed
                    );
                    if (
                        viaMasks is RoundEnding<AggregateResult>.Completed one
                        && viaPlain is RoundEnding<AggregateResult>.Completed other
                    )
                    {
                        Assert.Equal(other.Result.Sum.Decode().Integers(), one.Result.Sum.Decode().Integers());
                        Assert.Equal(other.Result.Survivors.ToArray(), one.Result.Survivors.ToArray());
                    }

                    RoundEnding<AggregateResult>? Play(SchemeKind scheme, Dictionary<int, int> silent)
                    {
                        using Cast cast = new(dropouts.Seed, parties, collusionBound: parties / 5, scheme: scheme);
                        using World world = new(dropouts.Seed, cast, new Faults { SilentAfter = silent });
                        world.Run();
                        world.AssertSound();
                        return world.Ending;
                    }
                }
            )
            .Holds(output, 500);
    }

    [Fact]
    public void FLT_02_A_client_that_crashes_after_any_message_is_a_dropout()
    {
        for (int messages = 0; messages <= 4; messages++)
        {
            for (int party = 0; party < 5; party++)
            {
                using Cast cast = new(seed: 2, parties: 5, collusionBound: 1);
                using World world = new(
                    2,
                    cast,
                    new Faults { SilentAfter = new Dictionary<int, int> { [party] = messages } }
                );

                world.Run();

                world.AssertSound();
                AggregateResult result = Assert.IsType<RoundEnding<AggregateResult>.Completed>(world.Ending).Result;
                Assert.Equal(messages >= 3, result.Survivors.Contains(Cast.IdOf(party)));
            }
        }
    }

    private static bool MustComplete(Dropouts dropouts, Cast cast)
    {
        int AtLeast(int messages) => dropouts.Messages.Count(sent => sent >= messages);
        int survivors = cast.Descriptor.MinimumSurvivors;
        return AtLeast(1) >= survivors
            && AtLeast(2) >= survivors
            && AtLeast(3) >= survivors
            && AtLeast(4) >= cast.Threshold
            && AtLeast(5) >= cast.Threshold;
    }

    private static Dictionary<int, int> Silent(Dropouts dropouts) =>
        Enumerable
            .Range(0, dropouts.Messages.Length)
            .Where(party => dropouts.Messages[party] < 5)
            .ToDictionary(party => party, party => dropouts.Messages[party]);

    // Mostly small cohorts (they hit the boundary most often), some up to 40.
    private static Gen<Dropouts> DropoutGenerator() =>
        from size in Gen.Frequency((16, Gen.Choose(3, 9)), (3, Gen.Choose(10, 20)), (1, Gen.Choose(21, 40)))
        from rate in Gen.Choose(0, 45)
        from seed in Gen.Choose(0, int.MaxValue)
        from messages in Gen.Zip(Gen.Choose(0, 99), Gen.Choose(0, 4))
            .Select(pair => pair.Item1 < rate ? pair.Item2 : 5)
            .ArrayOf(size)
        select new Dropouts((ulong)seed, messages);

    private static IEnumerable<Dropouts> Shrink(Dropouts dropouts)
    {
        if (dropouts.Messages.Length > 3)
        {
            for (int party = 0; party < dropouts.Messages.Length; party++)
            {
                yield return dropouts with
                {
                    Messages = [.. dropouts.Messages.Where((_, index) => index != party)],
                };
            }
        }

        for (int party = 0; party < dropouts.Messages.Length; party++)
        {
            if (dropouts.Messages[party] < 5)
            {
                int[] messages = [.. dropouts.Messages];
                messages[party] = 5;
                yield return dropouts with
                {
                    Messages = messages,
                };
            }
        }
    }
}
