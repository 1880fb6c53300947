using SecureFed.Benchmarks.Measuring;
using SecureFed.Homomorphic;
using SecureFed.Homomorphic.Kernels;

namespace SecureFed.Benchmarks.Rows;

/// <summary>The number-theoretic transforms beside the branch-free scalar one, by which the times of SEAL are re-based.</summary>
internal sealed class NttRow : BenchmarkRow
{
    // N = 4096 with a 36-bit prime on one machine: SEAL 4.4.3, and a branch-free scalar transform in C#, in microseconds.
    private const double SealMicroseconds = 47.1;
    private const double ScalarMicroseconds = 43.9;
    private const double MostOfSeal = 0.25;
    private const int Degree = 4096;
    private const int Batch = 200;
    private const int Repetitions = 15;

    public override string Name => "ntt";

    public override string What =>
        "forward transform, N = 4096, 36-bit prime, against SEAL's time re-based by the scalar transform of the same run";

    public override string Target => "≤ 0.25 of SEAL";

    public override BenchmarkResult Run()
    {
        NttTables tables = new(Degree, PrimeModulus.Largest(Degree, 36, 1)[0]);
        NttTables wide = new(Degree, PrimeModulus.Largest(Degree, 60, 1)[0]);
        (string Name, NttKernel Kernel, NttTables Tables, bool Forward)[] all =
        [
            ("scalar", NttKernel.Scalar, tables, true),
            ("double512", NttKernel.Double512, tables, true),
            ("double512Inverse", NttKernel.Double512, tables, false),
            ("double256", NttKernel.Double256, tables, true),
            ("integer512Of60Bits", NttKernel.Integer512, wide, true),
        ];
        (string Name, NttKernel Kernel, NttTables Tables, bool Forward)[] run =
        [
            .. all.Where(one => Ntt.CanRun(one.Kernel, one.Tables.Modulus)),
        ];
        ulong[] values = new ulong[Degree];
        double[][] seconds = Sampling.Interleaved(
            Repetitions,
            [.. run.Select(one => (Func<double>)(() => Time(one.Kernel, one.Tables, one.Forward, values)))]
        );
        double seal = seconds[0].Min() * SealMicroseconds / ScalarMicroseconds;
        Dictionary<string, double> parts = run.Zip(seconds)
            .ToDictionary(pair => pair.First.Name, pair => pair.Second.Min() / seal, StringComparer.Ordinal);
        double best = parts.GetValueOrDefault("double512", parts.GetValueOrDefault("double256", parts["scalar"]));
        parts["scalarMicroseconds"] = seconds[0].Min() * 1e6;
        return new(best <= MostOfSeal, best, Value: null, "of SEAL") { Details = parts };
    }

    private static double Time(NttKernel kernel, NttTables tables, bool forward, ulong[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (ulong)i;
        }

        return Sampling.ThreadSeconds(() =>
            {
                for (int i = 0; i < Batch; i++)
                {
                    if (forward)
                    {
                        Ntt.Forward(kernel, values, tables);
                    }
                    else
                    {
                        Ntt.Inverse(kernel, values, tables);
                    }
                }
            }) / Batch;
    }
}
