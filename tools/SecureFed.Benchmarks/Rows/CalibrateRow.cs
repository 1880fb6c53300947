using SecureFed.Benchmarks.Measuring;
using SecureFed.Privacy;

namespace SecureFed.Benchmarks.Rows;

/// <summary>The least noise for a training by privacy losses.</summary>
internal sealed class CalibrateRow : BenchmarkRow
{
    private const double MostSeconds = 1;
    private const int Repetitions = 3;

    public override string Name => "calibrate";

    public override string What =>
        "the noise multiplier for ε = 2 at δ = 10^-5 over 1,000 steps of rate 0.01 by privacy losses, rounded up, one core";

    public override string Target => "≤ 1 s";

    public override BenchmarkResult Run()
    {
        double found = 0;
        double[][] seconds = Sampling.Interleaved(
            Repetitions,
            () => Sampling.ThreadSeconds(() => found = LossAccountant.NoiseMultiplier(2, 1e-5, 0.01, 1000))
        );
        double median = Sampling.Median(seconds[0]);
        return new(median <= MostSeconds, Ratio: null, median, "seconds")
        {
            Details = new Dictionary<string, double>(StringComparer.Ordinal) { ["noiseMultiplier"] = found },
        };
    }
}
