namespace SecureFed.Protocol;

/// <summary>A real as the unevaluated sum of two doubles: about 104 significant bits, in the range of a double.</summary>
/// <remarks>
/// The error-free transformations are those of T. J. Dekker, A floating-point technique for extending the available
/// precision (Numerische Mathematik 18, 1971). Results hold to a relative 2^-100; whole numbers below 2^53 are exact.
/// </remarks>
internal readonly struct WideReal
{
    private readonly double _high;
    private readonly double _low;

    private WideReal(double high, double low)
    {
        _high = high;
        _low = low;
    }

    public static WideReal Zero => default;

    public static WideReal One => new(1, 0);

    /// <summary>The nearest double.</summary>
    public double Value => _high;

    /// <summary>2^<paramref name="exponent"/>.</summary>
    public static WideReal PowerOfTwo(int exponent) => new(Math.ScaleB(1, exponent), 0);

    public static WideReal operator +(WideReal left, WideReal right)
    {
        double sum = left._high + right._high;
        double part = sum - left._high;
        double error = (left._high - (sum - part)) + (right._high - part);
        return Normal(sum, error + left._low + right._low);
    }

    public static WideReal operator -(WideReal left, WideReal right) => left + new WideReal(-right._high, -right._low);

    public static WideReal operator *(WideReal left, double whole)
    {
        double product = left._high * whole;
        double error = Math.FusedMultiplyAdd(left._high, whole, -product);
        return Normal(product, Math.FusedMultiplyAdd(left._low, whole, error));
    }

    public static WideReal operator /(WideReal left, double whole)
    {
        double quotient = left._high / whole;
        double rest = Math.FusedMultiplyAdd(-quotient, whole, left._high) + left._low;
        return Normal(quotient, rest / whole);
    }

    private static WideReal Normal(double high, double low)
    {
        double sum = high + low;
        return new WideReal(sum, low - (sum - high));
    }
}
