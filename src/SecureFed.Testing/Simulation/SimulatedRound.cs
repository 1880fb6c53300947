using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed.Testing;

/// <summary>One attempt with every session in one process and every message in the hand of the test.</summary>
/// <remarks>
/// Nothing moves by itself: messages lie in <see cref="InFlight"/> until the test delivers, loses, copies or replaces
/// them, and phases end when the test says so. Deterministic by seed. A step's record is stored before its messages
/// appear. Not thread-safe.
/// </remarks>
public sealed class SimulatedRound : IDisposable
{
    private readonly SimulationOptions _options;
    private readonly List<RoundMessage> _inFlight = [];
    private readonly List<DurableRecord> _serverRecords = [];
    private readonly List<PeerFault> _serverFaults = [];
    private readonly SimulatedParty[] _parties;
    private int _appends;

    /// <summary>Sets up the sessions; the server has started and its invitations are in flight.</summary>
    /// <param name="plan">The plan; one party for each of its maximum.</param>
    /// <param name="seed">Decides every key, mask, share and rounding.</param>
    /// <param name="options">What differs from an honest, ordinary round; null for nothing.</param>
    public SimulatedRound(AggregationPlan plan, ulong seed, SimulationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _options = options ?? new SimulationOptions();
        Plan = plan;
        Seed = seed;
        ParticipantId[] ids = [.. Enumerable.Range(0, plan.MaximumParticipants).Select(ParticipantId.FromIndex)];
        ISigner[] signers = [.. ids.Select(id => _options.Signer(id))];
        ImmutableArray<RosterEntry> roster = [.. ids.Select((id, i) => new RosterEntry(id, signers[i].PublicKey))];
        Descriptor = plan.DescribeFor(
            roster,
            SimulationOptions.Federation,
            _options.Round,
            _options.Attempt,
            _options.ModelDigest,
            _options.Suite.Id
        );
        DescriptorDigest = RoundDigests.Descriptor(Descriptor);
        _parties = [.. ids.Select((id, i) => CreateParty(i, id, signers[i], roster))];
        Server = Restore(out Step<AggregateResult> started);
        Carry(started);
    }

    /// <summary>The plan.</summary>
    public AggregationPlan Plan { get; }

    /// <summary>The seed.</summary>
    public ulong Seed { get; }

    /// <summary>What the server offered.</summary>
    public RoundDescriptor Descriptor { get; }

    /// <summary>D.</summary>
    public Digest DescriptorDigest { get; }

    /// <summary>The server's session; another object after a crash.</summary>
    public ServerSession Server { get; private set; }

    /// <summary>Parties, by roster index.</summary>
    public IReadOnlyList<SimulatedParty> Parties => _parties;

    /// <summary>Messages on their way, oldest first.</summary>
    public IReadOnlyList<RoundMessage> InFlight => _inFlight;

    /// <summary>Everything that was delivered and stored.</summary>
    public RoundTranscript Transcript { get; } = new();

    /// <summary>The server's stored decisions.</summary>
    public IReadOnlyList<DurableRecord> ServerRecords => _serverRecords;

    /// <summary>The faults that the server reported, over all its lives.</summary>
    public IReadOnlyList<PeerFault> ServerFaults => _serverFaults;

    /// <summary>How the attempt ended at the server; null while it goes on.</summary>
    public RoundEnding<AggregateResult>? Ending { get; private set; }

    /// <summary>The abort's reason; null while the attempt goes on or when it completed.</summary>
    public AbortReason? Aborted => (Ending as RoundEnding<AggregateResult>.Aborted)?.Reason;

    /// <summary>The result; null while the attempt goes on or when it was aborted.</summary>
    public AggregateResult? Result => (Ending as RoundEnding<AggregateResult>.Completed)?.Result;

    /// <summary>When the server crashes by itself; null for never. Used up by the crash.</summary>
    public ServerCrash? NextCrash { get; set; }

    /// <summary>Delivers a message.</summary>
    /// <param name="index">Its place in <see cref="InFlight"/>.</param>
    public void Deliver(int index = 0)
    {
        RoundMessage message = _inFlight[index];
        _inFlight.RemoveAt(index);
        Hand(message);
    }

    /// <summary>Loses a message.</summary>
    public void Lose(int index) => _inFlight.RemoveAt(index);

    /// <summary>Puts a second copy of a message behind all others.</summary>
    public void Duplicate(int index) => _inFlight.Add(_inFlight[index]);

    /// <summary>Puts another message in the place of one in flight.</summary>
    public void Replace(int index, RoundMessage by) => _inFlight[index] = by;

    /// <summary>Puts a message in flight that nobody sent. The transport is taken to authenticate From.</summary>
    public void Inject(RoundMessage message) => _inFlight.Add(message);

    /// <summary>Ends the server's current phase, as its deadline would.</summary>
    public void EndPhase() => Tell(new RoundEvent.PhaseEnded(Server.Phase));

    /// <summary>Tells the server any event.</summary>
    public void Tell(RoundEvent happened) => Carry(Server.Advance(happened));

    /// <summary>Takes a party away: its session is wiped, its messages in flight stay, and the server notices.</summary>
    public void Disconnect(int party)
    {
        CrashClient(party);
        Tell(new RoundEvent.Disconnected(_parties[party].Id));
    }

    /// <summary>Takes a party away without a word. Clients never come back to an attempt.</summary>
    public void CrashClient(int party) => _parties[party].Crash();

    /// <summary>Restarts the server from its stored decisions. What it had received since the last one is lost.</summary>
    public void CrashServer()
    {
        Server.Dispose();
        Server = Restore(out Step<AggregateResult> resumed);
        Carry(resumed);
    }

    /// <summary>Delivers in order, ends a phase when nothing is in flight, until the server has ended and nothing is left.</summary>
    /// <param name="intercept">What becomes of each message before it is delivered: itself, nothing, or others. Null for itself.</param>
    /// <returns>How the attempt ended.</returns>
    public RoundEnding<AggregateResult> RunToEnd(Func<RoundMessage, IEnumerable<RoundMessage>>? intercept = null)
    {
        while (Ending is null || _inFlight.Count > 0)
        {
            if (_inFlight.Count == 0)
            {
                EndPhase();
                continue;
            }

            RoundMessage message = _inFlight[0];
            _inFlight.RemoveAt(0);
            foreach (RoundMessage passed in intercept?.Invoke(message) ?? [message])
            {
                Hand(passed);
            }
        }

        return Ending;
    }

    /// <summary>The exact sum of the given parties' encoded updates in grid steps, computed without any protocol.</summary>
    /// <param name="parties">Contributors.</param>
    /// <returns>long[d], as <see cref="UpdateSum.Integers"/> gives it; with all of their noise, also what a round would remove.</returns>
    public long[] SumOf(IEnumerable<ParticipantId> parties)
    {
        ArgumentNullException.ThrowIfNull(parties);
        int unused = 64 - Plan.RingBits;
        long[] sum = new long[Plan.Length];
        foreach (ParticipantId id in parties)
        {
            RingVector update = _parties.Single(party => party.Id == id).Update.Values;
            for (int k = 0; k < sum.Length; k++)
            {
                sum[k] += unchecked((long)(update[k] << unused) >> unused);
            }
        }

        return sum;
    }

    /// <summary>Wipes every session.</summary>
    public void Dispose()
    {
        Server.Dispose();
        foreach (SimulatedParty party in _parties)
        {
            party.Session.Dispose();
        }
    }

    private SimulatedParty CreateParty(int index, ParticipantId id, ISigner signer, ImmutableArray<RosterEntry> roster)
    {
        SeededRandomSource random = new(Seed, $"client {index}");
        float[] values = _options.Values(index, Plan);
        ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create(values, _options.Weight(index)), Plan.Encoding);
        EncodedUpdate update = EncodedUpdate.Encode(clipped, random.Fork("rounding"), _options.Metrics(index, Plan));
        if (Plan.Encoding.Noise is not null)
        {
            using NoiseVector share = PartyNoise.Draw(Plan.Encoding, _options.Suite, random.Fork("noise"));
            update.AddNoise(share);
        }

        ClientSetup setup = new()
        {
            Descriptor = Descriptor,
            Self = id,
            Signer = signer,
            Suite = _options.Suite,
            Random = random,
            Policy = _options.Policy(id, SimulationOptions.PolicyOf(Plan, roster, _options.Suite)),
            History = _options.History(id),
            ExpectedModel = _options.ModelDigest,
            Update = update,
            Gate = _options.Gate(id),
        };
        ClientSession session =
            Descriptor.Scheme == SchemeKind.Unprotected
                ? new PlainClientSession(setup)
                : new MaskingClientSession(setup);
        return new SimulatedParty(index, id, signer, update, session);
    }

    private ServerSession Restore(out Step<AggregateResult> resumed)
    {
        ServerSetup setup = new()
        {
            Descriptor = Descriptor,
            Suite = _options.Suite,
            Sampling = NoiseShare.Sample,
        };
        return Descriptor.Scheme == SchemeKind.Unprotected
            ? PlainServerSession.Restore(setup, _serverRecords, out resumed)
            : MaskingServerSession.Restore(setup, _serverRecords, out resumed);
    }

    private void Hand(RoundMessage message)
    {
        if (message.To is not { } to)
        {
            Transcript.OnMessage(message);
            Tell(new RoundEvent.Received(message.From, message.Bytes));
            return;
        }

        SimulatedParty? party = _parties.FirstOrDefault(party => party.Id == to);
        if (party is null || party.HasCrashed)
        {
            return;
        }

        Transcript.OnMessage(message);
        bool starts = message.Type == MessageType.RoundInvitation && party.Session.Phase == RoundPhase.None;
        RoundEvent happened =
            starts && IsTheOffer(message) ? new RoundEvent.Started() : new RoundEvent.Received(null, message.Bytes);
        Step<ClientReceipt> step = party.Take(happened);
        if (step.StoreFirst is { } record)
        {
            Transcript.OnStored(to, record);
        }

        Post(to, step.Send);
    }

    // A host starts a session for the descriptor it was offered; a forged invitation goes to a session as any message.
    private bool IsTheOffer(RoundMessage message) =>
        MessageCodec.Decode(message.Bytes, MessageLimits.Default).Message is ProtocolMessage.RoundInvitation invitation
        && invitation.Session == DescriptorDigest;

    private void Carry(Step<AggregateResult> step)
    {
        _serverFaults.AddRange(step.Faults);
        if (step.StoreFirst is { } record)
        {
            int append = _appends++;
            if (NextCrash is { } crash && crash.AtAppend == append)
            {
                NextCrash = null;
                if (crash.AfterStoring)
                {
                    Store(record);
                }

                CrashServer();
                return;
            }

            Store(record);
        }

        Post(null, step.Send);
        Ending ??= step.Ended;
    }

    private void Store(DurableRecord record)
    {
        _serverRecords.Add(record);
        Transcript.OnStored(null, record);
    }

    private void Post(ParticipantId? from, ImmutableArray<OutgoingMessage> messages)
    {
        foreach (OutgoingMessage message in messages)
        {
            _inFlight.Add(new RoundMessage(from, message.To, message.Type, message.Bytes));
        }
    }
}

/// <summary>A crash of the server around one of its appends.</summary>
/// <param name="AtAppend">Which append, counted from 0 over the whole attempt.</param>
/// <param name="AfterStoring">Whether the record is durable. Its messages are lost either way.</param>
public sealed record ServerCrash(int AtAppend, bool AfterStoring);
