using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using SecureFed.Core;

namespace SecureFed.AspNetCore;

/// <summary>One attempt's messages between the server's driver and the connections of its parties. spec 05-transport#carriage-1</summary>
/// <remarks>
/// Thread-safe on the side of the connections; one driver on the other. The driver's messages stay until the exchange is
/// disposed of, so that a party whose connection broke asks for those it lacks. A party that is not connected holds nobody
/// up: only the deadlines of the phases decide that it is gone.
/// </remarks>
public sealed class AttemptExchange : IServerTransport, IDisposable
{
    private readonly ImmutableDictionary<ParticipantId, Mailbox> _mailboxes;
    private readonly ExchangeLimits _limits;
    private readonly Channel<Arrival> _arrivals;
    private volatile bool _isOver;

    /// <summary>Opens the exchange of an attempt.</summary>
    /// <param name="attempt">D.</param>
    /// <param name="roster">The parties of its roster, each once.</param>
    /// <param name="limits">What one party may have under way.</param>
    /// <param name="random">The number of the epoch is drawn from it.</param>
    public AttemptExchange(
        Digest attempt,
        IEnumerable<ParticipantId> roster,
        ExchangeLimits limits,
        RandomSource random
    )
    {
        ArgumentNullException.ThrowIfNull(roster);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(random);
        Attempt = attempt;
        _limits = limits;
        _mailboxes = roster.ToImmutableDictionary(party => party, _ => new Mailbox());
        Span<byte> epoch = stackalloc byte[sizeof(ulong)];
        random.Fill(epoch);
        Epoch = BinaryPrimitives.ReadUInt64LittleEndian(epoch);

        // What waits in it is counted for each party, which bounds the whole.
        _arrivals = Channel.CreateUnbounded<Arrival>(new UnboundedChannelOptions { SingleReader = true });
    }

    /// <summary>D.</summary>
    public Digest Attempt { get; }

    /// <summary>Which run of the attempt this is.</summary>
    public ulong Epoch { get; }

    /// <inheritdoc/>
    public ValueTask SendAsync(ParticipantId to, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        if (_mailboxes.TryGetValue(to, out Mailbox? mailbox))
        {
            mailbox.Append(Epoch, message);
            return ValueTask.CompletedTask;
        }

        throw new ArgumentException($"'{to}' is not in the roster of this attempt.", nameof(to));
    }

    /// <inheritdoc/>
    /// <remarks>A large message is read from the disk here, one at a time.</remarks>
    public async ValueTask<ServerInbound?> ReceiveAsync(CancellationToken cancellationToken)
    {
        while (await _arrivals.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!_arrivals.Reader.TryRead(out Arrival arrival))
            {
                continue;
            }

            if (arrival.Message is not { } message)
            {
                return new ServerInbound.Disconnected(arrival.From);
            }

            ReadOnlyMemory<byte> bytes = await message.ReadAsync(cancellationToken).ConfigureAwait(false);
            _mailboxes[arrival.From].Took();
            return new ServerInbound.Message(arrival.From, bytes);
        }

        return null;
    }

    /// <summary>Hands the driver a message of a party that a connection proved.</summary>
    /// <param name="from">The party, by its certificate.</param>
    /// <param name="message">What it sent.</param>
    public DeliveryVerdict Deliver(ParticipantId from, IncomingMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!_mailboxes.TryGetValue(from, out Mailbox? mailbox))
        {
            return DeliveryVerdict.NotEnrolled;
        }

        if (_isOver)
        {
            return DeliveryVerdict.Over;
        }

        DeliveryVerdict verdict = mailbox.Count(_limits);
        return verdict == DeliveryVerdict.Taken && !_arrivals.Writer.TryWrite(new Arrival(from, message))
            ? DeliveryVerdict.Over
            : verdict;
    }

    /// <summary>Tells the driver that a party will not come back: it was taken off the roster.</summary>
    public void GiveUp(ParticipantId party)
    {
        if (_mailboxes.TryGetValue(party, out Mailbox? mailbox) && mailbox.GiveUp())
        {
            _arrivals.Writer.TryWrite(new Arrival(party, Message: null));
        }
    }

    /// <summary>The server's messages to a party, from one of them on, as they come; ends when the attempt is over.</summary>
    /// <param name="party">The party, by its certificate.</param>
    /// <param name="epoch">The epoch in which the caller counted; with another than <see cref="Epoch"/> it gets everything.</param>
    /// <param name="from">The number of the first one wanted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <remarks>A party has one reader: a second one, which is what comes after a broken connection, ends the first.</remarks>
    /// <exception cref="ArgumentException">The party is not in the roster.</exception>
    public IAsyncEnumerable<NumberedMessage> ReadAsync(
        ParticipantId party,
        ulong epoch,
        ulong from,
        CancellationToken cancellationToken = default
    ) =>
        _mailboxes.TryGetValue(party, out Mailbox? mailbox)
            ? ReadAsync(mailbox, epoch == Epoch ? from : 0, cancellationToken)
            : throw new ArgumentException($"'{party}' is not in the roster of this attempt.", nameof(party));

    /// <summary>Says that the attempt is over: readers end after the last message, and nothing more is taken.</summary>
    public void Close()
    {
        _isOver = true;
        _arrivals.Writer.TryComplete();
        foreach (Mailbox mailbox in _mailboxes.Values)
        {
            mailbox.Close();
        }
    }

    /// <summary>The same as <see cref="Close"/>.</summary>
    public void Dispose() => Close();

    private static async IAsyncEnumerable<NumberedMessage> ReadAsync(
        Mailbox mailbox,
        ulong from,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        int reader = mailbox.Enter();
        ulong next = from;
        while (true)
        {
            (NumberedMessage? message, Task? more) = mailbox.Next(reader, next);
            if (message is not null)
            {
                next = message.Number + 1;
                yield return message;
            }
            else if (more is null)
            {
                yield break;
            }
            else
            {
                await more.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private readonly record struct Arrival(ParticipantId From, IncomingMessage? Message);

    private sealed class Mailbox
    {
        private readonly Lock _lock = new();
        private readonly List<NumberedMessage> _sent = [];
        private TaskCompletionSource _changed = NewSignal();
        private int _reader;
        private int _waiting;
        private int _count;
        private bool _isOver;
        private bool _isGivenUp;

        public void Append(ulong epoch, ReadOnlyMemory<byte> message)
        {
            lock (_lock)
            {
                _sent.Add(new NumberedMessage(epoch, (ulong)_sent.Count, message));
                Signal();
            }
        }

        /// <summary>A number for a new reader; earlier ones end.</summary>
        public int Enter()
        {
            lock (_lock)
            {
                _reader++;
                Signal();
                return _reader;
            }
        }

        /// <summary>The message, or what to wait for, or neither when this reader has come to its end.</summary>
        public (NumberedMessage? Message, Task? More) Next(int reader, ulong number)
        {
            lock (_lock)
            {
                if (reader != _reader)
                {
                    return (null, null);
                }

                return number < (ulong)_sent.Count ? (_sent[(int)number], null)
                    : _isOver ? (null, null)
                    : (null, _changed.Task);
            }
        }

        public DeliveryVerdict Count(ExchangeLimits limits)
        {
            lock (_lock)
            {
                if (_isOver || _isGivenUp)
                {
                    return DeliveryVerdict.Over;
                }

                if (_count >= limits.PerAttempt)
                {
                    return DeliveryVerdict.TooManyInAttempt;
                }

                if (_waiting >= limits.Waiting)
                {
                    return DeliveryVerdict.TooManyWaiting;
                }

                _count++;
                _waiting++;
                return DeliveryVerdict.Taken;
            }
        }

        public void Took()
        {
            lock (_lock)
            {
                _waiting--;
            }
        }

        /// <summary>False when it was given up before.</summary>
        public bool GiveUp()
        {
            lock (_lock)
            {
                (bool before, _isGivenUp) = (_isGivenUp, true);
                return !before;
            }
        }

        public void Close()
        {
            lock (_lock)
            {
                _isOver = true;
                Signal();
            }
        }

        private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

        private void Signal()
        {
            TaskCompletionSource changed = _changed;
            _changed = NewSignal();
            changed.SetResult();
        }
    }
}
