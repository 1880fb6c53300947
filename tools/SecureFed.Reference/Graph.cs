using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace SecureFed.Reference;

/// <summary>The sparse graph in whole numbers. spec 03-masking#graph-1 to graph-3, sizing-1</summary>
internal static class Graph
{
    private const int SecrecyBits = 120;
    private const int FailureBits = 20;
    private const int LeastEffectiveCohort = 8;

    public static JsonObject ToJson() =>
        new()
        {
            ["schema"] = "securefed/masking-graphs/1",
            ["cases"] = new JsonArray([
                Case("all present", 257, 1, 231),
                Case("exactly U are left", 231, 1, 231),
                Case("nobody corrupt, nobody leaves", 300, 0, 300),
                Case("a hundred corrupt: every pair is joined", 257, 100, 180),
                Case("no graph", 257, 100, 179),
                Case("a thousand", 1000, 10, 900),
            ]),
        };

    private static JsonObject Case(string id, int cohort, int corrupt, int survivors)
    {
        byte[] k = SHA256.HashData(Encoding.ASCII.GetBytes($"graph {id}"));
        JsonObject result = new()
        {
            ["id"] = id,
            ["cohort"] = cohort,
            ["collusionBound"] = corrupt,
            ["minimumSurvivors"] = survivors,
            ["k"] = Json.Hex(k),
        };
        if (Size(cohort, corrupt, survivors) is not { } size)
        {
            result["refused"] = 6;
            return result;
        }

        int[] ring = Ring(k, cohort);
        result["neighbours"] = size.Neighbours;
        result["threshold"] = size.Threshold;
        result["corruptNeighbours"] = size.Corrupt;
        result["ring"] = Json.Array(ring.Take(24));
        result["ringDigest"] = Json.Hex(ring.Aggregate(new Bytes(), (bytes, position) => bytes.U16(position)).Hash());
        int place = Array.IndexOf(ring, 0);
        result["neighboursOfPosition0"] = Json.Array(
            Enumerable
                .Range(1, size.Neighbours / 2)
                .SelectMany(step => new[] { (place + step) % cohort, (place + cohort - step) % cohort })
                .Select(other => ring[other])
                .Order()
        );
        return result;
    }

    private static (int Neighbours, int Threshold, int Corrupt)? Size(int n, int corrupt, int survivors)
    {
        int bad = corrupt + n - survivors;
        for (int k = 2; k <= n - 1; k += 2)
        {
            BigInteger all = Choose(n, k);
            int t1 = 0;
            while ((Above(n, corrupt, k, t1) * n) << (SecrecyBits + 1) > all)
            {
                t1++;
            }

            int t = ((k + t1) / 2) + 1;
            BigInteger tooFew = all - Above(n, survivors, k, t - 1);
            bool isConnected =
                k > bad
                || (((BigInteger)n * (n - k - 1) * Choose(n - k, bad - k)) << SecrecyBits) < Choose(n, bad)
                || k == n - 1;
            if (t - t1 >= LeastEffectiveCohort && t <= k && (tooFew * n) << FailureBits < all && isConnected)
            {
                return (k, Math.Max(2, t), t1);
            }
        }

        return null;
    }

    /// <summary>The draws of k from n with more than this many of the marked ones.</summary>
    private static BigInteger Above(int n, int marked, int k, int bound)
    {
        BigInteger ways = 0;
        for (int x = Math.Max(0, bound + 1); x <= Math.Min(marked, k); x++)
        {
            ways += Choose(marked, x) * Choose(n - marked, k - x);
        }

        return ways;
    }

    private static BigInteger Choose(int n, int k)
    {
        if (k < 0 || k > n)
        {
            return 0;
        }

        BigInteger ways = 1;
        for (int i = 1; i <= k; i++)
        {
            ways = ways * (n - k + i) / i;
        }

        return ways;
    }

    private static int[] Ring(byte[] k, int count)
    {
        int[] ring = [.. Enumerable.Range(0, count)];
        using IEnumerator<long> words = Words(k).GetEnumerator();
        for (int i = count - 1; i >= 1; i--)
        {
            do
            {
                words.MoveNext();
            } while (words.Current >= (1L << 32) / (i + 1) * (i + 1));

            int j = (int)(words.Current % (i + 1));
            (ring[i], ring[j]) = (ring[j], ring[i]);
        }

        return ring;
    }

    private static IEnumerable<long> Words(byte[] k)
    {
        for (int block = 0; ; block++)
        {
            byte[] hash = new Bytes().Label("graph").Raw(k).U32(block).Hash();
            for (int i = 0; i < 8; i++)
            {
                yield return BitConverter.ToUInt32(hash, 4 * i);
            }
        }
    }
}
