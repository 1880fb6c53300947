using System.Collections.Immutable;

namespace SecureFed.Privacy.Numerics;

/// <summary>The binomial distribution of n trials, with probabilities and tails that keep their relative precision.</summary>
/// <remarks>
/// Probabilities by the saddle-point form of Loader ("Fast and accurate computation of binomial probabilities", 2000), in which
/// no large logarithms cancel. A tail takes a multiple of √n terms at most.
/// </remarks>
internal readonly struct BinomialDistribution
{
    /// <summary>The most trials.</summary>
    public const int LargestCount = 10_000_000;

    // ln n! − ln(√(2πn)·(n/e)^n) for n = 1 … 15.
    private static readonly ImmutableArray<double> s_stirling =
    [
        0,
        0.08106146679532726,
        0.04134069595540929,
        0.02767792568499834,
        0.02079067210376509,
        0.01664469118982119,
        0.01387612882307075,
        0.01189670994589177,
        0.01041126526197210,
        0.009255462182712733,
        0.008330563433362871,
        0.007573675487951841,
        0.006942840107209530,
        0.006408994188004207,
        0.005951370112758848,
        0.005554733551962801,
    ];

    private readonly int _trials;
    private readonly double _success;
    private readonly double _failure;

    /// <summary>n trials of a probability and of its complement, each with its own full precision; both are positive.</summary>
    public BinomialDistribution(int trials, double success, double failure) =>
        (_trials, _success, _failure) = (trials, success, failure);

    /// <summary>
    /// The relative error of a probability or tail at k, from above: what a unit of roundoff of the mean does so far from it,
    /// and what the quotients of the terms of a tail add up to.
    /// </summary>
    public double RelativeError(int count) =>
        16 * NearOne.UnitRoundoff * (4 + Math.Abs(count - (_trials * _success)) + Math.Sqrt(_trials));

    /// <summary>P[X = k], for 0 ≤ k ≤ n.</summary>
    public double Probability(int count)
    {
        int rest = _trials - count;
        if (count == 0)
        {
            return Math.Exp(_trials * LogOf(_failure, _success));
        }

        if (rest == 0)
        {
            return Math.Exp(_trials * LogOf(_success, _failure));
        }

        double exponent =
            Stirling(_trials)
            - Stirling(count)
            - Stirling(rest)
            - Deviance(count, _trials * _success)
            - Deviance(rest, _trials * _failure);
        return Math.Exp(exponent) * Math.Sqrt(_trials / (2 * Math.PI * count) / rest);
    }

    /// <summary>P[X ≤ k].</summary>
    public double AtMost(int count) =>
        count < 0 ? 0
        : count >= _trials ? 1
        : count <= _trials * _success ? Outwards(count)
        : 1 - AtLeast(count + 1);

    /// <summary>P[X ≥ k].</summary>
    public double AtLeast(int count) => new BinomialDistribution(_trials, _failure, _success).AtMost(_trials - count);

    // The sum of P[X = k], P[X = k − 1], …, from below the mean on: each is smaller than the one before it.
    private double Outwards(int count)
    {
        double odds = _failure / _success;
        double term = 1;
        double sum = 1;
        for (int k = count; k > 0 && term > sum * 1e-18; k--)
        {
            term *= k * odds / (_trials - k + 1.0);
            sum += term;
        }

        return Probability(count) * sum;
    }

    // ln p from p or from 1 − p, whichever is the smaller and so says more.
    private static double LogOf(double probability, double complement) =>
        complement < 0.5 ? NearOne.LogOfOnePlus(-complement) : Math.Log(probability);

    private static double Stirling(int n)
    {
        if (n < s_stirling.Length)
        {
            return s_stirling[n];
        }

        double square = (double)n * n;
        return (
                (1 / 12.0)
                - (
                    ((1 / 360.0) - (((1 / 1260.0) - (((1 / 1680.0) - (1 / 1188.0 / square)) / square)) / square))
                    / square
                )
            ) / n;
    }

    // k·ln(k/m) + m − k. Near k = m the two parts cancel, and the series in v = (k − m)/(k + m) does not:
    // ln(k/m) = 2·artanh v, so that it is (k − m)·v + 2k·(v³/3 + v⁵/5 + …).
    private static double Deviance(double count, double mean)
    {
        double difference = count - mean;
        if (Math.Abs(difference) >= 0.1 * (count + mean))
        {
            return (count * Math.Log(count / mean)) - difference;
        }

        double ratio = difference / (count + mean);
        double square = ratio * ratio;
        double power = 2 * count * ratio;
        double sum = difference * ratio;
        for (int n = 3; ; n += 2)
        {
            power *= square;
            double next = sum + (power / n);
            if (next == sum)
            {
                return sum;
            }

            sum = next;
        }
    }
}
