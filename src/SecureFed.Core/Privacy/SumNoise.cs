namespace SecureFed.Core;

/// <summary>The noise that a plan's parties add to their integers before masking, and what it has to hide. spec 02-privacy#shares-1</summary>
/// <remarks>Immutable, public, compared by value. Ranges are checked where an encoding is made.</remarks>
/// <param name="ShareVariance">v: σ² of the discrete Gaussian that each party adds to each coordinate, in squared grid units; 100 to 2^58. In layers, of all of them together.</param>
/// <param name="MaximumExamples">E: how many clipped vectors one party may add up; 1 when a party is itself the unit. 1 to 2^24.</param>
/// <param name="Divisor">What a mean is divided by: a public constant, positive and finite, never a count of what took part.</param>
/// <param name="Layers">The layers that a share consists of when what is left over is removed again; null when all of it stays.</param>
public sealed record SumNoise(long ShareVariance, int MaximumExamples, double Divisor, NoiseLayers? Layers = null)
{
    /// <summary>Noise in layers, whose share variance follows from them. spec 02-privacy#layers-2</summary>
    /// <param name="layers">Sound layers.</param>
    /// <param name="maximumExamples">E.</param>
    /// <param name="divisor">What a mean is divided by.</param>
    public static SumNoise In(NoiseLayers layers, int maximumExamples, double divisor)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return new SumNoise(layers.VarianceUpTo(layers.Removable), maximumExamples, divisor, layers);
    }

    /// <summary>The least variance of a share: 100. From there on a sum of shares is a discrete Gaussian up to 10^-400.</summary>
    public const long LeastShareVariance = 100;

    /// <summary>The largest variance of a share: 2^58.</summary>
    public const long LargestShareVariance = 1L << 58;

    /// <summary>The most examples of one party: 2^24.</summary>
    public const int MostExamples = 1 << 24;

    /// <summary>Whether vectors are rotated and added in a narrow ring, which may wrap; not by default.</summary>
    public CompressedBits Compression { get; init; }
}
