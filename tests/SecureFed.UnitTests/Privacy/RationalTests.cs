using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Privacy;

/// <summary>Rational numbers are a field in lowest terms.</summary>
public sealed class RationalTests(ITestOutputHelper output)
{
    private static readonly Gen<Rational> s_numbers =
        from numerator in Gen.Choose(-2000, 2000)
        from denominator in Gen.Choose(1, 500)
        from sign in Gen.Elements(1, -1)
        select new Rational(numerator, sign * denominator);

    [Fact]
    public void The_laws_of_a_field_hold() =>
        Prop.ForAll(
                Arb.From(from a in s_numbers from b in s_numbers from c in s_numbers select (a, b, c)),
                numbers =>
                {
                    (Rational a, Rational b, Rational c) = numbers;
                    return (
                        a + b == b + a
                        && a + b + c == a + (b + c)
                        && a * b * c == a * (b * c)
                        && a * (b + c) == (a * b) + (a * c)
                        && a - b + b == a
                        && (b == default || a / b * b == a)
                        && (a < b) == (b - a > default(Rational))
                        && (a <= b) == !(a > b)
                        && (a >= b) == (b <= a)
                        && Rational.Parse(a.ToString()) == a
                        && BigInteger.GreatestCommonDivisor(a.Numerator, a.Denominator).IsOne
                        && a.Denominator.Sign > 0
                        && Rational.Of(a.Ceiling()) >= a
                        && Rational.Of(a.Ceiling() - 1) < a
                    ).Label($"{a}, {b}, {c}");
                }
            )
            .Holds(output, 1000);

    [Fact]
    public void Equal_numbers_are_equal_however_they_were_written()
    {
        Rational half = new(2, 4);
        Assert.Equal(new Rational(-1, -2), half);
        Assert.True(half.Equals((object)Rational.Parse("1/2")));
        Assert.Equal(half.GetHashCode(), Rational.Parse("-3/-6").GetHashCode());
        Assert.True(half != Rational.Of(1));
        Assert.Equal("0", default(Rational).ToString());
        Assert.Equal(new Rational(0, 7), default);
        Assert.Equal("-1/2", new Rational(1, -2).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1/")]
    [InlineData("/2")]
    [InlineData("1/2/3")]
    [InlineData("1/0")]
    [InlineData("0.5")]
    [InlineData(" 1")]
    [InlineData("1e3")]
    public void Other_text_is_refused(string text) => Assert.Throws<FormatException>(() => Rational.Parse(text));

    [Fact]
    public void Nothing_is_divided_by_zero()
    {
        Assert.Throws<DivideByZeroException>(() => new Rational(1, 0));
        Assert.Throws<DivideByZeroException>(() => Rational.Of(1) / default(Rational));
    }
}
