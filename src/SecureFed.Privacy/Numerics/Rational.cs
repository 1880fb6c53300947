using System.Globalization;
using System.Numerics;

namespace SecureFed.Privacy;

/// <summary>A rational number, exact: shares of variance add up to what was promised and to nothing else.</summary>
/// <remarks>Immutable and thread-safe; in lowest terms with a positive denominator. The default value is zero.</remarks>
public readonly struct Rational : IEquatable<Rational>, IComparable<Rational>
{
    // So that the default value, whose fields are zero, is the number zero.
    private readonly BigInteger _denominatorMinusOne;

    /// <summary>A quotient.</summary>
    /// <param name="numerator">Any integer.</param>
    /// <param name="denominator">Not zero.</param>
    /// <exception cref="DivideByZeroException">The denominator is zero.</exception>
    public Rational(BigInteger numerator, BigInteger denominator)
    {
        if (denominator.IsZero)
        {
            throw new DivideByZeroException("A rational number has a denominator other than zero.");
        }

        BigInteger common = BigInteger.GreatestCommonDivisor(numerator, denominator) * denominator.Sign;
        Numerator = numerator / common;
        _denominatorMinusOne = (denominator / common) - BigInteger.One;
    }

    /// <summary>The numerator in lowest terms, with the sign.</summary>
    public BigInteger Numerator { get; }

    /// <summary>The denominator in lowest terms, positive.</summary>
    public BigInteger Denominator => _denominatorMinusOne + BigInteger.One;

    /// <summary>An integer.</summary>
    public static Rational Of(BigInteger value) => new(value, BigInteger.One);

    /// <summary>The sum.</summary>
    public static Rational operator +(Rational left, Rational right) =>
        new(
            (left.Numerator * right.Denominator) + (right.Numerator * left.Denominator),
            left.Denominator * right.Denominator
        );

    /// <summary>The difference.</summary>
    public static Rational operator -(Rational left, Rational right) =>
        new(
            (left.Numerator * right.Denominator) - (right.Numerator * left.Denominator),
            left.Denominator * right.Denominator
        );

    /// <summary>The product.</summary>
    public static Rational operator *(Rational left, Rational right) =>
        new(left.Numerator * right.Numerator, left.Denominator * right.Denominator);

    /// <summary>The quotient.</summary>
    /// <exception cref="DivideByZeroException">The divisor is zero.</exception>
    public static Rational operator /(Rational left, Rational right) =>
        new(left.Numerator * right.Denominator, left.Denominator * right.Numerator);

    /// <summary>Whether both are the same number.</summary>
    public static bool operator ==(Rational left, Rational right) => left.Equals(right);

    /// <summary>Whether they are different numbers.</summary>
    public static bool operator !=(Rational left, Rational right) => !left.Equals(right);

    /// <summary>Whether the left one is smaller.</summary>
    public static bool operator <(Rational left, Rational right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left one is larger.</summary>
    public static bool operator >(Rational left, Rational right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left one is not larger.</summary>
    public static bool operator <=(Rational left, Rational right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left one is not smaller.</summary>
    public static bool operator >=(Rational left, Rational right) => left.CompareTo(right) >= 0;

    /// <summary>The smallest integer that is not below this number.</summary>
    public BigInteger Ceiling()
    {
        BigInteger quotient = BigInteger.DivRem(Numerator, Denominator, out BigInteger remainder);
        return remainder.Sign > 0 ? quotient + BigInteger.One : quotient;
    }

    /// <summary>Reads "a" or "a/b" in decimal digits, each with a sign or without.</summary>
    /// <exception cref="FormatException">The text is no rational number.</exception>
    public static Rational Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/', 2);
        BigInteger[] numbers =
        [
            .. parts.Select(part =>
                BigInteger.TryParse(
                    part,
                    NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out BigInteger number
                )
                    ? number
                    : throw new FormatException("A rational number is written as 'a' or 'a/b' in decimal digits.")
            ),
        ];
        return numbers.Length == 1 ? Of(numbers[0])
            : numbers[1].IsZero ? throw new FormatException("A rational number has a denominator other than zero.")
            : new Rational(numbers[0], numbers[1]);
    }

    /// <inheritdoc/>
    public int CompareTo(Rational other) => (Numerator * other.Denominator).CompareTo(other.Numerator * Denominator);

    /// <inheritdoc/>
    public bool Equals(Rational other) =>
        Numerator == other.Numerator && _denominatorMinusOne == other._denominatorMinusOne;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Rational other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Numerator, _denominatorMinusOne);

    /// <summary>"a/b" in lowest terms, or "a" for an integer.</summary>
    public override string ToString() =>
        Denominator.IsOne
            ? Numerator.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{Numerator}/{Denominator}");
}
