using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The canonical bytes of a round descriptor. spec 05-transport#descriptor-1</summary>
internal static class RoundDescriptorCodec
{
    // Name of one character and key of one byte, each with its length.
    private const int SmallestEntrySizeInBytes = 4;

    // Name of one character with its length, count, maximum, fraction bits.
    private const int SmallestMetricSizeInBytes = 2 + 2 + 8 + 1;

    /// <summary>The canonical bytes.</summary>
    /// <exception cref="ArgumentException">A value that the encoding cannot express; the message names the property.</exception>
    public static byte[] Encode(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        WireWriter writer = new(stackalloc byte[512]);
        Write(ref writer, descriptor);
        return writer.Written.ToArray();
    }

    /// <summary>Writes the canonical bytes.</summary>
    public static void Write(ref WireWriter writer, RoundDescriptor descriptor)
    {
        Check(descriptor);
        writer.U16((int)descriptor.Suite);
        writer.U8((int)descriptor.Scheme);
        writer.Text(
            descriptor.UnprotectedBecause,
            MessageLimits.MaximumBecauseSizeInBytes,
            nameof(RoundDescriptor.UnprotectedBecause)
        );
        writer.U32(descriptor.Length);
        writer.F64(descriptor.ClipNorm);
        writer.U8(descriptor.FractionBits);
        writer.U16(descriptor.MaximumParticipants);
        writer.U64((ulong)descriptor.MaximumWeight);
        WriteMetrics(ref writer, descriptor.Metrics);
        writer.U8(descriptor.RingBits);
        writer.U16(descriptor.Threshold);
        writer.U16(descriptor.MinimumSurvivors);
        writer.U16(descriptor.CollusionBound);
        WritePrivacy(ref writer, descriptor);
        writer.Digest(descriptor.ModelDigest);
        writer.Text(descriptor.Federation, ParticipantId.MaximumLength, nameof(RoundDescriptor.Federation));
        writer.U64(descriptor.Round);
        writer.U32(descriptor.Attempt);
        writer.U16(descriptor.Roster.Length);
        foreach (RosterEntry entry in descriptor.Roster)
        {
            writer.Text(entry.Id.ToString(), ParticipantId.MaximumLength, nameof(RoundDescriptor.Roster));
            writer.ShortBytes(entry.SigningKey.Span);
        }
    }

    /// <summary>Reads a descriptor; the reader's failure says what is wrong.</summary>
    public static RoundDescriptor? Read(ref WireReader reader)
    {
        SuiteId suite = (SuiteId)reader.NotZero16("descriptor.suite");
        SchemeKind scheme = (SchemeKind)reader.NotZero8("descriptor.scheme");
        string unprotected = reader.Text(MessageLimits.MaximumBecauseSizeInBytes, "descriptor.unprotectedBecause");
        int length = reader.NonNegative32("descriptor.length");
        double clipNorm = reader.PositiveF64("descriptor.clipNorm");
        int fractionBits = reader.U8("descriptor.fractionBits");
        int maximumParticipants = reader.U16("descriptor.maximumParticipants");
        long maximumWeight = reader.NonNegative64("descriptor.maximumWeight");
        ImmutableArray<MetricBlock> metrics = ReadMetrics(ref reader);
        int ringBits = reader.U8("descriptor.ringBits");
        int threshold = reader.U16("descriptor.threshold");
        int minimumSurvivors = reader.U16("descriptor.minimumSurvivors");
        int collusionBound = reader.U16("descriptor.collusionBound");
        (string noPrivacy, RoundNoise? noise) = ReadPrivacy(ref reader, maximumParticipants);
        Digest model = reader.Digest("descriptor.modelDigest");
        ParticipantId federation = reader.Name("descriptor.federation");
        ulong round = reader.U64("descriptor.round");
        uint attempt = reader.U32("descriptor.attempt");
        ImmutableArray<RosterEntry> roster = ReadRoster(ref reader);
        if (reader.Failed)
        {
            return null;
        }

        return new RoundDescriptor
        {
            Suite = suite,
            Scheme = scheme,
            UnprotectedBecause = unprotected,
            Length = length,
            ClipNorm = clipNorm,
            FractionBits = fractionBits,
            MaximumParticipants = maximumParticipants,
            MaximumWeight = maximumWeight,
            Metrics = metrics,
            RingBits = ringBits,
            Threshold = threshold,
            MinimumSurvivors = minimumSurvivors,
            CollusionBound = collusionBound,
            NoPrivacyBecause = noPrivacy,
            Noise = noise,
            ModelDigest = model,
            Federation = federation.ToString(),
            Round = round,
            Attempt = attempt,
            Roster = roster,
        };
    }

    private static void WritePrivacy(ref WireWriter writer, RoundDescriptor descriptor)
    {
        if (descriptor.Noise is not { } noise)
        {
            writer.U8((int)NoiseMechanism.None);
            writer.Text(
                descriptor.NoPrivacyBecause,
                MessageLimits.MaximumBecauseSizeInBytes,
                nameof(RoundDescriptor.NoPrivacyBecause)
            );
            return;
        }

        if (noise.Terms.Layers is { } layers)
        {
            // spec 02-privacy#layers-2: n is that of the plan, and the share follows.
            writer.U8((int)NoiseMechanism.RemovableLayers);
            writer.U64((ulong)layers.Variance);
            writer.U16(layers.Removable);
        }
        else
        {
            writer.U8((int)NoiseMechanism.DiscreteGaussianShares);
            writer.U64((ulong)noise.Terms.ShareVariance);
        }

        writer.U32(noise.Terms.MaximumExamples);
        writer.F64(noise.Terms.Divisor);
        writer.U8((int)noise.Unit);
        writer.U8((int)noise.Relation);
        writer.F64(noise.SamplingRate);
        writer.U8((int)noise.Terms.Compression);
    }

    private static (string Because, RoundNoise? Noise) ReadPrivacy(ref WireReader reader, int maximumParticipants)
    {
        const string Field = "descriptor.noise";
        NoiseMechanism mechanism = (NoiseMechanism)reader.U8(Field);
        if (mechanism == NoiseMechanism.None)
        {
            return (reader.Text(MessageLimits.MaximumBecauseSizeInBytes, "descriptor.noPrivacyBecause"), null);
        }

        if (mechanism is not (NoiseMechanism.DiscreteGaussianShares or NoiseMechanism.RemovableLayers))
        {
            reader.Refuse(Field, Problems.NotRegistered);
        }

        long variance = reader.NonNegative64("descriptor.noise.variance");
        NoiseLayers? layers = null;
        if (mechanism == NoiseMechanism.RemovableLayers)
        {
            layers = new NoiseLayers(variance, maximumParticipants, reader.U16("descriptor.noise.removable"));
            if (!layers.IsSound)
            {
                reader.Refuse("descriptor.noise.removable", Problems.OutOfRange);
            }
        }

        int maximumExamples = reader.NonNegative32("descriptor.noise.maximumExamples");
        double divisor = reader.PositiveF64("descriptor.noise.divisor");
        SumNoise terms = layers is { IsSound: true }
            ? SumNoise.In(layers, maximumExamples, divisor)
            : new SumNoise(variance, maximumExamples, divisor);
        RoundNoise noise = new(
            terms,
            (PrivacyUnit)reader.NotZero8("descriptor.noise.unit"),
            (NeighbouringRelation)reader.NotZero8("descriptor.noise.relation"),
            reader.PositiveF64("descriptor.noise.samplingRate")
        );
        CompressedBits compression = (CompressedBits)reader.U8("descriptor.noise.compression");
        return (string.Empty, noise with { Terms = terms with { Compression = compression } });
    }

    private static void WriteMetrics(ref WireWriter writer, ImmutableArray<MetricBlock> metrics)
    {
        writer.U16(metrics.Length);
        foreach (MetricBlock block in metrics)
        {
            writer.Text(block.Name, ParticipantId.MaximumLength, nameof(RoundDescriptor.Metrics));
            writer.U16(block.Count);
            writer.U64((ulong)block.Maximum);
            writer.U8(block.FractionBits);
        }
    }

    // spec 05-transport#metrics-1
    private static ImmutableArray<MetricBlock> ReadMetrics(ref WireReader reader)
    {
        const string Field = "descriptor.metrics";
        int count = reader.Count(MetricBlock.MaximumBlocks, SmallestMetricSizeInBytes, Field);
        MetricBlock[] blocks = new MetricBlock[count];
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            ParticipantId name = reader.Name("descriptor.metrics.name");
            int coordinates = reader.NotZero16("descriptor.metrics.count");
            long maximum = reader.NonNegative64("descriptor.metrics.maximum");
            int fractionBits = reader.U8("descriptor.metrics.fractionBits");
            if (reader.Failed)
            {
                break;
            }

            if (
                coordinates > MetricBlock.MaximumCoordinates
                || maximum < 1
                || fractionBits > MetricBlock.MaximumFractionBits
            )
            {
                reader.Refuse(Field, Problems.OutOfRange);
                break;
            }

            blocks[i] = MetricBlock.Create(name.ToString(), coordinates, maximum, fractionBits);
        }

        if (reader.Failed)
        {
            return [];
        }

        ImmutableArray<MetricBlock> metrics = ImmutableCollectionsMarshal.AsImmutableArray(blocks);
        if (MetricBlock.ProblemOf(metrics) is not null)
        {
            reader.Refuse(Field, Problems.NotAMetricList);
        }

        return metrics;
    }

    private static ImmutableArray<RosterEntry> ReadRoster(ref WireReader reader)
    {
        const string Field = "descriptor.roster";
        int count = reader.Count(reader.Limits.MaximumParties, SmallestEntrySizeInBytes, Field);
        RosterEntry[] entries = new RosterEntry[count];
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            ParticipantId id = reader.Name("descriptor.roster.id");
            ReadOnlyMemory<byte> key = reader.ShortBytes(
                1,
                MessageLimits.MaximumKeySizeInBytes,
                "descriptor.roster.signingKey"
            );
            if (i > 0 && !reader.Failed && entries[i - 1].Id >= id)
            {
                reader.Refuse(Field, Problems.NotAscending);
            }

            entries[i] = new RosterEntry(id, key);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(entries);
    }

    private static void Check(RoundDescriptor descriptor)
    {
        Require(descriptor.Suite != SuiteId.None, nameof(RoundDescriptor.Suite), "must name a suite");
        Require(descriptor.Scheme != SchemeKind.None, nameof(RoundDescriptor.Scheme), "must name a scheme");
        Require(descriptor.Length >= 0, nameof(RoundDescriptor.Length), "must not be negative");
        Require(
            double.IsFinite(descriptor.ClipNorm) && descriptor.ClipNorm > 0,
            nameof(RoundDescriptor.ClipNorm),
            "must be finite and positive"
        );
        RequireFits(descriptor.FractionBits, byte.MaxValue, nameof(RoundDescriptor.FractionBits));
        RequireFits(descriptor.MaximumParticipants, ushort.MaxValue, nameof(RoundDescriptor.MaximumParticipants));
        Require(descriptor.MaximumWeight >= 0, nameof(RoundDescriptor.MaximumWeight), "must not be negative");
        Require(
            !descriptor.Metrics.IsDefault && descriptor.Metrics.All(block => block is not null),
            nameof(RoundDescriptor.Metrics),
            "must be set"
        );
        Require(
            MetricBlock.ProblemOf(descriptor.Metrics) is null,
            nameof(RoundDescriptor.Metrics),
            $"must be at most {MetricBlock.MaximumBlocks} of different names with at most {MetricBlock.MaximumCoordinates} coordinates"
        );
        RequireFits(descriptor.RingBits, byte.MaxValue, nameof(RoundDescriptor.RingBits));
        RequireFits(descriptor.Threshold, ushort.MaxValue, nameof(RoundDescriptor.Threshold));
        RequireFits(descriptor.MinimumSurvivors, ushort.MaxValue, nameof(RoundDescriptor.MinimumSurvivors));
        RequireFits(descriptor.CollusionBound, ushort.MaxValue, nameof(RoundDescriptor.CollusionBound));
        CheckNoise(descriptor);
        Require(
            ParticipantId.TryParse(descriptor.Federation, out _),
            nameof(RoundDescriptor.Federation),
            $"must be 1 to {ParticipantId.MaximumLength} characters of a-z, 0-9, '-', '_' and '.'"
        );
        CheckRoster(descriptor.Roster);
    }

    private static void CheckNoise(RoundDescriptor descriptor)
    {
        if (descriptor.Noise is not { } noise)
        {
            return;
        }

        const string What = nameof(RoundDescriptor.Noise);
        Require(descriptor.NoPrivacyBecause.Length == 0, What, "stands in the place of a reason for having none");
        Require(
            noise.Terms is { ShareVariance: >= 0, MaximumExamples: >= 0 },
            What,
            "must have a variance and a number of examples that are not negative"
        );
        Require(
            noise.Terms.Layers is not { } layers
                || (layers.IsSound && noise.Terms.ShareVariance == layers.VarianceUpTo(layers.Removable)),
            What,
            "must have layers that add up to a share"
        );
        Require(
            noise.Terms.Layers is null || noise.Terms.Layers.Parties == descriptor.MaximumParticipants,
            What,
            "must have the layers of the plan's participants"
        );
        Require(
            double.IsFinite(noise.Terms.Divisor)
                && noise.Terms.Divisor > 0
                && double.IsFinite(noise.SamplingRate)
                && noise.SamplingRate > 0,
            What,
            "must have a divisor and a sampling rate that are finite and positive"
        );
        Require(
            (int)noise.Unit is > 0 and <= byte.MaxValue && (int)noise.Relation is > 0 and <= byte.MaxValue,
            What,
            "must name a unit and a relation"
        );
        RequireFits((int)noise.Terms.Compression, byte.MaxValue, What);
    }

    private static void CheckRoster(ImmutableArray<RosterEntry> roster)
    {
        const string What = nameof(RoundDescriptor.Roster);
        Require(!roster.IsDefault, What, "must be set");
        Require(roster.Length <= MessageLimits.MaximumRosterSize, What, "must have at most 4,096 entries");
        for (int i = 0; i < roster.Length; i++)
        {
            Require(roster[i] is { Id.IsDefault: false }, What, "must name every party");
            Require(
                roster[i].SigningKey.Length is >= 1 and <= MessageLimits.MaximumKeySizeInBytes,
                What,
                $"must give keys of 1 to {MessageLimits.MaximumKeySizeInBytes} bytes"
            );
            Require(i == 0 || roster[i - 1].Id < roster[i].Id, What, "must be strictly ascending by id");
        }
    }

    private static void RequireFits(int value, int maximum, string what) =>
        Require(value >= 0 && value <= maximum, what, $"must be 0 to {maximum}");

    private static void Require(bool holds, string what, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException($"{what} of a round descriptor {rule}.", what);
        }
    }
}
