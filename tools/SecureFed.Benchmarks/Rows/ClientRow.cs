using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Peers;
using SecureFed.Benchmarks.Rounds;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Benchmarks.Rows;

/// <summary>Everything one client computes in a round, against the expansion of its masks alone.</summary>
internal sealed class ClientRow : BenchmarkRow
{
    private const double MostRatio = 3.0;
    private const int Length = 1_000_000;
    private const int Peers = 50;
    private const int Repetitions = 3;

    public override string Name => "client";

    public override string What =>
        "processor time of one client, all stages (clip, encode, share, mask, sign, unmask), 1M values of 16 bits, 50 peers, against mask bytes ÷ the rate of openssl speed -evp aes-256-ctr";

    public override string Target => "≤ 3.0";

    public override BenchmarkResult Run()
    {
        SortedDictionary<string, List<double>> byTrigger = new(StringComparer.Ordinal);
        double[][] samples = Sampling.Interleaved(
            Repetitions,
            () =>
            {
                using MeasuredRound round = MeasuredRound.Run(
                    RoundShape.Small(Peers + 1, Length, dropped: 0),
                    WorkSplitter.Sequential
                );
                foreach ((MessageType trigger, double seconds) in round.ClientSecondsByTrigger)
                {
                    string key = $"millisecondsOn{trigger}";
                    byTrigger.TryAdd(key, []);
                    byTrigger[key].Add(seconds * 1e3);
                }

                return round.ClientSeconds;
            },
            OpenSslSpeed.BytesPerSecond
        );

        // One mask for each peer and the self mask, in lanes of 4 bytes.
        double maskBytes = (Peers + 1.0) * Length * sizeof(uint);
        double ratio = Sampling.Median(samples[0].Zip(samples[1], (seconds, rate) => seconds * rate / maskBytes));
        Dictionary<string, double> details = new(StringComparer.Ordinal)
        {
            ["clientMilliseconds"] = Sampling.Median(samples[0]) * 1e3,
            ["maskMilliseconds"] = Sampling.Median(samples[1].Select(rate => maskBytes / rate)) * 1e3,
        };
        foreach ((string key, List<double> milliseconds) in byTrigger)
        {
            details[key] = Sampling.Median(milliseconds);
        }

        return new(ratio <= MostRatio, ratio, Value: null, "times the time of the masks alone") { Details = details };
    }
}
