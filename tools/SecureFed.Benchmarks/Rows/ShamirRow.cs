using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Peers;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.Benchmarks.Rows;

/// <summary>Splitting and combining a 32-byte secret, beside the same over a prime field.</summary>
internal sealed class ShamirRow : BenchmarkRow
{
    private const double LeastRatio = 4.0;
    private const int Holders = 51;
    private const int Threshold = 26;
    private const int Splits = 2_000;
    private const int Combinations = 20_000;
    private const int Dealers = 100;
    private const int RoundsOfDealers = 50;
    private const int Repetitions = 9;

    public override string Name => "shamir";

    public override string What =>
        "time of a prime field of 2^61 − 1 over the time of GF(2^16), random coefficients included on both sides: splitting 32 bytes among 51 holders with t = 26; combining 26 shares with weights that are kept, and the secrets of 100 dealers from the same 26 holders";

    public override string Target => "≥ 4";

    public override BenchmarkResult Run()
    {
        P256Suite suite = P256Suite.Instance;
        SystemRandomSource random = SystemRandomSource.Instance;
        using SecretBytes secret = SecretBytes.Generate(ProtocolSuite.SecretSizeInBytes, random);
        ulong[] limbs = PrimeFieldSharing.LimbsOf(secret.Reveal(SecretAccess.ForPrimitive));
        ulong[] coefficients = new ulong[(Threshold - 1) * PrimeFieldSharing.Limbs];
        ulong[] primeShares = new ulong[Holders * PrimeFieldSharing.Limbs];
        ulong[] weights = new ulong[Threshold];
        ulong[] found = new ulong[PrimeFieldSharing.Limbs];
        ushort[] points = [.. Enumerable.Range(1, Threshold).Select(x => (ushort)x)];
        SecretBytes[] shares = suite.Split(secret, Threshold, Holders, random);
        SecretBytes[] chosen = shares[..Threshold];
        ShareCombiner combiner = suite.CreateCombiner(points);
        ulong[] primePoints = [.. points.Select(x => (ulong)x)];
        PrimeFieldSharing.Weigh(primePoints, weights);
        SplitPrime();
        PrimeFieldSharing.Combine(weights, primeShares.AsSpan(0, Threshold * PrimeFieldSharing.Limbs), found);
        using SecretBytes combined = combiner.Combine(chosen);
        if (!found.AsSpan().SequenceEqual(limbs) || !combined.FixedTimeEquals(secret))
        {
            throw new InvalidOperationException("A sharing does not give its secret back.");
        }

        double[][] samples = Sampling.Interleaved(
            Repetitions,
            () => Seconds(Splits, () => Dispose(suite.Split(secret, Threshold, Holders, random))),
            () => Seconds(Splits, SplitPrime),
            () => Seconds(Combinations, () => combiner.Combine(chosen).Dispose()),
            () =>
                Seconds(
                    Combinations,
                    () =>
                        PrimeFieldSharing.Combine(
                            weights,
                            primeShares.AsSpan(0, Threshold * PrimeFieldSharing.Limbs),
                            found
                        )
                ),
            () => Seconds(RoundsOfDealers, () => CombineDealers(suite.CreateCombiner(points))),
            () => Seconds(RoundsOfDealers, () => CombineDealers(null)),
            () => Seconds(RoundsOfDealers, CombineDealersPrime)
        );
        Dispose(shares);
        double split = Sampling.MedianRatio(samples[1], samples[0]);
        double combine = Sampling.MedianRatio(samples[3], samples[2]);
        double dealers = Sampling.MedianRatio(samples[6], samples[4]);
        return new(split >= LeastRatio, split, Value: null, "times as fast at splitting")
        {
            Details = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["splitMicroseconds"] = 1e6 * Sampling.Median(samples[0]) / Splits,
                ["splitMicrosecondsPrimeField"] = 1e6 * Sampling.Median(samples[1]) / Splits,
                ["combineRatio"] = combine,
                ["combineMicroseconds"] = 1e6 * Sampling.Median(samples[2]) / Combinations,
                ["combineMicrosecondsPrimeField"] = 1e6 * Sampling.Median(samples[3]) / Combinations,
                ["dealersRatio"] = dealers,
                ["dealersMicroseconds"] = 1e6 * Sampling.Median(samples[4]) / RoundsOfDealers,
                ["dealersMicrosecondsPrimeField"] = 1e6 * Sampling.Median(samples[6]) / RoundsOfDealers,
                ["dealersGainOfKeptWeights"] = Sampling.MedianRatio(samples[5], samples[4]),
            },
            Note = "the prime field's shares are plain numbers; ours are secrets in pinned memory that is wiped",
        };

        // Weights for all dealers of one list of holders, or for each anew.
        void CombineDealers(ShareCombiner? kept)
        {
            for (int dealer = 0; dealer < Dealers; dealer++)
            {
                (kept ?? suite.CreateCombiner(points)).Combine(chosen).Dispose();
            }
        }

        // As libraries do that keep nothing.
        void CombineDealersPrime()
        {
            for (int dealer = 0; dealer < Dealers; dealer++)
            {
                PrimeFieldSharing.Weigh(primePoints, weights);
                PrimeFieldSharing.Combine(weights, primeShares.AsSpan(0, Threshold * PrimeFieldSharing.Limbs), found);
            }
        }

        void SplitPrime()
        {
            random.Fill(System.Runtime.InteropServices.MemoryMarshal.AsBytes(coefficients.AsSpan()));
            for (int i = 0; i < coefficients.Length; i++)
            {
                coefficients[i] >>= 4;
            }

            PrimeFieldSharing.Split(limbs, coefficients, primeShares);
        }
    }

    private static double Seconds(int count, Action action) =>
        Sampling.ThreadSeconds(() =>
        {
            for (int i = 0; i < count; i++)
            {
                action();
            }
        });

    private static void Dispose(SecretBytes[] shares)
    {
        foreach (SecretBytes share in shares)
        {
            share.Dispose();
        }
    }
}
