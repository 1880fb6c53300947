using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Peers;
using SecureFed.Benchmarks.Rounds;

namespace SecureFed.Benchmarks.Rows;

/// <summary>What the server of 1,000 parties computes and holds to unmask their sum when 100 of them left after sharing.</summary>
internal sealed class LargeUnmaskRow : BenchmarkRow
{
    private const double MostRatio = 2.5;
    private const double MostBytes = 150e6;
    private const int Repetitions = 3;

    /// <summary>c = 7 of 1,000 gives k = 48, the degree that others report.</summary>
    private static readonly RoundShape s_shape = Shape(collusionBound: 7);

    /// <summary>The product's own k for 1 % that collude.</summary>
    private static readonly RoundShape s_onePercent = Shape(collusionBound: 10);

    public override string Name => "unmask-1000";

    public override string What =>
        "processor time of a server process of its own from the first revealed share to the sum, n = 1,000, k = 48, 100 dropped, 1M values, without key agreements, against mask bytes ÷ the rate of openssl speed -evp aes-256-ctr; and the process's peak resident size";

    public override string Target => "≤ 2.5, and ≤ 150 MB";

    public override BenchmarkResult Run()
    {
        Dictionary<string, double> details = new(StringComparer.Ordinal);
        (double ratio, double peak) = Measure(s_shape, string.Empty, details);
        (_, double peakOnePercent) = Measure(s_onePercent, "OnePercent", details);
        return new(
            ratio <= MostRatio && Math.Max(peak, peakOnePercent) <= MostBytes,
            ratio,
            Value: null,
            "times the time of the masks alone"
        )
        {
            Details = details,
            Note =
                "the shares come from a whole round with a session for each party; the server's process restores itself from its store and its sum is compared with the round's. The peak holds the runtime and the restored decisions, with DOTNET_GCgen0size=0x400000 (4 MiB) in the process's environment",
        };
    }

    private static RoundShape Shape(int collusionBound) =>
        new(Participants: 1000, Length: 1_000_000, collusionBound, MinimumSurvivors: 900, RoundShape.AfterSharing(100));

    private static (double Ratio, double Peak) Measure(
        RoundShape shape,
        string suffix,
        Dictionary<string, double> details
    )
    {
        Console.Error.WriteLine($"a round of {shape.Participants} parties, c = {shape.CollusionBound} ...");
        using StoredUnmasking stored = Prepare(shape, out int pairMasks);
        List<UnmaskingCost> onOne = [];
        List<UnmaskingCost> onAll = [];
        double[][] samples = Sampling.Interleaved(
            Repetitions,
            () => Add(onOne, stored.Run(threads: 1)).ProcessorSeconds,
            () => Add(onAll, stored.Run(Environment.ProcessorCount)).WallSeconds,
            () => Agreements.Seconds(pairMasks),
            OpenSslSpeed.BytesPerSecond
        );
        (int neighbours, int threshold) = shape.GraphOf(shape.Participants);
        int masks = shape.MinimumSurvivors + pairMasks;
        double maskBytes = (double)masks * shape.Length * sizeof(uint);
        double ratio = Sampling.Median(
            Enumerable.Range(0, Repetitions).Select(i => (samples[0][i] - samples[2][i]) * samples[3][i] / maskBytes)
        );
        double peak = onOne.Concat(onAll).Max(cost => cost.PeakBytes);
        details["ratio" + suffix] = ratio;
        details["k" + suffix] = neighbours;
        details["t" + suffix] = threshold;
        details["masks" + suffix] = masks;
        details["processorSeconds" + suffix] = Sampling.Median(samples[0]);
        details["agreementSeconds" + suffix] = Sampling.Median(samples[2]);
        details["wallSecondsOnAllProcessors" + suffix] = Sampling.Median(samples[1]);
        details["peakMegabytes" + suffix] = peak / 1e6;
        details["megabytesBeforeTheFirstShare" + suffix] = onOne.Max(cost => cost.BytesBefore) / 1e6;
        return (ratio, peak);
    }

    // The round's thousand sessions are gone when this returns.
    private static StoredUnmasking Prepare(RoundShape shape, out int pairMasks)
    {
        using MeasuredRound round = MeasuredRound.Run(shape, ParallelWorkSplitter.AllProcessors);
        pairMasks = round.PairMasksToRemove();
        return new StoredUnmasking(round);
    }

    private static UnmaskingCost Add(List<UnmaskingCost> costs, UnmaskingCost cost)
    {
        costs.Add(cost);
        return cost;
    }
}
