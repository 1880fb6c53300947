using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy;

/// <summary>
/// How likely any coordinate of a noised sum leaves its ring and comes back at the other end: an error, not a loss of privacy.
/// spec 02-privacy#wrap-1
/// </summary>
/// <remarks>Never below the true probability; 1 where nothing better is known. Pure and thread-safe.</remarks>
public static class WrapProbability
{
    /// <summary>The smallest answer; what is smaller is answered as it.</summary>
    public const double Smallest = 1e-300;

    /// <summary>A bound for Gaussian noise: d·erfc(t/(√2·σ)), t the room between the largest sum and the end of the ring.</summary>
    /// <param name="room">t, in grid units: 2^(bits − 1) minus the largest magnitude of the sum without noise. Not NaN; below 0 for a sum that may not fit by itself.</param>
    /// <param name="sigma">σ &gt; 0 of the noise in the sum, in grid units.</param>
    /// <param name="dimension">d, at least 1.</param>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no coordinates.</exception>
    public static double OfGaussian(double room, double sigma, long dimension)
    {
        double deviations = Deviations(room, sigma, dimension);
        return deviations > 0
            ? FromAbove(Math.Log(dimension) + NormalTail.LogErfc(deviations * NormalTail.InverseSqrt2))
            : 1;
    }

    /// <summary>
    /// A bound for discrete Gaussian noise, and for sums of it: 2d·e^(−t²/2σ²), because its Laplace transform is at most that of
    /// N(0, σ²).
    /// </summary>
    /// <param name="room">As for <see cref="OfGaussian"/>.</param>
    /// <param name="sigma">σ &gt; 0 in grid units; of a sum, the root of the sum of the σ².</param>
    /// <param name="dimension">d, at least 1.</param>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no coordinates.</exception>
    public static double OfDiscreteGaussian(double room, double sigma, long dimension)
    {
        double deviations = Deviations(room, sigma, dimension);
        return deviations > 0 ? FromAbove(Math.Log(dimension) + Math.Log(2) - (deviations * deviations / 2)) : 1;
    }

    private static double Deviations(double room, double sigma, long dimension)
    {
        if (!double.IsFinite(room))
        {
            throw new PrivacyDomainException(
                nameof(room),
                room,
                "a finite number",
                "It is half the ring minus the largest sum, in grid units."
            );
        }

        Domain.Sigma(sigma);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);

        // Further out every answer is the smallest, and squares would overflow.
        return Math.Min(room / sigma, 1e100);
    }

    // A logarithm of a thousand is rounded by 10^-13 and more; below 10^-300 nothing more is said.
    private static double FromAbove(double log) =>
        log < Math.Log(Smallest) ? Smallest : Math.Min(1, Math.Exp(log) * (1 + 1e-11));
}
