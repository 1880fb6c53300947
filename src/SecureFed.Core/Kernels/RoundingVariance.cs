namespace SecureFed.Core.Kernels;

/// <summary>Σ r·(1 − r) in double, r the fraction of |values[i]|·factor: what stochastic rounding adds to the expected squared norm, in squared grid steps.</summary>
/// <remarks>The order of additions is that of <see cref="SumOfSquares"/>, so all widths give the same bits. Values must be finite.</remarks>
internal static class RoundingVariance
{
    public static double Run(ReadOnlySpan<float> values, double factor) => Scalar(values, factor);

    public static double Scalar(ReadOnlySpan<float> values, double factor)
    {
        Span<double> sums = stackalloc double[SumOfSquares.Stripes];
        double total = 0;
        for (int start = 0; start < values.Length; start += SumOfSquares.BlockLength)
        {
            ReadOnlySpan<float> block = values.Slice(start, Math.Min(SumOfSquares.BlockLength, values.Length - start));
            sums.Clear();
            for (int i = 0; i < block.Length; i++)
            {
                double magnitude = Math.Abs(block[i] * factor);
                double fraction = magnitude - Math.Floor(magnitude);
                sums[i % SumOfSquares.Stripes] += fraction * (1 - fraction);
            }

            total += SumOfSquares.AddPairwise(sums);
        }

        return total;
    }
}
