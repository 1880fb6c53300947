using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Rounds;
using SecureFed.Protocol;

namespace SecureFed.Benchmarks.Rows;

/// <summary>A whole masked round of 1,000 parties in one process.</summary>
internal sealed class LargeRoundRow : BenchmarkRow
{
    private const double MostSeconds = 60;

    /// <summary>n = 1,000, c = 10 (1 %), U = 900; 20, 20, 40 and 20 parties leave before their 1st, 2nd, 3rd and 4th message.</summary>
    private static readonly RoundShape s_shape = new(1000, 1_000_000, 10, 900, [20, 20, 40, 20, 0]);

    public override string Name => "round-1000";

    public override string What =>
        "seconds on the clock of a whole masked round in one process on all cores, 1,000 parties with 1M values each, c = 10, U = 900, 100 leave in four phases, a real session for each party";

    public override string Target => "≤ 60 s on 2 cores";

    public override BenchmarkResult Run()
    {
        double load = Machine.LoadAverage();
        using MeasuredRound round = MeasuredRound.Run(s_shape, ParallelWorkSplitter.AllProcessors);
        (int neighbours, int threshold) = s_shape.GraphOf(s_shape.Participants - s_shape.Leaving[0]);
        Dictionary<string, double> details = new(StringComparer.Ordinal)
        {
            ["processorSeconds"] = round.ProcessSeconds,
            ["allClientsProcessorSeconds"] = round.AllClientSeconds,
            ["clientMilliseconds"] = round.ClientSeconds * 1e3,
            ["serverThreadSeconds"] = round.ServerSeconds,
            ["survivors"] = round.Survivors,
            ["k"] = neighbours,
            ["t"] = threshold,
            ["clientSentBytes"] = round.ClientSentBytes,
            ["clientReceivedBytes"] = round.ClientReceivedBytes,
            ["peakGigabytes"] = Machine.PeakResidentBytes() / 1e9,
            ["processors"] = Environment.ProcessorCount,
            ["loadBefore"] = load,
        };
        foreach ((RoundPhase phase, double seconds) in round.WallSecondsByPhase)
        {
            details[$"wallSeconds{phase}"] = seconds;
        }

        foreach ((RoundPhase phase, double seconds) in round.ServerSecondsByPhase)
        {
            details[$"serverSeconds{phase}"] = seconds;
        }

        return new(round.WallSeconds <= MostSeconds, Ratio: null, round.WallSeconds, "seconds")
        {
            Details = details,
            Note =
                "all parties train the same values; each clips, encodes, masks and signs for itself. The server's thread seconds leave out what its other threads compute while it unmasks",
        };
    }
}
