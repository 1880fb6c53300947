using System.Collections.Immutable;

namespace SecureFed.Privacy.Numerics;

/// <summary>The tail of the normal distribution without loss of relative precision, however far out.</summary>
internal static class NormalTail
{
    /// <summary>Relative error of <see cref="ScaledErfc"/> and <see cref="Cumulative"/>, from above: 32 units in the last place.</summary>
    public const double RelativeError = 32 * 2.220446049250313e-16;

    private const double Step = 0.5;
    private const double SeriesBelow = 0.75;

    // 2·e^(x²)/(e^(2πx/h) − 1) is below 10^-17 of the function from here on.
    private const double PoleBelow = 6;
    private const double LargestArgumentOfErfc = 26.5;

    // e^(−(kh)²) for k = 1, 2, …: the last one is below 10^-18.
    private static readonly ImmutableArray<double> s_weights =
    [
        .. Enumerable.Range(1, 13).Select(k => Math.Exp(-Step * k * Step * k)),
    ];

    /// <summary>erfcx(x) = e^(x²)·erfc(x), for x ≥ 0.</summary>
    /// <remarks>
    /// The trapezoidal rule for erfc with its pole taken out (Hunter and Regan, Mathematics of Computation 26, 1972): with
    /// step h its error is e^(−π²/h²), 7·10^-18 for h = 1/2. Near zero, where sum and pole cancel, the series of erf.
    /// </remarks>
    public static double ScaledErfc(double x)
    {
        if (x < SeriesBelow)
        {
            return Math.Exp(x * x) * (1 - ErfSeries(x));
        }

        double square = x * x;
        double sum = 0.5 / square;
        for (int k = s_weights.Length; k >= 1; k--)
        {
            double node = Step * k;
            sum += s_weights[k - 1] / ((node * node) + square);
        }

        double value = 2 * Step * x / Math.PI * sum;
        return x < PoleBelow ? value - (2 * Math.Exp(square) / (Math.Exp(2 * Math.PI * x / Step) - 1)) : value;
    }

    /// <summary>ln erfc(x), for x ≥ 0, however small erfc(x) is.</summary>
    public static double LogErfc(double x) => Math.Log(ScaledErfc(x)) - (x * x);

    /// <summary>Φ(x).</summary>
    public static double Cumulative(double x)
    {
        double argument = Math.Abs(x) * InverseSqrt2;
        double tail =
            argument > LargestArgumentOfErfc ? 0 : 0.5 * ScaledErfc(argument) * Math.Exp(-argument * argument);
        return x < 0 ? tail : 1 - tail;
    }

    /// <summary>1/√2.</summary>
    public const double InverseSqrt2 = 0.70710678118654752440;

    // 2/√π · Σ (−1)^n x^(2n+1) / (n!(2n+1)).
    private static double ErfSeries(double x)
    {
        const double TwoOverSqrtPi = 1.1283791670955125739;
        double square = x * x;
        double power = x;
        double sum = x;
        for (int n = 1; n < 40; n++)
        {
            power *= -square / n;
            sum += power / ((2 * n) + 1);
        }

        return TwoOverSqrtPi * sum;
    }
}
