using System.Globalization;
using System.Numerics;
using System.Text.Json;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Crypto.Kernels;
using SecureFed.Crypto.Sharing;

namespace SecureFed.UnitTests.Crypto;

/// <summary>The vector files on sharing, every row of them.</summary>
[Trait("Suite", "Kernels")]
public sealed class SharingVectorTests
{
    private static JsonElement Published => VectorFiles.Spec("security", "vectors", "shamir.json");

    private static JsonElement Own => VectorFiles.Spec("sharing", "gf2p16.json");

    [Fact]
    public void The_field_multiplies_and_inverts_as_the_vectors_say()
    {
        Assert.Equal(TowerField.Beta, Convert.ToByte(Own.Text("beta"), 16));
        foreach (JsonElement row in Own.GetProperty("multiplication").EnumerateArray())
        {
            ushort product = TowerField.Multiply(Element(row, "a"), Element(row, "b"));
            Assert.Equal(Element(row, "product"), product);
        }

        foreach (JsonElement row in Own.GetProperty("inverses").EnumerateArray())
        {
            Assert.Equal(1, TowerField.Multiply(Element(row, "a"), Element(row, "inverse")));
        }
    }

    [Fact]
    public void Sharings_of_the_vectors_combine_from_the_first_and_from_the_last_shares()
    {
        int count = 0;
        foreach (JsonElement row in Own.GetProperty("sharings").EnumerateArray())
        {
            int threshold = row.GetProperty("t").GetInt32();
            using SecretBytes secret = SecretBytes.CopyFrom(row.Hex("secret"));
            JsonElement[] shares = [.. row.GetProperty("shares").EnumerateArray()];
            foreach (JsonElement[] subset in new[] { shares[..threshold], shares[^threshold..] })
            {
                ushort[] xs = [.. subset.Select(share => share.GetProperty("x").GetUInt16())];
                using SecretBytes combined = P256Suite.Instance.Combine(
                    xs,
                    [.. subset.Select(share => SecretBytes.CopyFrom(share.Hex("y")))]
                );
                Assert.True(secret.FixedTimeEquals(combined));
            }

            count++;
        }

        Assert.Equal(6, count);
    }

    [Fact]
    public void Splitting_with_the_coefficients_of_the_vectors_gives_their_shares()
    {
        int compared = 0;
        foreach (JsonElement row in Own.GetProperty("sharings").EnumerateArray())
        {
            JsonElement[] shares = [.. row.GetProperty("shares").EnumerateArray()];
            byte[][] coefficients =
            [
                .. row.GetProperty("coefficients").EnumerateArray().Select(c => Convert.FromHexString(c.GetString()!)),
            ];
            ScriptedRandomSource random = new([.. coefficients.Skip(1).SelectMany(c => c)]);
            using SecretBytes secret = SecretBytes.CopyFrom(coefficients[0]);
            int holders = shares.Max(share => share.GetProperty("x").GetInt32());

            SecretBytes[] split = ShamirSharing.Split(secret, coefficients.Length, holders, random);

            foreach (JsonElement share in shares)
            {
                SecretBytes own = split[share.GetProperty("x").GetInt32() - 1];
                Assert.Equal(share.Hex("y"), own.Reveal(SecretAccess.ForPrimitive).ToArray());
                compared++;
            }
        }

        Assert.True(compared > 70);
    }

    [Fact]
    public void The_lower_field_is_the_one_of_the_published_byte_sharings()
    {
        int rows = 0;
        foreach (JsonElement row in Published.GetProperty("gf256").EnumerateArray())
        {
            Assert.Equal("gf256_11b", row.Text("field"));
            byte[][] coefficients =
            [
                .. row.GetProperty("coefficients").EnumerateArray().Select(c => Convert.FromHexString(c.GetString()!)),
            ];
            Dictionary<int, byte[]> shares = row.GetProperty("shares")
                .EnumerateArray()
                .ToDictionary(share => share.GetProperty("x").GetInt32(), share => share.Hex("y"));
            Assert.Equal(row.GetProperty("n").GetInt32(), shares.Count);
            Assert.Equal(row.GetProperty("t").GetInt32(), coefficients.Length);
            Assert.Equal(row.Hex("secret"), coefficients[0]);
            foreach ((int x, byte[] y) in shares)
            {
                Assert.Equal(y, EvaluateBytes(coefficients, x, SlowField.Multiply8));
                Assert.Equal(y, EvaluateBytes(coefficients, x, (a, b) => TowerField.MultiplyBytes((byte)a, (byte)b)));
            }

            foreach (int[] subset in Subsets(row))
            {
                Assert.Equal(row.Hex("secret"), InterpolateBytes([.. subset.Select(x => (x, shares[x]))]));
            }

            rows++;
        }

        Assert.Equal(3, rows);
    }

    [Fact]
    public void The_published_prime_field_sharings_hold_in_an_independent_reference()
    {
        int rows = 0;
        foreach (JsonElement row in Published.GetProperty("prime").EnumerateArray())
        {
            BigInteger prime = Published.GetProperty("fields").Number(row.Text("field"));
            SlowPrimeSharing sharing = new(prime);
            BigInteger secret = row.Number("secret");
            BigInteger[] coefficients =
            [
                .. row.GetProperty("coefficients").EnumerateArray().Select(c => VectorFiles.Number(c.GetString()!)),
            ];
            Dictionary<int, BigInteger> shares = row.GetProperty("shares")
                .EnumerateArray()
                .ToDictionary(share => share.GetProperty("x").GetInt32(), share => share.Number("y"));

            Assert.Equal(row.GetProperty("t").GetInt32(), coefficients.Length);
            Assert.Equal(row.GetProperty("n").GetInt32(), shares.Count);
            Assert.Equal(secret, coefficients[0]);
            Assert.All(shares, share => Assert.Equal(share.Value, sharing.Evaluate(coefficients, share.Key)));
            foreach (int[] subset in Subsets(row))
            {
                Assert.Equal(coefficients.Length, subset.Length);
                Assert.Equal(secret, sharing.Interpolate(Points(subset, shares), at: 0));
            }

            CheckTooFew(row, sharing, coefficients.Length, shares);
            CheckForged(row, sharing, secret, shares);
            rows++;
        }

        Assert.Equal(12, rows);
    }

    private static void CheckTooFew(
        JsonElement row,
        SlowPrimeSharing sharing,
        int threshold,
        Dictionary<int, BigInteger> shares
    )
    {
        int count = 0;
        foreach (JsonElement claim in row.GetProperty("tooFewIsConsistentWithAnything").EnumerateArray())
        {
            // The first t - 1 shares and any claimed secret lie on one polynomial; its value elsewhere is the vector's.
            (BigInteger X, BigInteger Y)[] points =
            [
                (0, claim.Number("claimedSecret")),
                .. Points([.. Enumerable.Range(1, threshold - 1)], shares),
            ];
            Assert.Equal(claim.Number("value"), sharing.Interpolate(points, claim.GetProperty("shareAt").GetInt32()));
            count++;
        }

        Assert.Equal(2, count);
    }

    private static void CheckForged(
        JsonElement row,
        SlowPrimeSharing sharing,
        BigInteger secret,
        Dictionary<int, BigInteger> shares
    )
    {
        JsonElement forged = row.GetProperty("forgedShareGives");
        Dictionary<int, BigInteger> changed = new(shares)
        {
            [forged.GetProperty("changed").GetProperty("x").GetInt32()] = forged.GetProperty("changed").Number("y"),
        };
        int[] with = [.. forged.GetProperty("with").EnumerateArray().Select(x => x.GetInt32())];

        BigInteger result = sharing.Interpolate(Points(with, changed), at: 0);

        Assert.Equal(forged.Number("wrongSecret"), result);
        Assert.NotEqual(secret, result);
    }

    private static (BigInteger X, BigInteger Y)[] Points(int[] xs, Dictionary<int, BigInteger> shares) =>
        [.. xs.Select(x => (new BigInteger(x), shares[x]))];

    private static int[][] Subsets(JsonElement row) =>
        [
            .. row.GetProperty("reconstructFrom")
                .EnumerateArray()
                .Select(subset => subset.EnumerateArray().Select(x => x.GetInt32()).ToArray()),
        ];

    private static byte[] EvaluateBytes(byte[][] coefficients, int x, Func<int, int, int> multiply)
    {
        int[] sum = new int[coefficients[0].Length];
        foreach (byte[] coefficient in coefficients.Reverse())
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] = multiply(sum[i], x) ^ coefficient[i];
            }
        }

        return [.. sum.Select(value => (byte)value)];
    }

    private static byte[] InterpolateBytes((int X, byte[] Y)[] points)
    {
        int[] sum = new int[points[0].Y.Length];
        foreach ((int x, byte[] y) in points)
        {
            int weight = 1;
            foreach ((int other, _) in points.Where(point => point.X != x))
            {
                int inverse = Enumerable.Range(1, 255).First(i => SlowField.Multiply8(i, x ^ other) == 1);
                weight = SlowField.Multiply8(weight, SlowField.Multiply8(other, inverse));
            }

            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] ^= SlowField.Multiply8(y[i], weight);
            }
        }

        return [.. sum.Select(value => (byte)value)];
    }

    private static ushort Element(JsonElement row, string name) =>
        ushort.Parse(row.Text(name), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
