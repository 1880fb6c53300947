using System.Numerics;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.SimulationTests;

/// <summary>What may go wrong in a simulated attempt. Rates are per thousand.</summary>
internal sealed record Faults
{
    public int DropPerMille { get; init; }

    public int DuplicatePerMille { get; init; }

    /// <summary>Messages arrive up to this many simulated seconds late, hence in any order.</summary>
    public int MaximumDelaySeconds { get; init; }

    /// <summary>The server crashes when it carries out its k-th host action (storing or sending); −1 for never.</summary>
    public int ServerCrashAtAction { get; init; } = -1;

    /// <summary>Further crashes with this rate at every later host action.</summary>
    public int ServerCrashPerMille { get; init; }

    /// <summary>Client, and after how many of its own messages it falls silent for good.</summary>
    public IReadOnlyDictionary<int, int> SilentAfter { get; init; } = new Dictionary<int, int>();

    /// <summary>Parties that cannot be reached from the given phase on.</summary>
    public IReadOnlyDictionary<int, RoundPhase> CutOffFrom { get; init; } = new Dictionary<int, RoundPhase>();
}

/// <summary>
/// One attempt in one thread: real sessions, real codec, simulated time and network. A failure is a wrong sum, a second
/// result, an untyped exception, a run that does not end, or a revealed pair of shares. Not simulated: torn writes (an
/// append is atomic here), clocks that jump, two servers at once.
/// </summary>
internal sealed class World : IDisposable
{
    private const long PhaseDeadline = 300;
    private const int MaximumEvents = 200_000;

    private readonly Cast _cast;
    private readonly Faults _faults;
    private readonly SeededRandomSource _random;
    private readonly PriorityQueue<Action, (long Time, long Order)> _events = new();
    private readonly List<DurableRecord> _store = [];
    private readonly ClientSession?[] _clients;
    private readonly int[] _sent;
    private ServerSession? _server;
    private long _now;
    private long _order;
    private int _actions;
    private int _incarnation;

    public World(ulong seed, Cast cast, Faults faults)
    {
        _cast = cast;
        _faults = faults;
        _random = new SeededRandomSource(seed, "world");
        _clients = new ClientSession?[cast.Count];
        _sent = new int[cast.Count];
        // An unprotected round has t = 0 and no shares.
        Revealed = new RevealedShares(cast.Count, Math.Max(1, cast.Threshold));
    }

    public RoundEnding<AggregateResult>? Ending { get; private set; }

    public List<RoundEnding<AggregateResult>> AllEndings { get; } = [];

    public RevealedShares Revealed { get; }

    public List<PeerFault> ServerFaults { get; } = [];

    public int ServerActions => _actions;

    public int Crashes { get; private set; }

    public void Run()
    {
        StartServer();
        for (int count = 0; _events.TryDequeue(out Action? action, out (long Time, long Order) when); count++)
        {
            Assert.True(count < MaximumEvents, "the attempt does not end");
            _now = when.Time;
            action();
        }

        Assert.NotNull(Ending);
    }

    /// <summary>The oracle: every ending of every incarnation is the same; a result is the exact sum of its survivors.</summary>
    public void AssertSound()
    {
        Revealed.AssertNeverBoth(Enumerable.Range(0, _cast.Count));
        foreach (RoundEnding<AggregateResult> ending in AllEndings)
        {
            if (ending is RoundEnding<AggregateResult>.Aborted aborted)
            {
                Assert.NotEqual(AbortReason.None, aborted.Reason);
                Assert.DoesNotContain(_store, record => record.Kind == DurableRecordKind.ServerResult);
                continue;
            }

            AggregateResult result = ((RoundEnding<AggregateResult>.Completed)ending).Result;
            BigInteger[] expected = _cast.SumOf(result.Survivors.Select(_cast.IndexOf));
            Assert.Equal(expected, result.Sum.Decode().Integers().Select(value => (BigInteger)value));
            Assert.True(result.Survivors.Length >= _cast.Descriptor.MinimumSurvivors);
            AggregateResult first = ((RoundEnding<AggregateResult>.Completed)AllEndings[0]).Result;
            Assert.Equal(first.Survivors.ToArray(), result.Survivors.ToArray());
        }
    }

    public void Dispose()
    {
        _server?.Dispose();
        foreach (ClientSession? client in _clients)
        {
            client?.Dispose();
        }

        _random.Dispose();
    }

    private void At(long delay, Action action) => _events.Enqueue(action, (_now + delay, _order++));

    private void StartServer()
    {
        _incarnation++;
        _server = _cast.Server(_store, out Step<AggregateResult> resumed);
        Carry(resumed);
        ArmDeadline();
    }

    // Every storing and sending is a point where the process may die.
    private bool Survives()
    {
        bool dies =
            _actions == _faults.ServerCrashAtAction
            || (
                _actions > _faults.ServerCrashAtAction
                && _random.Next(1000) < _faults.ServerCrashPerMille
                && Crashes < 5
            );
        _actions++;
        if (!dies)
        {
            return true;
        }

        Crashes++;
        _server?.Dispose();
        _server = null;
        At(1 + _random.Next(20), StartServer);
        return false;
    }

    private void Carry(Step<AggregateResult> step)
    {
        ServerFaults.AddRange(step.Faults);
        if (step.StoreFirst is { } record)
        {
            if (!Survives())
            {
                return;
            }

            _store.Add(record);
            if (!Survives())
            {
                return;
            }
        }

        if (step.Ended is { } ended)
        {
            Ending ??= ended;
            AllEndings.Add(ended);
        }

        foreach (OutgoingMessage message in step.Send)
        {
            if (!Survives())
            {
                return;
            }

            if (Revealed.Graph is null && message.Type == MessageType.CohortAnnouncement)
            {
                Revealed.Graph = _cast.GraphOf(message.Bytes);
            }

            int party = _cast.IndexOf(message.To!.Value);
            Transmit(party, () => ToClient(party, message.Type, message.Bytes));
        }
    }

    private void ArmDeadline()
    {
        if (_server is not { HasEnded: false } server)
        {
            return;
        }

        RoundPhase phase = server.Phase;
        int incarnation = _incarnation;
        At(
            PhaseDeadline,
            () =>
            {
                if (incarnation == _incarnation && _server is { HasEnded: false } live && live.Phase == phase)
                {
                    Deliver(new RoundEvent.PhaseEnded(phase));
                }
            }
        );
    }

    private void Deliver(RoundEvent happened)
    {
        if (_server is not { } server)
        {
            return;
        }

        RoundPhase before = server.Phase;
        Carry(server.Advance(happened));
        if (_server is { } alive && alive.Phase != before)
        {
            ArmDeadline();
        }
    }

    private void Transmit(int party, Action arrive)
    {
        if (_server is { } server && _faults.CutOffFrom.TryGetValue(party, out RoundPhase from) && server.Phase >= from)
        {
            return;
        }

        int copies =
            _random.Next(1000) < _faults.DropPerMille ? 0
            : _random.Next(1000) < _faults.DuplicatePerMille ? 2
            : 1;
        for (int copy = 0; copy < copies; copy++)
        {
            At(1 + _random.Next(_faults.MaximumDelaySeconds + 1), arrive);
        }
    }

    private void ToClient(int party, MessageType type, ReadOnlyMemory<byte> bytes)
    {
        if (_clients[party] is not { } client)
        {
            if (type != MessageType.RoundInvitation)
            {
                return;
            }

            client = _clients[party] = _cast.Client(party);
            Send(party, client.Advance(new RoundEvent.Started()));
            return;
        }

        Send(party, client.Advance(new RoundEvent.Received(null, bytes)));
    }

    private void Send(int party, Step<ClientReceipt> step)
    {
        foreach (OutgoingMessage message in step.Send)
        {
            if (_faults.SilentAfter.TryGetValue(party, out int most) && _sent[party] >= most)
            {
                return;
            }

            _sent[party]++;
            if (
                MessageCodec.Decode(message.Bytes, MessageLimits.For(_cast.Descriptor)).Message
                is ProtocolMessage.UnmaskShares shares
            )
            {
                Revealed.Add(shares);
            }

            Transmit(party, () => Deliver(new RoundEvent.Received(Cast.IdOf(party), message.Bytes)));
        }
    }
}
