using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SecureFed.Core;

namespace SecureFed.Homomorphic.Kernels;

/// <summary>Which body of the transforms runs. The results are the same, bit for bit.</summary>
internal enum NttKernel
{
    /// <summary>64-bit integers, one by one.</summary>
    Scalar,

    /// <summary>Four doubles at a time; needs AVX2 and FMA, and q below 2^50.</summary>
    Double256,

    /// <summary>Eight doubles at a time; needs AVX-512, and q below 2^50.</summary>
    Double512,

    /// <summary>Eight 64-bit integers at a time; needs AVX-512. Only the forward transform has this body.</summary>
    Integer512,
}

/// <summary>The number-theoretic transforms of a ring. spec 04-homomorphic#ntt-1</summary>
internal static class Ntt
{
    private const int DoubleBits = 50;

    /// <summary>Whether this machine and this modulus allow a body.</summary>
    public static bool CanRun(NttKernel kernel, PrimeModulus modulus) =>
        kernel switch
        {
            NttKernel.Double256 => Avx2.IsSupported && Fma.IsSupported && modulus.Bits <= DoubleBits,
            NttKernel.Double512 => IsWide && modulus.Bits <= DoubleBits,
            NttKernel.Integer512 => IsWide,
            _ => true,
        };

    /// <summary>The widest body that has both transforms.</summary>
    public static NttKernel Widest(PrimeModulus modulus) =>
        CanRun(NttKernel.Double512, modulus) ? NttKernel.Double512
        : CanRun(NttKernel.Double256, modulus) ? NttKernel.Double256
        : NttKernel.Scalar;

    /// <summary>From coefficients to the values at ψ^(2·brv(j) + 1), in place.</summary>
    /// <param name="values">N residues below q.</param>
    /// <param name="tables">Of the same N.</param>
    public static void Forward(Span<ulong> values, NttTables tables) =>
        Forward(
            Widest(tables.Modulus) is NttKernel.Scalar && CanRun(NttKernel.Integer512, tables.Modulus)
                ? NttKernel.Integer512
                : Widest(tables.Modulus),
            values,
            tables
        );

    /// <summary>Back to coefficients, in place.</summary>
    /// <param name="values">N residues below q.</param>
    /// <param name="tables">Of the same N.</param>
    public static void Inverse(Span<ulong> values, NttTables tables) => Inverse(Widest(tables.Modulus), values, tables);

    public static void Forward(NttKernel kernel, Span<ulong> values, NttTables tables)
    {
        RequireLength(values, tables);
        switch (kernel)
        {
            case NttKernel.Double256:
                NttDouble<FmaRegister256, Vector256<double>>.Forward(values, tables);
                break;
            case NttKernel.Double512:
                NttDouble<FmaRegister512, Vector512<double>>.Forward(values, tables);
                break;
            case NttKernel.Integer512:
                NttInteger512.Forward(values, tables);
                break;
            default:
                NttScalar.Forward(values, tables);
                break;
        }
    }

    public static void Inverse(NttKernel kernel, Span<ulong> values, NttTables tables)
    {
        RequireLength(values, tables);
        switch (kernel)
        {
            case NttKernel.Double256:
                NttDouble<FmaRegister256, Vector256<double>>.Inverse(values, tables);
                break;
            case NttKernel.Double512:
                NttDouble<FmaRegister512, Vector512<double>>.Inverse(values, tables);
                break;
            default:
                NttScalar.Inverse(values, tables);
                break;
        }
    }

    private static bool IsWide => Avx512F.IsSupported && Avx512DQ.IsSupported;

    private static void RequireLength(ReadOnlySpan<ulong> values, NttTables tables) =>
        Invariant.Check(values.Length == tables.Degree, "a polynomial has as many coefficients as its tables");
}
