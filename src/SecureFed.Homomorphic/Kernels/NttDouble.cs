using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SecureFed.Homomorphic.Kernels;

/// <summary>The transforms in doubles that hold exact integers, for moduli below 2^50, two levels in one pass over memory.</summary>
/// <remarks>
/// A product x·w is h + l exactly, h the rounded product and l = fma(x, w, −h). With b = round(h/q), h − b·q is an integer
/// of less than 53 bits, so that fma(−b, q, h) + l is x·w − b·q without an error (spec 04-homomorphic#ntt-2). Numbers are
/// kept between about −q and q; for q below 2^47 even fifteen levels of sums stay exact without a reduction between them.
/// </remarks>
internal static class NttDouble<TRegister, TVector>
    where TRegister : struct, IFmaRegister<TVector>
    where TVector : struct
{
    public static void Forward(Span<ulong> values, NttTables tables)
    {
        FmaModulus<TRegister, TVector> arithmetic = new(tables.Modulus.Value);
        ref ulong integers = ref MemoryMarshal.GetReference(values);
        ref double work = ref Unsafe.As<ulong, double>(ref integers);
        ref double powers = ref MemoryMarshal.GetReference(tables.CentredPowers);
        int groups = 1;
        int gap = values.Length >> 1;

        // Two levels at a time, and the last ones in registers: an odd number before them leaves one.
        int levels = int.Log2(values.Length) - int.Log2(2 * TRegister.Lanes);
        for (int i = 0; i < values.Length; i += TRegister.Lanes)
        {
            TRegister.Store(TRegister.LoadIntegers(ref integers, i), ref work, i);
        }

        if ((levels & 1) != 0)
        {
            TVector power = TRegister.Create(Unsafe.Add(ref powers, 1));
            for (int i = 0; i < gap; i += TRegister.Lanes)
            {
                TVector u = TRegister.Load(ref work, i);
                TVector v = arithmetic.MultiplyMod(TRegister.Load(ref work, gap + i), power);
                TRegister.Store(TRegister.Add(u, v), ref work, i);
                TRegister.Store(TRegister.Subtract(u, v), ref work, gap + i);
            }

            (groups, gap) = (2, gap >> 1);
        }

        for (; gap >= 2 * TRegister.Lanes; groups <<= 2, gap >>= 2)
        {
            for (int group = 0; group < groups; group++)
            {
                ForwardPair(
                    ref Unsafe.Add(ref work, 2 * group * gap),
                    gap >> 1,
                    ref powers,
                    groups + group,
                    arithmetic
                );
            }
        }

        for (int block = 0; block < values.Length / (2 * TRegister.Lanes); block++)
        {
            TRegister.FinishForward(ref integers, block, tables, arithmetic);
        }
    }

    public static void Inverse(Span<ulong> values, NttTables tables)
    {
        FmaModulus<TRegister, TVector> arithmetic = new(tables.Modulus.Value);
        ref ulong integers = ref MemoryMarshal.GetReference(values);
        ref double work = ref Unsafe.As<ulong, double>(ref integers);
        ref double powers = ref MemoryMarshal.GetReference(tables.CentredInversePowers);
        for (int block = 0; block < values.Length / (2 * TRegister.Lanes); block++)
        {
            TRegister.BeginInverse(ref integers, block, tables, arithmetic);
        }

        int gap = 2 * TRegister.Lanes;
        int groups = values.Length / (2 * gap);
        for (; groups >= 4; groups >>= 2, gap <<= 2)
        {
            for (int group = 0; group < groups / 2; group++)
            {
                InversePair(
                    ref Unsafe.Add(ref work, 4 * group * gap),
                    gap,
                    ref powers,
                    (groups / 2) + group,
                    arithmetic
                );
            }
        }

        if (groups == 2)
        {
            InversePair(ref work, gap, ref powers, 1, arithmetic);
            gap <<= 1;
            FinishScaled(values, tables, arithmetic, isLevelLeft: false, gap);
        }
        else
        {
            FinishScaled(values, tables, arithmetic, isLevelLeft: groups == 1, gap);
        }
    }

    // Levels of the powers `index` and then 2·index and 2·index + 1, over four runs of a length.
    private static void ForwardPair(
        ref double x,
        int run,
        ref double powers,
        int index,
        FmaModulus<TRegister, TVector> arithmetic
    )
    {
        TVector first = TRegister.Create(Unsafe.Add(ref powers, index));
        TVector second = TRegister.Create(Unsafe.Add(ref powers, 2 * index));
        TVector third = TRegister.Create(Unsafe.Add(ref powers, (2 * index) + 1));
        for (int i = 0; i < run; i += TRegister.Lanes)
        {
            TVector x0 = arithmetic.ReduceIfLarge(TRegister.Load(ref x, i));
            TVector x1 = arithmetic.ReduceIfLarge(TRegister.Load(ref x, run + i));
            TVector x2 = arithmetic.MultiplyMod(TRegister.Load(ref x, (2 * run) + i), first);
            TVector x3 = arithmetic.MultiplyMod(TRegister.Load(ref x, (3 * run) + i), first);
            TVector y0 = TRegister.Add(x0, x2);
            TVector y2 = TRegister.Subtract(x0, x2);
            TVector y1 = arithmetic.MultiplyMod(TRegister.Add(x1, x3), second);
            TVector y3 = arithmetic.MultiplyMod(TRegister.Subtract(x1, x3), third);
            TRegister.Store(TRegister.Add(y0, y1), ref x, i);
            TRegister.Store(TRegister.Subtract(y0, y1), ref x, run + i);
            TRegister.Store(TRegister.Add(y2, y3), ref x, (2 * run) + i);
            TRegister.Store(TRegister.Subtract(y2, y3), ref x, (3 * run) + i);
        }
    }

    private static void InversePair(
        ref double x,
        int run,
        ref double powers,
        int index,
        FmaModulus<TRegister, TVector> arithmetic
    )
    {
        TVector first = TRegister.Create(Unsafe.Add(ref powers, index));
        TVector second = TRegister.Create(Unsafe.Add(ref powers, 2 * index));
        TVector third = TRegister.Create(Unsafe.Add(ref powers, (2 * index) + 1));
        for (int i = 0; i < run; i += TRegister.Lanes)
        {
            TVector x0 = TRegister.Load(ref x, i);
            TVector x1 = TRegister.Load(ref x, run + i);
            TVector x2 = TRegister.Load(ref x, (2 * run) + i);
            TVector x3 = TRegister.Load(ref x, (3 * run) + i);
            TVector y0 = TRegister.Add(x0, x1);
            TVector y2 = TRegister.Add(x2, x3);
            TVector y1 = arithmetic.MultiplyMod(TRegister.Subtract(x0, x1), second);
            TVector y3 = arithmetic.MultiplyMod(TRegister.Subtract(x2, x3), third);
            TRegister.Store(arithmetic.Reduce(TRegister.Add(y0, y2)), ref x, i);
            TRegister.Store(arithmetic.Reduce(TRegister.Add(y1, y3)), ref x, run + i);
            TRegister.Store(arithmetic.MultiplyMod(TRegister.Subtract(y0, y2), first), ref x, (2 * run) + i);
            TRegister.Store(arithmetic.MultiplyMod(TRegister.Subtract(y1, y3), first), ref x, (3 * run) + i);
        }
    }

    // The factor 1/N, in the last level where one is left.
    private static void FinishScaled(
        Span<ulong> values,
        NttTables tables,
        FmaModulus<TRegister, TVector> arithmetic,
        bool isLevelLeft,
        int gap
    )
    {
        ref ulong integers = ref MemoryMarshal.GetReference(values);
        ref double work = ref Unsafe.As<ulong, double>(ref integers);
        TVector scale = TRegister.Create(tables.Centred(tables.InverseDegree));
        if (!isLevelLeft)
        {
            for (int i = 0; i < values.Length; i += TRegister.Lanes)
            {
                TVector scaled = arithmetic.MultiplyMod(TRegister.Load(ref work, i), scale);
                TRegister.StoreIntegers(arithmetic.Residue(scaled), ref integers, i);
            }

            return;
        }

        TVector last = TRegister.Create(tables.Centred(tables.LastInverse));
        for (int i = 0; i < gap; i += TRegister.Lanes)
        {
            TVector u = TRegister.Load(ref work, i);
            TVector v = TRegister.Load(ref work, gap + i);
            TVector sum = arithmetic.MultiplyMod(TRegister.Add(u, v), scale);
            TVector difference = arithmetic.MultiplyMod(TRegister.Subtract(u, v), last);
            TRegister.StoreIntegers(arithmetic.Residue(sum), ref integers, i);
            TRegister.StoreIntegers(arithmetic.Residue(difference), ref integers, gap + i);
        }
    }
}
