using System.Numerics;
using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>left[i] ← (left[i] + right[i]) AND mask.</summary>
/// <remarks>Wraps at the lane's width. Equal lengths; the buffers may be the same, but not overlap otherwise.</remarks>
internal static class LaneAdd
{
    public static void Run<T>(Span<T> left, ReadOnlySpan<T> right, T mask)
        where T : unmanaged, IBinaryInteger<T> => Vector(LiveWidth.Widest, left, right, mask);

    public static void Scalar<T>(Span<T> left, ReadOnlySpan<T> right, T mask)
        where T : unmanaged, IBinaryInteger<T> => LaneLoop.Scalar<Operation, T>(left, right, mask);

    public static void Vector<T>(VectorWidth width, Span<T> left, ReadOnlySpan<T> right, T mask)
        where T : unmanaged, IBinaryInteger<T> => LaneLoop.Vector<Operation, T>(width, left, right, mask);

    private readonly struct Operation : ILaneOperation
    {
        public static T Apply<T>(T left, T right, T mask)
            where T : unmanaged, IBinaryInteger<T> => unchecked(left + right) & mask;

        public static Vector128<T> Apply<T>(Vector128<T> left, Vector128<T> right, Vector128<T> mask)
            where T : unmanaged, IBinaryInteger<T> => (left + right) & mask;

        public static Vector256<T> Apply<T>(Vector256<T> left, Vector256<T> right, Vector256<T> mask)
            where T : unmanaged, IBinaryInteger<T> => (left + right) & mask;

        public static Vector512<T> Apply<T>(Vector512<T> left, Vector512<T> right, Vector512<T> mask)
            where T : unmanaged, IBinaryInteger<T> => (left + right) & mask;
    }
}
