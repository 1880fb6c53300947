using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>sum[i] ← ((((s + a·x0[i]) + b·x1[i]) + c·x2[i]) + d·x3[i]), where s is sum[i], or 0 when the sum starts here.</summary>
/// <remarks>
/// The rows are at least as long as the sum; no row overlaps the sum. Every product and every sum is rounded to float by
/// itself (no fused multiply-add), in this order, so that all widths give the same bits. NaN and infinity propagate.
/// Four rows per pass because the passes over the sum, not the arithmetic, are what row-by-row code waits for.
/// </remarks>
internal static class AddFourWeightedRows
{
    public static void Run(
        Span<float> sum,
        ReadOnlySpan<float> row0,
        ReadOnlySpan<float> row1,
        ReadOnlySpan<float> row2,
        ReadOnlySpan<float> row3,
        Vector128<float> weights,
        bool startsAtZero
    )
    {
        if (Vector128.IsHardwareAccelerated)
        {
            Vector(sum, row0, row1, row2, row3, weights, startsAtZero);
        }
        else
        {
            Scalar(sum, row0, row1, row2, row3, weights, startsAtZero);
        }
    }

    public static void Scalar(
        Span<float> sum,
        ReadOnlySpan<float> row0,
        ReadOnlySpan<float> row1,
        ReadOnlySpan<float> row2,
        ReadOnlySpan<float> row3,
        Vector128<float> weights,
        bool startsAtZero
    )
    {
        (float a, float b, float c, float d) = (weights[0], weights[1], weights[2], weights[3]);
        for (int i = 0; i < sum.Length; i++)
        {
            float s = startsAtZero ? 0 : sum[i];
            s += a * row0[i];
            s += b * row1[i];
            s += c * row2[i];
            s += d * row3[i];
            sum[i] = s;
        }
    }

    public static void Vector(
        Span<float> sum,
        ReadOnlySpan<float> row0,
        ReadOnlySpan<float> row1,
        ReadOnlySpan<float> row2,
        ReadOnlySpan<float> row3,
        Vector128<float> weights,
        bool startsAtZero
    )
    {
        int lanes =
            Vector512.IsHardwareAccelerated ? Vector512<float>.Count
            : Vector256.IsHardwareAccelerated ? Vector256<float>.Count
            : Vector128<float>.Count;
        int remainder = sum.Length % lanes;
        Scalar(sum[..remainder], row0, row1, row2, row3, weights, startsAtZero);

        ref float s = ref MemoryMarshal.GetReference(sum);
        ref float x0 = ref MemoryMarshal.GetReference(row0[..sum.Length]);
        ref float x1 = ref MemoryMarshal.GetReference(row1[..sum.Length]);
        ref float x2 = ref MemoryMarshal.GetReference(row2[..sum.Length]);
        ref float x3 = ref MemoryMarshal.GetReference(row3[..sum.Length]);
        nuint start = (nuint)(uint)remainder;
        nuint end = (nuint)(uint)sum.Length;
        if (Vector512.IsHardwareAccelerated)
        {
            Width512(ref s, ref x0, ref x1, ref x2, ref x3, weights, startsAtZero, start, end);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Width256(ref s, ref x0, ref x1, ref x2, ref x3, weights, startsAtZero, start, end);
        }
        else
        {
            Width128(ref s, ref x0, ref x1, ref x2, ref x3, weights, startsAtZero, start, end);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Width512(
        ref float s,
        ref float x0,
        ref float x1,
        ref float x2,
        ref float x3,
        Vector128<float> weights,
        bool startsAtZero,
        nuint start,
        nuint end
    )
    {
        Vector512<float> a = Vector512.Create(weights[0]);
        Vector512<float> b = Vector512.Create(weights[1]);
        Vector512<float> c = Vector512.Create(weights[2]);
        Vector512<float> d = Vector512.Create(weights[3]);
        for (nuint i = start; i < end; i += (nuint)Vector512<float>.Count)
        {
            Vector512<float> v = startsAtZero ? Vector512<float>.Zero : Vector512.LoadUnsafe(ref s, i);
            v += a * Vector512.LoadUnsafe(ref x0, i);
            v += b * Vector512.LoadUnsafe(ref x1, i);
            v += c * Vector512.LoadUnsafe(ref x2, i);
            v += d * Vector512.LoadUnsafe(ref x3, i);
            v.StoreUnsafe(ref s, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Width256(
        ref float s,
        ref float x0,
        ref float x1,
        ref float x2,
        ref float x3,
        Vector128<float> weights,
        bool startsAtZero,
        nuint start,
        nuint end
    )
    {
        Vector256<float> a = Vector256.Create(weights[0]);
        Vector256<float> b = Vector256.Create(weights[1]);
        Vector256<float> c = Vector256.Create(weights[2]);
        Vector256<float> d = Vector256.Create(weights[3]);
        for (nuint i = start; i < end; i += (nuint)Vector256<float>.Count)
        {
            Vector256<float> v = startsAtZero ? Vector256<float>.Zero : Vector256.LoadUnsafe(ref s, i);
            v += a * Vector256.LoadUnsafe(ref x0, i);
            v += b * Vector256.LoadUnsafe(ref x1, i);
            v += c * Vector256.LoadUnsafe(ref x2, i);
            v += d * Vector256.LoadUnsafe(ref x3, i);
            v.StoreUnsafe(ref s, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Width128(
        ref float s,
        ref float x0,
        ref float x1,
        ref float x2,
        ref float x3,
        Vector128<float> weights,
        bool startsAtZero,
        nuint start,
        nuint end
    )
    {
        Vector128<float> a = Vector128.Create(weights[0]);
        Vector128<float> b = Vector128.Create(weights[1]);
        Vector128<float> c = Vector128.Create(weights[2]);
        Vector128<float> d = Vector128.Create(weights[3]);
        for (nuint i = start; i < end; i += (nuint)Vector128<float>.Count)
        {
            Vector128<float> v = startsAtZero ? Vector128<float>.Zero : Vector128.LoadUnsafe(ref s, i);
            v += a * Vector128.LoadUnsafe(ref x0, i);
            v += b * Vector128.LoadUnsafe(ref x1, i);
            v += c * Vector128.LoadUnsafe(ref x2, i);
            v += d * Vector128.LoadUnsafe(ref x3, i);
            v.StoreUnsafe(ref s, i);
        }
    }
}
