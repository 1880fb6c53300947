using System.Numerics;

namespace SecureFed.Core;

/// <summary>A non-negative binary number m·2^e, exact. Bounds that decide over privacy are computed in it.</summary>
/// <remarks>Immutable. The default value is zero.</remarks>
internal readonly struct ExactNumber
{
    private readonly BigInteger _significand;
    private readonly int _exponent;

    private ExactNumber(BigInteger significand, int exponent)
    {
        _significand = significand;
        _exponent = exponent;
    }

    /// <summary>m and e.</summary>
    public (BigInteger Significand, int Exponent) Parts => (_significand, _exponent);

    /// <summary>m·2^e.</summary>
    public static ExactNumber Of(BigInteger significand, int exponent) => new(significand, exponent);

    /// <summary>The exact value of a finite, non-negative double.</summary>
    public static ExactNumber Of(double value)
    {
        Invariant.Check(
            value >= 0 && double.IsFinite(value),
            "an exact number is made from a finite, non-negative one"
        );
        long bits = BitConverter.DoubleToInt64Bits(value);
        int biased = (int)((bits >> 52) & 0x7FF);
        long fraction = bits & ((1L << 52) - 1);
        return biased == 0 ? new ExactNumber(fraction, -1074) : new ExactNumber(fraction | (1L << 52), biased - 1075);
    }

    /// <summary>This number times 2^<paramref name="power"/>.</summary>
    public ExactNumber ScaledByPowerOfTwo(int power) => new(_significand, _exponent + power);

    /// <summary>The square.</summary>
    public ExactNumber Squared() => new(_significand * _significand, 2 * _exponent);

    /// <summary>The largest integer that is not above this number.</summary>
    public BigInteger Floor() => _exponent >= 0 ? _significand << _exponent : _significand >> -_exponent;

    /// <summary>Whether this number is ≤ <paramref name="other"/>.</summary>
    public bool IsAtMost(ExactNumber other)
    {
        int common = Math.Min(_exponent, other._exponent);
        return _significand << (_exponent - common) <= other._significand << (other._exponent - common);
    }
}
