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
