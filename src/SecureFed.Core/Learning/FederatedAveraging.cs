using System.Runtime.Intrinsics;
using SecureFed.Core.Kernels;

namespace SecureFed.Core;

/// <summary>The plain weighted mean of vectors: FedAvg without protection (McMahan et al., AISTATS 2017), the baseline secure rounds are compared with.</summary>
/// <remarks>
/// Thread-safe and free of allocations. The order of the additions is fixed: coordinate i of the result is
/// ((0 + w₀·x₀[i]) + w₁·x₁[i]) + …, every product and sum rounded to float, whatever the vector width and the blocking, so
/// equal inputs give equal bits on every machine. The weights wᵣ are divided by their sum in double and rounded to float
/// first; the absolute error of a coordinate is at most (K + 2)·2⁻²⁴·Σ wᵣ|xᵣ[i]| up to second order, K the number of
/// vectors. NaN and infinity in a vector propagate to the result.
/// </remarks>
public static class FederatedAveraging
{
    // Four rows of 128 KiB stream past one block of the sum that stays in the second-level cache; smaller blocks restart the
    // processor's prefetching more often than the cache gains.
    private const int BlockLength = 32 * 1024;

    private const int RowsAtOnce = 4;

    private interface IRows
    {
        int Count { get; }

        ReadOnlySpan<float> this[int index] { get; }
    }

    /// <summary>destination[i] = Σᵣ weights[r]·vectors[r][i] / Σᵣ weights[r].</summary>
    /// <param name="vectors">K vectors of float[d], K at least 1.</param>
    /// <param name="weights">double[K], finite, not negative, with a positive finite sum; for example the numbers of examples.</param>
    /// <param name="destination">float[d], overwritten; overlaps no vector.</param>
    /// <exception cref="ArgumentException">There is no vector, the numbers or lengths differ, a weight is negative, NaN or infinite, the weights sum to zero or overflow, or the destination overlaps a vector.</exception>
    public static void WeightedMean(
        ReadOnlySpan<ReadOnlyMemory<float>> vectors,
        ReadOnlySpan<double> weights,
        Span<float> destination
    ) => WeightedMean(new MemoryRows(vectors), weights, destination);

    /// <inheritdoc cref="WeightedMean(ReadOnlySpan{ReadOnlyMemory{float}}, ReadOnlySpan{double}, Span{float})"/>
    /// <exception cref="ArgumentNullException"><paramref name="vectors"/> or one of them is null.</exception>
    public static void WeightedMean(float[][] vectors, ReadOnlySpan<double> weights, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        foreach (float[] vector in vectors)
        {
            ArgumentNullException.ThrowIfNull(vector, nameof(vectors));
        }

        WeightedMean(new ArrayRows(vectors), weights, destination);
    }

    private static void WeightedMean<TRows>(TRows rows, ReadOnlySpan<double> weights, Span<float> destination)
        where TRows : struct, IRows, allows ref struct
    {
        RequireSameShape(rows, weights.Length, destination);
        double total = TotalOf(weights);
        for (int start = 0; start < destination.Length; start += BlockLength)
        {
            int length = Math.Min(BlockLength, destination.Length - start);
            SumBlock(rows, weights, total, start, destination.Slice(start, length));
        }
    }

    private static void SumBlock<TRows>(
        TRows rows,
        ReadOnlySpan<double> weights,
        double total,
        int start,
        Span<float> block
    )
        where TRows : struct, IRows, allows ref struct
    {
        int row = 0;
        for (; row + RowsAtOnce <= rows.Count; row += RowsAtOnce)
        {
            AddFourWeightedRows.Run(
                block,
                rows[row].Slice(start, block.Length),
                rows[row + 1].Slice(start, block.Length),
                rows[row + 2].Slice(start, block.Length),
                rows[row + 3].Slice(start, block.Length),
                Vector128.Create(
                    (float)(weights[row] / total),
                    (float)(weights[row + 1] / total),
                    (float)(weights[row + 2] / total),
                    (float)(weights[row + 3] / total)
                ),
                startsAtZero: row == 0
            );
        }

        for (; row < rows.Count; row++)
        {
            float weight = (float)(weights[row] / total);
            AddWeightedRow.Run(block, rows[row].Slice(start, block.Length), weight, startsAtZero: row == 0);
        }
    }

    private static void RequireSameShape<TRows>(TRows rows, int weightCount, Span<float> destination)
        where TRows : struct, IRows, allows ref struct
    {
        if (rows.Count == 0)
        {
            throw new ArgumentException("The mean of no vectors is not defined; give at least one.", "vectors");
        }

        if (weightCount != rows.Count)
        {
            throw new ArgumentException(
                $"Each vector has one weight; {rows.Count} vectors and {weightCount} weights were given.",
                "weights"
            );
        }

        for (int row = 0; row < rows.Count; row++)
        {
            if (rows[row].Length != destination.Length)
            {
                throw new ArgumentException(
                    $"Vector {row} has {rows[row].Length} coordinates and the destination {destination.Length}; all must have the same length.",
                    "vectors"
                );
            }

            if (rows[row].Overlaps(destination))
            {
                throw new ArgumentException(
                    $"Vector {row} shares memory with the destination; give the mean a buffer of its own.",
                    nameof(destination)
                );
            }
        }
    }

    private static double TotalOf(ReadOnlySpan<double> weights)
    {
        double total = 0;
        for (int row = 0; row < weights.Length; row++)
        {
            if (!double.IsFinite(weights[row]) || weights[row] < 0)
            {
                throw new ArgumentException(
                    $"Weight {row} is negative, NaN or infinite; a weight is a finite number from 0.",
                    nameof(weights)
                );
            }

            total += weights[row];
        }

        return total > 0 && double.IsFinite(total)
            ? total
            : throw new ArgumentException(
                "The weights must sum to a positive finite number: at least one vector has to count.",
                nameof(weights)
            );
    }

    private readonly ref struct MemoryRows(ReadOnlySpan<ReadOnlyMemory<float>> vectors) : IRows
    {
        private readonly ReadOnlySpan<ReadOnlyMemory<float>> _vectors = vectors;

        public int Count => _vectors.Length;

        public ReadOnlySpan<float> this[int index] => _vectors[index].Span;
    }

    private readonly ref struct ArrayRows(float[][] vectors) : IRows
    {
        private readonly ReadOnlySpan<float[]> _vectors = vectors;

        public int Count => _vectors.Length;

        public ReadOnlySpan<float> this[int index] => _vectors[index];
    }
}
