using System.Numerics;
using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy;

/// <summary>
/// Whether noise is smaller than it must be, by samples of it: the decoded sum of a run minus the sum that went in.
/// spec 02-privacy#audit-3
/// </summary>
/// <remarks>
/// A false alarm is rarer than asked for, by a bound and not by an approximation. The samples are independent Gaussians of mean
/// zero, or discrete Gaussians, or sums of shares that are discrete Gaussians of σ² ≥ 16 each. Pure and thread-safe.
/// </remarks>
public static class NoiseVarianceTest
{
    /// <summary>How rare false alarms are unless asked otherwise.</summary>
    public const double UsualFalseAlarm = 1e-9;

    /// <summary>The fewest samples: with fewer, the threshold would depend on how a discrete Gaussian differs from a Gaussian.</summary>
    public const long FewestSamples = 100;

    /// <summary>The most samples.</summary>
    public const long MostSamples = 1L << 40;

    /// <summary>The smallest σ² of a discrete Gaussian that is tested, in squared grid units.</summary>
    public const double SmallestVariance = 16;

    /// <summary>Whether the noise is too small: never when it is not, but for a false alarm.</summary>
    /// <param name="samples">In grid units.</param>
    /// <param name="variance">V ≥ 16, in squared grid units: the σ² that every sample must have at least.</param>
    /// <param name="falseAlarm">10^-12 to 10^-2.</param>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 100 samples.</exception>
    public static bool IsTooSmall(ReadOnlySpan<long> samples, double variance, double falseAlarm = UsualFalseAlarm)
    {
        if (!(variance is >= SmallestVariance and <= double.MaxValue))
        {
            throw new PrivacyDomainException(
                nameof(variance),
                variance,
                "at least 16 squared grid units, and finite",
                "Use a finer grid."
            );
        }

        double threshold = Threshold(samples.Length, falseAlarm);
        BigInteger sum = BigInteger.Zero;
        foreach (long sample in samples)
        {
            sum += (Int128)sample * sample;
        }

        // The quotient is rounded up and the threshold down: two roundings of the conversion, two of the division.
        return (double)sum / variance / samples.Length * (1 + (8 * NearOne.UnitRoundoff)) < threshold;
    }

    /// <summary>The mean square of the samples, as a part of V, below which the noise is too small.</summary>
    /// <param name="samples">m, 100 to 2^40.</param>
    /// <param name="falseAlarm">10^-12 to 10^-2.</param>
    /// <returns>t &lt; 1 with e^(−m(t − 1 − ln t)/2) ≤ <paramref name="falseAlarm"/>, rounded down.</returns>
    /// <exception cref="PrivacyDomainException">The probability is outside its domain.</exception>
    /// <exception cref="ArgumentOutOfRangeException">m is out of range.</exception>
    public static double Threshold(long samples, double falseAlarm = UsualFalseAlarm)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, FewestSamples);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(samples, MostSamples);
        RequireProbability(falseAlarm, nameof(falseAlarm));
        double needed = Needed(samples, falseAlarm);
        (double low, double high) = (0.0, 1.0);
        while (true)
        {
            double middle = low + ((high - low) / 2);
            if (middle <= low || middle >= high)
            {
                return low;
            }

            (low, high) = Rate(middle) >= needed ? (middle, high) : (low, middle);
        }
    }

    /// <summary>How many samples catch noise of too small a variance.</summary>
    /// <param name="ratio">The variance of the noise as a part of V, 0 to 0.99: 0.49 when σ was cut by 30 %, 0.7 when σ² was.</param>
    /// <param name="miss">How likely noise of this variance may go unnoticed, 10^-12 to 10^-2.</param>
    /// <param name="falseAlarm">How likely noise of variance V may be called too small, 10^-12 to 10^-2.</param>
    /// <returns>m, by bounds on both tails: enough, and for the bounds no smaller number of at least 100 is.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    public static long SamplesToCatch(double ratio, double miss, double falseAlarm = UsualFalseAlarm)
    {
        if (!(ratio is > 0 and <= 0.99))
        {
            throw new PrivacyDomainException(
                nameof(ratio),
                ratio,
                "from above 0 to 0.99",
                "A smaller lack of noise takes too many samples."
            );
        }

        RequireProbability(miss, nameof(miss));
        RequireProbability(falseAlarm, nameof(falseAlarm));
        long low = FewestSamples - 1;
        long high = MostSamples;
        while (high - low > 1)
        {
            long middle = low + ((high - low) / 2);
            double margin = Threshold(middle, falseAlarm) / ratio;
            bool isEnough = margin > 1 && Rate(margin) >= Needed(middle, miss);
            (low, high) = isEnough ? (low, middle) : (middle, high);
        }

        return high;
    }

    // spec 02-privacy#audit-3: t − 1 − ln t must be 2·ln(1/p)/m. The part in 10^12 covers all roundings and what discrete
    // Gaussians add to the bound: the threshold is at least 1/4 of σ² ≥ 16, so a factor of at most (1 + 3e^(−8π²))^m.
    private static double Needed(long samples, double probability) =>
        -2 * Math.Log(probability) / samples * (1 + 1e-12);

    // t − 1 − ln t, by which both tails of the mean of m squares are below e^(−m/2 times it). With d = t − 1 the terms of
    // d²/2 − d³/3 + … near 1, where the difference would cancel.
    private static double Rate(double t)
    {
        double d = t - 1;
        if (Math.Abs(d) > 0.25)
        {
            return d - Math.Log(t);
        }

        double power = d;
        double sum = 0;
        for (int n = 2; n < 40; n++)
        {
            power *= -d;
            sum -= power / n;
        }

        return sum;
    }

    private static void RequireProbability(double probability, string parameter)
    {
        if (!(probability is >= 1e-12 and <= 1e-2))
        {
            throw new PrivacyDomainException(
                parameter,
                probability,
                "from 1e-12 to 1e-2",
                "A test that is wrong more often proves little; the usual one is wrong once in 10^9."
            );
        }
    }
}
