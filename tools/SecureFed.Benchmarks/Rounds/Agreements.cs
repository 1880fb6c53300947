using SecureFed.Benchmarks.Measuring;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.Benchmarks.Rounds;

/// <summary>Key agreements on their own, for the rows that report them apart.</summary>
internal static class Agreements
{
    /// <summary>Processor seconds of so many agreements on P-256.</summary>
    public static double Seconds(int count)
    {
        P256Suite suite = P256Suite.Instance;
        using AgreementKeyPair own = suite.GenerateKeyPair(SystemRandomSource.Instance);
        using AgreementKeyPair peer = suite.GenerateKeyPair(SystemRandomSource.Instance);
        return Sampling.ThreadSeconds(() =>
        {
            for (int i = 0; i < count; i++)
            {
                using SecretBytes? secret = suite.TryAgree(own, peer.PublicKey.Span);
            }
        });
    }
}
