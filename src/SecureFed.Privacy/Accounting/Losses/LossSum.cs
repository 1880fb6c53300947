using System.Collections.Immutable;
using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Losses;

/// <summary>The losses of several releases in one direction, all on one step, before they are added: offsets, errors, and the tilted moments that choose where to look.</summary>
/// <param name="terms">Each release and its count.</param>
/// <param name="step">The width of a cell.</param>
internal sealed class LossSum(ImmutableArray<(LossMasses Masses, long Count)> terms, double step)
{
    private const int Searches = 12;

    /// <summary>Each release and its count.</summary>
    public ImmutableArray<(LossMasses Masses, long Count)> Terms { get; } = terms;

    /// <summary>The width of a cell.</summary>
    public double Step { get; } = step;

    /// <summary>How many releases there are.</summary>
    public long Count { get; } = terms.Sum(term => term.Count);

    /// <summary>The sum of the offsets.</summary>
    public double Offset { get; } = terms.Sum(term => term.Count * term.Masses.Offset);

    /// <summary>By how much the sum of losses may differ from the sum of its points.</summary>
    public double LossError { get; } =
        terms.Sum(term =>
            term.Count * (term.Masses.LossError + (8 * NearOne.UnitRoundoff * Math.Abs(term.Masses.Offset)))
        );

    /// <summary>The logarithm of how much larger or smaller the product of masses may be.</summary>
    public double MassError { get; } = 2 * terms.Sum(term => term.Count * (term.Masses.MassError + Logarithms));

    // The rounding of the logarithm of a mass, down to −700.
    private const double Logarithms = 4e-13;

    /// <summary>What tilting adds to <see cref="MassError"/>: the rounding of its exponents.</summary>
    public double TiltError(double tilt) => 8 * NearOne.UnitRoundoff * tilt * Step * Support.Most;

    /// <summary>The probability of an infinite sum, from above.</summary>
    public double InfiniteUpper => Infinite(masses => masses.InfiniteUpper) * (1 + (Count * 4 * NearOne.UnitRoundoff));

    /// <summary>The probability of an infinite sum, from below.</summary>
    public double InfiniteLower =>
        Infinite(masses => masses.InfiniteLower) * Math.Max(0, 1 - (Count * 4 * NearOne.UnitRoundoff));

    /// <summary>The least and the largest index of the sum.</summary>
    public (double Least, double Most) Support =>
        (
            Terms.Sum(term => (double)term.Count * term.Masses.Index[0]),
            Terms.Sum(term => (double)term.Count * term.Masses.Index[^1])
        );

    /// <summary>ln E[e^(θ·loss)] of the points without their offset, with mean and variance of the losses weighted by e^(θ·loss).</summary>
    public (double Log, double Mean, double Variance) Upper(double tilt)
    {
        (double log, double mean, double variance) = (0, 0, 0);
        foreach ((LossMasses masses, long count) in Terms)
        {
            (double l, double m, double v) = Moments(masses.Index, masses.LogUpper, tilt * Step);
            log += count * l;
            mean += count * m;
            variance += count * v;
        }

        return (log, mean * Step, variance * Step * Step);
    }

    /// <summary>The same of the lower bound, the logarithm only.</summary>
    public double LogLower(double tilt) =>
        Terms.Sum(term => term.Count * Moments(term.Masses.Index, term.Masses.LogLower, tilt * Step).Log);

    /// <summary>The logarithm of one release's tilted sum.</summary>
    public static double Log(int[] index, double[] logs, double tiltedStep) => Moments(index, logs, tiltedStep).Log;

    /// <summary>The tilt whose mean is a loss that is exceeded with a probability of about δ.</summary>
    public double TiltForDelta(double delta)
    {
        double target = Math.Log(delta);
        return Tilt((moments, tilt) => LogTail(moments, tilt) <= target);
    }

    /// <summary>The tilt whose mean is ε, and about the logarithm of δ there.</summary>
    public (double Tilt, double LogDelta) TiltForEpsilon(double epsilon)
    {
        double tilt = Tilt((moments, _) => Offset + moments.Mean >= epsilon);
        return (tilt, LogTail(Upper(tilt), tilt));
    }

    // The saddle point's estimate of δ.
    private static double LogTail((double Log, double Mean, double Variance) moments, double tilt) =>
        moments.Log
        - (tilt * moments.Mean)
        - Math.Log(Math.Max(1, tilt * Math.Sqrt(2 * Math.PI * moments.Variance)))
        - Math.Log(1 + tilt);

    // The isEnough of a tilt rises with it. The choice is of no account for correctness.
    private double Tilt(Func<(double Log, double Mean, double Variance), double, bool> isEnough)
    {
        const double Negligible = 1e-2;
        (_, _, double variance) = Upper(0);
        double high = 0.25 / Math.Sqrt(Math.Max(variance, Step * Step * 1e-6));
        double low = 0;
        while (true)
        {
            (double Log, double Mean, double Variance) moments = Upper(high);
            if (isEnough(moments, high))
            {
                break;
            }

            low = high;
            if (moments.Variance * high * high < Negligible || high * Step > 40)
            {
                return high;
            }

            high *= 2;
        }

        for (int i = 0; i < Searches; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = isEnough(Upper(middle), middle) ? (low, middle) : (middle, high);
        }

        return (low + high) / 2;
    }

    private double Infinite(Func<LossMasses, double> of)
    {
        double log = 0;
        foreach ((LossMasses masses, long count) in Terms)
        {
            double infinite = of(masses);
            log += infinite >= 1 ? double.NegativeInfinity : count * NearOne.LogOfOnePlus(-infinite);
        }

        return -NearOne.ExpMinusOne(log);
    }

    private static (double Log, double Mean, double Variance) Moments(int[] index, double[] logs, double tiltedStep)
    {
        double most = double.NegativeInfinity;
        for (int i = 0; i < index.Length; i++)
        {
            most = Math.Max(most, logs[i] + (tiltedStep * index[i]));
        }

        // The lower bound may have dropped everything.
        if (double.IsNegativeInfinity(most))
        {
            return (most, index[0], 0);
        }

        (double sum, double first, double second) = (0, 0, 0);
        const double Vanishing = -80;
        double centre = index[0];
        for (int i = 0; i < index.Length; i++)
        {
            double exponent = logs[i] + (tiltedStep * index[i]) - most;
            if (exponent > Vanishing)
            {
                double weight = Math.Exp(exponent);
                double distance = index[i] - centre;
                sum += weight;
                first += weight * distance;
                second += weight * distance * distance;
            }
        }

        double mean = first / sum;
        return (most + Math.Log(sum), centre + mean, Math.Max(0, (second / sum) - (mean * mean)));
    }
}
