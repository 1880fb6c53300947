using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>The sessions of one attempt and the queue between them.</summary>
internal sealed class InProcessRun : IDisposable
{
    private readonly RoundDescriptor _descriptor;
    private readonly InProcessFederation _federation;
    private readonly InProcessOptions _options;
    private readonly RandomSource _random;
    private readonly IReadOnlyDictionary<ParticipantId, RoundPhase> _drops;
    private readonly Queue<RoundMessage> _queue = new();
    private readonly SortedDictionary<ParticipantId, Party> _parties = [];
    private readonly HashSet<ParticipantId> _gone = [];
    private readonly RoundTraffic _traffic = new();
    private readonly PhaseClock _clock;
    private readonly ImmutableDictionary<ParticipantId, ReadOnlyMemory<byte>>.Builder? _uploads;

    public InProcessRun(
        RoundDescriptor descriptor,
        InProcessFederation federation,
        InProcessOptions options,
        RandomSource random,
        IReadOnlyDictionary<ParticipantId, RoundPhase> drops
    )
    {
        _descriptor = descriptor;
        _federation = federation;
        _options = options;
        _random = random;
        _drops = drops;
        _clock = new PhaseClock(options.Time);
        _uploads = options.KeepUploads
            ? ImmutableDictionary.CreateBuilder<ParticipantId, ReadOnlyMemory<byte>>()
            : null;
    }

    public required int MinimumContributorsForMetrics { get; init; }

    public void Add(FederationMember member, EncodedUpdate update, ClientPolicy policy)
    {
        PrivacyGate? gate = _descriptor.Noise is null ? member.Gate : _federation.GateOf(member);
        ClientSession session = SchemeSessions.Client(
            new ClientSetup
            {
                Descriptor = _descriptor,
                Self = member.Id,
                Signer = member.Signer,
                Suite = _federation.Suite,
                Random = _random,
                Policy = policy,
                History = ClientHistory.FromRecords(member.Journal.Read()),
                ExpectedModel = _options.ModelDigest,
                Update = update,
                Gate = gate,
                Splitter = _options.Splitter,
            }
        );
        SessionPump<ClientReceipt> pump = new(
            session,
            record =>
            {
                SessionPump.Charge(_descriptor, gate, record);
                member.Journal.Append(record);
                _options.Observer?.OnStored(member.Id, record);
            }
        );
        _parties.Add(member.Id, new Party(session, pump));
    }

    public RoundOutcome ToTheEnd(CancellationToken cancellationToken)
    {
        SessionPump<AggregateResult> pump;
        ImmutableDictionary<ParticipantId, Exception> receiptFailures;
        try
        {
            pump = Run(cancellationToken);
        }
        finally
        {
            // Also when a store or an observer threw: what was charged stays charged.
            receiptFailures = _federation.KeepReceipts(_descriptor, _parties.Keys.Select(_federation.MemberOf));
        }

        Invariant.Check(pump.Ending is not null, "a run goes on until its server has ended");
        return RoundOutcome.Of(pump.Ending, Report(pump, receiptFailures));
    }

    private SessionPump<AggregateResult> Run(CancellationToken cancellationToken)
    {
        RoundMark decisions = new(_options.Store ?? new InMemoryRoundStore(), _descriptor);
        decisions.RequireNoResult();
        SessionPump.RequireAllowed(_descriptor, _options.ServerGate);
        using ServerSession server = SchemeSessions.Server(
            new ServerSetup
            {
                Descriptor = _descriptor,
                Suite = _federation.Suite,
                Splitter = _options.Splitter,
                Sampling = NoiseShare.Sample,
            },
            [],
            out Step<AggregateResult> started
        );
        SessionPump<AggregateResult> pump = new(
            server,
            record =>
            {
                SessionPump.ChargeServer(_descriptor, _options.ServerGate, record);
                decisions.Append(record);
                _options.Observer?.OnStored(null, record);
            }
        );
        Post(null, pump.Carry(started));
        foreach (
            ParticipantId absent in _descriptor.Roster.Select(entry => entry.Id).Where(id => !_parties.ContainsKey(id))
        )
        {
            Post(null, pump.Take(new RoundEvent.Disconnected(absent)));
        }

        _clock.Enter(server.Phase);
        while (pump.Ending is null)
        {
            Post(null, Next(server, pump, cancellationToken));
            _clock.Enter(server.Phase);
        }

        // What the server still had to say: the result or the abort.
        while (_queue.TryDequeue(out RoundMessage? last))
        {
            if (last.To is { } to)
            {
                ToClient(to, last);
            }
        }

        return pump;
    }

    public void Dispose()
    {
        foreach (Party party in _parties.Values)
        {
            party.Session.Dispose();
        }
    }

    private ImmutableArray<OutgoingMessage> Next(
        ServerSession server,
        SessionPump<AggregateResult> pump,
        CancellationToken cancellationToken
    )
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return pump.Take(new RoundEvent.Stopped(AbortReason.Cancelled));
        }

        if (!_queue.TryDequeue(out RoundMessage? message))
        {
            // Nobody has anything more to say: in one process this is the deadline.
            return pump.Take(new RoundEvent.PhaseEnded(server.Phase));
        }

        if (message.To is { } to)
        {
            return ToClient(to, message) ? [] : pump.Take(new RoundEvent.Disconnected(to));
        }

        Invariant.Check(message.From is not null, "a message to the server has a sender");
        _traffic.AddToServer(message.From.Value, message.Bytes.Length);
        _options.Observer?.OnMessage(message);
        Keep(message.From.Value, message);
        return pump.Take(new RoundEvent.Received(message.From, message.Bytes));
    }

    /// <summary>Delivers to a client; false when that made it vanish.</summary>
    private bool ToClient(ParticipantId to, RoundMessage message)
    {
        if (_gone.Contains(to) || !_parties.TryGetValue(to, out Party? party))
        {
            return true;
        }

        _traffic.AddFromServer(to, message.Bytes.Length);
        _options.Observer?.OnMessage(message);

        // A client answers the invitation by starting: its update is already there.
        RoundEvent happened =
            message.Type == MessageType.RoundInvitation
                ? new RoundEvent.Started()
                : new RoundEvent.Received(null, message.Bytes);
        RoundPhase dropsAt = _drops.GetValueOrDefault(to, RoundPhase.Ended);
        foreach (OutgoingMessage reply in party.Pump.Take(happened))
        {
            if (SchemeSessions.PhaseOf(reply.Type) is var phase && phase != RoundPhase.None && phase >= dropsAt)
            {
                _gone.Add(to);
                return false;
            }

            Post(to, [reply]);
        }

        return true;
    }

    private void Post(ParticipantId? from, ImmutableArray<OutgoingMessage> messages)
    {
        foreach (OutgoingMessage message in messages)
        {
            _queue.Enqueue(new RoundMessage(from, message.To, message.Type, message.Bytes));
        }
    }

    private void Keep(ParticipantId from, RoundMessage message)
    {
        if (
            _uploads is not null
            && message.Type is MessageType.MaskedInput or MessageType.PlainInput
            && !_uploads.ContainsKey(from)
        )
        {
            ReadOnlyMemory<byte>? packed = MessageCodec
                .Decode(message.Bytes, MessageLimits.For(_descriptor))
                .Message switch
            {
                ProtocolMessage.MaskedInput input => input.PackedVector,
                ProtocolMessage.PlainInput input => input.PackedVector,
                _ => null,
            };
            if (packed is { } vector)
            {
                _uploads.Add(from, vector);
            }
        }
    }

    private RoundReport Report(
        SessionPump<AggregateResult> pump,
        ImmutableDictionary<ParticipantId, Exception> receiptFailures
    ) =>
        new()
        {
            LedgerReceiptFailures = receiptFailures,
            Descriptor = _descriptor,
            MinimumContributorsForMetrics = MinimumContributorsForMetrics,
            Faults = pump.Faults,
            Timings = _clock.Timings,
            Traffic = _traffic,
            Uploads = _uploads?.ToImmutable(),
            Receipts = _parties
                .Where(party => party.Value.Pump.Ending is RoundEnding<ClientReceipt>.Completed)
                .ToImmutableDictionary(
                    party => party.Key,
                    party => ((RoundEnding<ClientReceipt>.Completed)party.Value.Pump.Ending!).Result
                ),
            ClientAborts = _parties
                .Where(party => party.Value.Pump.Ending is RoundEnding<ClientReceipt>.Aborted)
                .ToImmutableDictionary(
                    party => party.Key,
                    party => ((RoundEnding<ClientReceipt>.Aborted)party.Value.Pump.Ending!).Reason
                ),
        };

    private sealed record Party(ClientSession Session, SessionPump<ClientReceipt> Pump);
}
