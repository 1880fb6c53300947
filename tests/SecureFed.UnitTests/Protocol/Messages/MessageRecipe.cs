using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Messages;

/// <summary>What a message is built from: its type, three sizes and a seed for the content. Small to print, easy to shrink.</summary>
/// <param name="Type">The message type.</param>
/// <param name="Parties">Enrolled parties, 1 to 4,096.</param>
/// <param name="Entries">Entries of the message's list, at most <paramref name="Parties"/>.</param>
/// <param name="VectorBytes">Bytes of a packed vector.</param>
/// <param name="Seed">Decides everything else.</param>
internal sealed record MessageRecipe(MessageType Type, int Parties, int Entries, int VectorBytes, int Seed)
{
    /// <summary>All registered types.</summary>
    public static ImmutableArray<MessageType> Types { get; } =
    [.. Enum.GetValues<MessageType>().Where(type => type != MessageType.None)];

    /// <summary>Recipes of any type, with shrinking towards one party, no entries, no vector and seed 0.</summary>
    public static Arbitrary<MessageRecipe> Any { get; } = Of(Types);

    /// <summary>Recipes of messages that clients send.</summary>
    public static Arbitrary<MessageRecipe> FromClients { get; } =
        Of([.. Types.Where(type => new MessageRecipe(type, 1, 1, 0, 0).Build() is ProtocolMessage.FromClient)]);

    /// <summary>Builds the message; the same recipe gives the same message.</summary>
    public ProtocolMessage Build()
    {
        Random random = new(Seed);
        Digest session = RandomDigest(random);
        ushort sender = (ushort)random.Next(Parties);
        ReadOnlyMemory<byte> signature = RandomBytes(random, MessageLimits.SignatureSizeInBytes);
        ReadOnlyMemory<byte> vector = RandomBytes(random, VectorBytes);
        return Type switch
        {
            MessageType.RoundInvitation => new ProtocolMessage.RoundInvitation(session, Descriptor(random)),
            MessageType.KeyAdvertisement => Advertisement(random, session, sender),
            MessageType.CohortAnnouncement => new ProtocolMessage.CohortAnnouncement(
                session,
                [.. Indices(random).Select(index => Advertisement(random, session, index))]
            ),
            MessageType.EncryptedShares => new ProtocolMessage.EncryptedShares(
                session,
                sender,
                [.. Indices(random).Select(_ => Share(random))],
                signature
            ),
            MessageType.ShareDelivery => new ProtocolMessage.ShareDelivery(
                session,
                sender,
                Set(random),
                [.. Indices(random).Select(index => Envelope(random, index))]
            ),
            MessageType.MaskedInput => new ProtocolMessage.MaskedInput(
                session,
                sender,
                Set(random),
                [.. Indices(random).Select(index => new ShareComplaint(index, Complaint(random)))],
                vector,
                signature
            ),
            MessageType.SurvivorAnnouncement => new ProtocolMessage.SurvivorAnnouncement(session, Set(random)),
            MessageType.ConsistencySignature => new ProtocolMessage.ConsistencySignature(
                session,
                sender,
                Set(random),
                Set(random),
                signature
            ),
            MessageType.UnmaskRequest => new ProtocolMessage.UnmaskRequest(
                session,
                Set(random),
                [.. Signers(random).Select(index => new SurvivorSignature(index, RandomBytes(random, 64)))]
            ),
            MessageType.UnmaskShares => UnmaskShares(random, session, sender, signature),
            MessageType.ResultAnnouncement => new ProtocolMessage.ResultAnnouncement(
                session,
                Set(random),
                RandomDigest(random)
            ),
            MessageType.RoundAborted => new ProtocolMessage.RoundAborted(session, Reason(random), Set(random)),
            MessageType.ClientWithdrawal => new ProtocolMessage.ClientWithdrawal(
                session,
                sender,
                Reason(random),
                Set(random),
                signature
            ),
            MessageType.PlainInput => new ProtocolMessage.PlainInput(session, sender, vector, signature),
            _ => throw new InvalidOperationException($"{Type} has no recipe: add one."),
        };
    }

    /// <summary>A descriptor with edge values as often as ordinary ones; structurally valid, not necessarily sensible.</summary>
    public RoundDescriptor Descriptor(Random random)
    {
        int participants = Pick(random, 0, 65_535, Parties);
        RoundNoise? noise = random.Next(2) == 0 ? null : Noise(random, participants);
        return new()
        {
            Suite = random.Next(4) == 0 ? (SuiteId)random.Next(1, 65_536) : SuiteId.P256A256V1,
            Scheme = random.Next(4) == 0 ? (SchemeKind)random.Next(1, 256) : SchemeKind.MaskedComplete,
            UnprotectedBecause = Text(random),
            Length = Pick(random, 0, 1, int.MaxValue, random.Next()),
            ClipNorm = Pick(random, 1.0, double.Epsilon, double.MaxValue, 1e-9 + random.NextDouble()),
            FractionBits = Pick(random, 0, 255, random.Next(256)),
            MaximumParticipants = participants,
            MaximumWeight = Pick(random, 0L, 1L, long.MaxValue, random.NextInt64()),
            Metrics = Pick(random, [], [MetricBlock.Create("loss", 1, 1 << 20, 16)], Metrics(random)),
            RingBits = Pick(random, 2, 64, 255, random.Next(256)),
            Threshold = Pick(random, 0, 65_535, random.Next(Parties)),
            MinimumSurvivors = Pick(random, 0, 65_535, random.Next(Parties)),
            CollusionBound = Pick(random, 0, 65_535, random.Next(Parties)),
            NoPrivacyBecause = noise is null ? Text(random) : string.Empty,
            Noise = noise,
            ModelDigest = RandomDigest(random),
            Federation = Pick(random, "a", new string('z', 64), "north-sea_2.0"),
            Round = Pick(random, 0UL, ulong.MaxValue, (ulong)random.NextInt64()),
            Attempt = Pick(random, 0U, uint.MaxValue, (uint)random.Next()),
            Roster =
            [
                .. Enumerable
                    .Range(0, Parties)
                    .Select(index => new RosterEntry(
                        ParticipantId.FromIndex(index),
                        RandomBytes(random, Pick(random, 1, 32, 65, MessageLimits.MaximumKeySizeInBytes))
                    )),
            ],
        };
    }

    private static RoundNoise Noise(Random random, int participants)
    {
        int examples = Pick(random, 0, 1, int.MaxValue, random.Next());
        double divisor = Pick(random, 1.0, double.Epsilon, double.MaxValue, 1e-9 + random.NextDouble());
        SumNoise terms =
            participants >= 2 && random.Next(2) == 0
                ? SumNoise.In(
                    new NoiseLayers(
                        Pick(random, 1L, NoiseLayers.LargestVariance, random.NextInt64(1, NoiseLayers.LargestVariance)),
                        participants,
                        Pick(random, 1, participants - 1)
                    ),
                    examples,
                    divisor
                )
                : new SumNoise(Pick(random, 0L, 100L, long.MaxValue, random.NextInt64()), examples, divisor);
        return new(
            terms with
            {
                Compression = (CompressedBits)Pick(random, 0, 20, 24, random.Next(256)),
            },
            (PrivacyUnit)random.Next(1, 256),
            (NeighbouringRelation)random.Next(1, 256),
            Pick(random, 1.0, double.Epsilon, double.MaxValue, 1e-9 + random.NextDouble())
        );
    }

    private static ImmutableArray<MetricBlock> Metrics(Random random) =>
        [
            .. Enumerable
                .Range(0, random.Next(1, MetricBlock.MaximumBlocks + 1))
                .Select(index =>
                    MetricBlock.Create(
                        $"metric-{index}",
                        random.Next(1, 65),
                        Pick(random, 1L, long.MaxValue, random.NextInt64(1, long.MaxValue)),
                        random.Next(61)
                    )
                ),
        ];

    public static Digest RandomDigest(Random random) => Digest.FromBytes(RandomBytes(random, Digest.SizeInBytes));

    public static byte[] RandomBytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static Arbitrary<MessageRecipe> Of(ImmutableArray<MessageType> types)
    {
        Gen<MessageRecipe> recipes =
            from type in Gen.Elements<MessageType>(types)
            from parties in Gen.Frequency((8, Gen.Choose(1, 20)), (1, Gen.Choose(21, 300)))
            from entries in Gen.Choose(0, parties)
            from vector in Gen.Frequency((1, Gen.Constant(0)), (4, Gen.Choose(1, 200)))
            from seed in Gen.Choose(0, int.MaxValue)
            select new MessageRecipe(type, parties, entries, vector, seed);
        return Arb.From(recipes, Shrink);
    }

    private static IEnumerable<MessageRecipe> Shrink(MessageRecipe recipe)
    {
        foreach (int entries in Smaller(recipe.Entries, 0))
        {
            yield return recipe with
            {
                Entries = entries,
            };
        }

        foreach (int parties in Smaller(recipe.Parties, Math.Max(1, recipe.Entries)))
        {
            yield return recipe with
            {
                Parties = parties,
            };
        }

        foreach (int vectorBytes in Smaller(recipe.VectorBytes, 0))
        {
            yield return recipe with
            {
                VectorBytes = vectorBytes,
            };
        }

        foreach (int seed in Smaller(recipe.Seed, 0))
        {
            yield return recipe with
            {
                Seed = seed,
            };
        }
    }

    private static IEnumerable<int> Smaller(int value, int minimum)
    {
        if (value > minimum)
        {
            yield return minimum;
            yield return minimum + ((value - minimum) / 2);
            yield return value - 1;
        }
    }

    private ushort[] Indices(Random random) =>
        [
            .. Enumerable
                .Range(0, Parties)
                .OrderBy(_ => random.Next())
                .Take(Entries)
                .Order()
                .Select(index => (ushort)index),
        ];

    private IEnumerable<ushort> Signers(Random random)
    {
        for (int i = 0; i < Entries; i++)
        {
            yield return (ushort)random.Next(Parties);
        }
    }

    private PartySet Set(Random random) =>
        PartySet.Of(
            Parties,
            Enumerable.Range(0, Parties).Where(_ => random.Next(3) != 0).Select(index => (ushort)index)
        );

    private static ProtocolMessage.KeyAdvertisement Advertisement(Random random, Digest session, ushort sender)
    {
        int keySize = Pick(random, 1, 32, 65, MessageLimits.MaximumKeySizeInBytes);
        return new ProtocolMessage.KeyAdvertisement(
            session,
            sender,
            RandomBytes(random, keySize),
            RandomBytes(random, keySize),
            RandomDigest(random),
            RandomBytes(random, MessageLimits.SignatureSizeInBytes)
        );
    }

    private static DealtShare Share(Random random) =>
        new(
            RandomDigest(random),
            RandomDigest(random),
            RandomBytes(random, Pick(random, 0, 116, MessageLimits.MaximumSealedShareSizeInBytes))
        );

    private static ShareEnvelope Envelope(Random random, ushort dealer) =>
        new(
            dealer,
            Share(random),
            [
                .. Enumerable
                    .Range(0, random.Next(MessageLimits.MaximumPathLength + 1))
                    .Select(_ => RandomDigest(random)),
            ],
            RandomBytes(random, MessageLimits.SignatureSizeInBytes)
        );

    private ProtocolMessage.UnmaskShares UnmaskShares(
        Random random,
        Digest session,
        ushort sender,
        ReadOnlyMemory<byte> signature
    )
    {
        PartySet dealers = PartySet.Of(Parties, Indices(random));
        return new ProtocolMessage.UnmaskShares(
            session,
            sender,
            Set(random),
            dealers,
            [.. dealers.Members.Select(_ => new RevealedShare(RandomBytes(random, 32), RandomBytes(random, 16)))],
            signature,
            RandomBytes(random, Pick(random, 0, 32))
        );
    }

    private static PeerFaultKind Complaint(Random random) =>
        Pick(
            random,
            PeerFaultKind.ShareDecryptFailed,
            PeerFaultKind.ShareCommitmentMismatch,
            PeerFaultKind.BadSignature
        );

    private static AbortReason Reason(Random random) =>
        Pick(random, [.. Enum.GetValues<AbortReason>().Where(reason => reason != AbortReason.None)]);

    private static string Text(Random random) =>
        Pick(random, string.Empty, "tests only", "größer als 0, \U0001F600", new string('x', 200));

    private static T Pick<T>(Random random, params ReadOnlySpan<T> values) => values[random.Next(values.Length)];
}
