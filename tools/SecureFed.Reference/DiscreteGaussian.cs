using System.Numerics;

namespace SecureFed.Reference;

/// <summary>How the choices of an algorithm are made: from a stream of words, or all of them in turn.</summary>
internal interface IChoices
{
    /// <summary>Uniform on 0 … bound − 1.</summary>
    int Below(int bound);

    /// <summary>True with probability numerator/denominator.</summary>
    bool Happens(BigInteger numerator, BigInteger denominator);

    /// <summary>True with probability e^−1.</summary>
    bool HappensByInverseE();
}

/// <summary>Algorithms 1 to 3 of Canonne, Kamath and Steinke (NeurIPS 2020) as they stand there, on integers of any size. 02-privacy, sampler-1 to sampler-3.</summary>
internal static class DiscreteGaussian
{
    /// <summary>One round of rejection: a sample, or null for a refusal.</summary>
    public static BigInteger? TryDraw(BigInteger variance, IChoices choices)
    {
        BigInteger scale = Root(variance) + 1;
        int restAndSign = choices.Below((int)(2 * scale));
        BigInteger magnitude = restAndSign / 2;
        if (!HappensByExponential(magnitude, scale, choices))
        {
            return null;
        }

        while (choices.HappensByInverseE())
        {
            magnitude += scale;
        }

        bool isNegative = restAndSign % 2 == 1;
        if (isNegative && magnitude.IsZero)
        {
            return null;
        }

        BigInteger distance = (magnitude * scale) - variance;
        return HappensByExponential(distance * distance, 2 * variance * scale * scale, choices)
            ? isNegative
                ? -magnitude
                : magnitude
            : null;
    }

    private static bool HappensByExponential(BigInteger numerator, BigInteger denominator, IChoices choices)
    {
        while (numerator >= denominator)
        {
            if (!choices.HappensByInverseE())
            {
                return false;
            }

            numerator -= denominator;
        }

        int k = 1;
        while (choices.Happens(numerator, k * denominator))
        {
            k++;
        }

        return k % 2 == 1;
    }

    private static BigInteger Root(BigInteger value)
    {
        BigInteger low = 0;
        BigInteger high = value + 1;
        while (high - low > 1)
        {
            BigInteger middle = (low + high) / 2;
            (low, high) = middle * middle <= value ? (middle, high) : (low, middle);
        }

        return low;
    }
}

/// <summary>Choices from 32-bit words. 02-privacy, sampler-3.</summary>
internal sealed class WordChoices(Func<uint> next) : IChoices
{
    // e^−1 · 2^4096, rounded down: Σ (−1)^n/n!.
    private static readonly BigInteger s_inverseE = InverseE();

    public int Below(int bound)
    {
        while (true)
        {
            BigInteger product = (BigInteger)next() * bound;
            if (product % (1L << 32) >= (1L << 32) % bound)
            {
                return (int)(product >> 32);
            }
        }
    }

    public bool Happens(BigInteger numerator, BigInteger denominator)
    {
        while (true)
        {
            numerator <<= 32;
            BigInteger digit = numerator / denominator;
            uint word = next();
            if (word != digit)
            {
                return word < digit;
            }

            numerator -= digit * denominator;
            if (numerator.IsZero)
            {
                return false;
            }
        }
    }

    public bool HappensByInverseE() => Happens(s_inverseE, BigInteger.One << 4096);

    private static BigInteger InverseE()
    {
        const int GuardBits = 64;
        BigInteger term = BigInteger.One << (4096 + GuardBits);
        BigInteger sum = term;
        for (int n = 1; !term.IsZero; n++)
        {
            term /= n;
            sum += n % 2 == 0 ? term : -term;
        }

        return sum >> GuardBits;
    }
}
