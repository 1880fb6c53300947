using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>Draws a party's share of the noise of a round. spec 02-privacy#shares-1</summary>
public static class NoiseShare
{
    /// <summary>Samples of N_Z(0, σ²), in the order in which the words of a stream decide them. spec 02-privacy#sampler-3</summary>
    /// <param name="variance">σ².</param>
    /// <param name="words">The stream.</param>
    /// <param name="samples">Receives the samples.</param>
    public static void Sample(long variance, RandomSource words, Span<long> samples)
    {
        using DiscreteGaussianSampler sampler = new(variance, words);
        sampler.Fill(samples);
    }

    /// <summary>Draws the whole vector at once; do it before the data is touched (spec 02-privacy#sampler-4).</summary>
    /// <param name="encoding">An encoding with noise: one sample of its share variance for each coordinate.</param>
    /// <param name="random">The system's generator outside of tests; about 50 bytes for each coordinate.</param>
    /// <returns>For one attempt of one round. The caller adds it to an update or disposes of it.</returns>
    /// <exception cref="ArgumentException">The encoding has no noise, or noise in layers, whose seeds need a suite.</exception>
    public static NoiseVector Draw(UpdateEncoding encoding, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(encoding);
        SumNoise noise =
            encoding.Noise
            ?? throw new ArgumentException("The plan of this encoding has no noise to draw.", nameof(encoding));
        if (noise.Layers is not null)
        {
            throw new ArgumentException(
                "Noise in layers is drawn with the suite that makes its seeds: use PartyNoise.Draw.",
                nameof(encoding)
            );
        }

        return new NoiseVector(encoding, samples => Sample(noise.ShareVariance, random, samples));
    }
}
