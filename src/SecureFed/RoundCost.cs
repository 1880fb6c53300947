using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>What a round with noise costs, as an accountant counts it. spec 02-privacy#charge-2</summary>
public static class RoundCost
{
    /// <summary>The release of a round, as every party computes it from the descriptor.</summary>
    /// <param name="descriptor">A sound descriptor with noise.</param>
    /// <exception cref="ArgumentException">The round has no noise.</exception>
    public static PrivacyEvent Of(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return Of(NoiseRules.NoiseMultiplier(descriptor), descriptor.Noise!.SamplingRate);
    }

    // spec 02-privacy#shares-5: from a share variance of 100 on, a sum of shares is one discrete Gaussian for every accountant.
    internal static PrivacyEvent Of(double noiseMultiplier, double samplingRate) =>
        samplingRate < 1
            ? PrivacyEvent.PoissonSampledDiscreteGaussian(noiseMultiplier, samplingRate)
            : PrivacyEvent.DiscreteGaussian(noiseMultiplier);
}
