using System.Diagnostics;
using SecureFed.Benchmarks.Measuring;
using SecureFed.Crypto;
using SecureFed.Privacy;

namespace SecureFed.Benchmarks.Rows;

/// <summary>Whether the time at which a vector of noise is released says how large it is: drawn ahead, released at a fixed deadline.</summary>
internal sealed class NoiseTimingRow : BenchmarkRow
{
    private const int Vectors = 1_000_000;
    private const int Length = 32;
    private const long Variance = 1L << 28;

    // Ten times the usual draw: a draw that the machine interrupts for longer is released late, whatever it drew.
    private static readonly long s_deadline = Stopwatch.Frequency / 20_000;

    // Independent pairs correlate by more than this once in some thousand million runs.
    private static readonly double s_chance = 6 / Math.Sqrt(Vectors);

    public override string Name => "noise-timing";

    public override string What =>
        "10^6 vectors of noise, each released at a fixed deadline after its draw began: correlation of the moment of release, and beside it of the draw itself, with the largest sample";

    public override string Target => "|correlation| < 0.01";

    public override BenchmarkResult Run()
    {
        const double Most = 0.01;
        double[] largest = new double[Vectors];
        double[] drawn = new double[Vectors];
        double[] released = new double[Vectors];
        long[] samples = new long[Length];
        using DiscreteGaussianSampler sampler = new(Variance, SystemRandomSource.Instance);
        for (int i = 0; i < Vectors; i++)
        {
            long start = Stopwatch.GetTimestamp();
            sampler.Fill(samples);
            drawn[i] = Stopwatch.GetTimestamp() - start;
            long now;
            do
            {
                now = Stopwatch.GetTimestamp();
            } while (now < start + s_deadline);

            released[i] = now - start;
            largest[i] = samples.Max(Math.Abs);
        }

        double atRelease = Correlation(released, largest);
        return new(Math.Abs(atRelease) < Most, Ratio: null, Math.Abs(atRelease), "correlation at release")
        {
            Details = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["ofTheDraw"] = Correlation(drawn, largest),
                ["byChanceAtMost"] = s_chance,
                ["late"] = drawn.Count(ticks => ticks > s_deadline),
            },
        };
    }

    // Of ranks: a few interrupted vectors would decide a correlation of times.
    private static double Correlation(double[] first, double[] second)
    {
        double[] a = Ranks(first);
        double[] b = Ranks(second);
        double mean = (Vectors - 1) / 2.0;
        double covariance = a.Zip(b, (x, y) => (x - mean) * (y - mean)).Sum();
        return covariance / Math.Sqrt(a.Sum(x => (x - mean) * (x - mean)) * b.Sum(y => (y - mean) * (y - mean)));
    }

    // Equal values get the mean of their places.
    private static double[] Ranks(double[] values)
    {
        int[] order = [.. Enumerable.Range(0, values.Length).OrderBy(i => values[i])];
        double[] ranks = new double[values.Length];
        for (int start = 0; start < order.Length; )
        {
            int end = start;
            while (end < order.Length && values[order[end]].Equals(values[order[start]]))
            {
                end++;
            }

            for (int i = start; i < end; i++)
            {
                ranks[order[i]] = (start + end - 1) / 2.0;
            }

            start = end;
        }

        return ranks;
    }
}
