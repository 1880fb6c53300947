namespace SecureFed.Benchmarks.Measuring;

/// <summary>Measures several things in turn, so that a slow moment of the machine hits all of them.</summary>
internal static class Sampling
{
    /// <summary>Runs every measurement once per repetition, after one repetition that does not count.</summary>
    /// <param name="repetitions">At least 1.</param>
    /// <param name="measurements">Each returns seconds, or any other positive quantity.</param>
    /// <returns>One array per measurement; index = repetition.</returns>
    public static double[][] Interleaved(int repetitions, params Func<double>[] measurements)
    {
        double[][] samples = [.. measurements.Select(_ => new double[repetitions])];
        for (int repetition = -1; repetition < repetitions; repetition++)
        {
            for (int i = 0; i < measurements.Length; i++)
            {
                double sample = measurements[i]();
                if (repetition >= 0)
                {
                    samples[i][repetition] = sample;
                }
            }
        }

        return samples;
    }

    /// <summary>Thread seconds of <paramref name="work"/>.</summary>
    public static double ThreadSeconds(Action work)
    {
        double start = CpuClock.Thread();
        work();
        return CpuClock.Thread() - start;
    }

    /// <summary>The median.</summary>
    public static double Median(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The median of the quotients of samples taken in the same repetition.</summary>
    public static double MedianRatio(double[] numerators, double[] denominators) =>
        Median(numerators.Zip(denominators, (numerator, denominator) => numerator / denominator));
}
