using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>
/// Stochastic rounding: lane[i] ← ±(m + [u_i &lt; ⌊r·2^16⌋]) in two's complement of the lane's full width, where
/// |values[i]|·factor = m + r with integer m and 0 ≤ r &lt; 1, and the sign is that of values[i].
/// </summary>
/// <remarks>
/// Equal lengths, buffers apart. Values are finite; |values[i]|·factor is below 2^32 for 32-bit lanes and below 2^63 for
/// 64-bit lanes. Returns whether some u_i equals ⌊r·2^16⌋: only there do sixteen random bits not decide, and the caller
/// draws more. m and r are exact, because the integer part and the fraction of a double are.
/// </remarks>
internal static class Quantise
{
    /// <summary>2^16.</summary>
    public const double RandomSteps = 65536.0;

    // Adding 2^52 to an integer below it leaves the integer in the low bits of the sum: a conversion without a conversion
    // instruction, which AVX2 lacks for 64 bits.
    private const double Magic = 4503599627370496.0;
    private const ulong MagicBits = 0x4330_0000_0000_0000;

    /// <summary>Lanes are <see cref="uint"/> or <see cref="ulong"/>.</summary>
    public static bool Run<TLane>(
        ReadOnlySpan<float> values,
        double factor,
        ReadOnlySpan<ushort> random,
        Span<TLane> lanes
    )
        where TLane : unmanaged, IBinaryInteger<TLane> => Vector(LiveWidth.Widest, values, factor, random, lanes);

    public static bool Scalar<TLane>(
        ReadOnlySpan<float> values,
        double factor,
        ReadOnlySpan<ushort> random,
        Span<TLane> lanes
    )
        where TLane : unmanaged, IBinaryInteger<TLane>
    {
        bool undecided = false;
        for (int i = 0; i < values.Length; i++)
        {
            double magnitude = Math.Abs(values[i] * factor);
            double integer = Math.Floor(magnitude);
            double threshold = Math.Floor((magnitude - integer) * RandomSteps);
            undecided |= random[i] == threshold;
            long rounded = (long)integer + (random[i] < threshold ? 1 : 0);
            lanes[i] = TLane.CreateTruncating(values[i] < 0 ? -rounded : rounded);
        }

        return undecided;
    }

    public static bool Vector<TLane>(
        VectorWidth width,
        ReadOnlySpan<float> values,
        double factor,
        ReadOnlySpan<ushort> random,
        Span<TLane> lanes
    )
        where TLane : unmanaged, IBinaryInteger<TLane>
    {
        Invariant.Check(
            values.Length == random.Length && values.Length == lanes.Length,
            "values, random numbers and lanes have the same length"
        );
        bool undecided = false;
        int done = width switch
        {
            VectorWidth.Bits512 => Whole512(values, factor, random, lanes, ref undecided),
            VectorWidth.Bits256 => Whole256(values, factor, random, lanes, ref undecided),
            VectorWidth.Bits128 => Whole128(values, factor, random, lanes, ref undecided),
            _ => 0,
        };
        return Scalar(values[done..], factor, random[done..], lanes[done..]) || undecided;
    }

    private static int Whole512<TLane>(
        ReadOnlySpan<float> values,
        double factor,
        ReadOnlySpan<ushort> random,
        Span<TLane> lanes,
        ref bool undecided
    )
        where TLane : unmanaged
    {
        ref float value = ref MemoryMarshal.GetReference(values);
        ref ushort bits = ref MemoryMarshal.GetReference(random);
        Vector512<ulong> equal = default;
        int i = 0;
        for (; i <= values.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            (Vector512<double> x0, Vector512<double> x1) = Vector512.Widen(Vector512.LoadUnsafe(ref value, (nuint)i));
            (Vector256<uint> d0, Vector256<uint> d1) = Vector256.Widen(Vector256.LoadUnsafe(ref bits, (nuint)i));
            (Vector512<ulong> u0, Vector512<ulong> u1) = Vector512.Widen(Vector512.Create(d0, d1));
            Vector512<ulong> q0 = Round<TLane>(x0, factor, u0, ref equal);
            Vector512<ulong> q1 = Round<TLane>(x1, factor, u1, ref equal);
            ref TLane lane = ref Unsafe.Add(ref MemoryMarshal.GetReference(lanes), i);
            if (typeof(TLane) == typeof(uint))
            {
                Vector512.Narrow(q0, q1).StoreUnsafe(ref Unsafe.As<TLane, uint>(ref lane));
            }
            else
            {
                q0.StoreUnsafe(ref Unsafe.As<TLane, ulong>(ref lane));
                q1.StoreUnsafe(ref Unsafe.As<TLane, ulong>(ref lane), 8);
            }
        }

        undecided |= equal != Vector512<ulong>.Zero;
        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Round<TLane>(
        Vector512<double> value,
        double factor,
        Vector512<ulong> random,
        ref Vector512<ulong> equal
    )
    {
        Vector512<double> magnitude = Vector512.Abs(value * factor);
        Vector512<double> integer = Vector512.Floor(magnitude);
        Vector512<double> steps = Vector512.Floor((magnitude - integer) * RandomSteps);
        Vector512<ulong> threshold = (steps + Vector512.Create(Magic)).AsUInt64() ^ Vector512.Create(MagicBits);
        Vector512<ulong> whole =
            typeof(TLane) == typeof(uint)
                ? (integer + Vector512.Create(Magic)).AsUInt64() ^ Vector512.Create(MagicBits)
                : Vector512.ConvertToInt64(integer).AsUInt64();
        equal |= Vector512.Equals(random, threshold);
        Vector512<ulong> rounded = whole - Vector512.LessThan(random.AsInt64(), threshold.AsInt64()).AsUInt64();
        Vector512<ulong> sign = Vector512.LessThan(value, Vector512<double>.Zero).AsUInt64();
        return (rounded ^ sign) - sign;
    }

    private static int Whole256<TLane>(
        ReadOnlySpan<float> values,
        double factor,
        ReadOnlySpan<ushort> random,
        Span<TLane> lanes,
        ref bool undecided
    )
        where TLane : unmanaged
    {
        ref float value = ref MemoryMarshal.GetReference(values);
        ref ushort bits = ref MemoryMarshal.GetReference(random);
        Vector256<ulong> equal = default;
        int i = 0;
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            (Vector256<double> x0, Vector256<double> x1) = Vector256.Widen(Vector256.LoadUnsafe(ref value, (nuint)i));
            (Vector128<uint> d0, Vector128<uint> d1) = Vector128.Widen(Vector128.LoadUnsafe(ref bits, (nuint)i));
            (Vector256<ulong> u0, Vector256<ulong> u1) = Vector256.Widen(Vector256.Create(d0, d1));
            Vector256<ulong> q0 = Round<TLane>(x0, factor, u0, ref equal);
            Vector256<ulong> q1 = Round<TLane>(x1, factor, u1, ref equal);
            ref TLane lane = ref Unsafe.Add(ref MemoryMarshal.GetReference(lanes), i);
            if (typeof(TLane) == typeof(uint))
            {
                Vector256.Narrow(q0, q1).StoreUnsafe(ref Unsafe.As<TLane, uint>(ref lane));
            }
            else
            {
                q0.StoreUnsafe(ref Unsafe.As<TLane, ulong>(ref lane));
                q1.StoreUnsafe(ref Unsafe.As<TLane, ulong>(ref lane), 4);
            }
        }

        undecided |= equal != Vector256<ulong>.Zero;
        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Round<TLane>(
        Vector256<double> value,
        double factor,
        Vector256<ulong> random,
        ref Vector256<ulong> equal
    )
    {
        Vector256<double> magnitude = Vector256.Abs(value * factor);
        Vector256<double> integer = Vector256.Floor(magnitude);
        Vector256<double> steps = Vector256.Floor((magnitude - integer) * RandomSteps);
        Vector256<ulong> threshold = (steps + Vector256.Create(Magic)).AsUInt64() ^ Vector256.Create(MagicBits);
        Vector256<ulong> whole =
            typeof(TLane) == typeof(uint)
                ? (integer + Vector256.Create(Magic)).AsUInt64() ^ Vector256.Create(MagicBits)
                : Vector256.ConvertToInt64(integer).AsUInt64();
        equal |= Vector256.Equals(random, threshold);
        Vector256<ulong> rounded = whole - Vector256.LessThan(random.AsInt64(), threshold.AsInt64()).AsUInt64();
        Vector256<ulong> sign = Vector256.LessThan(value, Vector256<double>.Zero).AsUInt64();
        return (rounded ^ sign) - sign;
    }

    private static int Whole128<TLane>(
        ReadOnlySpan<float> values,
        double factor,
        ReadOnlySpan<ushort> random,
        Span<TLane> lanes,
        ref bool undecided
    )
        where TLane : unmanaged
    {
        ref float value = ref MemoryMarshal.GetReference(values);
        ref ushort bits = ref MemoryMarshal.GetReference(random);
        Vector128<ulong> equal = default;
        int i = 0;
        for (; i <= values.Length - Vector128<float>.Count; i += Vector128<float>.Count)
        {
            (Vector128<double> x0, Vector128<double> x1) = Vector128.Widen(Vector128.LoadUnsafe(ref value, (nuint)i));
            ulong four = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<ushort, byte>(ref Unsafe.Add(ref bits, i)));
            Vector128<uint> d = Vector128.WidenLower(Vector128.CreateScalar(four).AsUInt16());
            (Vector128<ulong> u0, Vector128<ulong> u1) = Vector128.Widen(d);
            Vector128<ulong> q0 = Round<TLane>(x0, factor, u0, ref equal);
            Vector128<ulong> q1 = Round<TLane>(x1, factor, u1, ref equal);
            ref TLane lane = ref Unsafe.Add(ref MemoryMarshal.GetReference(lanes), i);
            if (typeof(TLane) == typeof(uint))
            {
                Vector128.Narrow(q0, q1).StoreUnsafe(ref Unsafe.As<TLane, uint>(ref lane));
            }
            else
            {
                q0.StoreUnsafe(ref Unsafe.As<TLane, ulong>(ref lane));
                q1.StoreUnsafe(ref Unsafe.As<TLane, ulong>(ref lane), 2);
            }
        }

        undecided |= equal != Vector128<ulong>.Zero;
        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Round<TLane>(
        Vector128<double> value,
        double factor,
        Vector128<ulong> random,
        ref Vector128<ulong> equal
    )
    {
        Vector128<double> magnitude = Vector128.Abs(value * factor);
        Vector128<double> integer = Vector128.Floor(magnitude);
        Vector128<double> steps = Vector128.Floor((magnitude - integer) * RandomSteps);
        Vector128<ulong> threshold = (steps + Vector128.Create(Magic)).AsUInt64() ^ Vector128.Create(MagicBits);
        Vector128<ulong> whole =
            typeof(TLane) == typeof(uint)
                ? (integer + Vector128.Create(Magic)).AsUInt64() ^ Vector128.Create(MagicBits)
                : Vector128.ConvertToInt64(integer).AsUInt64();
        equal |= Vector128.Equals(random, threshold);
        Vector128<ulong> rounded = whole - Vector128.LessThan(random.AsInt64(), threshold.AsInt64()).AsUInt64();
        Vector128<ulong> sign = Vector128.LessThan(value, Vector128<double>.Zero).AsUInt64();
        return (rounded ^ sign) - sign;
    }
}
