using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy;

/// <summary>
/// How far the sum of discrete Gaussian shares of several parties is from one discrete Gaussian of the summed variance.
/// Kairouz, Liu and Steinke, ICML 2021. spec 02-privacy#renyi-8
/// </summary>
/// <remarks>Pure and thread-safe; a call takes a few nanoseconds for each share.</remarks>
public static class DiscreteGaussianShares
{
    /// <summary>The least variance of a share, in squared grid units, for which the bound is known to hold.</summary>
    public const double LeastVariance = 0.0625;

    /// <summary>The largest number of shares.</summary>
    public const int MostShares = 16_777_216;

    /// <summary>
    /// τ = 10·Σ e^(−2π²σ²k/(k + 1)) over k = 1 … n − 1: in one coordinate, the logarithm of the sum's probability over the
    /// single discrete Gaussian's changes by at most τ from any integer to any other.
    /// </summary>
    /// <param name="shareVariance">σ² of one share, the square of its parameter, in squared grid units; from 1/16.</param>
    /// <param name="shares">n, 1 to 16,777,216.</param>
    /// <returns>τ, never below the true one.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    public static double Tau(double shareVariance, int shares)
    {
        Check(shareVariance, shares);
        double sum = 0;
        for (int k = 1; k < shares; k++)
        {
            double exponent = -2 * Math.PI * Math.PI * shareVariance * k / (k + 1);

            // A term that is no double any more is still above zero.
            sum += Math.Max(
                1e-300,
                Math.Exp(exponent) * (1 + (8 * NearOne.UnitRoundoff * (1 - Math.Max(exponent, -1000))))
            );
        }

        return 10 * sum * (1 + (NearOne.UnitRoundoff * (8.0 + shares)));
    }

    /// <summary>The domain of the shares of a release.</summary>
    internal static void Check(double shareVariance, int shares)
    {
        if (!(shareVariance >= LeastVariance && double.IsFinite(shareVariance)))
        {
            throw new PrivacyDomainException(
                nameof(shareVariance),
                shareVariance,
                "at least 1/16 and finite",
                "It is in squared grid units: take a finer grid."
            );
        }

        if (shares is < 1 or > MostShares)
        {
            throw new PrivacyDomainException(
                nameof(shares),
                shares,
                "from 1 to 16777216",
                "It counts the parties whose noise is certainly in the sum."
            );
        }
    }
}
