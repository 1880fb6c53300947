using System.Runtime.CompilerServices;

namespace SecureFed.Homomorphic.Kernels;

/// <summary>Multiplication and reduction modulo one q below 2^50, in doubles. spec 04-homomorphic#ntt-2</summary>
internal readonly struct FmaModulus<TRegister, TVector> : IFmaArithmetic<TVector>
    where TRegister : struct, IFmaRegister<TVector>
    where TVector : struct
{
    // From here on sums are reduced between the levels.
    private const ulong SmallModulus = 1UL << 47;

    // 1.5·2^52: added to a number below 2^51, it leaves its fraction no bit.
    private const double Rounder = 6755399441055744.0;

    private readonly TVector _modulus;
    private readonly TVector _inverse;
    private readonly TVector _rounder;
    private readonly bool _isLarge;

    public FmaModulus(ulong modulus)
    {
        _modulus = TRegister.Create(modulus);
        _inverse = TRegister.Create(1.0 / modulus);
        _rounder = TRegister.Create(Rounder);
        _isLarge = modulus >= SmallModulus;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector MultiplyMod(TVector x, TVector w)
    {
        TVector high = TRegister.Multiply(x, w);
        TVector low = TRegister.SubtractProduct(x, w, high);
        TVector quotient = TRegister.Subtract(TRegister.MultiplyAdd(high, _inverse, _rounder), _rounder);
        return TRegister.Subtract(TRegister.SubtractProduct(quotient, _modulus, high), low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Reduce(TVector x)
    {
        TVector quotient = TRegister.Subtract(TRegister.MultiplyAdd(x, _inverse, _rounder), _rounder);
        return TRegister.SubtractProduct(quotient, _modulus, x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector ReduceIfLarge(TVector x) => _isLarge ? Reduce(x) : x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Residue(TVector x) => TRegister.AddIfNegative(Reduce(x), _modulus);
}
