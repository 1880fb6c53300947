using System.Buffers.Binary;

namespace SecureFed.Benchmarks.Peers;

/// <summary>Shamir's scheme over the field of 2^61 − 1, as libraries without carry-less instructions do it: the yardstick of the row.</summary>
internal static class PrimeFieldSharing
{
    /// <summary>A 32-byte secret in five limbs of 52 bits.</summary>
    public const int Limbs = 5;

    private const ulong Prime = (1UL << 61) - 1;
    private const int LimbBits = 52;

    public static ulong[] LimbsOf(ReadOnlySpan<byte> secret)
    {
        ulong[] limbs = new ulong[Limbs];
        Span<byte> window = stackalloc byte[sizeof(ulong)];
        for (int i = 0; i < Limbs; i++)
        {
            int bit = i * LimbBits;
            window.Clear();
            ReadOnlySpan<byte> rest = secret[(bit / 8)..];
            rest[..Math.Min(rest.Length, window.Length)].CopyTo(window);
            limbs[i] = (BinaryPrimitives.ReadUInt64LittleEndian(window) >> (bit % 8)) & ((1UL << LimbBits) - 1);
        }

        return limbs;
    }

    /// <summary>shares[holder·5 + limb] at x = holder + 1; the coefficients are degree after degree, five limbs each, degree 1 first.</summary>
    public static void Split(ReadOnlySpan<ulong> secret, ReadOnlySpan<ulong> coefficients, Span<ulong> shares)
    {
        for (int holder = 0; holder < shares.Length / Limbs; holder++)
        {
            ulong x = (ulong)holder + 1;
            for (int limb = 0; limb < Limbs; limb++)
            {
                ulong value = 0;
                for (int i = coefficients.Length - Limbs + limb; i >= 0; i -= Limbs)
                {
                    value = Add(Multiply(value, x), coefficients[i]);
                }

                shares[(holder * Limbs) + limb] = Add(Multiply(value, x), secret[limb]);
            }
        }
    }

    /// <summary>The Lagrange weights at zero.</summary>
    public static void Weigh(ReadOnlySpan<ulong> xs, Span<ulong> weights)
    {
        for (int i = 0; i < xs.Length; i++)
        {
            ulong numerator = 1;
            ulong denominator = 1;
            for (int j = 0; j < xs.Length; j++)
            {
                if (j != i)
                {
                    numerator = Multiply(numerator, xs[j]);
                    denominator = Multiply(denominator, Add(xs[j], Prime - xs[i]));
                }
            }

            weights[i] = Multiply(numerator, Power(denominator, Prime - 2));
        }
    }

    /// <summary>secret = Σ weights·shares; the shares of one holder stand together.</summary>
    public static void Combine(ReadOnlySpan<ulong> weights, ReadOnlySpan<ulong> shares, Span<ulong> secret)
    {
        secret.Clear();
        for (int i = 0; i < weights.Length; i++)
        {
            for (int limb = 0; limb < Limbs; limb++)
            {
                secret[limb] = Add(secret[limb], Multiply(weights[i], shares[(i * Limbs) + limb]));
            }
        }
    }

    private static ulong Add(ulong a, ulong b)
    {
        ulong sum = a + b;
        return sum >= Prime ? sum - Prime : sum;
    }

    private static ulong Multiply(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return Add(low & Prime, (high << 3) | (low >> 61));
    }

    private static ulong Power(ulong value, ulong exponent)
    {
        ulong result = 1;
        for (; exponent != 0; exponent >>= 1)
        {
            result = (exponent & 1) != 0 ? Multiply(result, value) : result;
            value = Multiply(value, value);
        }

        return result;
    }
}
