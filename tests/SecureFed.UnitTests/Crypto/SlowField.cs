using System.Numerics;

namespace SecureFed.UnitTests.Crypto;

/// <summary>GF(2^8) and GF(2^16) by the definition: multiply polynomials, then divide. It decides when the library disagrees.</summary>
internal static class SlowField
{
    private const int AesPolynomial = 0b1_0001_1011;

    public static int Multiply8(int a, int b)
    {
        int product = 0;
        for (int bit = 0; bit < 8; bit++)
        {
            if (((b >> bit) & 1) != 0)
            {
                product ^= a << bit;
            }
        }

        for (int degree = 14; degree >= 8; degree--)
        {
            if (((product >> degree) & 1) != 0)
            {
                product ^= AesPolynomial << (degree - 8);
            }
        }

        return product;
    }

    /// <summary>(a1·Y + a0)(b1·Y + b0), divided by Y² + Y + β.</summary>
    public static int Multiply16(int a, int b, int beta = 0x20)
    {
        int[] product = new int[3];
        int[] left = [a & 0xff, a >> 8];
        int[] right = [b & 0xff, b >> 8];
        for (int i = 0; i < 2; i++)
        {
            for (int j = 0; j < 2; j++)
            {
                product[i + j] ^= Multiply8(left[i], right[j]);
            }
        }

        product[1] ^= product[2];
        product[0] ^= Multiply8(product[2], beta);
        return (product[1] << 8) | product[0];
    }

    public static int Inverse16(int a)
    {
        int result = 1;
        for (int i = 0; i < 15; i++)
        {
            a = Multiply16(a, a);
            result = Multiply16(result, a);
        }

        return result;
    }

    /// <summary>Elements of a 32-byte block.</summary>
    public static int[] Elements(ReadOnlySpan<byte> block)
    {
        int[] elements = new int[block.Length / 2];
        for (int j = 0; j < elements.Length; j++)
        {
            elements[j] = block[2 * j] | (block[(2 * j) + 1] << 8);
        }

        return elements;
    }

    public static byte[] Bytes(int[] elements) =>
        [.. elements.SelectMany(e => new[] { (byte)(e & 0xff), (byte)(e >> 8) })];

    /// <summary>The polynomial with these coefficients, lowest first, at x: term by term, not by Horner's rule.</summary>
    public static byte[] Evaluate(IReadOnlyList<byte[]> coefficients, int x)
    {
        int[] sum = new int[16];
        int power = 1;
        foreach (byte[] coefficient in coefficients)
        {
            int[] elements = Elements(coefficient);
            for (int j = 0; j < sum.Length; j++)
            {
                sum[j] ^= Multiply16(elements[j], power);
            }

            power = Multiply16(power, x);
        }

        return Bytes(sum);
    }

    /// <summary>The value at <paramref name="at"/> of the polynomial of least degree through the points.</summary>
    public static byte[] Interpolate(IReadOnlyList<(int X, byte[] Y)> points, int at)
    {
        int[] sum = new int[16];
        foreach ((int x, byte[] y) in points)
        {
            int weight = 1;
            foreach ((int other, _) in points)
            {
                if (other != x)
                {
                    weight = Multiply16(weight, Multiply16(at ^ other, Inverse16(x ^ other)));
                }
            }

            int[] elements = Elements(y);
            for (int j = 0; j < sum.Length; j++)
            {
                sum[j] ^= Multiply16(elements[j], weight);
            }
        }

        return Bytes(sum);
    }
}

/// <summary>Shamir over a prime field, by the definition.</summary>
internal sealed class SlowPrimeSharing(BigInteger prime)
{
    public BigInteger Evaluate(IReadOnlyList<BigInteger> coefficients, BigInteger x)
    {
        BigInteger sum = BigInteger.Zero;
        BigInteger power = BigInteger.One;
        foreach (BigInteger coefficient in coefficients)
        {
            sum = Reduce(sum + (coefficient * power));
            power = Reduce(power * x);
        }

        return sum;
    }

    public BigInteger Interpolate(IReadOnlyList<(BigInteger X, BigInteger Y)> points, BigInteger at)
    {
        BigInteger sum = BigInteger.Zero;
        foreach ((BigInteger x, BigInteger y) in points)
        {
            BigInteger weight = y;
            foreach ((BigInteger other, _) in points)
            {
                if (other != x)
                {
                    BigInteger inverse = BigInteger.ModPow(Reduce(x - other), prime - 2, prime);
                    weight = Reduce(weight * Reduce(at - other) * inverse);
                }
            }

            sum = Reduce(sum + weight);
        }

        return sum;
    }

    private BigInteger Reduce(BigInteger value) => ((value % prime) + prime) % prime;
}
