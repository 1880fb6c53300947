using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Peers;
using SecureFed.Core;

namespace SecureFed.Benchmarks.Rows;

/// <summary>The weighted mean of 16 and of 64 vectors, against reading the same bytes once and against numpy.</summary>
internal sealed class MeanRow : BenchmarkRow
{
    private const double LeastRatioToRoof = 0.8;
    private const double LeastRatioToNumpy = 5;
    private const int Length = 1_000_000;
    private const int Repetitions = 15;

    public override string Name => "mean";

    public override string What =>
        "weighted mean of K = 16 and 64 float vectors of 1M, one core, against reading the same bytes once (the worse of both K), and against numpy.average";

    public override string Target => "≥ 0.8 of the read roof and ≥ 5 × numpy.average";

    public override BenchmarkResult Run()
    {
        ReadRoof roof = ReadRoof.Create();
        Dictionary<string, double> details = new(StringComparer.Ordinal);
        double worstRoof = double.PositiveInfinity;
        double? worstNumpy = null;
        foreach (int vectors in new[] { 16, 64 })
        {
            (double toRoof, double? toNumpy, double gigabytes) = Measure(roof, vectors);
            worstRoof = Math.Min(worstRoof, toRoof);
            details[$"roofRatioK{vectors}"] = toRoof;
            details[$"gigabytesPerSecondK{vectors}"] = gigabytes;
            if (toNumpy is { } numpy)
            {
                worstNumpy = Math.Min(worstNumpy ?? double.PositiveInfinity, numpy);
                details[$"numpyRatioK{vectors}"] = numpy;
            }
        }

        bool met = worstRoof >= LeastRatioToRoof && worstNumpy is not < LeastRatioToNumpy;
        string yardstick = roof.IsNative ? "read roof: C, gcc -O3" : "read roof: C# (there is no gcc)";
        return new(met, worstRoof, Value: null, "of the read roof")
        {
            Details = details,
            Note = worstNumpy is null ? yardstick + "; numpy is not installed and was not compared" : yardstick,
        };
    }

    private static (double ToRoof, double? ToNumpy, double Gigabytes) Measure(ReadRoof roof, int count)
    {
        // Rows of one big allocation with a length that is a power of two would fall on the same cache sets; these do not.
        float[][] vectors = [.. Enumerable.Range(0, count).Select(row => Filled(row))];
        double[] weights = [.. Enumerable.Range(1, count).Select(weight => (double)weight)];
        float[] mean = new float[Length];
        using NumpyAverage? numpy = NumpyAverage.TryStart(count, Length);

        double[][] samples = Sampling.Interleaved(
            Repetitions,
            () => Sampling.ThreadSeconds(() => FederatedAveraging.WeightedMean(vectors, weights, mean)),
            () => roof.SecondsToRead(vectors),
            () => numpy?.Seconds() ?? 1
        );

        double bytes = (double)sizeof(float) * Length * count;
        return (
            Sampling.MedianRatio(samples[1], samples[0]),
            numpy is null ? null : Sampling.MedianRatio(samples[2], samples[0]),
            bytes / Sampling.Median(samples[0]) / 1e9
        );
    }

    private static float[] Filled(int row)
    {
        float[] vector = new float[Length];
        Array.Fill(vector, 0.5f + row);
        return vector;
    }
}
