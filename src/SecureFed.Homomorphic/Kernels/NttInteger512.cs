using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureFed.Homomorphic.Kernels;

/// <summary>The forward transform on 64-bit integers in AVX-512, for moduli below 2^61.</summary>
/// <remarks>
/// There is no instruction for the upper half of a product of 64-bit lanes: three products of halves give it but for at
/// most 2, so that a product mod q comes out below 4q. Values stay below 8q.
/// </remarks>
internal static class NttInteger512
{
    private const int Lanes = 8;

    public static void Forward(Span<ulong> values, NttTables tables)
    {
        ref ulong x = ref MemoryMarshal.GetReference(values);
        ref ulong powers = ref MemoryMarshal.GetReference(tables.Powers);
        ref ulong quotients = ref MemoryMarshal.GetReference(tables.Quotients);
        Vector512<ulong> q = Vector512.Create(tables.Modulus.Value);
        Vector512<ulong> four = q << 2;
        int groups = 1;
        int gap = values.Length >> 1;
        int levels = int.Log2(values.Length) - int.Log2(2 * Lanes);
        if ((levels & 1) != 0)
        {
            Factor first = new(Unsafe.Add(ref powers, 1), Unsafe.Add(ref quotients, 1));
            for (int i = 0; i < gap; i += Lanes)
            {
                Vector512<ulong> u = Vector512.LoadUnsafe(ref x, (nuint)i);
                Vector512<ulong> v = first.Multiply(Vector512.LoadUnsafe(ref x, (nuint)(gap + i)), q);
                (u + v).StoreUnsafe(ref x, (nuint)i);
                (u + four - v).StoreUnsafe(ref x, (nuint)(gap + i));
            }

            (groups, gap) = (2, gap >> 1);
        }

        for (; gap >= 2 * Lanes; groups <<= 2, gap >>= 2)
        {
            for (int group = 0; group < groups; group++)
            {
                ForwardPair(
                    ref Unsafe.Add(ref x, 2 * group * gap),
                    gap >> 1,
                    At(ref powers, ref quotients, groups + group),
                    At(ref powers, ref quotients, 2 * (groups + group)),
                    At(ref powers, ref quotients, (2 * (groups + group)) + 1),
                    q
                );
            }
        }

        for (int block = 0; block < values.Length / (2 * Lanes); block++)
        {
            Finish(ref x, ref powers, ref quotients, block, values.Length, q);
        }
    }

    private static Factor At(ref ulong powers, ref ulong quotients, int index) =>
        new(Unsafe.Add(ref powers, index), Unsafe.Add(ref quotients, index));

    private static void ForwardPair(ref ulong x, int run, Factor first, Factor second, Factor third, Vector512<ulong> q)
    {
        Vector512<ulong> four = q << 2;
        for (int i = 0; i < run; i += Lanes)
        {
            Vector512<ulong> x0 = ReduceOnce(Vector512.LoadUnsafe(ref x, (nuint)i), four);
            Vector512<ulong> x1 = ReduceOnce(Vector512.LoadUnsafe(ref x, (nuint)(run + i)), four);
            Vector512<ulong> x2 = first.Multiply(Vector512.LoadUnsafe(ref x, (nuint)((2 * run) + i)), q);
            Vector512<ulong> x3 = first.Multiply(Vector512.LoadUnsafe(ref x, (nuint)((3 * run) + i)), q);
            Vector512<ulong> y0 = ReduceOnce(x0 + x2, four);
            Vector512<ulong> y2 = ReduceOnce(x0 + four - x2, four);
            Vector512<ulong> y1 = second.Multiply(x1 + x3, q);
            Vector512<ulong> y3 = third.Multiply(x1 + four - x3, q);
            (y0 + y1).StoreUnsafe(ref x, (nuint)i);
            (y0 + four - y1).StoreUnsafe(ref x, (nuint)(run + i));
            (y2 + y3).StoreUnsafe(ref x, (nuint)((2 * run) + i));
            (y2 + four - y3).StoreUnsafe(ref x, (nuint)((3 * run) + i));
        }
    }

    // The last four levels, inside two registers.
    private static void Finish(
        ref ulong values,
        ref ulong powers,
        ref ulong quotients,
        int block,
        int degree,
        Vector512<ulong> q
    )
    {
        Vector512<ulong> four = q << 2;
        Vector512<ulong> twoPowers = Vector512.Create(0UL, 0, 0, 0, 1, 1, 1, 1);
        Vector512<ulong> fourPowers = Vector512.Create(0UL, 0, 1, 1, 2, 2, 3, 3);
        nuint start = (nuint)(2 * Lanes * block);

        Vector512<ulong> u = ReduceOnce(Vector512.LoadUnsafe(ref values, start), four);
        Vector512<ulong> v = At(ref powers, ref quotients, (degree / 16) + block)
            .Multiply(Vector512.LoadUnsafe(ref values, start + Lanes), q);
        (Vector512<ulong> x, Vector512<ulong> y) = (u + v, u + four - v);

        u = ReduceOnce(Avx512F.PermuteVar8x64x2(x, Vector512.Create(0UL, 1, 2, 3, 8, 9, 10, 11), y), four);
        v = Spread(ref powers, ref quotients, (degree / 8) + (2 * block), twoPowers)
            .Multiply(Avx512F.PermuteVar8x64x2(x, Vector512.Create(4UL, 5, 6, 7, 12, 13, 14, 15), y), q);
        (x, y) = (u + v, u + four - v);

        u = ReduceOnce(Avx512F.PermuteVar8x64x2(x, Vector512.Create(0UL, 1, 8, 9, 4, 5, 12, 13), y), four);
        v = Spread(ref powers, ref quotients, (degree / 4) + (4 * block), fourPowers)
            .Multiply(Avx512F.PermuteVar8x64x2(x, Vector512.Create(2UL, 3, 10, 11, 6, 7, 14, 15), y), q);
        (x, y) = (u + v, u + four - v);

        u = ReduceOnce(Avx512F.UnpackLow(x, y), four);
        v = new Factor(
            Vector512.LoadUnsafe(ref powers, (nuint)((degree / 2) + (8 * block))),
            Vector512.LoadUnsafe(ref quotients, (nuint)((degree / 2) + (8 * block)))
        ).Multiply(Avx512F.UnpackHigh(x, y), q);
        (x, y) = (u + v, u + four - v);
        u = Avx512F.PermuteVar8x64x2(x, Vector512.Create(0UL, 8, 1, 9, 2, 10, 3, 11), y);
        v = Avx512F.PermuteVar8x64x2(x, Vector512.Create(4UL, 12, 5, 13, 6, 14, 7, 15), y);
        Residue(u, q).StoreUnsafe(ref values, start);
        Residue(v, q).StoreUnsafe(ref values, start + Lanes);
    }

    private static Factor Spread(ref ulong powers, ref ulong quotients, int index, Vector512<ulong> places) =>
        new(
            Avx512F.PermuteVar8x64(Vector512.LoadUnsafe(ref powers, (nuint)index), places),
            Avx512F.PermuteVar8x64(Vector512.LoadUnsafe(ref quotients, (nuint)index), places)
        );

    // x − c if that is not negative, else x: the smaller of both without their signs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> ReduceOnce(Vector512<ulong> x, Vector512<ulong> c) => Avx512F.Min(x, x - c);

    // From below 8q.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Residue(Vector512<ulong> x, Vector512<ulong> q) =>
        ReduceOnce(ReduceOnce(ReduceOnce(x, q << 2), q << 1), q);

    // w and ⌊w·2^64/q⌋, the latter also by its upper half.
    private readonly struct Factor(Vector512<ulong> power, Vector512<ulong> quotient)
    {
        public Factor(ulong power, ulong quotient)
            : this(Vector512.Create(power), Vector512.Create(quotient)) { }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<ulong> Multiply(Vector512<ulong> x, Vector512<ulong> q)
        {
            Vector512<ulong> xHigh = x >>> 32;
            Vector512<ulong> quotientHigh = quotient >>> 32;
            Vector512<ulong> high =
                Product(xHigh, quotientHigh) + (Product(xHigh, quotient) >>> 32) + (Product(x, quotientHigh) >>> 32);
            return (x * power) - (high * q);
        }

        // Of the lower halves.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<ulong> Product(Vector512<ulong> a, Vector512<ulong> b) =>
            Avx512F.Multiply(a.AsUInt32(), b.AsUInt32());
    }
}
