using System.Numerics;

namespace SecureFed.Homomorphic;

/// <summary>What the number-theoretic transforms of one degree and modulus need: the powers of ψ, in the order in which the levels use them. spec 04-homomorphic#ntt-1</summary>
/// <remarks>Immutable, public and thread-safe. 48 bytes for each of N coefficients.</remarks>
public sealed class NttTables
{
    private readonly ulong[] _powers;
    private readonly ulong[] _quotients;
    private readonly ulong[] _inversePowers;
    private readonly ulong[] _inverseQuotients;
    private readonly double[] _centredPowers;
    private readonly double[] _centredInversePowers;

    /// <summary>Makes the tables.</summary>
    /// <param name="degree">N, a power of two from 32 to 2^17.</param>
    /// <param name="modulus">q = 1 mod 2N.</param>
    /// <exception cref="ArgumentException">q has no primitive 2N-th root of unity.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The degree is out of range.</exception>
    public NttTables(int degree, PrimeModulus modulus)
    {
        ArgumentNullException.ThrowIfNull(modulus);
        ArgumentOutOfRangeException.ThrowIfLessThan(degree, LeastDegree);
        PrimeModulus.RequireDegree(degree);
        (Degree, Modulus) = (degree, modulus);
        Root = modulus.SmallestRoot(degree);
        int bits = BitOperations.Log2((uint)degree);
        _powers = new ulong[degree];
        _quotients = new ulong[degree];
        _inversePowers = new ulong[degree];
        _inverseQuotients = new ulong[degree];
        _centredPowers = new double[degree];
        _centredInversePowers = new double[degree];
        ulong inverseRoot = modulus.Inverse(Root);
        (ulong power, ulong inverse) = (1, 1);
        for (int i = 0; i < degree; i++)
        {
            int place = Reverse(i, bits);
            (_powers[place], _quotients[place]) = (power, Quotient(power));
            (_inversePowers[place], _inverseQuotients[place]) = (inverse, Quotient(inverse));
            (_centredPowers[place], _centredInversePowers[place]) = (Centred(power), Centred(inverse));
            power = modulus.Multiply(power, Root);
            inverse = modulus.Multiply(inverse, inverseRoot);
        }

        InverseDegree = modulus.Inverse((ulong)degree);
        InverseDegreeQuotient = Quotient(InverseDegree);
        LastInverse = modulus.Multiply(InverseDegree, _inversePowers[1]);
        LastInverseQuotient = Quotient(LastInverse);
    }

    /// <summary>The least degree: 32, so that every kernel has a whole number of registers.</summary>
    public const int LeastDegree = 32;

    /// <summary>N.</summary>
    public int Degree { get; }

    /// <summary>q.</summary>
    public PrimeModulus Modulus { get; }

    /// <summary>ψ: the smallest primitive 2N-th root of unity.</summary>
    public ulong Root { get; }

    /// <summary>ψ^brv(i).</summary>
    internal ReadOnlySpan<ulong> Powers => _powers;

    /// <summary>⌊ψ^brv(i)·2^64/q⌋.</summary>
    internal ReadOnlySpan<ulong> Quotients => _quotients;

    /// <summary>ψ^−brv(i).</summary>
    internal ReadOnlySpan<ulong> InversePowers => _inversePowers;

    /// <summary>⌊ψ^−brv(i)·2^64/q⌋.</summary>
    internal ReadOnlySpan<ulong> InverseQuotients => _inverseQuotients;

    /// <summary>ψ^brv(i) between −q/2 and q/2; exact for q below 2^53.</summary>
    internal ReadOnlySpan<double> CentredPowers => _centredPowers;

    /// <summary>ψ^−brv(i) between −q/2 and q/2.</summary>
    internal ReadOnlySpan<double> CentredInversePowers => _centredInversePowers;

    /// <summary>1/N mod q.</summary>
    internal ulong InverseDegree { get; }

    internal ulong InverseDegreeQuotient { get; }

    /// <summary>ψ^−brv(1)/N mod q, the factor of the last level's differences.</summary>
    internal ulong LastInverse { get; }

    internal ulong LastInverseQuotient { get; }

    /// <summary>A residue between −q/2 and q/2.</summary>
    internal double Centred(ulong residue) =>
        residue > Modulus.Value / 2 ? -(double)(Modulus.Value - residue) : residue;

    /// <summary>The bits of an index in reverse.</summary>
    internal static int Reverse(int index, int bits)
    {
        uint reversed = 0;
        for (int i = 0; i < bits; i++)
        {
            reversed |= (uint)((index >> i) & 1) << (bits - 1 - i);
        }

        return (int)reversed;
    }

    // Shoup's quotient: with it a product mod q takes two multiplications and no division.
    private ulong Quotient(ulong factor) => (ulong)(((UInt128)factor << 64) / Modulus.Value);
}
