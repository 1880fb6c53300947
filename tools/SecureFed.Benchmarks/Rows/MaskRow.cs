using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Peers;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.Benchmarks.Rows;

/// <summary>Expanding a mask and adding it to a vector, on one core.</summary>
internal sealed class MaskRow : BenchmarkRow
{
    private const double LeastRatio = 0.8;
    private const int Length = 1_000_000;
    private const int MasksPerSample = 500;
    private const int Repetitions = 7;

    public override string Name => "mask";

    public override string What =>
        "expand one AES-256-CTR mask and add it to 1M 32-bit ring elements, one core, bytes per processor second against openssl speed -evp aes-256-ctr (16,384-byte column)";

    public override string Target => "≥ 0.8";

    public override BenchmarkResult Run()
    {
        P256Suite suite = P256Suite.Instance;
        using SecretBytes key = SecretBytes.Generate(ProtocolSuite.SecretSizeInBytes, SystemRandomSource.Instance);
        uint[] lanes = new uint[Length];

        // A keystream refuses to use a lane twice, so that every sample has its own.
        double[][] samples = Sampling.Interleaved(
            Repetitions,
            () =>
            {
                using MaskKeystream stream = suite.CreateKeystream(key);
                double seconds = Sampling.ThreadSeconds(() =>
                {
                    for (int mask = 0; mask < MasksPerSample; mask++)
                    {
                        stream.AddTo(lanes, (long)mask * Length);
                    }
                });
                return (double)sizeof(uint) * Length * MasksPerSample / seconds;
            },
            OpenSslSpeed.BytesPerSecond
        );

        double ratio = Sampling.MedianRatio(samples[0], samples[1]);
        return new(ratio >= LeastRatio, ratio, Value: null, "of OpenSSL's rate")
        {
            Details = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["gigabytesPerSecond"] = Sampling.Median(samples[0]) / 1e9,
                ["openSslGigabytesPerSecond"] = Sampling.Median(samples[1]) / 1e9,
            },
            Note = $"mask kernel: {suite.MaskImplementation}",
        };
    }
}
