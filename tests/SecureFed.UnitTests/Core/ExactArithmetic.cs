using System.Globalization;
using System.Numerics;

namespace SecureFed.UnitTests.Core;

/// <summary>A second opinion on floats, integers and norms, sharing no code with the library.</summary>
internal static class ExactArithmetic
{
    /// <summary>value · 2^power as an integer; the power must make it one.</summary>
    public static BigInteger Scaled(double value, int power)
    {
        long bits = BitConverter.DoubleToInt64Bits(Math.Abs(value));
        int biased = (int)(bits >> 52);
        BigInteger significand = (bits & ((1L << 52) - 1)) | (biased == 0 ? 0 : 1L << 52);
        int exponent = Math.Max(biased, 1) - 1075 + power;
        if (exponent < 0)
        {
            Assert.True(
                (significand & ((BigInteger.One << -exponent) - 1)).IsZero,
                "the scaled number is not an integer"
            );
        }

        BigInteger magnitude = exponent >= 0 ? significand << exponent : significand >> -exponent;
        return value < 0 ? -magnitude : magnitude;
    }

    /// <summary>Whether Σ values² ≤ (bound · numerator / denominator)², exactly.</summary>
    public static bool NormIsAtMost(ReadOnlySpan<float> values, double bound, long numerator = 1, long denominator = 1)
    {
        // Everything times 2^1100, which makes floats and all the bounds used here integers.
        BigInteger sum = BigInteger.Zero;
        foreach (float value in values)
        {
            sum += BigInteger.Pow(Scaled(value, 1100), 2);
        }

        return sum * BigInteger.Pow(denominator, 2) <= BigInteger.Pow(Scaled(bound, 1100) * numerator, 2);
    }

    /// <summary>⌊C²·2^2f⌋.</summary>
    public static BigInteger SquaredNormBound(double clipNorm, int fractionBits) =>
        BigInteger.Pow(Scaled(clipNorm, 1100), 2) >> (2 * (1100 - fractionBits));

    /// <summary>⌊C·2^f⌋.</summary>
    public static BigInteger CoordinateBound(double clipNorm, int fractionBits) =>
        Scaled(clipNorm, 1100) >> (1100 - fractionBits);

    /// <summary>Reads a C99 hexadecimal float, for example "-0x1.a05p+64".</summary>
    public static double ParseHex(string text)
    {
        string rest = text.TrimStart('-');
        Assert.StartsWith("0x", rest, StringComparison.Ordinal);
        int point = rest.IndexOf('.', StringComparison.Ordinal);
        int power = rest.IndexOf('p', StringComparison.Ordinal);
        string integer = point < 0 ? rest[2..power] : rest[2..point];
        string fraction = point < 0 ? string.Empty : rest[(point + 1)..power];
        long digits = long.Parse(integer + fraction, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        int exponent = int.Parse(rest[(power + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        double value = Math.ScaleB(digits, exponent - (4 * fraction.Length));
        return text[0] == '-' ? -value : value;
    }

    /// <summary>A ring element read as two's complement.</summary>
    public static BigInteger Signed(ulong element, int bits) =>
        element >> (bits - 1) == 0 ? element : (BigInteger)element - (BigInteger.One << bits);
}
