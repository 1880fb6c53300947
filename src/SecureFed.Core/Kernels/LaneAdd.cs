using System.Numerics;

namespace SecureFed.Core.Kernels;

/// <summary>left[i] ← (left[i] + right[i]) AND mask. Wraps at the lane's width; equal lengths; the buffers may be the same, not otherwise overlap.</summary>
internal static class LaneAdd
{
    public static void Run<T>(Span<T> left, ReadOnlySpan<T> right, T mask)
        where T : unmanaged, IBinaryInteger<T> => Scalar(left, right, mask);

    public static void Scalar<T>(Span<T> left, ReadOnlySpan<T> right, T mask)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (int i = 0; i < left.Length; i++)
        {
            left[i] = unchecked(left[i] + right[i]) & mask;
        }
    }
}
