using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SecureFed.Core;

namespace SecureFed.Homomorphic.Kernels;

/// <summary>Operations on residues one by one, modulo one q. The bodies give the same results, bit for bit. spec 04-homomorphic#ntt-1</summary>
/// <remarks>Every operand has as many residues, all below q. The result may be one of the operands. No branch depends on a residue.</remarks>
internal static class Pointwise
{
    /// <summary>sum[i] ← sum[i] + other[i].</summary>
    public static void Add(Span<ulong> sum, ReadOnlySpan<ulong> other, PrimeModulus modulus)
    {
        Invariant.Check(sum.Length == other.Length, "polynomials that are added have one degree");
        ulong q = modulus.Value;
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<ulong> qs = Vector512.Create(q);
            for (; i <= sum.Length - Vector512<ulong>.Count; i += Vector512<ulong>.Count)
            {
                Vector512<ulong> x = Vector512.Create<ulong>(sum[i..]) + Vector512.Create(other[i..]);
                Vector512.Min(x, x - qs).CopyTo(sum[i..]);
            }
        }

        for (; i < sum.Length; i++)
        {
            sum[i] = NttScalar.ReduceOnce(sum[i] + other[i], q);
        }
    }

    /// <summary>difference[i] ← difference[i] − other[i].</summary>
    public static void Subtract(Span<ulong> difference, ReadOnlySpan<ulong> other, PrimeModulus modulus)
    {
        Invariant.Check(difference.Length == other.Length, "polynomials that are subtracted have one degree");
        ulong q = modulus.Value;
        for (int i = 0; i < difference.Length; i++)
        {
            difference[i] = NttScalar.ReduceOnce(difference[i] + (q - other[i]), q);
        }
    }

    /// <summary>sum[i] ← sum[i] + a[i]·b[i], by the widest body.</summary>
    public static void MultiplyAdd(
        ReadOnlySpan<ulong> a,
        ReadOnlySpan<ulong> b,
        Span<ulong> sum,
        PrimeModulus modulus
    ) => MultiplyAdd(Ntt.Widest(modulus), a, b, sum, modulus);

    /// <summary>sum[i] ← sum[i] + a[i]·b[i].</summary>
    public static void MultiplyAdd(
        NttKernel kernel,
        ReadOnlySpan<ulong> a,
        ReadOnlySpan<ulong> b,
        Span<ulong> sum,
        PrimeModulus modulus
    )
    {
        Invariant.Check(
            a.Length == b.Length && a.Length == sum.Length,
            "polynomials that are multiplied have one degree"
        );
        int done = kernel switch
        {
            NttKernel.Double512 => Doubles<FmaRegister512, Vector512<double>>(a, b, sum, modulus),
            NttKernel.Double256 => Doubles<FmaRegister256, Vector256<double>>(a, b, sum, modulus),
            _ => 0,
        };
        for (int i = done; i < sum.Length; i++)
        {
            sum[i] = NttScalar.ReduceOnce(modulus.MultiplyHidden(a[i], b[i]) + sum[i], modulus.Value);
        }
    }

    private static int Doubles<TRegister, TVector>(
        ReadOnlySpan<ulong> a,
        ReadOnlySpan<ulong> b,
        Span<ulong> sum,
        PrimeModulus modulus
    )
        where TRegister : struct, IFmaRegister<TVector>
        where TVector : struct
    {
        FmaModulus<TRegister, TVector> arithmetic = new(modulus.Value);
        ref ulong left = ref MemoryMarshal.GetReference(a);
        ref ulong right = ref MemoryMarshal.GetReference(b);
        ref ulong total = ref MemoryMarshal.GetReference(sum);
        int i = 0;
        for (; i <= sum.Length - TRegister.Lanes; i += TRegister.Lanes)
        {
            TVector product = arithmetic.MultiplyMod(
                TRegister.LoadIntegers(ref left, i),
                TRegister.LoadIntegers(ref right, i)
            );
            TRegister.StoreIntegers(
                arithmetic.Residue(TRegister.Add(product, TRegister.LoadIntegers(ref total, i))),
                ref total,
                i
            );
        }

        return i;
    }
}
