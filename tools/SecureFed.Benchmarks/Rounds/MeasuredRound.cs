using System.Collections.Immutable;
using System.Diagnostics;
using SecureFed.Benchmarks.Measuring;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.Benchmarks.Rounds;

/// <summary>A whole masked round on one thread: real sessions, real messages, and the processor time of every party.</summary>
internal sealed class MeasuredRound : IDisposable
{
    private const string Federation = "benchmark";
    private static readonly Digest s_model = Digest.Of("model"u8);

    private readonly ImmutableArray<EcdsaP256Signer> _signers;
    private readonly RoundDescriptor _descriptor;
    private readonly float[] _values;
    private readonly HashSet<ParticipantId> _dropped;
    private readonly Dictionary<ParticipantId, MaskingClientSession> _clients = [];
    private readonly Dictionary<ParticipantId, double> _clientSeconds = [];
    private readonly SortedDictionary<MessageType, double> _secondsByTrigger = [];
    private readonly Queue<(ParticipantId From, OutgoingMessage Message)> _toServer = [];
    private readonly Queue<OutgoingMessage> _toClients = [];
    private readonly MaskingServerSession _server;

    private MeasuredRound(int participants, int length, int dropped)
    {
        _signers = [.. Enumerable.Range(0, participants).Select(_ => EcdsaP256Signer.Generate())];
        _descriptor = Describe(participants, length, _signers);
        _dropped = [.. Enumerable.Range(0, dropped).Select(ParticipantId.FromIndex)];
        Random random = new(1);
        _values = [.. Enumerable.Range(0, length).Select(_ => (float)((random.NextDouble() - 0.5) * 2e-3))];
        _server = new MaskingServerSession(new() { Descriptor = _descriptor, Suite = P256Suite.Instance });
    }

    /// <summary>Median over the surviving clients of the processor seconds of all stages: clip, encode, share, mask, sign, unmask.</summary>
    public double ClientSeconds { get; private set; }

    /// <summary>Mean processor seconds of a client on each message of the server; joining, with clip and encode, is on the invitation.</summary>
    public IReadOnlyDictionary<MessageType, double> ClientSecondsByTrigger =>
        _secondsByTrigger.ToDictionary(entry => entry.Key, entry => entry.Value / _clients.Count);

    /// <summary>Processor seconds of the server from the first revealed share to the result.</summary>
    public double UnmaskSeconds { get; private set; }

    /// <summary>Seconds on the clock from the first message to the result.</summary>
    public double WallSeconds { get; private set; }

    /// <summary>Survivors of the round.</summary>
    public int Survivors { get; private set; }

    /// <summary>Runs a round in which the first <paramref name="dropped"/> parties leave after sharing.</summary>
    public static MeasuredRound Run(int participants, int length, int dropped)
    {
        MeasuredRound round = new(participants, length, dropped);
        round.Play();
        return round;
    }

    public void Dispose()
    {
        _server.Dispose();
        foreach (MaskingClientSession client in _clients.Values)
        {
            client.Dispose();
        }

        foreach (EcdsaP256Signer signer in _signers)
        {
            signer.Dispose();
        }
    }

    private static RoundDescriptor Describe(int participants, int length, ImmutableArray<EcdsaP256Signer> signers)
    {
        int collusionBound = Math.Max(1, participants / 10);
        int threshold = DescriptorRules.LeastThreshold(participants, collusionBound);
        double clipNorm = 32_767.0 / 32_768.0;
        return new RoundDescriptor
        {
            Suite = SuiteId.P256A256V1,
            Scheme = SchemeKind.MaskedComplete,
            UnprotectedBecause = string.Empty,
            Length = length,
            ClipNorm = clipNorm,
            FractionBits = 15,
            MaximumParticipants = participants,
            MaximumWeight = 0,
            RingBits = UpdateEncoding.Create(length, participants, clipNorm, 15).RingBits,
            Threshold = threshold,
            MinimumSurvivors = threshold,
            CollusionBound = collusionBound,
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

    private void Play()
    {
        Stopwatch clock = Stopwatch.StartNew();
        RoundEnding<AggregateResult>? ended = Take(_server.Advance(new RoundEvent.Started()));
        while (ended is null)
        {
            ended = Deliver();
        }

        WallSeconds = clock.Elapsed.TotalSeconds;
        Survivors = ended is RoundEnding<AggregateResult>.Completed done
            ? done.Result.Survivors.Length
            : throw new InvalidOperationException(
                $"The round ended with {((RoundEnding<AggregateResult>.Aborted)ended).Reason}."
            );
        ClientSeconds = Sampling.Median(
            _clientSeconds.Where(entry => !_dropped.Contains(entry.Key)).Select(entry => entry.Value)
        );
    }

    private RoundEnding<AggregateResult>? Deliver()
    {
        while (_toClients.TryDequeue(out OutgoingMessage? message))
        {
            DeliverToClient(message);
        }

        if (!_toServer.TryDequeue(out (ParticipantId From, OutgoingMessage Message) next))
        {
            return Take(_server.Advance(new RoundEvent.PhaseEnded(_server.Phase)));
        }

        bool unmasks = _server.Phase == RoundPhase.Unmask;
        double start = CpuClock.Thread();
        Step<AggregateResult> step = _server.Advance(new RoundEvent.Received(next.From, next.Message.Bytes));
        if (unmasks)
        {
            UnmaskSeconds += CpuClock.Thread() - start;
        }

        return Take(step);
    }

    private RoundEnding<AggregateResult>? Take(Step<AggregateResult> step)
    {
        foreach (OutgoingMessage message in step.Send)
        {
            _toClients.Enqueue(message);
        }

        return step.Ended;
    }

    private void DeliverToClient(OutgoingMessage message)
    {
        ParticipantId self = message.To!.Value;
        double start = CpuClock.Thread();
        Step<ClientReceipt> step =
            message.Type == MessageType.RoundInvitation
                ? Join(self).Advance(new RoundEvent.Started())
                : _clients[self].Advance(new RoundEvent.Received(null, message.Bytes));
        double seconds = CpuClock.Thread() - start;
        _clientSeconds[self] = _clientSeconds.GetValueOrDefault(self) + seconds;
        _secondsByTrigger[message.Type] = _secondsByTrigger.GetValueOrDefault(message.Type) + seconds;

        foreach (OutgoingMessage reply in step.Send)
        {
            bool hasLeft = _dropped.Contains(self) && reply.Type >= MessageType.MaskedInput;
            if (!hasLeft)
            {
                _toServer.Enqueue((self, reply));
            }
        }
    }

    private MaskingClientSession Join(ParticipantId self)
    {
        UpdateEncoding encoding = DescriptorRules.EncodingOf(_descriptor);
        ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create(_values), encoding);
        MaskingClientSession session = new(
            new ClientSetup
            {
                Descriptor = _descriptor,
                Self = self,
                Signer = _signers[_descriptor.Roster.Select(entry => entry.Id).ToList().IndexOf(self)],
                Suite = P256Suite.Instance,
                Random = SystemRandomSource.Instance,
                Policy = new ClientPolicy
                {
                    PinnedRoster = _descriptor.Roster,
                    Federation = Federation,
                    WithoutPrivacyNoise = LocalConsent.Given("a benchmark on made-up values"),
                },
                History = ClientHistory.Empty,
                ExpectedModel = s_model,
                Update = EncodedUpdate.Encode(clipped, SystemRandomSource.Instance),
            }
        );
        _clients.Add(self, session);
        return session;
    }
}
