using System.Numerics;

namespace SecureFed.Protocol;

/// <summary>Exact binomial coefficients.</summary>
internal static class Binomial
{
    /// <summary>The number of ways to choose <paramref name="chosen"/> of <paramref name="from"/>; 0 outside 0 … from.</summary>
    public static BigInteger Of(int from, int chosen)
    {
        if (chosen < 0 || chosen > from)
        {
            return BigInteger.Zero;
        }

        int least = Math.Min(chosen, from - chosen);
        // Products of halves: numbers of equal size multiply far faster than a large one by many small ones.
        return Product(from - least + 1, from) / Product(1, least);
    }

    private static BigInteger Product(int first, int last)
    {
        if (last - first < 16)
        {
            BigInteger product = BigInteger.One;
            for (int factor = first; factor <= last; factor++)
            {
                product *= factor;
            }

            return product;
        }

        int middle = first + ((last - first) / 2);
        return Product(first, middle) * Product(middle + 1, last);
    }
}
