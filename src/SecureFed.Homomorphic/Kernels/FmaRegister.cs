using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureFed.Homomorphic.Kernels;

/// <summary>A register of doubles that hold integers, and what the transforms do with it. The widths differ in nothing else.</summary>
internal interface IFmaRegister<TVector>
    where TVector : struct
{
    static abstract int Lanes { get; }

    static abstract TVector Create(double value);

    static abstract TVector Load(ref double first, int index);

    static abstract void Store(TVector vector, ref double first, int index);

    /// <summary>Integers below 2^52 as doubles.</summary>
    static abstract TVector LoadIntegers(ref ulong first, int index);

    /// <summary>Doubles that are integers from 0 to below 2^52, as integers.</summary>
    static abstract void StoreIntegers(TVector vector, ref ulong first, int index);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>c − a·b, rounded once.</summary>
    static abstract TVector SubtractProduct(TVector a, TVector b, TVector c);

    /// <summary>a where a is not negative, else a + b.</summary>
    static abstract TVector AddIfNegative(TVector a, TVector b);

    /// <summary>The levels inside two registers that hold 2·Lanes neighbours, of which the residues come out in order.</summary>
    static abstract void FinishForward<TArithmetic>(
        ref ulong values,
        int block,
        NttTables tables,
        TArithmetic arithmetic
    )
        where TArithmetic : struct, IFmaArithmetic<TVector>;

    /// <summary>The same levels of the inverse transform, from residues in order.</summary>
    static abstract void BeginInverse<TArithmetic>(
        ref ulong values,
        int block,
        NttTables tables,
        TArithmetic arithmetic
    )
        where TArithmetic : struct, IFmaArithmetic<TVector>;
}

/// <summary>Multiplication and reduction by one modulus, for the levels inside a register.</summary>
internal interface IFmaArithmetic<TVector>
    where TVector : struct
{
    /// <summary>x·w − q·round(x·w/q).</summary>
    TVector MultiplyMod(TVector x, TVector w);

    /// <summary>x − q·round(x/q).</summary>
    TVector Reduce(TVector x);

    /// <summary>The same for the larger moduli, x for the smaller ones, whose sums stay exact without.</summary>
    TVector ReduceIfLarge(TVector x);

    /// <summary>The residue from 0 to q − 1.</summary>
    TVector Residue(TVector x);
}

/// <summary>Eight doubles; needs AVX-512 F and DQ.</summary>
internal readonly struct FmaRegister512 : IFmaRegister<Vector512<double>>
{
    // 2^52: an integer below it, or-ed into the fraction of this number, is added to it.
    private const ulong IntegerBits = 0x4330000000000000;
    private const double Integer = 4503599627370496.0;

    private static Vector512<long> FirstHalves => Vector512.Create(0L, 1, 2, 3, 8, 9, 10, 11);

    private static Vector512<long> SecondHalves => Vector512.Create(4L, 5, 6, 7, 12, 13, 14, 15);

    private static Vector512<long> FirstPairs => Vector512.Create(0L, 1, 8, 9, 4, 5, 12, 13);

    private static Vector512<long> SecondPairs => Vector512.Create(2L, 3, 10, 11, 6, 7, 14, 15);

    private static Vector512<long> FirstMixed => Vector512.Create(0L, 8, 1, 9, 2, 10, 3, 11);

    private static Vector512<long> SecondMixed => Vector512.Create(4L, 12, 5, 13, 6, 14, 7, 15);

    private static Vector512<long> Even => Vector512.Create(0L, 2, 4, 6, 8, 10, 12, 14);

    private static Vector512<long> Odd => Vector512.Create(1L, 3, 5, 7, 9, 11, 13, 15);

    private static Vector512<long> TwoPowers => Vector512.Create(0L, 0, 0, 0, 1, 1, 1, 1);

    private static Vector512<long> FourPowers => Vector512.Create(0L, 0, 1, 1, 2, 2, 3, 3);

    public static int Lanes => 8;

    public static Vector512<double> Create(double value) => Vector512.Create(value);

    public static Vector512<double> Load(ref double first, int index) => Vector512.LoadUnsafe(ref first, (nuint)index);

    public static void Store(Vector512<double> vector, ref double first, int index) =>
        vector.StoreUnsafe(ref first, (nuint)index);

    public static Vector512<double> LoadIntegers(ref ulong first, int index) =>
        (Vector512.LoadUnsafe(ref first, (nuint)index) | Vector512.Create(IntegerBits)).AsDouble()
        - Vector512.Create(Integer);

    public static void StoreIntegers(Vector512<double> vector, ref ulong first, int index) =>
        ((vector + Vector512.Create(Integer)).AsUInt64() ^ Vector512.Create(IntegerBits)).StoreUnsafe(
            ref first,
            (nuint)index
        );

    public static Vector512<double> Add(Vector512<double> a, Vector512<double> b) => a + b;

    public static Vector512<double> Subtract(Vector512<double> a, Vector512<double> b) => a - b;

    public static Vector512<double> Multiply(Vector512<double> a, Vector512<double> b) => a * b;

    public static Vector512<double> MultiplyAdd(Vector512<double> a, Vector512<double> b, Vector512<double> c) =>
        Avx512F.FusedMultiplyAdd(a, b, c);

    public static Vector512<double> SubtractProduct(Vector512<double> a, Vector512<double> b, Vector512<double> c) =>
        Avx512F.FusedMultiplyAddNegated(a, b, c);

    public static Vector512<double> AddIfNegative(Vector512<double> a, Vector512<double> b) =>
        Avx512F.BlendVariable(a, a + b, Avx512F.CompareLessThan(a, Vector512<double>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FinishForward<TArithmetic>(ref ulong values, int block, NttTables tables, TArithmetic arithmetic)
        where TArithmetic : struct, IFmaArithmetic<Vector512<double>>
    {
        int degree = tables.Degree;
        ref double powers = ref Unsafe.AsRef(in tables.CentredPowers[0]);
        ref double work = ref Unsafe.As<ulong, double>(ref values);
        int start = 16 * block;

        Vector512<double> u = arithmetic.ReduceIfLarge(Load(ref work, start));
        Vector512<double> v = arithmetic.MultiplyMod(
            Load(ref work, start + 8),
            Vector512.Create(Unsafe.Add(ref powers, (degree / 16) + block))
        );
        (Vector512<double> x, Vector512<double> y) = (u + v, u - v);

        u = Avx512F.PermuteVar8x64x2(x, FirstHalves, y);
        v = arithmetic.MultiplyMod(
            Avx512F.PermuteVar8x64x2(x, SecondHalves, y),
            Avx512F.PermuteVar8x64(Load(ref powers, (degree / 8) + (2 * block)), TwoPowers)
        );
        (x, y) = (u + v, u - v);

        u = arithmetic.ReduceIfLarge(Avx512F.PermuteVar8x64x2(x, FirstPairs, y));
        v = arithmetic.MultiplyMod(
            Avx512F.PermuteVar8x64x2(x, SecondPairs, y),
            Avx512F.PermuteVar8x64(Load(ref powers, (degree / 4) + (4 * block)), FourPowers)
        );
        (x, y) = (u + v, u - v);

        u = Avx512F.UnpackLow(x, y);
        v = arithmetic.MultiplyMod(Avx512F.UnpackHigh(x, y), Load(ref powers, (degree / 2) + (8 * block)));
        (x, y) = (u + v, u - v);
        StoreIntegers(arithmetic.Residue(Avx512F.PermuteVar8x64x2(x, FirstMixed, y)), ref values, start);
        StoreIntegers(arithmetic.Residue(Avx512F.PermuteVar8x64x2(x, SecondMixed, y)), ref values, start + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BeginInverse<TArithmetic>(ref ulong values, int block, NttTables tables, TArithmetic arithmetic)
        where TArithmetic : struct, IFmaArithmetic<Vector512<double>>
    {
        int degree = tables.Degree;
        ref double powers = ref Unsafe.AsRef(in tables.CentredInversePowers[0]);
        ref double work = ref Unsafe.As<ulong, double>(ref values);
        int start = 16 * block;
        Vector512<double> x = LoadIntegers(ref values, start);
        Vector512<double> y = LoadIntegers(ref values, start + 8);

        Vector512<double> u = Avx512F.PermuteVar8x64x2(x, Even, y);
        Vector512<double> v = Avx512F.PermuteVar8x64x2(x, Odd, y);
        (x, y) = (u + v, arithmetic.MultiplyMod(u - v, Load(ref powers, (degree / 2) + (8 * block))));

        u = Avx512F.UnpackLow(x, y);
        v = Avx512F.UnpackHigh(x, y);
        (x, y) = (
            arithmetic.ReduceIfLarge(u + v),
            arithmetic.MultiplyMod(
                u - v,
                Avx512F.PermuteVar8x64(Load(ref powers, (degree / 4) + (4 * block)), FourPowers)
            )
        );

        u = Avx512F.PermuteVar8x64x2(x, FirstPairs, y);
        v = Avx512F.PermuteVar8x64x2(x, SecondPairs, y);
        (x, y) = (
            u + v,
            arithmetic.MultiplyMod(
                u - v,
                Avx512F.PermuteVar8x64(Load(ref powers, (degree / 8) + (2 * block)), TwoPowers)
            )
        );

        u = Avx512F.PermuteVar8x64x2(x, FirstHalves, y);
        v = Avx512F.PermuteVar8x64x2(x, SecondHalves, y);
        Store(arithmetic.Reduce(u + v), ref work, start);
        Store(
            arithmetic.MultiplyMod(u - v, Vector512.Create(Unsafe.Add(ref powers, (degree / 16) + block))),
            ref work,
            start + 8
        );
    }
}

/// <summary>Four doubles; needs AVX2 and FMA.</summary>
internal readonly struct FmaRegister256 : IFmaRegister<Vector256<double>>
{
    private const ulong IntegerBits = 0x4330000000000000;
    private const double Integer = 4503599627370496.0;

    // Halves of two registers: their first ones, their second ones.
    private const byte FirstHalves = 0x20;
    private const byte SecondHalves = 0x31;

    // Two powers: 0, 0, 1, 1.
    private const byte TwoPowers = 0x50;

    public static int Lanes => 4;

    public static Vector256<double> Create(double value) => Vector256.Create(value);

    public static Vector256<double> Load(ref double first, int index) => Vector256.LoadUnsafe(ref first, (nuint)index);

    public static void Store(Vector256<double> vector, ref double first, int index) =>
        vector.StoreUnsafe(ref first, (nuint)index);

    public static Vector256<double> LoadIntegers(ref ulong first, int index) =>
        (Vector256.LoadUnsafe(ref first, (nuint)index) | Vector256.Create(IntegerBits)).AsDouble()
        - Vector256.Create(Integer);

    public static void StoreIntegers(Vector256<double> vector, ref ulong first, int index) =>
        ((vector + Vector256.Create(Integer)).AsUInt64() ^ Vector256.Create(IntegerBits)).StoreUnsafe(
            ref first,
            (nuint)index
        );

    public static Vector256<double> Add(Vector256<double> a, Vector256<double> b) => a + b;

    public static Vector256<double> Subtract(Vector256<double> a, Vector256<double> b) => a - b;

    public static Vector256<double> Multiply(Vector256<double> a, Vector256<double> b) => a * b;

    public static Vector256<double> MultiplyAdd(Vector256<double> a, Vector256<double> b, Vector256<double> c) =>
        Fma.MultiplyAdd(a, b, c);

    public static Vector256<double> SubtractProduct(Vector256<double> a, Vector256<double> b, Vector256<double> c) =>
        Fma.MultiplyAddNegated(a, b, c);

    // The sign alone would also select −0.
    public static Vector256<double> AddIfNegative(Vector256<double> a, Vector256<double> b) =>
        a + (b & Avx.CompareLessThan(a, Vector256<double>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FinishForward<TArithmetic>(ref ulong values, int block, NttTables tables, TArithmetic arithmetic)
        where TArithmetic : struct, IFmaArithmetic<Vector256<double>>
    {
        int degree = tables.Degree;
        ref double powers = ref Unsafe.AsRef(in tables.CentredPowers[0]);
        ref double work = ref Unsafe.As<ulong, double>(ref values);
        int start = 8 * block;
        Vector256<double> u = arithmetic.ReduceIfLarge(Load(ref work, start));
        Vector256<double> v = arithmetic.MultiplyMod(
            Load(ref work, start + 4),
            Vector256.Create(Unsafe.Add(ref powers, (degree / 8) + block))
        );
        (Vector256<double> x, Vector256<double> y) = (u + v, u - v);

        u = arithmetic.ReduceIfLarge(Avx.Permute2x128(x, y, FirstHalves));
        v = arithmetic.MultiplyMod(
            Avx.Permute2x128(x, y, SecondHalves),
            Avx2.Permute4x64(Pair(ref powers, (degree / 4) + (2 * block)), TwoPowers)
        );
        (x, y) = (u + v, u - v);

        u = Avx.UnpackLow(x, y);
        v = arithmetic.MultiplyMod(Avx.UnpackHigh(x, y), Load(ref powers, (degree / 2) + (4 * block)));
        (x, y) = (arithmetic.Residue(u + v), arithmetic.Residue(u - v));
        (u, v) = (Avx.UnpackLow(x, y), Avx.UnpackHigh(x, y));
        StoreIntegers(Avx.Permute2x128(u, v, FirstHalves), ref values, start);
        StoreIntegers(Avx.Permute2x128(u, v, SecondHalves), ref values, start + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BeginInverse<TArithmetic>(ref ulong values, int block, NttTables tables, TArithmetic arithmetic)
        where TArithmetic : struct, IFmaArithmetic<Vector256<double>>
    {
        int degree = tables.Degree;
        ref double powers = ref Unsafe.AsRef(in tables.CentredInversePowers[0]);
        ref double work = ref Unsafe.As<ulong, double>(ref values);
        int start = 8 * block;
        Vector256<double> x = LoadIntegers(ref values, start);
        Vector256<double> y = LoadIntegers(ref values, start + 4);

        // The shuffles of the other direction are their own inverses.
        (Vector256<double> u, Vector256<double> v) = (
            Avx.Permute2x128(x, y, FirstHalves),
            Avx.Permute2x128(x, y, SecondHalves)
        );
        (x, y) = (Avx.UnpackLow(u, v), Avx.UnpackHigh(u, v));
        (x, y) = (x + y, arithmetic.MultiplyMod(x - y, Load(ref powers, (degree / 2) + (4 * block))));

        (u, v) = (Avx.UnpackLow(x, y), Avx.UnpackHigh(x, y));
        (x, y) = (
            arithmetic.ReduceIfLarge(u + v),
            arithmetic.MultiplyMod(u - v, Avx2.Permute4x64(Pair(ref powers, (degree / 4) + (2 * block)), TwoPowers))
        );

        (u, v) = (Avx.Permute2x128(x, y, FirstHalves), Avx.Permute2x128(x, y, SecondHalves));
        Store(arithmetic.Reduce(u + v), ref work, start);
        Store(
            arithmetic.MultiplyMod(u - v, Vector256.Create(Unsafe.Add(ref powers, (degree / 8) + block))),
            ref work,
            start + 4
        );
    }

    // The upper half is not used.
    private static Vector256<double> Pair(ref double first, int index) =>
        Vector128.LoadUnsafe(ref first, (nuint)index).ToVector256Unsafe();
}
