using System.Numerics;

namespace SecureFed.Core;

/// <summary>Products with exponentials of rational numbers, correctly rounded: the same bits on every machine, unlike a library's exp.</summary>
internal static class ExactExponential
{
    private const int FirstPrecision = 128;

    /// <summary>The integer nearest to value · e^(numerator / denominator).</summary>
    /// <param name="value">Not negative.</param>
    /// <param name="numerator">At most the denominator in magnitude.</param>
    /// <param name="denominator">Positive.</param>
    /// <remarks>
    /// e^x is irrational for every rational x but 0 (Lambert, 1761), so there is no tie and some precision decides. Working
    /// bits are added until both ends of the error interval round to the same integer.
    /// </remarks>
    public static BigInteger NearestProduct(BigInteger value, BigInteger numerator, BigInteger denominator)
    {
        Invariant.Check(
            value.Sign >= 0 && denominator.Sign > 0 && BigInteger.Abs(numerator) <= denominator,
            "the exponent is from -1 to 1"
        );
        for (int precision = FirstPrecision; ; precision *= 2)
        {
            BigInteger one = BigInteger.One << precision;
            (BigInteger low, BigInteger high) = Interval(BigInteger.Abs(numerator), denominator, precision);
            BigInteger least = numerator.Sign >= 0 ? Nearest(value * low, one) : Nearest(value * one, high);
            BigInteger most = numerator.Sign >= 0 ? Nearest(value * high, one) : Nearest(value * one, low);
            if (least == most)
            {
                return least;
            }
        }
    }

    // e^x in units of 2^-precision for 0 ≤ x ≤ 1, from below and from above. Every quantity is rounded down, so the sum is
    // too small: x itself by less than 1 unit, which moves e^x by less than 3; each of the terms, which are fewer than the
    // precision, by less than 2; what follows the last term by less than 2.
    private static (BigInteger Low, BigInteger High) Interval(
        BigInteger numerator,
        BigInteger denominator,
        int precision
    )
    {
        BigInteger x = (numerator << precision) / denominator;
        BigInteger sum = BigInteger.Zero;
        BigInteger term = BigInteger.One << precision;
        for (int k = 1; !term.IsZero; k++)
        {
            sum += term;
            term = ((term * x) >> precision) / k;
        }

        return (sum, numerator.IsZero ? sum : sum + (2 * precision) + 8);
    }

    private static BigInteger Nearest(BigInteger numerator, BigInteger denominator) =>
        ((2 * numerator) + denominator) / (2 * denominator);
}
