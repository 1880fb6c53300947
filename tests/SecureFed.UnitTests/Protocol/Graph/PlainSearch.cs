using System.Numerics;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Graph;

/// <summary>The three conditions, tried for every k and every t in whole numbers.</summary>
internal static class PlainSearch
{
    private static readonly List<BigInteger[]> s_pascal =
    [
        [BigInteger.One],
    ];

    public static (int Neighbours, int Threshold)? Find(GraphRequirements requirements)
    {
        int clients = requirements.Clients;
        int corrupt = (int)decimal.Floor(requirements.CorruptFraction * clients);
        int staying = (int)decimal.Ceiling((1 - requirements.DropoutFraction) * clients);
        int eventBits = requirements.SecrecyBits + 1;
        for (int neighbours = 2; neighbours < clients; neighbours += 2)
        {
            if (!IsConnected(clients, corrupt + clients - staying, neighbours, eventBits))
            {
                continue;
            }

            BigInteger all = Choose(clients, neighbours);
            int corruptNeighbours = 0;
            while ((Tail(clients, corrupt, neighbours, corruptNeighbours) * clients) << eventBits > all)
            {
                corruptNeighbours++;
            }

            for (int threshold = 1; threshold <= neighbours; threshold++)
            {
                bool isSecret =
                    requirements.Adversary == GraphAdversary.SemiHonest
                        ? threshold > corruptNeighbours
                        : 2 * threshold > neighbours + corruptNeighbours;
                BigInteger tooFew = all - Tail(clients, staying, neighbours, threshold - 1);
                if (isSecret && (tooFew * clients) << requirements.FailureBits < all)
                {
                    return (neighbours, Math.Max(2, threshold));
                }
            }
        }

        return null;
    }

    /// <summary>The draws of k from n with more than <paramref name="bound"/> marked ones.</summary>
    public static BigInteger Tail(int population, int marked, int draws, int bound)
    {
        BigInteger ways = BigInteger.Zero;
        for (int x = bound + 1; x <= draws; x++)
        {
            ways += Choose(marked, x) * Choose(population - marked, draws - x);
        }

        return ways;
    }

    public static BigInteger Choose(int from, int chosen)
    {
        lock (s_pascal)
        {
            while (s_pascal.Count <= from)
            {
                BigInteger[] above = s_pascal[^1];
                s_pascal.Add([
                    BigInteger.One,
                    .. above.Zip(above.Skip(1), (left, right) => left + right),
                    BigInteger.One,
                ]);
            }

            return chosen < 0 || chosen > from ? BigInteger.Zero : s_pascal[from][chosen];
        }
    }

    public static bool IsConnected(int clients, int bad, int neighbours, int bits)
    {
        BigInteger places = (BigInteger)clients * (clients - neighbours - 1);
        return bad >= clients
            ? places << bits < 2
            : (places * Choose(clients - neighbours, bad - neighbours)) << bits < 2 * Choose(clients, bad);
    }
}
