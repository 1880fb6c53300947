using SecureFed.Core;

namespace SecureFed.Testing;

/// <summary>A network between one server and its clients, on one thread and a manual clock: the same seed gives the same run.</summary>
/// <remarks>
/// Start drivers inside <see cref="Run"/>. Time moves only when everybody waits: to the next arrival or the next timer,
/// whichever is earlier. Not thread-safe.
/// </remarks>
public sealed class InMemoryNetwork : IDisposable
{
    private readonly SeededRandomSource _random;
    private readonly NetworkFaults _faults;
    private readonly PriorityQueue<Action, (DateTimeOffset Due, long Order)> _onTheWay = new();
    private readonly Dictionary<ParticipantId, ClientEnd> _clients = [];
    private readonly HashSet<ParticipantId> _cutOff = [];
    private ServerEnd _server;
    private long _order;

    /// <summary>Creates a network.</summary>
    /// <param name="seed">Decides losses, copies and delays.</param>
    /// <param name="faults">How unreliable it is; null for not at all.</param>
    public InMemoryNetwork(ulong seed, NetworkFaults? faults = null)
    {
        _random = new SeededRandomSource(seed, "network");
        _faults = faults ?? NetworkFaults.None;
        _server = new ServerEnd(this);
    }

    /// <summary>The clock that drivers on this network use.</summary>
    public ManualTimeProvider Time { get; } = new();

    /// <summary>The server's end.</summary>
    public IServerTransport Server => _server;

    /// <summary>Messages handed over so far.</summary>
    public int SentMessages { get; private set; }

    /// <summary>A client's end.</summary>
    /// <param name="id">The participant, as the server will see it.</param>
    public IClientTransport Client(ParticipantId id)
    {
        if (!_clients.TryGetValue(id, out ClientEnd? end))
        {
            _clients[id] = end = new ClientEnd(this, id);
        }

        return end;
    }

    /// <summary>Cuts a participant off: what it sends and is sent is lost, silently.</summary>
    public void CutOff(ParticipantId id) => _cutOff.Add(id);

    /// <summary>Lets a participant back in.</summary>
    public void Heal(ParticipantId id) => _cutOff.Remove(id);

    /// <summary>Tells the server that a participant is gone.</summary>
    public void ReportDisconnected(ParticipantId id) => _server.Mailbox.Put(new ServerInbound.Disconnected(id));

    /// <summary>Gives the server a fresh end, as after a restart: what was waiting to be read is lost.</summary>
    public IServerTransport RestartServer() => _server = new ServerEnd(this);

    /// <summary>Does something at a moment of the run.</summary>
    /// <param name="after">From now.</param>
    /// <param name="action">Runs on the network's thread.</param>
    public void At(TimeSpan after, Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        _onTheWay.Enqueue(action, (Time.GetUtcNow() + after, _order++));
    }

    /// <summary>Starts tasks and moves messages and time until the first of them has ended.</summary>
    /// <param name="start">Starts drivers on this network; the first task decides when the run is over.</param>
    /// <returns>What the first task returned.</returns>
    /// <exception cref="InvalidOperationException">Everybody waits, and nothing is on the way and no timer set.</exception>
    public T Run<T>(Func<Task<T>> start)
    {
        ArgumentNullException.ThrowIfNull(start);
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            Task<T> main = start();
            while (!main.IsCompleted)
            {
                Move();
            }

            return main.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Ends the random stream.</summary>
    public void Dispose() => _random.Dispose();

    private void Move()
    {
        TimeSpan? untilTimer = Time.UntilNextTimer;
        if (!_onTheWay.TryPeek(out _, out (DateTimeOffset Due, long Order) next))
        {
            Time.Advance(
                untilTimer
                    ?? throw new InvalidOperationException(
                        "Everybody waits, nothing is on the way and no timer is set: a wait without a deadline."
                    )
            );
            return;
        }

        TimeSpan untilArrival = next.Due - Time.GetUtcNow();
        if (untilTimer < untilArrival)
        {
            Time.Advance(untilTimer.Value);
            return;
        }

        Action arrival = _onTheWay.Dequeue();
        Time.Advance(untilArrival > TimeSpan.Zero ? untilArrival : TimeSpan.Zero);
        arrival();
    }

    private void Send(ParticipantId party, Action arrive)
    {
        SentMessages++;
        if (_cutOff.Contains(party) || Happens(_faults.LossPerThousand))
        {
            return;
        }

        int copies = Happens(_faults.DuplicatesPerThousand) ? 2 : 1;
        for (int copy = 0; copy < copies; copy++)
        {
            long delay =
                _faults.MaximumDelay.Ticks == 0 ? 0 : (long)(_random.NextUInt64() % (ulong)_faults.MaximumDelay.Ticks);
            At(
                TimeSpan.FromTicks(delay),
                () =>
                {
                    if (!_cutOff.Contains(party))
                    {
                        arrive();
                    }
                }
            );
        }
    }

    private bool Happens(int perThousand) => perThousand > 0 && _random.Next(1000) < perThousand;

    private sealed class ServerEnd(InMemoryNetwork network) : IServerTransport
    {
        public Mailbox<ServerInbound?> Mailbox { get; } = new();

        public ValueTask SendAsync(ParticipantId to, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
        {
            ClientEnd client = (ClientEnd)network.Client(to);
            network.Send(to, () => client.Mailbox.Put(message));
            return ValueTask.CompletedTask;
        }

        public ValueTask<ServerInbound?> ReceiveAsync(CancellationToken cancellationToken) =>
            Mailbox.TakeAsync(cancellationToken);
    }

    private sealed class ClientEnd(InMemoryNetwork network, ParticipantId id) : IClientTransport
    {
        public Mailbox<ReadOnlyMemory<byte>?> Mailbox { get; } = new();

        public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
        {
            // The server's end at the time of arrival: a restarted server hears what was on the way.
            network.Send(id, () => network._server.Mailbox.Put(new ServerInbound.Message(id, message)));
            return ValueTask.CompletedTask;
        }

        public ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken) =>
            Mailbox.TakeAsync(cancellationToken);
    }
}
