using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>values ← H·values in place, H the Hadamard matrix of Sylvester: H[i, j] = (−1)^(number of common bits of i and j), not scaled.</summary>
/// <remarks>
/// The length is a power of two. For h = 1, 2, 4, … the pairs at distance h become (a + b, a − b), each rounded to float;
/// which pairs meet in which step is the same at every width, and so are the bits. Vectors of norm up to 2^100 do not
/// overflow at any length up to 2^28.
/// </remarks>
internal static class WalshHadamard
{
    // Steps of small distance run on blocks that stay in the cache.
    private const int BlockLength = 8192;

    public static void Run(Span<float> values) => Vector(LiveWidth.Widest, values);

    public static void Scalar(Span<float> values) => Vector(VectorWidth.Scalar, values);

    public static void Vector(VectorWidth width, Span<float> values)
    {
        Invariant.Check(BitOperations.IsPow2(values.Length), "a Hadamard transform has a power of two as its length");
        int block = Math.Min(values.Length, BlockLength);
        for (int start = 0; start < values.Length; start += block)
        {
            Block(width, values.Slice(start, block));
        }

        for (int h = block; h < values.Length; h *= 2)
        {
            Step(width, values, h);
        }
    }

    private static void Block(VectorWidth width, Span<float> values)
    {
        int h = 1;
        if (width == VectorWidth.Bits512 && values.Length >= Vector512<float>.Count)
        {
            Inside512(values);
            h = Vector512<float>.Count;
        }
        else if (width == VectorWidth.Bits256 && values.Length >= Vector256<float>.Count)
        {
            Inside256(values);
            h = Vector256<float>.Count;
        }
        else if (width == VectorWidth.Bits128 && values.Length >= Vector128<float>.Count)
        {
            Inside128(values);
            h = Vector128<float>.Count;
        }

        for (; h < values.Length; h *= 2)
        {
            Step(width, values, h);
        }
    }

    private static void Step(VectorWidth width, Span<float> values, int h)
    {
        for (int start = 0; start < values.Length; start += 2 * h)
        {
            Pairs(width, values.Slice(start, h), values.Slice(start + h, h));
        }
    }

    private static void Pairs(VectorWidth width, Span<float> left, Span<float> right)
    {
        ref float a = ref MemoryMarshal.GetReference(left);
        ref float b = ref MemoryMarshal.GetReference(right);
        int i = 0;
        switch (width)
        {
            case VectorWidth.Bits512:
                for (; i <= left.Length - Vector512<float>.Count; i += Vector512<float>.Count)
                {
                    Vector512<float> x = Vector512.LoadUnsafe(ref a, (nuint)i);
                    Vector512<float> y = Vector512.LoadUnsafe(ref b, (nuint)i);
                    (x + y).StoreUnsafe(ref a, (nuint)i);
                    (x - y).StoreUnsafe(ref b, (nuint)i);
                }

                break;
            case VectorWidth.Bits256:
                for (; i <= left.Length - Vector256<float>.Count; i += Vector256<float>.Count)
                {
                    Vector256<float> x = Vector256.LoadUnsafe(ref a, (nuint)i);
                    Vector256<float> y = Vector256.LoadUnsafe(ref b, (nuint)i);
                    (x + y).StoreUnsafe(ref a, (nuint)i);
                    (x - y).StoreUnsafe(ref b, (nuint)i);
                }

                break;
            case VectorWidth.Bits128:
                for (; i <= left.Length - Vector128<float>.Count; i += Vector128<float>.Count)
                {
                    Vector128<float> x = Vector128.LoadUnsafe(ref a, (nuint)i);
                    Vector128<float> y = Vector128.LoadUnsafe(ref b, (nuint)i);
                    (x + y).StoreUnsafe(ref a, (nuint)i);
                    (x - y).StoreUnsafe(ref b, (nuint)i);
                }

                break;
        }

        for (; i < left.Length; i++)
        {
            float x = left[i];
            float y = right[i];
            left[i] = x + y;
            right[i] = x - y;
        }
    }

    // Distances below the width: every lane adds its partner to itself, negated in the upper half of a pair. a + (−b) and
    // b + a are a − b and a + b to the bit.
    private static void Inside512(Span<float> values)
    {
        Vector512<float> odd1 = Upper512(1);
        Vector512<float> odd2 = Upper512(2);
        Vector512<float> odd4 = Upper512(4);
        Vector512<float> odd8 = Upper512(8);
        ref float first = ref MemoryMarshal.GetReference(values);
        for (int i = 0; i < values.Length; i += Vector512<float>.Count)
        {
            Vector512<float> x = Vector512.LoadUnsafe(ref first, (nuint)i);
            x =
                Vector512.Shuffle(x, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14))
                + (x ^ odd1);
            x =
                Vector512.Shuffle(x, Vector512.Create(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13))
                + (x ^ odd2);
            x =
                Vector512.Shuffle(x, Vector512.Create(4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11))
                + (x ^ odd4);
            x =
                Vector512.Shuffle(x, Vector512.Create(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7))
                + (x ^ odd8);
            x.StoreUnsafe(ref first, (nuint)i);
        }
    }

    private static void Inside256(Span<float> values)
    {
        Vector256<float> odd1 = Upper512(1).GetLower();
        Vector256<float> odd2 = Upper512(2).GetLower();
        Vector256<float> odd4 = Upper512(4).GetLower();
        ref float first = ref MemoryMarshal.GetReference(values);
        for (int i = 0; i < values.Length; i += Vector256<float>.Count)
        {
            Vector256<float> x = Vector256.LoadUnsafe(ref first, (nuint)i);
            x = Vector256.Shuffle(x, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6)) + (x ^ odd1);
            x = Vector256.Shuffle(x, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5)) + (x ^ odd2);
            x = Vector256.Shuffle(x, Vector256.Create(4, 5, 6, 7, 0, 1, 2, 3)) + (x ^ odd4);
            x.StoreUnsafe(ref first, (nuint)i);
        }
    }

    private static void Inside128(Span<float> values)
    {
        Vector128<float> odd1 = Upper512(1).GetLower().GetLower();
        Vector128<float> odd2 = Upper512(2).GetLower().GetLower();
        ref float first = ref MemoryMarshal.GetReference(values);
        for (int i = 0; i < values.Length; i += Vector128<float>.Count)
        {
            Vector128<float> x = Vector128.LoadUnsafe(ref first, (nuint)i);
            x = Vector128.Shuffle(x, Vector128.Create(1, 0, 3, 2)) + (x ^ odd1);
            x = Vector128.Shuffle(x, Vector128.Create(2, 3, 0, 1)) + (x ^ odd2);
            x.StoreUnsafe(ref first, (nuint)i);
        }
    }

    // The sign bit in every lane whose index has the bit h.
    private static Vector512<float> Upper512(int h)
    {
        Span<float> signs = stackalloc float[Vector512<float>.Count];
        for (int i = 0; i < signs.Length; i++)
        {
            signs[i] = (i & h) != 0 ? -0f : 0f;
        }

        return Vector512.Create<float>(signs);
    }
}
