using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Sampling;

/// <summary>What every kind of sampling shares: the moment without sampling, and what convexity alone says with it.</summary>
internal static class GaussianMoment
{
    // Where the noise is so large that the exponent is lost, a little more than nothing is still above the truth.
    private const double Least = 1e-300;

    /// <summary>ln E[e^(αu)] = α(α − 1)/2z² for the likelihood ratio e^u of noise z against its shift by 1.</summary>
    public static double Log(double order, double multiplier) =>
        Math.Max(Least, order / multiplier * ((order - 1) / multiplier) / 2 * (1 + (8 * NearOne.UnitRoundoff)));

    /// <summary>
    /// A bound for every order: e^((α − 1)·D) is jointly convex in a pair of distributions, so that a sample that holds the
    /// unit with probability q has at most 1 − q + q·e^(α(α − 1)/2z²), whatever the other units are.
    /// </summary>
    public static double LogWhenSampled(double order, double multiplier, double rate)
    {
        double log = Log(order, multiplier);
        if (!double.IsFinite(log))
        {
            return double.PositiveInfinity;
        }

        double excess = Math.Log(rate) + NearOne.LogOfExpMinusOne(log);
        double error = 32 * NearOne.UnitRoundoff * (1 + Math.Abs(Math.Log(rate)) + Math.Abs(excess));
        return Math.Min(log, NearOne.LogOfOnePlusExp(excess + error) * (1 + (16 * NearOne.UnitRoundoff)));
    }
}
