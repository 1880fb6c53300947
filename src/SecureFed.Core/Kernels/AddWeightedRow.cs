using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>sum[i] ← s + weight·row[i], where s is sum[i], or 0 when the sum starts here: the rows that four do not divide.</summary>
/// <remarks>
/// The row is at least as long as the sum and does not overlap it. Product and sum are each rounded to float (no fused
/// multiply-add), so that all widths give the same bits. NaN and infinity propagate.
/// </remarks>
internal static class AddWeightedRow
{
    public static void Run(Span<float> sum, ReadOnlySpan<float> row, float weight, bool startsAtZero)
    {
        if (Vector128.IsHardwareAccelerated)
        {
            Vector(sum, row, weight, startsAtZero);
        }
        else
        {
            Scalar(sum, row, weight, startsAtZero);
        }
    }

    public static void Scalar(Span<float> sum, ReadOnlySpan<float> row, float weight, bool startsAtZero)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            float s = startsAtZero ? 0 : sum[i];
            sum[i] = s + (weight * row[i]);
        }
    }

    public static void Vector(Span<float> sum, ReadOnlySpan<float> row, float weight, bool startsAtZero)
    {
        int remainder = sum.Length % System.Numerics.Vector<float>.Count;
        Scalar(sum[..remainder], row, weight, startsAtZero);

        ref float s = ref MemoryMarshal.GetReference(sum);
        ref float x = ref MemoryMarshal.GetReference(row[..sum.Length]);
        System.Numerics.Vector<float> a = System.Numerics.Vector.Create(weight);
        for (
            nuint i = (nuint)(uint)remainder;
            i < (nuint)(uint)sum.Length;
            i += (nuint)System.Numerics.Vector<float>.Count
        )
        {
            System.Numerics.Vector<float> v = startsAtZero
                ? System.Numerics.Vector<float>.Zero
                : System.Numerics.Vector.LoadUnsafe(ref s, i);
            v += a * System.Numerics.Vector.LoadUnsafe(ref x, i);
            System.Numerics.Vector.StoreUnsafe(v, ref s, i);
        }
    }
}
