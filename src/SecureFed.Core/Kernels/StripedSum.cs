using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>A term of a sum over floats, computed in double with the same operations at every width.</summary>
internal interface IDoubleTerm
{
    static abstract double Of(double value, double factor);

    static abstract Vector128<double> Of(Vector128<double> values, Vector128<double> factor);

    static abstract Vector256<double> Of(Vector256<double> values, Vector256<double> factor);

    static abstract Vector512<double> Of(Vector512<double> values, Vector512<double> factor);
}

/// <summary>Sums in double, in one fixed order of additions, so that all widths give the same bits.</summary>
/// <remarks>
/// Sixteen running sums, value i going to sum i mod 16, restarted every 4,096 values; the sums are added pairwise (j and
/// j + 8, then + 4, + 2, + 1) and the block totals in order. The additions of non-negative terms are off by a relative
/// error of at most (260 + length / 4096) · 2^-53.
/// </remarks>
internal static class StripedSum
{
    /// <summary>Bound on the relative error of the additions for every length up to 2^28: 2^-36.</summary>
    public const double RelativeErrorBound = 1.0 / (1L << 36);

    private const int Stripes = 16;
    private const int BlockLength = 4096;

    public static double Run<TTerm>(VectorWidth width, ReadOnlySpan<float> values, double factor)
        where TTerm : struct, IDoubleTerm
    {
        Span<double> sums = stackalloc double[Stripes];
        double total = 0;
        for (int start = 0; start < values.Length; start += BlockLength)
        {
            ReadOnlySpan<float> block = values.Slice(start, Math.Min(BlockLength, values.Length - start));
            sums.Clear();
            int done = width switch
            {
                VectorWidth.Bits512 => Whole512<TTerm>(block, factor, sums),
                VectorWidth.Bits256 => Whole256<TTerm>(block, factor, sums),
                VectorWidth.Bits128 => Whole128<TTerm>(block, factor, sums),
                _ => 0,
            };
            for (int i = done; i < block.Length; i++)
            {
                sums[i % Stripes] += TTerm.Of(block[i], factor);
            }

            total += AddPairwise(sums);
        }

        return total;
    }

    private static int Whole512<TTerm>(ReadOnlySpan<float> block, double factor, Span<double> sums)
        where TTerm : struct, IDoubleTerm
    {
        ref float first = ref MemoryMarshal.GetReference(block);
        Vector512<double> factors = Vector512.Create(factor);
        Vector512<double> sum0 = default;
        Vector512<double> sum1 = default;
        int i = 0;
        for (; i <= block.Length - Stripes; i += Stripes)
        {
            (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(
                Vector512.LoadUnsafe(ref first, (nuint)i)
            );
            sum0 += TTerm.Of(lower, factors);
            sum1 += TTerm.Of(upper, factors);
        }

        sum0.CopyTo(sums);
        sum1.CopyTo(sums[8..]);
        return i;
    }

    private static int Whole256<TTerm>(ReadOnlySpan<float> block, double factor, Span<double> sums)
        where TTerm : struct, IDoubleTerm
    {
        ref float first = ref MemoryMarshal.GetReference(block);
        Vector256<double> factors = Vector256.Create(factor);
        Vector256<double> sum0 = default;
        Vector256<double> sum1 = default;
        Vector256<double> sum2 = default;
        Vector256<double> sum3 = default;
        int i = 0;
        for (; i <= block.Length - Stripes; i += Stripes)
        {
            (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(
                Vector256.LoadUnsafe(ref first, (nuint)i)
            );
            sum0 += TTerm.Of(lower, factors);
            sum1 += TTerm.Of(upper, factors);
            (lower, upper) = Vector256.Widen(Vector256.LoadUnsafe(ref first, (nuint)i + 8));
            sum2 += TTerm.Of(lower, factors);
            sum3 += TTerm.Of(upper, factors);
        }

        sum0.CopyTo(sums);
        sum1.CopyTo(sums[4..]);
        sum2.CopyTo(sums[8..]);
        sum3.CopyTo(sums[12..]);
        return i;
    }

    private static int Whole128<TTerm>(ReadOnlySpan<float> block, double factor, Span<double> sums)
        where TTerm : struct, IDoubleTerm
    {
        // Four passes over a block that stays in the nearest cache, four stripes each, rather than eight sums at once.
        Vector128<double> factors = Vector128.Create(factor);
        ref float first = ref MemoryMarshal.GetReference(block);
        int whole = block.Length - (block.Length % Stripes);
        for (int stripe = 0; stripe < Stripes; stripe += 4)
        {
            Vector128<double> sum0 = default;
            Vector128<double> sum1 = default;
            for (int i = stripe; i < whole; i += Stripes)
            {
                (Vector128<double> lower, Vector128<double> upper) = Vector128.Widen(
                    Vector128.LoadUnsafe(ref first, (nuint)i)
                );
                sum0 += TTerm.Of(lower, factors);
                sum1 += TTerm.Of(upper, factors);
            }

            sum0.CopyTo(sums[stripe..]);
            sum1.CopyTo(sums[(stripe + 2)..]);
        }

        return whole;
    }

    private static double AddPairwise(Span<double> sums)
    {
        for (int half = Stripes / 2; half > 0; half /= 2)
        {
            for (int j = 0; j < half; j++)
            {
                sums[j] += sums[j + half];
            }
        }

        return sums[0];
    }
}
