using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>One element formula at every width: left ← f(left, right, mask). All arithmetic wraps.</summary>
internal interface ILaneOperation
{
    static abstract T Apply<T>(T left, T right, T mask)
        where T : unmanaged, IBinaryInteger<T>;

    static abstract Vector128<T> Apply<T>(Vector128<T> left, Vector128<T> right, Vector128<T> mask)
        where T : unmanaged, IBinaryInteger<T>;

    static abstract Vector256<T> Apply<T>(Vector256<T> left, Vector256<T> right, Vector256<T> mask)
        where T : unmanaged, IBinaryInteger<T>;

    static abstract Vector512<T> Apply<T>(Vector512<T> left, Vector512<T> right, Vector512<T> mask)
        where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>The loops around an <see cref="ILaneOperation"/>: whole vectors first, then the remainder one lane at a time.</summary>
/// <remarks>left and right have equal lengths, which the callers check; they may be the same buffer, but not overlap otherwise.</remarks>
internal static class LaneLoop
{
    public static void Scalar<TOperation, T>(Span<T> left, ReadOnlySpan<T> right, T mask)
        where TOperation : struct, ILaneOperation
        where T : unmanaged, IBinaryInteger<T> => Remainder<TOperation, T>(left, right, mask, 0);

    public static void Vector<TOperation, T>(VectorWidth width, Span<T> left, ReadOnlySpan<T> right, T mask)
        where TOperation : struct, ILaneOperation
        where T : unmanaged, IBinaryInteger<T>
    {
        Invariant.Check(left.Length == right.Length, "both operands of a lane kernel have the same length");
        int done = width switch
        {
            VectorWidth.Bits512 => Whole512<TOperation, T>(left, right, mask),
            VectorWidth.Bits256 => Whole256<TOperation, T>(left, right, mask),
            VectorWidth.Bits128 => Whole128<TOperation, T>(left, right, mask),
            _ => 0,
        };
        Remainder<TOperation, T>(left, right, mask, done);
    }

    private static int Whole512<TOperation, T>(Span<T> left, ReadOnlySpan<T> right, T mask)
        where TOperation : struct, ILaneOperation
        where T : unmanaged, IBinaryInteger<T>
    {
        ref T l = ref MemoryMarshal.GetReference(left);
        ref T r = ref MemoryMarshal.GetReference(right);
        Vector512<T> masks = Vector512.Create(mask);
        int i = 0;
        for (; i <= left.Length - Vector512<T>.Count; i += Vector512<T>.Count)
        {
            TOperation
                .Apply(Vector512.LoadUnsafe(ref l, (nuint)i), Vector512.LoadUnsafe(ref r, (nuint)i), masks)
                .StoreUnsafe(ref l, (nuint)i);
        }

        return i;
    }

    private static int Whole256<TOperation, T>(Span<T> left, ReadOnlySpan<T> right, T mask)
        where TOperation : struct, ILaneOperation
        where T : unmanaged, IBinaryInteger<T>
    {
        ref T l = ref MemoryMarshal.GetReference(left);
        ref T r = ref MemoryMarshal.GetReference(right);
        Vector256<T> masks = Vector256.Create(mask);
        int i = 0;
        for (; i <= left.Length - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            TOperation
                .Apply(Vector256.LoadUnsafe(ref l, (nuint)i), Vector256.LoadUnsafe(ref r, (nuint)i), masks)
                .StoreUnsafe(ref l, (nuint)i);
        }

        return i;
    }

    private static int Whole128<TOperation, T>(Span<T> left, ReadOnlySpan<T> right, T mask)
        where TOperation : struct, ILaneOperation
        where T : unmanaged, IBinaryInteger<T>
    {
        ref T l = ref MemoryMarshal.GetReference(left);
        ref T r = ref MemoryMarshal.GetReference(right);
        Vector128<T> masks = Vector128.Create(mask);
        int i = 0;
        for (; i <= left.Length - Vector128<T>.Count; i += Vector128<T>.Count)
        {
            TOperation
                .Apply(Vector128.LoadUnsafe(ref l, (nuint)i), Vector128.LoadUnsafe(ref r, (nuint)i), masks)
                .StoreUnsafe(ref l, (nuint)i);
        }

        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Remainder<TOperation, T>(Span<T> left, ReadOnlySpan<T> right, T mask, int start)
        where TOperation : struct, ILaneOperation
        where T : unmanaged, IBinaryInteger<T>
    {
        for (int i = start; i < left.Length; i++)
        {
            left[i] = TOperation.Apply(left[i], right[i], mask);
        }
    }
}
