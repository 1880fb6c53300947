using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace SecureFed.Reference;

/// <summary>Registered numbers that the vectors need. spec 07-registry</summary>
internal static class Registry
{
    public const int Suite = 1;
    public const int ShareSealing = 1;
    public const int PairMask = 2;
    public const int SelfMask = 3;
    public const int MaskKeyShare = 1;
    public const int SeedShare = 2;
}

/// <summary>spec 01-updates#metric-1</summary>
internal sealed record Metric(string Name, int Count, long Maximum, int FractionBits);

/// <summary>spec 05-transport#descriptor-1</summary>
internal sealed record Descriptor
{
    public int Suite { get; init; } = Registry.Suite;

    public int Scheme { get; init; } = 1;

    public string UnprotectedBecause { get; init; } = "";

    public int Length { get; init; }

    public double ClipNorm { get; init; }

    public int FractionBits { get; init; }

    public int MaximumParticipants { get; init; }

    public long MaximumWeight { get; init; }

    public IReadOnlyList<Metric> Metrics { get; init; } = [];

    public int RingBits { get; init; }

    public int Threshold { get; init; }

    public int MinimumSurvivors { get; init; }

    public int CollusionBound { get; init; }

    public string NoPrivacyBecause { get; init; } = "vectors";

    public byte[] ModelDigest { get; init; } = SHA256.HashData(Encoding.ASCII.GetBytes("model"));

    public string Federation { get; init; } = "vectors";

    public long Round { get; init; } = 7;

    public int Attempt { get; init; } = 2;

    public IReadOnlyList<(string Name, byte[] Key)> Roster { get; init; } = [];

    public int Count => Roster.Count;

    public int RingLength => Length + (MaximumWeight > 0 ? 1 : 0) + Metrics.Sum(metric => metric.Count);

    /// <summary>⌊C·2^f⌋ for the whole numbers C that the vectors use. spec 01-updates#encode-2</summary>
    public BigInteger CoordinateBound => new BigInteger(ClipNorm) << FractionBits;

    /// <summary>spec 01-updates#width-1</summary>
    public int DerivedRingBits
    {
        get
        {
            BigInteger largest = Metrics
                .Select(metric => (BigInteger)metric.Maximum)
                .Append(MaximumWeight)
                .Append(CoordinateBound)
                .Max();
            return Math.Max(2, 1 + (int)(MaximumParticipants * largest).GetBitLength());
        }
    }

    public byte[] Encode()
    {
        Bytes bytes = new Bytes()
            .U16(Suite)
            .U8(Scheme)
            .Text(UnprotectedBecause)
            .U32(Length)
            .F64(ClipNorm)
            .U8(FractionBits)
            .U16(MaximumParticipants)
            .U64((ulong)MaximumWeight)
            .U16(Metrics.Count);
        foreach (Metric metric in Metrics)
        {
            bytes.Text(metric.Name).U16(metric.Count).U64((ulong)metric.Maximum).U8(metric.FractionBits);
        }

        bytes
            .U8(RingBits)
            .U16(Threshold)
            .U16(MinimumSurvivors)
            .U16(CollusionBound)
            .U8(0)
            .Text(NoPrivacyBecause)
            .Raw(ModelDigest)
            .Text(Federation)
            .U64((ulong)Round)
            .U32(Attempt)
            .U16(Roster.Count);
        foreach ((string name, byte[] key) in Roster)
        {
            bytes.Text(name).Short(key);
        }

        return bytes.ToArray();
    }

    /// <summary>D. spec 05-transport#digests-2</summary>
    public byte[] Digest() => new Bytes().Label("descriptor").Raw(Encode()).Hash();
}

/// <summary>The labelled streams of a case: everything random in it follows from its id.</summary>
internal sealed class Streams(string id)
{
    /// <summary>Block j of a stream is SHA-256(ASCII(id ‖ "/" ‖ label) ‖ u32 j).</summary>
    public byte[] Take(string label, int count)
    {
        List<byte> bytes = [];
        for (int block = 0; bytes.Count < count; block++)
        {
            bytes.AddRange(new Bytes().Raw(Encoding.ASCII.GetBytes($"{id}/{label}")).U32(block).Hash());
        }

        return [.. bytes.Take(count)];
    }
}

/// <summary>One party of a case with everything that it draws.</summary>
internal sealed class Party
{
    public Party(Streams streams, int index, int count, int threshold)
    {
        byte[] Scalar(string what)
        {
            byte[] scalar = streams.Take($"party {index} {what}", P256.ScalarSize);
            return P256.IsScalar(scalar) ? scalar : throw new InvalidOperationException("Choose another id.");
        }

        Index = index;
        Name = $"site-{index}";
        SigningKey = Scalar("signing key");
        ChannelKey = Scalar("channel key");
        MaskKey = Scalar("mask key");
        Seed = streams.Take($"party {index} seed", 32);
        MaskKeyPolynomial = streams.Take($"party {index} mask key polynomial", 32 * (threshold - 1));
        SeedPolynomial = streams.Take($"party {index} seed polynomial", 32 * (threshold - 1));
        Salts = streams.Take($"party {index} salts", 2 * 16 * count);
        SharedSeed = Seed;
    }

    public int Index { get; }

    public string Name { get; }

    public byte[] SigningKey { get; }

    public byte[] ChannelKey { get; }

    public byte[] MaskKey { get; }

    public byte[] Seed { get; }

    public byte[] MaskKeyPolynomial { get; }

    public byte[] SeedPolynomial { get; }

    /// <summary>For each holder the salt of its share of the mask key, then for each that of its share of the seed.</summary>
    public byte[] Salts { get; }

    /// <summary>What a malicious dealer shares in place of its seed.</summary>
    public byte[] SharedSeed { get; set; }

    /// <summary>The encoded update: signed integers, weight and metrics behind them.</summary>
    public BigInteger[] Input { get; set; } = [];

    public byte[] SigningPublicKey => field ??= P256.PublicKey(SigningKey);

    public byte[] ChannelPublicKey => field ??= P256.PublicKey(ChannelKey);

    public byte[] MaskPublicKey => field ??= P256.PublicKey(MaskKey);
}
