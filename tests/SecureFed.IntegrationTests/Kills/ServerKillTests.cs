using System.Globalization;
using SecureFed.Testing;
using Xunit.Abstractions;

namespace SecureFed.IntegrationTests.Kills;

/// <summary>
/// A server over SQLite on a real disk, killed with SIGKILL before and after every operation of its store and at random
/// moments, and started again until the round ends: no wrong sum, no second one, no round that is stuck.
/// spec 03-masking#durability-1, 03-masking#durability-7
/// </summary>
/// <remarks>SECUREFED_SERVER_KILLS asks for more kills, SECUREFED_KILL_SEED for other moments.</remarks>
public sealed class ServerKillTests(ITestOutputHelper output) : IDisposable
{
    private const int KillsOfOneRound = 5;

    private readonly string _folder = Directory.CreateTempSubdirectory("securefed-server-kills-").FullName;

    private static int Kills { get; } = (int)Number("SECUREFED_SERVER_KILLS", 200);

    private static ulong Seed { get; } = Number("SECUREFED_KILL_SEED", 1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task FLT_01_A_server_that_is_killed_at_any_operation_of_its_store_ends_the_round_with_the_exact_sum()
    {
        int operations;
        using (KilledRound undisturbed = new(DatabaseOf("undisturbed")))
        {
            operations = (await EndAsync(undisturbed)).Operations;
        }

        // Every operation once before and once after it, each in a round of its own.
        foreach (
            (int before, int after) in Enumerable.Range(1, operations).SelectMany(at => new[] { (at, 0), (0, at) })
        )
        {
            using KilledRound killed = new(DatabaseOf($"enumerated-{before}-{after}"));
            Assert.Null(killed.Live(before, after));
            await EndAsync(killed);
        }

        output.WriteLine($"{operations} operations of the store, {2 * operations} kills");
        Assert.True(operations >= 10, $"only {operations} operations of the store were seen");
    }

    [Fact]
    public async Task FLT_01_A_server_that_is_killed_at_random_moments_ends_the_round_with_the_exact_sum()
    {
        int[] lanes = await Task.WhenAll(Enumerable.Range(0, 2).Select(lane => Task.Run(() => LaneAsync(lane))));
        int kills = lanes.Sum();

        output.WriteLine($"seed {Seed}: {kills} kills");
        Assert.True(kills >= Kills, $"{kills} of {Kills} kills");
    }

    private async Task<int> LaneAsync(int lane)
    {
        using SeededRandomSource random = new(Seed, $"server kills/{lane}");
        int kills = 0;
        for (int round = 0; kills < (Kills + 1) / 2; round++)
        {
            using KilledRound killed = new(DatabaseOf($"random-{lane}-{round}"));
            for (int kill = 0; kill < KillsOfOneRound; kill++)
            {
                // A phase sends a frame to each party; the last ones are of the result.
                if (killed.Live(frames: random.Next(4 * KilledRound.Parties)) is { } ended)
                {
                    AssertExact(ended);
                    break;
                }

                kills++;
            }

            await EndAsync(killed);
        }

        return kills;
    }

    private static async Task<KilledRound.Ending> EndAsync(KilledRound round)
    {
        KilledRound.Ending? first = round.Live();
        Assert.NotNull(first);
        AssertExact(first);

        // Whoever asks again is given the same result, and no client saw another one.
        KilledRound.Ending? again = round.Live();
        Assert.NotNull(again);
        AssertExact(again);
        ClientOutcome[] clients = await round.ClientsAsync();
        ClientOutcome.Completed[] done = [.. clients.Select(Assert.IsType<ClientOutcome.Completed>)];
        Assert.Single(done.Select(client => client.Receipt.SumDigest).Distinct());
        return first;
    }

    private static void AssertExact(KilledRound.Ending ending)
    {
        Assert.True(ending.IsCompleted);
        Assert.Equal(KilledRound.Expected, ending.Sum);
    }

    private string DatabaseOf(string name) => Path.Combine(_folder, $"{name}.db");

    private static ulong Number(string variable, ulong usual) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out ulong number)
            ? number
            : usual;
}
