using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Rounds;
using SecureFed.Core;

namespace SecureFed.Benchmarks.Rows;

/// <summary>A whole masked round in one process.</summary>
internal sealed class RoundRow : BenchmarkRow
{
    private const double MostSeconds = 2;
    private const int Repetitions = 5;

    public override string Name => "round";

    public override string What =>
        "seconds on the clock of a whole masked round in one process on one thread, 10 parties with 1M values each, every message encoded, signed and decoded";

    public override string Target => "≤ 2 s";

    public override BenchmarkResult Run()
    {
        double[][] samples = Sampling.Interleaved(
            Repetitions,
            () =>
            {
                using MeasuredRound round = MeasuredRound.Run(
                    RoundShape.Small(participants: 10, length: 1_000_000, dropped: 0),
                    WorkSplitter.Sequential
                );
                return round.WallSeconds;
            }
        );
        double seconds = Sampling.Median(samples[0]);
        return new(seconds <= MostSeconds, Ratio: null, seconds, "seconds");
    }
}
