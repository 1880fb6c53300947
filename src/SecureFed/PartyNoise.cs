using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Draws a party's share of the noise of a round, of either mechanism.</summary>
public static class PartyNoise
{
    /// <summary>Draws it whole; do that before the data is touched (spec 02-privacy#sampler-4).</summary>
    /// <param name="encoding">The encoding of the attempt, with noise.</param>
    /// <param name="suite">The suite of the round, whose primitives make the seeds of layers that are removed.</param>
    /// <param name="random">The system's generator outside of tests; about 50 bytes for each coordinate.</param>
    /// <returns>For one attempt of one round. The caller adds it to an update or disposes of it.</returns>
    /// <exception cref="ArgumentException">The encoding has no noise.</exception>
    public static NoiseVector Draw(UpdateEncoding encoding, ProtocolSuite suite, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(encoding);
        ArgumentNullException.ThrowIfNull(suite);
        ArgumentNullException.ThrowIfNull(random);
        return encoding.Noise?.Layers is null
            ? NoiseShare.Draw(encoding, random)
            : LayerSeeds.Draw(suite, encoding, random, NoiseShare.Sample);
    }
}
