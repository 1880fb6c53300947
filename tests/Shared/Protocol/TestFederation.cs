using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.Tests.Shared;

/// <summary>The enrolled parties of a test: names, signing keys, the suite they are for and the roster they pin. Thread-safe.</summary>
internal sealed class TestFederation
{
    private static readonly EcdsaP256Signer[] s_signers =
    [
        .. Enumerable.Range(0, 12).Select(_ => EcdsaP256Signer.Generate()),
    ];

    private TestFederation(IEnumerable<ISigner> signers, ProtocolSuite suite)
    {
        Signers = [.. signers];
        Suite = suite;
        Roster = [.. Signers.Select((signer, i) => new RosterEntry(ParticipantId.FromIndex(i), signer.PublicKey))];
    }

    /// <summary>The first parties of one set of at most twelve: the same keys for the whole test run.</summary>
    public static TestFederation Of(int parties) => new(s_signers[..parties], P256Suite.Instance);

    /// <summary>Any number of parties with the toy keys and the toy suite, made in microseconds.</summary>
    public static TestFederation OfToys(int parties) =>
        new(
            Enumerable.Range(0, parties).Select(i => new TestSigner(ParticipantId.FromIndex(i).ToString())),
            TestSuite.Instance
        );

    public ProtocolSuite Suite { get; }

    public ImmutableArray<ISigner> Signers { get; }

    public ImmutableArray<RosterEntry> Roster { get; }

    public int Count => Signers.Length;

    public ParticipantId IdOf(int party) => Roster[party].Id;
}

/// <summary>A round descriptor before it is built; every value can be set, also to a wrong one.</summary>
internal sealed record RoundPlan
{
    public SuiteId Suite { get; init; } = SuiteId.P256A256V1;

    public SchemeKind Scheme { get; init; } = SchemeKind.MaskedComplete;

    public string UnprotectedBecause { get; init; } = string.Empty;

    public int Length { get; init; } = 17;

    public double ClipNorm { get; init; } = 1.0;

    public int FractionBits { get; init; } = 18;

    public int? MaximumParticipants { get; init; }

    public long MaximumWeight { get; init; }

    public ImmutableArray<MetricBlock> Metrics { get; init; } = [];

    public SumNoise? Noise { get; init; }

    public int? RingBits { get; init; }

    public int? Threshold { get; init; }

    public int? MinimumSurvivors { get; init; }

    public int CollusionBound { get; init; } = 1;

    public string NoPrivacyBecause { get; init; } = "test data";

    public Digest Model { get; init; } = Digest.Of([1, 2, 3]);

    public string Federation { get; init; } = "test";

    public ulong Round { get; init; } = 1;

    public uint Attempt { get; init; } = 1;

    public ImmutableArray<RosterEntry>? Roster { get; init; }

    /// <summary>A plan without protection, for the plain sessions.</summary>
    public static RoundPlan Plain { get; } =
        new()
        {
            Scheme = SchemeKind.Unprotected,
            UnprotectedBecause = "test",
            Threshold = 0,
            MinimumSurvivors = 3,
            CollusionBound = 0,
        };

    public UpdateEncoding EncodingFor(int parties) =>
        UpdateEncoding.Create(
            Length,
            MaximumParticipants ?? parties,
            ClipNorm,
            FractionBits,
            MaximumWeight,
            Metrics,
            Noise
        );

    public RoundDescriptor Build(TestFederation federation)
    {
        ImmutableArray<RosterEntry> roster = Roster ?? federation.Roster;
        int threshold = Threshold ?? DescriptorRules.LeastThreshold(Math.Max(2, roster.Length), CollusionBound);
        return new RoundDescriptor
        {
            Suite = Suite,
            Scheme = Scheme,
            UnprotectedBecause = UnprotectedBecause,
            Length = Length,
            ClipNorm = ClipNorm,
            FractionBits = FractionBits,
            MaximumParticipants = MaximumParticipants ?? roster.Length,
            MaximumWeight = MaximumWeight,
            Metrics = Metrics,
            RingBits = RingBits ?? EncodingFor(roster.Length).RingBits,
            Threshold = threshold,
            MinimumSurvivors = MinimumSurvivors ?? threshold,
            CollusionBound = CollusionBound,
            NoPrivacyBecause = Noise is null ? NoPrivacyBecause : string.Empty,
            Noise = Noise is null
                ? null
                : new RoundNoise(Noise, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne, 1),
            ModelDigest = Model,
            Federation = Federation,
            Round = Round,
            Attempt = Attempt,
            Roster = roster,
        };
    }
}
