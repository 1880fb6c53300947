using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace SecureFed.Reference;

/// <summary>The files of spec/vectors/noise. Their form is described in spec/vectors/README.md.</summary>
internal static class NoiseVectors
{
    private const int SamplesPerCase = 64;

    private static readonly (string Id, BigInteger Variance)[] s_cases =
    [
        ("one", 1),
        ("two", 2),
        ("nine", 9),
        ("uneven", 12_345),
        ("share", BigInteger.Parse("68719476736", CultureInfo.InvariantCulture)),
        ("odd-share", BigInteger.Parse("123456789012345677", CultureInfo.InvariantCulture)),
        ("largest", BigInteger.One << 58),
    ];

    private static readonly (string Id, BigInteger Variance, int Parties, int Removable, int First)[] s_layers =
    [
        ("all-layers", 1_000_003, 10, 3, 1),
        ("last-layer", 1_000_003, 10, 3, 3),
        ("one-layer", BigInteger.One << 59, 3, 1, 1),
        ("many-layers", 987_654_321_987, 50, 16, 5),
    ];

    public static JsonObject Layers() =>
        new()
        {
            ["schema"] = "securefed/noise-layers/1",
            ["cases"] = new JsonArray([.. s_layers.Select(one => (JsonNode)LayerCase(one))]),
        };

    // spec 02-privacy#layers-2, 02-privacy#layers-3
    private static JsonObject LayerCase((string Id, BigInteger Variance, int Parties, int Removable, int First) one)
    {
        byte[] seed = SHA256.HashData(Encoding.ASCII.GetBytes(one.Id + "/seed"));
        BigInteger[] sum = new BigInteger[SamplesPerCase];
        for (int layer = 1; layer <= one.Removable; layer++)
        {
            BigInteger divisor = (one.Parties - layer + 1) * (one.Parties - layer);
            BigInteger variance = (one.Variance + divisor - 1) / divisor;
            byte[] key = Derived(seed, "noise layer");
            int words = 0;
            WordChoices choices = new(() => KeystreamWord(key, words++));
            for (int i = 0; layer >= one.First && i < sum.Length; )
            {
                if (DiscreteGaussian.TryDraw(variance, choices) is { } sample)
                {
                    sum[i++] += sample;
                }
            }

            seed = Derived(seed, "noise chain");
        }

        return new JsonObject
        {
            ["id"] = one.Id,
            ["variance"] = one.Variance.ToString(CultureInfo.InvariantCulture),
            ["parties"] = one.Parties,
            ["removable"] = one.Removable,
            ["first"] = one.First,
            ["sums"] = new JsonArray([
                .. sum.Select(number => (JsonNode)number.ToString(CultureInfo.InvariantCulture)),
            ]),
        };
    }

    private static byte[] Derived(byte[] seed, string label) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, seed, 32, [], new Bytes().Label(label).ToArray());

    // spec 03-masking#keystream-1: block i is the encryption of i, big-endian.
    private static uint KeystreamWord(byte[] key, int index)
    {
        byte[] counter = new byte[16];
        BinaryPrimitives.WriteInt32BigEndian(counter.AsSpan(12), index / 4);
        using Aes aes = Aes.Create();
        aes.Key = key;
        return BinaryPrimitives.ReadUInt32LittleEndian(aes.EncryptEcb(counter, PaddingMode.None).AsSpan(index % 4 * 4));
    }

    public static JsonObject Samples() =>
        new()
        {
            ["schema"] = "securefed/noise-samples/1",
            ["cases"] = new JsonArray([.. s_cases.Select(one => (JsonNode)Case(one.Id, one.Variance))]),
        };

    private static JsonObject Case(string id, BigInteger variance)
    {
        int words = 0;
        WordChoices choices = new(() => Word(id, words++));
        JsonArray samples = [];
        while (samples.Count < SamplesPerCase)
        {
            if (DiscreteGaussian.TryDraw(variance, choices) is { } sample)
            {
                samples.Add(sample.ToString(CultureInfo.InvariantCulture));
            }
        }

        return new JsonObject
        {
            ["id"] = id,
            ["variance"] = variance.ToString(CultureInfo.InvariantCulture),
            ["samples"] = samples,
            ["words"] = words,
        };
    }

    // Word i is the little-endian word i mod 8 of SHA-256(id ‖ "/words" ‖ u32 ⌊i/8⌋).
    private static uint Word(string id, int index)
    {
        byte[] label = Encoding.ASCII.GetBytes(id + "/words");
        byte[] input = new byte[label.Length + 4];
        label.CopyTo(input, 0);
        BinaryPrimitives.WriteInt32LittleEndian(input.AsSpan(label.Length), index / 8);
        return BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(input).AsSpan(index % 8 * 4));
    }
}
