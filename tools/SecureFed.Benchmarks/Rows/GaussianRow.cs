using SecureFed.Benchmarks.Measuring;
using SecureFed.Crypto;
using SecureFed.Privacy;

namespace SecureFed.Benchmarks.Rows;

/// <summary>Exact discrete Gaussian noise for a vector of a million, on one core.</summary>
internal sealed class GaussianRow : BenchmarkRow
{
    private const double LeastMillions = 10;
    private const int Length = 1_000_000;
    private const int Repetitions = 7;

    // The first is too little noise for any share; it is reported and does not count.
    private static readonly (string Name, long Variance)[] s_noises =
    [
        ("sigma1", 1),
        ("sigma3", 9),
        ("sigma16384", 1L << 28),
        ("sigma2To29", 1L << 58),
    ];

    public override string Name => "gaussian";

    public override string What =>
        "exact discrete Gaussian samples from the system's generator, one core, for σ from 3 to 2^29; the slowest counts";

    public override string Target => "≥ 10 M samples/s";

    public override BenchmarkResult Run()
    {
        long[] samples = new long[Length];
        double[][] seconds = Sampling.Interleaved(
            Repetitions,
            [.. s_noises.Select(noise => (Func<double>)(() => Fill(samples, noise.Variance)))]
        );
        double[] millions = [.. seconds.Select(times => Length / 1e6 / Sampling.Median(times))];
        double slowest = millions[1..].Min();
        return new(slowest >= LeastMillions, Ratio: null, slowest, "M samples/s")
        {
            Details = s_noises
                .Zip(millions)
                .ToDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal),
        };
    }

    private static double Fill(long[] samples, long variance)
    {
        using DiscreteGaussianSampler sampler = new(variance, SystemRandomSource.Instance);
        return Sampling.ThreadSeconds(() => sampler.Fill(samples));
    }
}
