namespace SecureFed.Samples.Shared;

/// <summary>What a curious server could measure on the vector of one party that reached it.</summary>
/// <param name="ChiSquareP">
/// The chance that uniform bytes look at least this uneven. Masked bytes are uniform, so over many runs this number is
/// uniform itself; close to 0 means that the bytes show a pattern.
/// </param>
/// <param name="Correlation">Pearson's correlation of what was received with the true update; near 0 when masked, 1 when not.</param>
public sealed record ServerView(double ChiSquareP, double Correlation);

/// <summary>The statistics of <see cref="ServerView"/>.</summary>
public static class ServerViewStatistics
{
    private const int ByteValues = 256;
    private const int HalfByteValues = 16;
    private const int LeastPerValue = 5;

    /// <summary>
    /// The p-value of the chi-square test that bytes are uniform: over the 256 values (255 degrees of freedom) from 1,280 bytes
    /// on, over the 16 values of half-bytes (15) below.
    /// </summary>
    /// <param name="bytes">At least 40: with fewer than five expected per value the distribution is not chi-square.</param>
    /// <exception cref="ArgumentException">There are too few bytes.</exception>
    public static double ChiSquareP(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LeastPerValue * HalfByteValues / 2)
        {
            throw new ArgumentException(
                $"The test needs at least {LeastPerValue * HalfByteValues / 2} bytes; {bytes.Length} were given.",
                nameof(bytes)
            );
        }

        Span<long> counts = stackalloc long[ByteValues];
        counts.Clear();
        if (bytes.Length >= LeastPerValue * ByteValues)
        {
            foreach (byte value in bytes)
            {
                counts[value]++;
            }
        }
        else
        {
            counts = counts[..HalfByteValues];
            foreach (byte value in bytes)
            {
                counts[value & 15]++;
                counts[value >> 4]++;
            }
        }

        return UniformP(counts);
    }

    /// <summary>Pearson's correlation of two vectors; 0 when one of them is constant.</summary>
    /// <param name="left">double[n], n at least 2.</param>
    /// <param name="right">double[n].</param>
    /// <exception cref="ArgumentException">The lengths differ or are below 2.</exception>
    public static double Correlation(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        if (left.Length != right.Length || left.Length < 2)
        {
            throw new ArgumentException(
                $"A correlation needs two vectors of the same length, at least 2; {left.Length} and {right.Length} were given.",
                nameof(right)
            );
        }

        (double leftMean, double rightMean) = (Mean(left), Mean(right));
        (double product, double leftSquares, double rightSquares) = (0, 0, 0);
        for (int i = 0; i < left.Length; i++)
        {
            (double a, double b) = (left[i] - leftMean, right[i] - rightMean);
            product += a * b;
            leftSquares += a * a;
            rightSquares += b * b;
        }

        return leftSquares > 0 && rightSquares > 0
            ? Math.Clamp(product / (Math.Sqrt(leftSquares) * Math.Sqrt(rightSquares)), -1, 1)
            : 0;
    }

    /// <summary>Q(a, x) = Γ(a, x)/Γ(a), the regularised upper incomplete gamma function (DLMF 8.2, 8.9, 8.11).</summary>
    /// <param name="a">Positive.</param>
    /// <param name="x">At least 0.</param>
    internal static double UpperGammaShare(double a, double x)
    {
        if (x <= 0)
        {
            return 1;
        }

        double front = Math.Exp((a * Math.Log(x)) - x - LogGamma(a));
        return x < a + 1 ? 1 - (front * LowerSeries(a, x)) : front * UpperFraction(a, x);
    }

    private static double UniformP(ReadOnlySpan<long> counts)
    {
        double total = 0;
        foreach (long count in counts)
        {
            total += count;
        }

        double expected = total / counts.Length;
        double statistic = 0;
        foreach (long count in counts)
        {
            statistic += (count - expected) * (count - expected) / expected;
        }

        return UpperGammaShare((counts.Length - 1) / 2.0, statistic / 2);
    }

    // Σ xⁿ Γ(a)/Γ(a + 1 + n): all terms positive, falls fast for x below a + 1.
    private static double LowerSeries(double a, double x)
    {
        double term = 1 / a;
        double sum = term;
        for (int n = 1; n < 10_000 && term > sum * 1e-17; n++)
        {
            term *= x / (a + n);
            sum += term;
        }

        return sum;
    }

    // The continued fraction 1/(x+1−a− 1(1−a)/(x+3−a− 2(2−a)/(x+5−a− …))), by Lentz's method.
    private static double UpperFraction(double a, double x)
    {
        const double Tiny = 1e-300;
        double b = x + 1 - a;
        double c = 1 / Tiny;
        double d = 1 / b;
        double value = d;
        for (int n = 1; n < 10_000; n++)
        {
            double numerator = -n * (n - a);
            b += 2;
            d = (numerator * d) + b;
            d = 1 / (Math.Abs(d) < Tiny ? Tiny : d);
            c = b + (numerator / c);
            c = Math.Abs(c) < Tiny ? Tiny : c;
            double factor = c * d;
            value *= factor;
            if (Math.Abs(factor - 1) < 1e-16)
            {
                break;
            }
        }

        return value;
    }

    // Stirling's series after shifting the argument above 10, where four terms reach 1e-13.
    private static double LogGamma(double a)
    {
        double shift = 0;
        for (; a < 10; a++)
        {
            shift += Math.Log(a);
        }

        double inverse = 1 / a;
        double square = inverse * inverse;
        double series = inverse * ((1.0 / 12) - (square * ((1.0 / 360) - (square * ((1.0 / 1260) - (square / 1680))))));
        return ((a - 0.5) * Math.Log(a)) - a + (0.5 * Math.Log(2 * Math.PI)) + series - shift;
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }
}
