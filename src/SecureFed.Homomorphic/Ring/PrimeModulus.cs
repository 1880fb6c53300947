using System.Globalization;
using System.Numerics;
using SecureFed.Core;

namespace SecureFed.Homomorphic;

/// <summary>A prime modulus q of 2 to 61 bits and the arithmetic of single residues. spec 04-homomorphic#ring-1</summary>
/// <remarks>
/// Immutable, public and thread-safe. For setting up tables and for the slow paths: the kernels have their own arithmetic.
/// Not constant-time in q, which is public; residues that are secret go through the kernels only.
/// </remarks>
public sealed class PrimeModulus : IEquatable<PrimeModulus>
{
    /// <summary>The most bits of a modulus: 61.</summary>
    public const int MaximumBits = 61;

    private readonly ulong _ratioHigh;
    private readonly ulong _ratioLow;

    private static ReadOnlySpan<ulong> Witnesses => [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

    /// <summary>Checks and keeps a modulus.</summary>
    /// <param name="value">A prime, 2 to below 2^61.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is no prime, or has more than 61 bits.</exception>
    public PrimeModulus(ulong value)
    {
        if (value >> MaximumBits != 0 || !IsPrime(value))
        {
            throw new ArgumentOutOfRangeException(
                nameof(value),
                value,
                $"A modulus is a prime of at most {MaximumBits} bits. Take one from a parameter set."
            );
        }

        Value = value;

        // ⌊2^128/q⌋: q is no power of two but 2, for which the quotient is one less.
        UInt128 ratio = UInt128.MaxValue / value;
        (_ratioHigh, _ratioLow) = ((ulong)(ratio >> 64), (ulong)(ratio & ulong.MaxValue));
    }

    /// <summary>q.</summary>
    public ulong Value { get; }

    /// <summary>The number of bits of q.</summary>
    public int Bits => 64 - BitOperations.LeadingZeroCount(Value);

    /// <summary>The largest primes below 2^bits that are 1 modulo 2N, descending. spec 04-homomorphic#ring-2</summary>
    /// <param name="degree">N, a power of two from 2 to 2^17.</param>
    /// <param name="bits">Their bits, up to 61.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many of that size, or a number is out of range.</exception>
    public static IReadOnlyList<PrimeModulus> Largest(int degree, int bits, int count)
    {
        RequireDegree(degree);
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, MaximumBits);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ulong step = 2 * (ulong)degree;
        ulong lowest = 1UL << (bits - 1);
        List<PrimeModulus> found = [];
        for (ulong candidate = ((((1UL << bits) - 1) / step) * step) + 1; found.Count < count; candidate -= step)
        {
            if (candidate < lowest || candidate < step)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(count),
                    count,
                    $"There are {found.Count} primes of {bits} bits that are 1 modulo {step}. Take more bits."
                );
            }

            if (candidate >> bits == 0 && IsPrime(candidate))
            {
                found.Add(new PrimeModulus(candidate));
            }
        }

        return found;
    }

    /// <summary>a + b mod q, both below q.</summary>
    public ulong Add(ulong a, ulong b) => a >= Value - b ? a - (Value - b) : a + b;

    /// <summary>a − b mod q, both below q.</summary>
    public ulong Subtract(ulong a, ulong b) => a >= b ? a - b : a + (Value - b);

    /// <summary>−a mod q, a below q.</summary>
    public ulong Negate(ulong a) => a == 0 ? 0 : Value - a;

    /// <summary>a·b mod q.</summary>
    public ulong Multiply(ulong a, ulong b) => (ulong)((UInt128)a * b % Value);

    /// <summary>a·b mod q of residues that are secret: Barrett's reduction, without a branch or a division.</summary>
    internal ulong MultiplyHidden(ulong a, ulong b)
    {
        unchecked
        {
            ulong high = Math.BigMul(a, b, out ulong low);

            // The quotient's lowest word, at most 2 too small; its others are multiples of 2^64 and drop out.
            ulong carry = Math.BigMul(low, _ratioLow, out _);
            ulong firstHigh = Math.BigMul(low, _ratioHigh, out ulong firstLow);
            ulong secondHigh = Math.BigMul(high, _ratioLow, out ulong secondLow);
            UInt128 middle = (UInt128)firstLow + secondLow + carry;
            ulong quotient = (high * _ratioHigh) + firstHigh + secondHigh + (ulong)(middle >> 64);
            ulong rest = low - (quotient * Value);
            return Kernels.NttScalar.ReduceOnce(Kernels.NttScalar.ReduceOnce(rest, 2 * Value), Value);
        }
    }

    /// <summary>a^exponent mod q.</summary>
    public ulong Power(ulong a, ulong exponent)
    {
        ulong power = 1 % Value;
        ulong square = a % Value;
        for (ulong rest = exponent; rest != 0; rest >>= 1)
        {
            if ((rest & 1) != 0)
            {
                power = Multiply(power, square);
            }

            square = Multiply(square, square);
        }

        return power;
    }

    /// <summary>1/a mod q.</summary>
    /// <exception cref="DivideByZeroException">a is 0 mod q.</exception>
    public ulong Inverse(ulong a) => a % Value == 0 ? throw new DivideByZeroException() : Power(a, Value - 2);

    /// <summary>A signed integer as a residue.</summary>
    public ulong Of(long value)
    {
        Int128 rest = (Int128)value % (Int128)Value;
        return (ulong)(rest < 0 ? rest + (Int128)Value : rest);
    }

    /// <summary>Whether q is 1 modulo 2N, so that it has primitive 2N-th roots of unity.</summary>
    /// <param name="degree">N.</param>
    public bool HasRootFor(int degree) => (Value - 1) % (2 * (ulong)degree) == 0;

    /// <summary>The smallest primitive 2N-th root of unity, as SEAL takes it. spec 04-homomorphic#ring-3</summary>
    /// <param name="degree">N, a power of two.</param>
    /// <exception cref="ArgumentException">q is not 1 modulo 2N.</exception>
    public ulong SmallestRoot(int degree)
    {
        RequireDegree(degree);
        if (!HasRootFor(degree))
        {
            throw new ArgumentException(
                $"{Value} is not 1 modulo {2 * degree}: it has no primitive root of unity of that order.",
                nameof(degree)
            );
        }

        ulong order = 2 * (ulong)degree;
        ulong root = 0;
        for (ulong candidate = 2; root == 0; candidate++)
        {
            ulong power = Power(candidate, (Value - 1) / order);
            root = Power(power, order / 2) == Value - 1 ? power : 0;
        }

        // The odd powers of one are all of them.
        ulong square = Multiply(root, root);
        ulong smallest = root;
        ulong current = root;
        for (int i = 0; i < degree; i++)
        {
            smallest = Math.Min(smallest, current);
            current = Multiply(current, square);
        }

        return smallest;
    }

    /// <inheritdoc/>
    public bool Equals(PrimeModulus? other) => other is not null && Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PrimeModulus);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <summary>q in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    internal static void RequireDegree(int degree)
    {
        const int Most = 1 << 17;
        if (degree < 2 || degree > Most || !BitOperations.IsPow2(degree))
        {
            throw new ArgumentOutOfRangeException(
                nameof(degree),
                degree,
                $"The degree of a ring is a power of two from 2 to {Most}."
            );
        }
    }

    // Miller and Rabin with the bases that decide every 64-bit number (Sorenson and Webster, Math. Comp. 2017).
    private static bool IsPrime(ulong number)
    {
        if (number < 2)
        {
            return false;
        }

        foreach (ulong small in Witnesses)
        {
            if (number % small == 0)
            {
                return number == small;
            }
        }

        int twos = BitOperations.TrailingZeroCount(number - 1);
        foreach (ulong witness in Witnesses)
        {
            if (!IsPassed(number, witness, twos))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPassed(ulong number, ulong witness, int twos)
    {
        BigInteger power = BigInteger.ModPow(witness, (number - 1) >> twos, number);
        for (int i = 0; i < twos; i++)
        {
            if (power.IsOne)
            {
                return i == 0;
            }

            if (power == number - 1)
            {
                return true;
            }

            power = power * power % number;
        }

        return false;
    }
}
