using SecureFed.Benchmarks.Measuring;
using SecureFed.Core;
using SecureFed.Privacy;

namespace SecureFed.Benchmarks.Rows;

/// <summary>ε by privacy losses: of a whole training, after each round of one, and of one whose rounds all differ.</summary>
internal sealed class LossRow : BenchmarkRow
{
    private const double MostColdSeconds = 0.2;
    private const double MostIncrementalSeconds = 1;
    private const double MostDifferentSeconds = 2;
    private const double Delta = 1e-5;
    private const int Repetitions = 3;

    public override string Name => "pld";

    public override string What =>
        "two-sided ε by privacy losses on one core: 1,000 sampled steps by a new accountant, ε after each of 100 rounds, and 100 rounds that all differ";

    public override string Target => "≤ 0.2 s, ≤ 1 s and ≤ 2 s";

    public override BenchmarkResult Run()
    {
        double[][] seconds = Sampling.Interleaved(Repetitions, Cold, Incremental, Different);
        double[] medians = [.. seconds.Select(Sampling.Median)];
        return new(
            medians[0] <= MostColdSeconds && medians[1] <= MostIncrementalSeconds && medians[2] <= MostDifferentSeconds,
            Ratio: null,
            medians[0],
            "seconds"
        )
        {
            Details = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["secondsCold"] = medians[0],
                ["secondsIncremental"] = medians[1],
                ["secondsDifferent"] = medians[2],
            },
        };
    }

    private static double Cold() =>
        Sampling.ThreadSeconds(() =>
            _ = New().Compose(PrivacyEvent.PoissonSampledGaussian(1, 0.01), 1000).Epsilon(Delta)
        );

    private static double Incremental() =>
        Sampling.ThreadSeconds(() =>
        {
            LossAccountant accountant = New();
            for (int round = 0; round < 100; round++)
            {
                accountant = accountant.Compose(PrivacyEvent.PoissonSampledGaussian(1, 0.01));
                _ = accountant.Epsilon(Delta);
            }
        });

    private static double Different() =>
        Sampling.ThreadSeconds(() =>
        {
            LossAccountant accountant = New();
            for (int round = 1; round <= 100; round++)
            {
                accountant = accountant.Compose(
                    PrivacyEvent.PoissonSampledGaussian(1 + (round * 0.01), 0.01 + (round * 1e-4))
                );
            }

            _ = accountant.Epsilon(Delta);
        });

    private static LossAccountant New() => new(NeighbouringRelation.AddOrRemoveOne);
}
