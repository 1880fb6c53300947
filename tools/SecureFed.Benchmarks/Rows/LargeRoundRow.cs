using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Rounds;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.Benchmarks.Rows;

/// <summary>A whole masked round of 1,000 parties in one process.</summary>
internal sealed class LargeRoundRow : BenchmarkRow
{
    private const double MostSeconds = 60;

    /// <summary>n = 1,000, c = 10 (1 %), U = 900; 20, 20, 40 and 20 parties leave before their 1st, 2nd, 3rd and 4th message.</summary>
    private static readonly RoundShape s_shape = new(1000, 1_000_000, 10, 900, [20, 20, 40, 20, 0]);

    public override string Name => "round-1000";

    public override string What =>
        "seconds on the clock of a whole simulated masked round in one process on all cores, 1,000 parties with 1M values each, c = 10, U = 900, 100 leave in four phases, a session for each party, masks and sharing real, public-key operations those of the test suite; and the same with P-256 throughout";

    public override string Target => "≤ 60 s on 2 cores";

    public override BenchmarkResult Run()
    {
        (int neighbours, int threshold) = s_shape.GraphOf(s_shape.Participants - s_shape.Leaving[0]);
        Dictionary<string, double> details = new(StringComparer.Ordinal)
        {
            ["k"] = neighbours,
            ["t"] = threshold,
            ["processors"] = Environment.ProcessorCount,
            ["loadBefore"] = Machine.LoadAverage(),
        };
        double simulated = Measure(TestSuite.Instance, string.Empty, details);
        _ = Measure(P256Suite.Instance, "P256", details);
        details["peakGigabytes"] = Machine.PeakResidentBytes() / 1e9;
        return new(simulated <= MostSeconds, Ratio: null, simulated, "seconds")
        {
            Details = details,
            Note =
                "all parties train the same values; each clips, encodes, masks and signs for itself, and masks what the first one encoded. With P-256 one machine does in turn what a thousand do side by side: 506 signature checks for each party are half of it. The server's thread seconds leave out what its other threads compute while it unmasks",
        };
    }

    private static double Measure(ProtocolSuite suite, string suffix, Dictionary<string, double> details)
    {
        Console.Error.WriteLine($"a round of {s_shape.Participants} parties, {suite.Name} ...");
        using MeasuredRound round = MeasuredRound.Run(s_shape, ParallelWorkSplitter.AllProcessors, suite);
        details["seconds" + suffix] = round.WallSeconds;
        details["processorSeconds" + suffix] = round.ProcessSeconds;
        details["survivors" + suffix] = round.Result.Survivors.Length;
        details["partyMilliseconds" + suffix] = round.ClientSeconds * 1e3;
        details["partySentBytes" + suffix] = round.ClientSentBytes;
        details["partyReceivedBytes" + suffix] = round.ClientReceivedBytes;
        details["serverThreadSeconds" + suffix] = round.ServerSeconds;
        foreach ((RoundPhase phase, double seconds) in round.WallSecondsByPhase)
        {
            details[$"wallSeconds{phase}{suffix}"] = seconds;
        }

        foreach ((RoundPhase phase, double seconds) in round.ServerSecondsByPhase)
        {
            details[$"serverSeconds{phase}{suffix}"] = seconds;
        }

        foreach ((MessageType trigger, double seconds) in round.ClientSecondsByTrigger)
        {
            details[$"partyMillisecondsOn{trigger}{suffix}"] = seconds * 1e3;
        }

        return round.WallSeconds;
    }
}
