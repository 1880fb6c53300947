using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>Draws a party's share of the noise of a round. spec 02-privacy#shares-1</summary>
public static class NoiseShare
{
    /// <summary>Draws the whole vector at once; do it before the data is touched (spec 02-privacy#sampler-4).</summary>
    /// <param name="encoding">An encoding with noise: one sample of its share variance for each coordinate.</param>
    /// <param name="random">The system's generator outside of tests; about 50 bytes for each coordinate.</param>
    /// <returns>For one attempt of one round. The caller adds it to an update or disposes of it.</returns>
    /// <exception cref="ArgumentException">The encoding has no noise.</exception>
    public static NoiseVector Draw(UpdateEncoding encoding, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(encoding);
        SumNoise noise =
            encoding.Noise
            ?? throw new ArgumentException("The plan of this encoding has no noise to draw.", nameof(encoding));
        using DiscreteGaussianSampler sampler = new(noise.ShareVariance, random);
        return new NoiseVector(encoding, sampler.Fill);
    }
}
