using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>Σ lane[i]², exact, the lanes read as two's complement of their full width. At most 2^28 lanes.</summary>
/// <remarks>
/// The vector bodies collect the low and the high 32 bits of each square in two sums of 64 bits, which 2^28 squares
/// cannot overflow. 64-bit lanes take them only when all magnitudes are below 2^32.
/// </remarks>
internal static class IntegerNorm
{
    public static UInt128 Run(ReadOnlySpan<uint> lanes) => Vector(LiveWidth.Widest, lanes);

    /// <summary>The sum must fit 128 bits, which the callers know from the plan.</summary>
    public static UInt128 Run(ReadOnlySpan<ulong> lanes) => Vector(LiveWidth.Widest, lanes);

    public static UInt128 Scalar(ReadOnlySpan<uint> lanes)
    {
        UInt128 sum = 0;
        foreach (uint lane in lanes)
        {
            long value = unchecked((int)lane);
            sum += (ulong)(value * value);
        }

        return sum;
    }

    public static UInt128 Scalar(ReadOnlySpan<ulong> lanes)
    {
        UInt128 sum = 0;
        foreach (ulong lane in lanes)
        {
            ulong magnitude = unchecked((ulong)((long)lane < 0 ? -(long)lane : (long)lane));
            ulong high = Math.BigMul(magnitude, magnitude, out ulong low);
            sum += new UInt128(high, low);
        }

        return sum;
    }

    public static UInt128 Vector(VectorWidth width, ReadOnlySpan<uint> lanes)
    {
        ref uint first = ref MemoryMarshal.GetReference(lanes);
        ulong low = 0;
        ulong high = 0;
        int i = 0;
        switch (width)
        {
            case VectorWidth.Bits512:
                Sums512 sums512 = default;
                for (; i <= lanes.Length - Vector512<uint>.Count; i += Vector512<uint>.Count)
                {
                    Vector512<int> lane = Vector512.LoadUnsafe(ref first, (nuint)i).AsInt32();
                    (Vector512<ulong> a, Vector512<ulong> b) = Vector512.Widen(Vector512.Abs(lane).AsUInt32());
                    sums512.AddSquares(a);
                    sums512.AddSquares(b);
                }

                (low, high) = (Vector512.Sum(sums512.Low), Vector512.Sum(sums512.High));
                break;
            case VectorWidth.Bits256:
                Sums256 sums256 = default;
                for (; i <= lanes.Length - Vector256<uint>.Count; i += Vector256<uint>.Count)
                {
                    Vector256<int> lane = Vector256.LoadUnsafe(ref first, (nuint)i).AsInt32();
                    (Vector256<ulong> a, Vector256<ulong> b) = Vector256.Widen(Vector256.Abs(lane).AsUInt32());
                    sums256.AddSquares(a);
                    sums256.AddSquares(b);
                }

                (low, high) = (Vector256.Sum(sums256.Low), Vector256.Sum(sums256.High));
                break;
            case VectorWidth.Bits128:
                Sums128 sums128 = default;
                for (; i <= lanes.Length - Vector128<uint>.Count; i += Vector128<uint>.Count)
                {
                    Vector128<int> lane = Vector128.LoadUnsafe(ref first, (nuint)i).AsInt32();
                    (Vector128<ulong> a, Vector128<ulong> b) = Vector128.Widen(Vector128.Abs(lane).AsUInt32());
                    sums128.AddSquares(a);
                    sums128.AddSquares(b);
                }

                (low, high) = (Vector128.Sum(sums128.Low), Vector128.Sum(sums128.High));
                break;
        }

        return low + ((UInt128)high << 32) + Scalar(lanes[i..]);
    }

    public static UInt128 Vector(VectorWidth width, ReadOnlySpan<ulong> lanes)
    {
        ref ulong first = ref MemoryMarshal.GetReference(lanes);
        ulong low = 0;
        ulong high = 0;
        bool isLarge = false;
        int i = 0;
        switch (width)
        {
            case VectorWidth.Bits512:
                Sums512 sums512 = default;
                for (; i <= lanes.Length - Vector512<ulong>.Count; i += Vector512<ulong>.Count)
                {
                    sums512.AddSquares(Vector512.Abs(Vector512.LoadUnsafe(ref first, (nuint)i).AsInt64()).AsUInt64());
                }

                (low, high) = (Vector512.Sum(sums512.Low), Vector512.Sum(sums512.High));
                isLarge = (sums512.AnyBit >>> 32) != Vector512<ulong>.Zero;
                break;
            case VectorWidth.Bits256:
                Sums256 sums256 = default;
                for (; i <= lanes.Length - Vector256<ulong>.Count; i += Vector256<ulong>.Count)
                {
                    sums256.AddSquares(Vector256.Abs(Vector256.LoadUnsafe(ref first, (nuint)i).AsInt64()).AsUInt64());
                }

                (low, high) = (Vector256.Sum(sums256.Low), Vector256.Sum(sums256.High));
                isLarge = (sums256.AnyBit >>> 32) != Vector256<ulong>.Zero;
                break;
            case VectorWidth.Bits128:
                Sums128 sums128 = default;
                for (; i <= lanes.Length - Vector128<ulong>.Count; i += Vector128<ulong>.Count)
                {
                    sums128.AddSquares(Vector128.Abs(Vector128.LoadUnsafe(ref first, (nuint)i).AsInt64()).AsUInt64());
                }

                (low, high) = (Vector128.Sum(sums128.Low), Vector128.Sum(sums128.High));
                isLarge = (sums128.AnyBit >>> 32) != Vector128<ulong>.Zero;
                break;
        }

        return isLarge ? Scalar(lanes) : low + ((UInt128)high << 32) + Scalar(lanes[i..]);
    }

    private struct Sums512
    {
        public Vector512<ulong> Low;
        public Vector512<ulong> High;
        public Vector512<ulong> AnyBit;

        public void AddSquares(Vector512<ulong> magnitude)
        {
            Vector512<ulong> square = magnitude * magnitude;
            Low += square & Vector512.Create((ulong)uint.MaxValue);
            High += square >>> 32;
            AnyBit |= magnitude;
        }
    }

    private struct Sums256
    {
        public Vector256<ulong> Low;
        public Vector256<ulong> High;
        public Vector256<ulong> AnyBit;

        public void AddSquares(Vector256<ulong> magnitude)
        {
            Vector256<ulong> square = magnitude * magnitude;
            Low += square & Vector256.Create((ulong)uint.MaxValue);
            High += square >>> 32;
            AnyBit |= magnitude;
        }
    }

    private struct Sums128
    {
        public Vector128<ulong> Low;
        public Vector128<ulong> High;
        public Vector128<ulong> AnyBit;

        public void AddSquares(Vector128<ulong> magnitude)
        {
            Vector128<ulong> square = magnitude * magnitude;
            Low += square & Vector128.Create((ulong)uint.MaxValue);
            High += square >>> 32;
            AnyBit |= magnitude;
        }
    }
}
