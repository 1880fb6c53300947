using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Peers;
using SecureFed.Benchmarks.Rounds;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Benchmarks.Rows;

/// <summary>What the server computes to unmask a sum of 100 parties of which 10 left after sharing.</summary>
internal sealed class UnmaskRow : BenchmarkRow
{
    private const double MostRatio = 2.5;
    private const int Length = 1_000_000;
    private const int Participants = 100;
    private const int Dropped = 10;
    private const int Neighbours = 50;
    private const int Repetitions = 3;

    public override string Name => "unmask-100";

    public override string What =>
        "processor time of the server from the first revealed share to the sum, n = 100, 10 dropped, 1M values, complete graph (99 peers each), without key agreements, against mask bytes ÷ the rate of openssl speed -evp aes-256-ctr";

    public override string Target => "≤ 2.5";

    public override BenchmarkResult Run()
    {
        const int PairMasks = Dropped * (Participants - Dropped);
        double[][] samples = Sampling.Interleaved(
            Repetitions,
            () =>
            {
                using MeasuredRound round = MeasuredRound.Run(
                    RoundShape.Small(Participants, Length, Dropped),
                    WorkSplitter.Sequential
                );
                return round.ServerSecondsByPhase[RoundPhase.Unmask];
            },
            () => Agreements.Seconds(PairMasks),
            OpenSslSpeed.BytesPerSecond
        );

        // A self mask for each survivor, and the masks between each dropped party and each survivor.
        int masks = Participants - Dropped + PairMasks;
        double maskBytes = (double)masks * Length * sizeof(uint);
        double[] ratios =
        [
            .. Enumerable
                .Range(0, Repetitions)
                .Select(i => (samples[0][i] - samples[1][i]) * samples[2][i] / maskBytes),
        ];
        double ratio = Sampling.Median(ratios);
        double seconds = Sampling.Median(samples[0]) - Sampling.Median(samples[1]);
        int masksOfTheGraph = Participants - Dropped + (Dropped * Neighbours * (Participants - Dropped) / Participants);
        return new(ratio <= MostRatio, ratio, Value: null, "times the time of the masks alone")
        {
            Details = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["unmaskSeconds"] = seconds,
                ["agreementSeconds"] = Sampling.Median(samples[1]),
                ["masks"] = masks,
                ["secondsScaledTo50Peers"] = seconds * masksOfTheGraph / masks,
                ["openSslGigabytesPerSecond"] = Sampling.Median(samples[2]) / 1e9,
            },
            Note =
                "the product runs the complete graph at this size; the time for 50 peers each is the measured time scaled by the number of masks",
        };
    }
}
