using System.Collections.Immutable;
using System.Numerics;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.SimulationTests;

/// <summary>The parties of one simulated attempt: toy keys, seeded randomness, inputs that show loss and duplication.</summary>
/// <remarks>
/// Party u adds 1 at coordinate u (a one-hot tag: 2 in the sum is double counting, 0 is loss) and values of its own after
/// the tags. Everything follows from the seed.
/// </remarks>
internal sealed class Cast : IDisposable
{
    public const int ValuesAfterTags = 3;

    private readonly SeededRandomSource _random;

    public Cast(
        ulong seed,
        int parties,
        int collusionBound,
        ProtocolSuite? suite = null,
        SchemeKind? scheme = null,
        ulong round = 1,
        uint attempt = 1,
        int? threshold = null,
        int? minimumSurvivors = null
    )
    {
        Suite = suite ?? TestSuite.Instance;
        _random = new SeededRandomSource(seed, "cast");
        int length = parties + ValuesAfterTags;
        Encoding = UpdateEncoding.Create(length, parties, clipNorm: 64.0, fractionBits: 0);
        Signers =
        [
            .. Enumerable
                .Range(0, parties)
                .Select(i =>
                    (ISigner)(Suite is P256Suite ? EcdsaP256Signer.Generate() : new TestSigner(IdOf(i).ToString()))
                ),
        ];
        int least = threshold ?? DescriptorRules.LeastThreshold(parties, collusionBound);
        SchemeKind kind = scheme ?? DescriptorRules.MaskedSchemeFor(parties);
        bool masked = kind != SchemeKind.Unprotected;
        Model = Digest.Of([7]);
        Descriptor = new RoundDescriptor
        {
            Suite = SuiteId.P256A256V1,
            Scheme = kind,
            UnprotectedBecause = masked ? string.Empty : "simulation",
            Length = length,
            ClipNorm = 64.0,
            FractionBits = 0,
            MaximumParticipants = parties,
            MaximumWeight = 0,
            RingBits = Encoding.RingBits,
            Threshold = masked ? least : 0,
            MinimumSurvivors = minimumSurvivors ?? least,
            CollusionBound = collusionBound,
            NoPrivacyBecause = "simulation",
            ModelDigest = Model,
            Federation = "simulation",
            Round = round,
            Attempt = attempt,
            Roster = [.. Signers.Select((signer, i) => new RosterEntry(ParticipantId.FromIndex(i), signer.PublicKey))],
        };
        for (int party = 0; party < parties; party++)
        {
            float[] values = new float[length];
            values[party] = 1;
            for (int i = 0; i < ValuesAfterTags; i++)
            {
                values[parties + i] = _random.Next(61) - 30;
            }

            Inputs.Add([.. values.Select(value => (BigInteger)(int)value)]);
            Updates.Add(EncodedUpdate.Encode(ClippedUpdate.Clip(LocalUpdate.Create(values), Encoding), _random));
        }
    }

    public ProtocolSuite Suite { get; }

    public RoundDescriptor Descriptor { get; }

    public UpdateEncoding Encoding { get; }

    public Digest Model { get; }

    public ImmutableArray<ISigner> Signers { get; }

    public List<BigInteger[]> Inputs { get; } = [];

    public List<EncodedUpdate> Updates { get; } = [];

    public int Count => Signers.Length;

    public int Threshold => Descriptor.Threshold;

    public ClientSession Client(int party, ClientHistory? history = null)
    {
        ClientSetup setup = new()
        {
            Descriptor = Descriptor,
            Self = IdOf(party),
            Signer = Signers[party],
            Suite = Suite,
            Random = _random.Fork($"client {party}"),
            Policy = new ClientPolicy
            {
                PinnedRoster = Descriptor.Roster,
                Federation = "simulation",
                MinimumCohort = Math.Min(3, Descriptor.MinimumSurvivors),
                MinimumEffectiveCohort = Math.Min(2, Math.Max(0, Descriptor.Threshold - Descriptor.CollusionBound)),
                CollusionBoundAtLeast = Descriptor.CollusionBound,
                Unprotected = LocalConsent.Given("simulation"),
                WithoutPrivacyNoise = LocalConsent.Given("simulation"),
            },
            History = history ?? ClientHistory.Empty,
            ExpectedModel = Model,
            Update = Updates[party],
        };
        return Descriptor.Scheme == SchemeKind.Unprotected
            ? new PlainClientSession(setup)
            : new MaskingClientSession(setup);
    }

    public ServerSession Server(IReadOnlyList<DurableRecord> records, out Step<AggregateResult> resumed)
    {
        ServerSetup setup = new() { Descriptor = Descriptor, Suite = Suite };
        return Descriptor.Scheme == SchemeKind.Unprotected
            ? PlainServerSession.Restore(setup, records, out resumed)
            : MaskingServerSession.Restore(setup, records, out resumed);
    }

    /// <summary>The graph of the cohort that a server announced; null when the complete one.</summary>
    public MaskGraph? GraphOf(ReadOnlyMemory<byte> cohortAnnouncement)
    {
        var cohort = (ProtocolMessage.CohortAnnouncement)
            MessageCodec.Decode(cohortAnnouncement, MessageLimits.For(Descriptor)).Message!;
        return Descriptor.Scheme == SchemeKind.MaskedSparse
            ? CohortView.TryCreate(Descriptor, cohort.Session, cohort.Advertisements)!.Graph
            : null;
    }

    /// <summary>The slow reference: the sum of the inputs of these parties in unbounded integers.</summary>
    public BigInteger[] SumOf(IEnumerable<int> parties)
    {
        BigInteger[] sum = new BigInteger[Encoding.Length];
        foreach (int party in parties)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += Inputs[party][i];
            }
        }

        return sum;
    }

    public static ParticipantId IdOf(int party) => ParticipantId.FromIndex(party);

    public int IndexOf(ParticipantId id) => Descriptor.Roster.Select(entry => entry.Id).ToList().IndexOf(id);

    public void Dispose()
    {
        foreach (ISigner signer in Signers)
        {
            (signer as IDisposable)?.Dispose();
        }

        _random.Dispose();
    }
}
