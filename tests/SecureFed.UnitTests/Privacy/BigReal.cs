using System.Globalization;
using System.Numerics;

namespace SecureFed.UnitTests.Privacy;

/// <summary>A slow reference: real functions on integers with 700 bits after the point.</summary>
internal readonly struct BigReal(BigInteger scaled)
{
    private const int Bits = 700;
    private static readonly BigInteger s_one = BigInteger.One << Bits;

    private BigInteger Scaled { get; } = scaled;

    public static BigReal Of(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7ff);
        BigInteger significand = (bits & ((1L << 52) - 1)) | (exponent == 0 ? 0 : 1L << 52);
        int shift = Bits + (exponent == 0 ? -1074 : exponent - 1075);
        BigInteger magnitude = shift >= 0 ? significand << shift : significand >> -shift;
        return new(bits < 0 ? -magnitude : magnitude);
    }

    public static BigReal operator +(BigReal a, BigReal b) => new(a.Scaled + b.Scaled);

    public static BigReal operator -(BigReal a, BigReal b) => new(a.Scaled - b.Scaled);

    public static BigReal operator *(BigReal a, BigReal b) => new((a.Scaled * b.Scaled) >> Bits);

    public static BigReal operator /(BigReal a, BigReal b) => new((a.Scaled << Bits) / b.Scaled);

    public static bool operator <(BigReal a, BigReal b) => a.Scaled < b.Scaled;

    public static bool operator >(BigReal a, BigReal b) => a.Scaled > b.Scaled;

    /// <summary>e^x, by its series on x/2^32 and 32 squarings.</summary>
    public static BigReal Exp(BigReal x)
    {
        const int Squarings = 32;
        BigInteger small = x.Scaled >> Squarings;
        BigInteger term = s_one;
        BigInteger sum = s_one;
        for (int n = 1; !term.IsZero && n < 200; n++)
        {
            term = ((term * small) >> Bits) / n;
            sum += term;
        }

        for (int i = 0; i < Squarings; i++)
        {
            sum = (sum * sum) >> Bits;
        }

        return new(sum);
    }

    /// <summary>Φ(x) = ½ + φ-series: ½ + e^(−x²/2)/√(2π)·Σ x^(2n+1)/(1·3·5…(2n+1)).</summary>
    public static BigReal Cumulative(BigReal x)
    {
        BigReal half = new(s_one >> 1);
        BigReal square = x * x;
        BigReal term = x;
        BigReal sum = x;
        for (int n = 1; !term.Scaled.IsZero && n < 20_000; n++)
        {
            term = new((term * square).Scaled / ((2 * n) + 1));
            sum += term;
        }

        BigReal density = Exp(new(-square.Scaled >> 1)) / Sqrt(new(Pi().Scaled * 2));
        return half + (density * sum);
    }

    /// <summary>n over k, exactly.</summary>
    public static BigReal Choose(int n, int k)
    {
        BigInteger value = BigInteger.One;
        for (int i = 1; i <= k; i++)
        {
            value = value * (n - k + i) / i;
        }

        return new(value << Bits);
    }

    public static BigReal Power(BigReal x, int exponent)
    {
        BigReal result = new(s_one);
        for (int i = 0; i < exponent; i++)
        {
            result *= x;
        }

        return result;
    }

    public static BigReal Sqrt(BigReal x)
    {
        BigInteger target = x.Scaled << Bits;
        BigInteger root = BigInteger.One << (int)((target.GetBitLength() + 1) / 2);
        while (true)
        {
            BigInteger next = (root + (target / root)) >> 1;
            if (next >= root)
            {
                return new(root);
            }

            root = next;
        }
    }

    public override string ToString() =>
        ((double)(Scaled >> (Bits - 60)) / (1L << 60)).ToString("R", CultureInfo.InvariantCulture);

    /// <summary>This number over another, as a double, for numbers of like size.</summary>
    public double Over(BigReal other) => (double)((Scaled << 80) / other.Scaled) / Math.Pow(2, 80);

    // Machin: π = 16·arctan(1/5) − 4·arctan(1/239).
    private static BigReal Pi() => new((16 * ArctanOfInverse(5)) - (4 * ArctanOfInverse(239)));

    private static BigInteger ArctanOfInverse(int x)
    {
        BigInteger power = s_one / x;
        BigInteger sum = power;
        for (int n = 1; !power.IsZero; n++)
        {
            power /= x * x;
            sum += (n % 2 == 0 ? power : -power) / ((2 * n) + 1);
        }

        return sum;
    }
}
