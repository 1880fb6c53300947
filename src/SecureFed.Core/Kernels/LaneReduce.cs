using System.Numerics;
using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>lanes[i] ← lanes[i] AND mask.</summary>
internal static class LaneReduce
{
    public static void Run<T>(Span<T> lanes, T mask)
        where T : unmanaged, IBinaryInteger<T> => Vector(LiveWidth.Widest, lanes, mask);

    public static void Scalar<T>(Span<T> lanes, T mask)
        where T : unmanaged, IBinaryInteger<T> => LaneLoop.Scalar<Operation, T>(lanes, lanes, mask);

    public static void Vector<T>(VectorWidth width, Span<T> lanes, T mask)
        where T : unmanaged, IBinaryInteger<T> => LaneLoop.Vector<Operation, T>(width, lanes, lanes, mask);

    private readonly struct Operation : ILaneOperation
    {
        public static T Apply<T>(T left, T right, T mask)
            where T : unmanaged, IBinaryInteger<T> => left & mask;

        public static Vector128<T> Apply<T>(Vector128<T> left, Vector128<T> right, Vector128<T> mask)
            where T : unmanaged, IBinaryInteger<T> => left & mask;

        public static Vector256<T> Apply<T>(Vector256<T> left, Vector256<T> right, Vector256<T> mask)
            where T : unmanaged, IBinaryInteger<T> => left & mask;

        public static Vector512<T> Apply<T>(Vector512<T> left, Vector512<T> right, Vector512<T> mask)
            where T : unmanaged, IBinaryInteger<T> => left & mask;
    }
}
