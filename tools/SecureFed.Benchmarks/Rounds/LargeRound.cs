using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using SecureFed.Benchmarks.Measuring;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.Benchmarks.Rounds;

/// <summary>The size of a large round, and who leaves when.</summary>
/// <param name="Participants">n.</param>
/// <param name="Length">d.</param>
/// <param name="CollusionBound">c.</param>
/// <param name="MinimumSurvivors">U.</param>
/// <param name="Leaving">How many parties fall silent before they send each of the five messages of a round, in their order.</param>
internal sealed record RoundShape(
    int Participants,
    int Length,
    int CollusionBound,
    int MinimumSurvivors,
    ImmutableArray<int> Leaving
)
{
    private static readonly ImmutableArray<MessageType> s_messages =
    [
        MessageType.KeyAdvertisement,
        MessageType.EncryptedShares,
        MessageType.MaskedInput,
        MessageType.ConsistencySignature,
        MessageType.UnmaskShares,
    ];

    /// <summary>All that leave do so after sharing, where they cost the server most.</summary>
    public static ImmutableArray<int> AfterSharing(int count) => [0, 0, count, 0, 0];

    /// <summary>The first message a party does not send; null when it stays.</summary>
    public MessageType? SilentFrom(int party)
    {
        for (int message = 0; message < Leaving.Length; message++)
        {
            party -= Leaving[message];
            if (party < 0)
            {
                return s_messages[message];
            }
        }

        return null;
    }
}

/// <summary>
/// A whole masked round of many parties in one process: a real session for every party and for the server, every message
/// encoded, signed and decoded. The parties of a phase compute on all processors; the server takes one message after the
/// other, a masked vector as soon as it is made.
/// </summary>
internal sealed class LargeRound : IDisposable
{
    private const string Federation = "benchmark";
    private static readonly Digest s_model = Digest.Of("model"u8);

    private readonly RoundShape _shape;
    private readonly ImmutableArray<EcdsaP256Signer> _signers;
    private readonly float[] _values;
    private readonly MaskingClientSession?[] _clients;
    private readonly double[] _clientSeconds;
    private readonly long[] _sentBytes;
    private readonly long[] _receivedBytes;
    private readonly Dictionary<ParticipantId, int> _indices;
    private readonly MaskingServerSession _server;
    private readonly Lock _serverLock = new();
    private readonly SortedDictionary<RoundPhase, double> _serverSeconds = [];
    private readonly SortedDictionary<RoundPhase, double> _wallSeconds = [];
    private readonly List<DurableRecord> _records = [];
    private readonly List<(ushort From, ReadOnlyMemory<byte> Message)> _unmaskMessages = [];

    private LargeRound(RoundShape shape, WorkSplitter splitter)
    {
        _shape = shape;
        _signers = [.. Enumerable.Range(0, shape.Participants).Select(_ => EcdsaP256Signer.Generate())];
        Descriptor = Describe(shape, _signers);
        Random random = new(1);
        _values = [.. Enumerable.Range(0, shape.Length).Select(_ => (float)((random.NextDouble() - 0.5) * 2e-3))];
        _clients = new MaskingClientSession?[shape.Participants];
        _clientSeconds = new double[shape.Participants];
        _sentBytes = new long[shape.Participants];
        _receivedBytes = new long[shape.Participants];
        _indices = Enumerable.Range(0, shape.Participants).ToDictionary(ParticipantId.FromIndex);
        _server = new MaskingServerSession(
            new()
            {
                Descriptor = Descriptor,
                Suite = P256Suite.Instance,
                Splitter = splitter,
            }
        );
    }

    /// <summary>The round.</summary>
    public RoundDescriptor Descriptor { get; }

    /// <summary>What the server stored, in its order, without the result.</summary>
    public IReadOnlyList<DurableRecord> Records => _records;

    /// <summary>The shares that the parties reveal, in the order in which the server took them.</summary>
    public IReadOnlyList<(ushort From, ReadOnlyMemory<byte> Message)> UnmaskMessages => _unmaskMessages;

    /// <summary>Number of survivors.</summary>
    public int Survivors { get; private set; }

    /// <summary>Seconds on the clock from the invitation to the result, with all parties' work.</summary>
    public double WallSeconds { get; private set; }

    /// <summary>Processor seconds of the whole process in that time.</summary>
    public double ProcessSeconds { get; private set; }

    /// <summary>Seconds on the clock by phase.</summary>
    public IReadOnlyDictionary<RoundPhase, double> WallSecondsByPhase => _wallSeconds;

    /// <summary>Processor seconds of the server's thread by phase.</summary>
    public IReadOnlyDictionary<RoundPhase, double> ServerSecondsByPhase => _serverSeconds;

    /// <summary>Processor seconds of the server's thread.</summary>
    public double ServerSeconds => _serverSeconds.Values.Sum();

    /// <summary>Processor seconds of all parties.</summary>
    public double AllClientSeconds => _clientSeconds.Sum();

    /// <summary>Median processor seconds of a party that stayed: clip, encode, share, mask, sign, unmask.</summary>
    public double ClientSeconds => Sampling.Median(OfThoseThatStayed(_clientSeconds));

    /// <summary>Median bytes that a party that stayed sent.</summary>
    public double ClientSentBytes => Sampling.Median(OfThoseThatStayed([.. _sentBytes.Select(bytes => (double)bytes)]));

    /// <summary>Median bytes that a party that stayed received.</summary>
    public double ClientReceivedBytes =>
        Sampling.Median(OfThoseThatStayed([.. _receivedBytes.Select(bytes => (double)bytes)]));

    /// <summary>Size of the graph of a cohort in which all are present; k = n − 1 on the complete one.</summary>
    public static (int Neighbours, int Threshold) GraphOf(RoundShape shape, int cohort) =>
        DescriptorRules.MaskedSchemeFor(shape.Participants) == SchemeKind.MaskedSparse
        && GraphSizing.ForRound(cohort, shape.CollusionBound, shape.MinimumSurvivors) is { } graph
            ? (graph.Neighbours, graph.Threshold)
            : (cohort - 1, DescriptorRules.LeastThreshold(shape.Participants, shape.CollusionBound));

    /// <summary>Runs a round to its result.</summary>
    /// <param name="shape">Its size.</param>
    /// <param name="splitter">How the server may use several cores.</param>
    /// <exception cref="InvalidOperationException">The round ended without a result.</exception>
    public static LargeRound Run(RoundShape shape, WorkSplitter splitter)
    {
        LargeRound round = new(shape, splitter);
        round.Play();
        return round;
    }

    public void Dispose()
    {
        _server.Dispose();
        foreach (MaskingClientSession? client in _clients)
        {
            client?.Dispose();
        }

        foreach (EcdsaP256Signer signer in _signers)
        {
            signer.Dispose();
        }
    }

    private static RoundDescriptor Describe(RoundShape shape, ImmutableArray<EcdsaP256Signer> signers)
    {
        const double ClipNorm = 32_767.0 / 32_768.0;
        return new RoundDescriptor
        {
            Suite = SuiteId.P256A256V1,
            Scheme = DescriptorRules.MaskedSchemeFor(shape.Participants),
            UnprotectedBecause = string.Empty,
            Length = shape.Length,
            ClipNorm = ClipNorm,
            FractionBits = 15,
            MaximumParticipants = shape.Participants,
            MaximumWeight = 0,
            RingBits = UpdateEncoding.Create(shape.Length, shape.Participants, ClipNorm, 15).RingBits,
            Threshold = DescriptorRules.LeastThreshold(shape.Participants, shape.CollusionBound),
            MinimumSurvivors = shape.MinimumSurvivors,
            CollusionBound = shape.CollusionBound,
            NoPrivacyBecause = "a benchmark on made-up values",
            ModelDigest = s_model,
            Federation = Federation,
            Round = 1,
            Attempt = 1,
            Roster =
            [
                .. signers.Select((signer, index) => new RosterEntry(ParticipantId.FromIndex(index), signer.PublicKey)),
            ],
        };
    }

    private double[] OfThoseThatStayed(double[] values) =>
        [.. values.Where((_, party) => _shape.SilentFrom(party) is null)];

    private void Play()
    {
        double processStart = CpuClock.Process();
        Stopwatch clock = Stopwatch.StartNew();
        Step<AggregateResult> step = Serve(new RoundEvent.Started());
        while (step.Ended is null)
        {
            RoundPhase phase = _server.Phase;
            double start = clock.Elapsed.TotalSeconds;
            step = PlayPhase(phase, step.Send);
            _wallSeconds[phase] = clock.Elapsed.TotalSeconds - start;
        }

        // The parties hear of the result.
        _ = Parallel.ForEach(step.Send, message => Deliver(message));
        WallSeconds = clock.Elapsed.TotalSeconds;
        ProcessSeconds = CpuClock.Process() - processStart;
        Survivors = step.Ended is RoundEnding<AggregateResult>.Completed done
            ? done.Result.Survivors.Length
            : throw new InvalidOperationException(
                $"The round ended with {((RoundEnding<AggregateResult>.Aborted)step.Ended).Reason}."
            );
    }

    private Step<AggregateResult> PlayPhase(RoundPhase phase, ImmutableArray<OutgoingMessage> announcements)
    {
        ConcurrentQueue<(ParticipantId From, OutgoingMessage Message)> waiting = [];
        Step<AggregateResult> last = Step<AggregateResult>.Nothing;
        _ = Parallel.ForEach(
            Partitioner.Create(announcements, EnumerablePartitionerOptions.NoBuffering),
            announcement =>
            {
                foreach (OutgoingMessage reply in Deliver(announcement))
                {
                    // A thousand masked vectors would not fit beside each other: each goes to the server at once.
                    if (reply.Type == MessageType.MaskedInput)
                    {
                        Take(announcement.To!.Value, reply);
                    }
                    else
                    {
                        waiting.Enqueue((announcement.To!.Value, reply));
                    }
                }
            }
        );
        foreach ((ParticipantId from, OutgoingMessage reply) in waiting)
        {
            Take(from, reply);
        }

        return _server.Phase == phase && last.Ended is null ? Serve(new RoundEvent.PhaseEnded(phase)) : last;

        void Take(ParticipantId from, OutgoingMessage reply)
        {
            lock (_serverLock)
            {
                if (last.Ended is not null)
                {
                    return;
                }

                if (phase == RoundPhase.Unmask)
                {
                    _unmaskMessages.Add(((ushort)_indices[from], reply.Bytes));
                }

                Step<AggregateResult> step = Serve(new RoundEvent.Received(from, reply.Bytes));
                if (step.Ended is not null || !step.Send.IsEmpty)
                {
                    last = step;
                }
            }
        }
    }

    private Step<AggregateResult> Serve(RoundEvent happened)
    {
        RoundPhase phase = _server.Phase;
        double start = CpuClock.Thread();
        Step<AggregateResult> step = _server.Advance(happened);
        _serverSeconds[phase] = _serverSeconds.GetValueOrDefault(phase) + CpuClock.Thread() - start;
        if (step.StoreFirst is { } record && step.Ended is null)
        {
            _records.Add(record);
        }

        return step;
    }

    private IEnumerable<OutgoingMessage> Deliver(OutgoingMessage message)
    {
        int party = _indices[message.To!.Value];
        MessageType? silentFrom = _shape.SilentFrom(party);
        if (message.Type == MessageType.RoundInvitation && silentFrom == MessageType.KeyAdvertisement)
        {
            return [];
        }

        double start = CpuClock.Thread();
        Step<ClientReceipt> step =
            message.Type == MessageType.RoundInvitation
                ? Join(party).Advance(new RoundEvent.Started())
                : _clients[party]!.Advance(new RoundEvent.Received(null, message.Bytes));
        _clientSeconds[party] += CpuClock.Thread() - start;
        _receivedBytes[party] += message.Bytes.Length;
        if (step.Ended is RoundEnding<ClientReceipt>.Aborted aborted)
        {
            throw new InvalidOperationException($"Party {party} left with {aborted.Reason}.");
        }

        OutgoingMessage[] replies = [.. step.Send.Where(reply => silentFrom is null || reply.Type < silentFrom)];
        _sentBytes[party] += replies.Sum(reply => (long)reply.Bytes.Length);
        return replies;
    }

    private MaskingClientSession Join(int party)
    {
        UpdateEncoding encoding = DescriptorRules.EncodingOf(Descriptor);
        ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create(_values), encoding);
        MaskingClientSession session = new(
            new ClientSetup
            {
                Descriptor = Descriptor,
                Self = ParticipantId.FromIndex(party),
                Signer = _signers[party],
                Suite = P256Suite.Instance,
                Random = SystemRandomSource.Instance,
                Policy = new ClientPolicy
                {
                    PinnedRoster = Descriptor.Roster,
                    Federation = Federation,
                    WithoutPrivacyNoise = LocalConsent.Given("a benchmark on made-up values"),
                },
                History = ClientHistory.Empty,
                ExpectedModel = s_model,
                Update = EncodedUpdate.Encode(clipped, SystemRandomSource.Instance),
            }
        );
        _clients[party] = session;
        return session;
    }
}
