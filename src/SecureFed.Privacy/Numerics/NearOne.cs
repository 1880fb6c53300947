namespace SecureFed.Privacy.Numerics;

/// <summary>Exponentials and logarithms near one, without the digits that e^x − 1 and ln(1 + x) lose as they stand.</summary>
/// <remarks>Relative errors are below 8 units of roundoff, of <see cref="ExpMinusOneMinusX"/> below 32.</remarks>
internal static class NearOne
{
    /// <summary>Half the distance from 1 to the next double.</summary>
    public const double UnitRoundoff = 1.1102230246251565e-16;

    /// <summary>ln(1 + x), for x &gt; −1: the error of the sum 1 + x cancels in the quotient (Kahan).</summary>
    public static double LogOfOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * (x / (sum - 1));
    }

    /// <summary>e^x − 1, by the same device.</summary>
    public static double ExpMinusOne(double x)
    {
        double power = Math.Exp(x);
        return power == 1 ? x
            : Math.Abs(x) > 1 ? power - 1
            : (power - 1) * (x / Math.Log(power));
    }

    /// <summary>e^x − 1 − x.</summary>
    public static double ExpMinusOneMinusX(double x)
    {
        if (Math.Abs(x) > 0.5)
        {
            return ExpMinusOne(x) - x;
        }

        double term = x * x / 2;
        double sum = term;
        for (int n = 3; Math.Abs(term) > sum * 1e-18; n++)
        {
            term *= x / n;
            sum += term;
        }

        return sum;
    }

    /// <summary>ln(e^x − 1), for x &gt; 0, however large. Its absolute error is below 8 units of roundoff of 1 + |value|.</summary>
    public static double LogOfExpMinusOne(double x) =>
        x > 1 ? x + LogOfOnePlus(-Math.Exp(-x)) : Math.Log(ExpMinusOne(x));

    /// <summary>ln(1 + e^x), however large x is.</summary>
    public static double LogOfOnePlusExp(double x) =>
        x > 0 ? x + LogOfOnePlus(Math.Exp(-x)) : LogOfOnePlus(Math.Exp(x));
}
