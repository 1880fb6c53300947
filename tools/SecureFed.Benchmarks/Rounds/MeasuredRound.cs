using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using SecureFed.Benchmarks.Measuring;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.Benchmarks.Rounds;

/// <summary>
/// A whole masked round in one process: a real session for every party and for the server, every message encoded, signed
/// and decoded, and the processor time and the bytes of each. The parties of a phase compute on as many threads as are
/// asked for; the server takes one message after the other, a masked vector as soon as it is made.
/// </summary>
internal sealed class MeasuredRound : IDisposable
{
    private const string Federation = "benchmark";
    private static readonly Digest s_model = Digest.Of("model"u8);

    private readonly RoundShape _shape;
    private readonly WorkSplitter _splitter;
    private readonly ProtocolSuite _suite;
    private readonly ImmutableArray<ISigner> _signers;
    private readonly LocalUpdate _update;

    // Every party clips and encodes, but masks what the first one encoded: a thousand vectors that differ in nothing but
    // their rounding would measure the machine's memory.
    private EncodedUpdate? _encoded;
    private readonly MaskingClientSession?[] _clients;
    private readonly double[] _clientSeconds;
    private readonly long[] _sentBytes;
    private readonly long[] _receivedBytes;
    private readonly Dictionary<ParticipantId, int> _indices;
    private readonly MaskingServerSession _server;
    private readonly Lock _serverLock = new();
    private readonly SortedDictionary<RoundPhase, double> _serverSeconds = [];
    private readonly SortedDictionary<RoundPhase, double> _wallSeconds = [];
    private readonly ConcurrentDictionary<MessageType, double> _secondsByTrigger = [];
    private readonly List<DurableRecord> _records = [];
    private readonly List<(ushort From, ReadOnlyMemory<byte> Message)> _unmaskMessages = [];

    private MeasuredRound(RoundShape shape, WorkSplitter splitter, ProtocolSuite suite)
    {
        (_shape, _splitter, _suite) = (shape, splitter, suite);
        _signers = [.. Enumerable.Range(0, shape.Participants).Select(SignerOf)];
        Descriptor = Describe(shape, _signers);
        Random random = new(1);
        _update = LocalUpdate.Create([
            .. Enumerable.Range(0, shape.Length).Select(_ => (float)((random.NextDouble() - 0.5) * 2e-3)),
        ]);
        _clients = new MaskingClientSession?[shape.Participants];
        _clientSeconds = new double[shape.Participants];
        _sentBytes = new long[shape.Participants];
        _receivedBytes = new long[shape.Participants];
        _indices = Enumerable.Range(0, shape.Participants).ToDictionary(ParticipantId.FromIndex);
        _server = new MaskingServerSession(
            new()
            {
                Descriptor = Descriptor,
                Suite = _suite,
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

    /// <summary>What the server gave.</summary>
    public AggregateResult Result { get; private set; } = null!;

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

    /// <summary>Mean processor seconds of a party on each message of the server; joining, with clip and encode, is on the invitation.</summary>
    public IReadOnlyDictionary<MessageType, double> ClientSecondsByTrigger =>
        _secondsByTrigger.ToDictionary(entry => entry.Key, entry => entry.Value / _shape.Participants);

    /// <summary>Runs a round to its result.</summary>
    /// <param name="shape">Its size.</param>
    /// <param name="splitter">How many threads the parties of a phase use, and the server when it unmasks.</param>
    /// <param name="suite">The primitives; the platform's when null.</param>
    /// <exception cref="InvalidOperationException">The round ended without a result.</exception>
    public static MeasuredRound Run(RoundShape shape, WorkSplitter splitter, ProtocolSuite? suite = null)
    {
        MeasuredRound round = new(shape, splitter, suite ?? P256Suite.Instance);
        round.Play();
        return round;
    }

    /// <summary>How many pair masks the server removes: those between a party lost after sharing and a surviving neighbour.</summary>
    public int PairMasksToRemove()
    {
        HashSet<ushort> survivors = [.. Result.Survivors.Select(id => (ushort)_indices[id])];
        HashSet<ushort> lost = [.. Parties(MessageType.EncryptedShares).Except(survivors)];
        MaskGraph graph =
            MaskGraph.TryCreate(
                Descriptor,
                Result.Cohort,
                PartySet.Of(_shape.Participants, Parties(MessageType.KeyAdvertisement))
            ) ?? throw new InvalidOperationException("The round's own cohort has no graph.");
        return lost.Sum(party => graph.NeighboursOf(party).Count(survivors.Contains));

        // Those that sent this message of the first three; survivors are those that sent all of them.
        IEnumerable<ushort> Parties(MessageType sent) =>
            Enumerable
                .Range(0, _shape.Participants)
                .Where(party => _shape.SilentFrom(party) is not { } silent || silent > sent)
                .Select(party => (ushort)party);
    }

    public void Dispose()
    {
        _server.Dispose();
        foreach (MaskingClientSession? client in _clients)
        {
            client?.Dispose();
        }

        foreach (ISigner signer in _signers)
        {
            ((IDisposable)signer).Dispose();
        }
    }

    private ISigner SignerOf(int party) =>
        _suite is TestSuite ? new TestSigner($"{Federation} {party}") : EcdsaP256Signer.Generate();

    private static RoundDescriptor Describe(RoundShape shape, ImmutableArray<ISigner> signers)
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
        ForEach(step.Send, message => _ = Deliver(message));
        WallSeconds = clock.Elapsed.TotalSeconds;
        ProcessSeconds = CpuClock.Process() - processStart;
        Result = step.Ended is RoundEnding<AggregateResult>.Completed done
            ? done.Result
            : throw new InvalidOperationException(
                $"The round ended with {((RoundEnding<AggregateResult>.Aborted)step.Ended).Reason}."
            );
    }

    private Step<AggregateResult> PlayPhase(RoundPhase phase, ImmutableArray<OutgoingMessage> announcements)
    {
        ConcurrentQueue<(ParticipantId From, OutgoingMessage Message)> waiting = [];
        Step<AggregateResult> last = Step<AggregateResult>.Nothing;
        ForEach(
            announcements,
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

    // On one thread in order, so that its processor time is that of the work and nothing else.
    private void ForEach(ImmutableArray<OutgoingMessage> messages, Action<OutgoingMessage> deliver)
    {
        if (_splitter.Parallelism == 1)
        {
            foreach (OutgoingMessage message in messages)
            {
                deliver(message);
            }

            return;
        }

        _ = Parallel.ForEach(
            Partitioner.Create(messages, EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { MaxDegreeOfParallelism = _splitter.Parallelism },
            deliver
        );
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
        double seconds = CpuClock.Thread() - start;
        _clientSeconds[party] += seconds;
        _ = _secondsByTrigger.AddOrUpdate(message.Type, seconds, (_, sum) => sum + seconds);
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
        ClippedUpdate clipped = ClippedUpdate.Clip(_update, DescriptorRules.EncodingOf(Descriptor));
        EncodedUpdate encoded = EncodedUpdate.Encode(clipped, SystemRandomSource.Instance);
        MaskingClientSession session = new(
            new ClientSetup
            {
                Descriptor = Descriptor,
                Self = ParticipantId.FromIndex(party),
                Signer = _signers[party],
                Suite = _suite,
                Random = SystemRandomSource.Instance,
                Policy = new ClientPolicy
                {
                    PinnedRoster = Descriptor.Roster,
                    Federation = Federation,
                    WithoutPrivacyNoise = LocalConsent.Given("a benchmark on made-up values"),
                },
                History = ClientHistory.Empty,
                ExpectedModel = s_model,
                Update = Interlocked.CompareExchange(ref _encoded, encoded, null) ?? encoded,
            }
        );
        _clients[party] = session;
        return session;
    }
}
