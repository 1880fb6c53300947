using System.Globalization;
using System.Text.RegularExpressions;

namespace SecureFed.Cli;

/// <summary>Finite doubles in the hexadecimal form of C99, which says every bit: "-0x1.8000000000000p+3" is −12.</summary>
internal static partial class HexFloat
{
    private const int FractionDigits = 13;
    private const int FractionBits = 52;
    private const int SmallestExponent = -1022;

    /// <summary>Reads a number with one digit before the point and at most 13 behind it.</summary>
    /// <exception cref="FormatException">The text is no such number, or it is too large for a double.</exception>
    public static double Parse(string text)
    {
        Match match = Form().Match(text);
        if (!match.Success)
        {
            throw new FormatException($"'{text}' is no hexadecimal float.");
        }

        long significand = long.Parse(
            match.Groups["whole"].Value + match.Groups["fraction"].Value.PadRight(FractionDigits, '0'),
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture
        );
        int exponent = int.Parse(match.Groups["exponent"].Value, CultureInfo.InvariantCulture);
        double value = Math.ScaleB(significand, exponent - FractionBits);
        return !double.IsFinite(value) ? throw new FormatException($"'{text}' is too large.")
            : match.Groups["sign"].Value == "-" ? -value
            : value;
    }

    /// <summary>Writes a finite number as Python does.</summary>
    public static string Format(double value)
    {
        string sign = double.IsNegative(value) ? "-" : string.Empty;
        if (value == 0)
        {
            return sign + "0x0.0p+0";
        }

        long bits = BitConverter.DoubleToInt64Bits(value);
        int biased = (int)(bits >> FractionBits) & 0x7FF;
        long fraction = bits & ((1L << FractionBits) - 1);
        int exponent = biased == 0 ? SmallestExponent : biased - 1023;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{sign}0x{(biased == 0 ? 0 : 1)}.{fraction:x13}p{exponent:+0;-0;+0}"
        );
    }

    [GeneratedRegex(
        "^(?<sign>[+-]?)0x(?<whole>[01])(\\.(?<fraction>[0-9a-f]{1,13}))?p(?<exponent>[+-]?[0-9]{1,4})\\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Form();
}
