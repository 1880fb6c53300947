using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace SecureFed.Homomorphic.Kernels;

/// <summary>The transforms on 64-bit integers, one butterfly at a time, for moduli below 2^61. Harvey, J. Symb. Comput. 60, 2014.</summary>
/// <remarks>
/// No branch and no index depends on a coefficient: the conditional subtractions are masks, which is also twice as fast as
/// a branch that is mispredicted every other time.
/// </remarks>
internal static class NttScalar
{
    /// <summary>In place, input below q, output below q in bit-reversed order.</summary>
    public static void Forward(Span<ulong> values, NttTables tables)
    {
        ReadOnlySpan<ulong> powers = tables.Powers;
        ReadOnlySpan<ulong> quotients = tables.Quotients;
        ref ulong first = ref MemoryMarshal.GetReference(values);
        ulong q = tables.Modulus.Value;
        int gap = values.Length >> 1;
        for (int groups = 1; groups < values.Length; groups <<= 1, gap >>= 1)
        {
            for (int group = 0; group < groups; group++)
            {
                ref ulong upper = ref Unsafe.Add(ref first, 2 * group * gap);
                ForwardGroup(ref upper, gap, powers[groups + group], quotients[groups + group], q);
            }
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ReduceOnce(ReduceOnce(values[i], 2 * q), q);
        }
    }

    /// <summary>In place, input below q in bit-reversed order, output below q.</summary>
    public static void Inverse(Span<ulong> values, NttTables tables)
    {
        ReadOnlySpan<ulong> powers = tables.InversePowers;
        ReadOnlySpan<ulong> quotients = tables.InverseQuotients;
        ref ulong first = ref MemoryMarshal.GetReference(values);
        ulong q = tables.Modulus.Value;
        int gap = 1;
        for (int groups = values.Length >> 1; groups >= 1; groups >>= 1, gap <<= 1)
        {
            for (int group = 0; group < groups; group++)
            {
                ref ulong upper = ref Unsafe.Add(ref first, 2 * group * gap);
                InverseGroup(ref upper, gap, powers[groups + group], quotients[groups + group], q);
            }
        }

        (ulong factor, ulong quotient) = (tables.InverseDegree, tables.InverseDegreeQuotient);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ReduceOnce(Multiply(values[i], factor, quotient, q), q);
        }
    }

    /// <summary>x − c if that is not negative, else x; x below 2^63.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ReduceOnce(ulong x, ulong c)
    {
        unchecked
        {
            ulong difference = x - c;
            return difference + (c & (ulong)((long)difference >> 63));
        }
    }

    /// <summary>x·factor mod q, or that plus q; any x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Multiply(ulong x, ulong factor, ulong quotient, ulong q) =>
        unchecked((x * factor) - (High(x, quotient) * q));

    // The compiler forms the lower half too where only the upper one is asked for.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High(ulong a, ulong b) =>
        Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(a, b) : Math.BigMul(a, b, out _);

    // Values stay below 4q: upper is reduced below 2q, the product is below 2q.
    private static void ForwardGroup(ref ulong x, int gap, ulong power, ulong quotient, ulong q)
    {
        ref ulong y = ref Unsafe.Add(ref x, gap);
        int i = 0;

        // Four at a time: the loop itself is a tenth of the work.
        for (; i <= gap - 4; i += 4)
        {
            Forward(ref x, ref y, power, quotient, q);
            Forward(ref Unsafe.Add(ref x, 1), ref Unsafe.Add(ref y, 1), power, quotient, q);
            Forward(ref Unsafe.Add(ref x, 2), ref Unsafe.Add(ref y, 2), power, quotient, q);
            Forward(ref Unsafe.Add(ref x, 3), ref Unsafe.Add(ref y, 3), power, quotient, q);
            x = ref Unsafe.Add(ref x, 4);
            y = ref Unsafe.Add(ref y, 4);
        }

        for (; i < gap; i++)
        {
            Forward(ref x, ref y, power, quotient, q);
            x = ref Unsafe.Add(ref x, 1);
            y = ref Unsafe.Add(ref y, 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Forward(ref ulong x, ref ulong y, ulong power, ulong quotient, ulong q)
    {
        unchecked
        {
            ulong u = ReduceOnce(x, 2 * q);
            ulong v = Multiply(y, power, quotient, q);
            x = u + v;
            y = u + (2 * q) - v;
        }
    }

    // Values stay below 2q.
    private static void InverseGroup(ref ulong x, int gap, ulong power, ulong quotient, ulong q)
    {
        ref ulong y = ref Unsafe.Add(ref x, gap);
        int i = 0;
        for (; i <= gap - 4; i += 4)
        {
            Inverse(ref x, ref y, power, quotient, q);
            Inverse(ref Unsafe.Add(ref x, 1), ref Unsafe.Add(ref y, 1), power, quotient, q);
            Inverse(ref Unsafe.Add(ref x, 2), ref Unsafe.Add(ref y, 2), power, quotient, q);
            Inverse(ref Unsafe.Add(ref x, 3), ref Unsafe.Add(ref y, 3), power, quotient, q);
            x = ref Unsafe.Add(ref x, 4);
            y = ref Unsafe.Add(ref y, 4);
        }

        for (; i < gap; i++)
        {
            Inverse(ref x, ref y, power, quotient, q);
            x = ref Unsafe.Add(ref x, 1);
            y = ref Unsafe.Add(ref y, 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Inverse(ref ulong x, ref ulong y, ulong power, ulong quotient, ulong q)
    {
        unchecked
        {
            (ulong u, ulong v) = (x, y);
            x = ReduceOnce(u + v, 2 * q);
            y = Multiply(u + (2 * q) - v, power, quotient, q);
        }
    }
}
