namespace SecureFed.Core.Kernels;

/// <summary>Σ values[i]² in double, in one fixed order of additions, so that all widths give the same bits.</summary>
/// <remarks>
/// Sixteen running sums, value i going to sum i mod 16, restarted every 4,096 values; sums are added pairwise (j and
/// j + 8, then + 4, + 2, + 1) and the block totals in order. Squares of floats are exact in double and neither overflow
/// nor underflow, so the relative error is at most (260 + length / 4096)·2^-53. Values must be finite.
/// </remarks>
internal static class SumOfSquares
{
    /// <summary>Bound on the relative error of the result for every length up to 2^28: 2^-36.</summary>
    public const double RelativeErrorBound = 1.0 / (1L << 36);

    internal const int Stripes = 16;
    internal const int BlockLength = 4096;

    public static double Run(ReadOnlySpan<float> values) => Scalar(values);

    public static double Scalar(ReadOnlySpan<float> values)
    {
        Span<double> sums = stackalloc double[Stripes];
        double total = 0;
        for (int start = 0; start < values.Length; start += BlockLength)
        {
            ReadOnlySpan<float> block = values.Slice(start, Math.Min(BlockLength, values.Length - start));
            sums.Clear();
            for (int i = 0; i < block.Length; i++)
            {
                double value = block[i];
                sums[i % Stripes] += value * value;
            }

            total += AddPairwise(sums);
        }

        return total;
    }

    internal static double AddPairwise(Span<double> sums)
    {
        for (int half = sums.Length / 2; half > 0; half /= 2)
        {
            for (int j = 0; j < half; j++)
            {
                sums[j] += sums[j + half];
            }
        }

        return sums[0];
    }
}
