using SecureFed.AspNetCore;
using SecureFed.Core;
using SecureFed.Crypto;

namespace SecureFed.IntegrationTests.Carriage;

/// <summary>The messages of one attempt between driver and connections. spec 05-transport#carriage-1</summary>
public sealed class AttemptExchangeTests : IDisposable
{
    private static readonly ParticipantId s_alice = ParticipantId.Parse("alice");
    private static readonly ParticipantId s_bob = ParticipantId.Parse("bob");
    private static readonly ParticipantId s_eve = ParticipantId.Parse("eve");
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _patience = new(s_patience);
    private readonly AttemptExchange _exchange = Open(new ExchangeLimits { Waiting = 3, PerAttempt = 5 });

    public void Dispose()
    {
        _exchange.Dispose();
        _patience.Dispose();
    }

    [Fact]
    public async Task Messages_reach_their_party_in_order_and_nobody_else()
    {
        await Send(s_alice, 1);
        await Send(s_bob, 9);
        await using IAsyncEnumerator<NumberedMessage> alice = Read(s_alice);
        Assert.Equal((0UL, 1), await Next(alice));
        ValueTask<bool> waiting = alice.MoveNextAsync();
        Assert.False(waiting.IsCompleted);
        await Send(s_alice, 2);
        Assert.True(await waiting);
        Assert.Equal((1UL, 2), (alice.Current.Number, alice.Current.Bytes.Span[0]));
        _exchange.Close();
        Assert.False(await alice.MoveNextAsync());

        Assert.Equal([9], (await All(s_bob, _exchange.Epoch, 0)).Select(message => (int)message.Bytes.Span[0]));
    }

    [Theory]
    [InlineData(true, 0, new[] { 10, 11, 12 })]
    [InlineData(true, 2, new[] { 12 })]
    [InlineData(true, 3, new int[0])]
    [InlineData(true, 99, new int[0])]
    [InlineData(false, 2, new[] { 10, 11, 12 })]
    public async Task A_reader_that_comes_back_gets_what_it_lacks_and_everything_of_another_run(
        bool sameEpoch,
        int from,
        int[] expected
    )
    {
        foreach (byte value in new byte[] { 10, 11, 12 })
        {
            await Send(s_alice, value);
        }

        _exchange.Close();
        ulong epoch = sameEpoch ? _exchange.Epoch : ~_exchange.Epoch;

        Assert.Equal(expected, (await All(s_alice, epoch, (ulong)from)).Select(message => (int)message.Bytes.Span[0]));
    }

    [Fact]
    public async Task A_second_reader_of_a_party_ends_the_first()
    {
        await using IAsyncEnumerator<NumberedMessage> first = Read(s_alice);
        ValueTask<bool> waiting = first.MoveNextAsync();
        await using IAsyncEnumerator<NumberedMessage> second = Read(s_alice);
        ValueTask<bool> next = second.MoveNextAsync();

        Assert.False(await waiting);
        await Send(s_alice, 7);
        Assert.True(await next);
        Assert.Equal(7, second.Current.Bytes.Span[0]);
    }

    [Fact]
    public async Task A_reader_ends_with_its_token_and_holds_nobody_up()
    {
        using CancellationTokenSource gone = new();
        await using IAsyncEnumerator<NumberedMessage> reader = _exchange
            .ReadAsync(s_alice, 0, 0, gone.Token)
            .GetAsyncEnumerator();
        ValueTask<bool> waiting = reader.MoveNextAsync();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        for (int message = 0; message < 100; message++)
        {
            await Send(s_alice, 1);
        }
    }

    [Fact]
    public async Task The_driver_gets_what_the_parties_sent()
    {
        Assert.Equal(DeliveryVerdict.Taken, Deliver(s_bob, 5));
        Assert.Equal(DeliveryVerdict.Taken, Deliver(s_alice, 6));

        Assert.Equal((s_bob, 5), await Received());
        Assert.Equal((s_alice, 6), await Received());
        _exchange.Close();
        Assert.Null(await _exchange.ReceiveAsync(_patience.Token));
        Assert.Equal(DeliveryVerdict.Over, Deliver(s_alice, 7));
    }

    [Fact]
    public void Nobody_outside_the_roster_is_heard()
    {
        Assert.Equal(DeliveryVerdict.NotEnrolled, Deliver(s_eve, 1));
        Assert.Throws<ArgumentException>(() =>
        {
            _exchange.ReadAsync(s_eve, 0, 0);
        });
        Assert.Throws<ArgumentException>(() =>
        {
            _ = _exchange.SendAsync(s_eve, new byte[] { 1 }, default).AsTask();
        });
        _exchange.Close();
        Assert.Equal(DeliveryVerdict.NotEnrolled, Deliver(s_eve, 1));
    }

    [Fact]
    public async Task A_flood_of_one_party_is_refused_and_harms_no_other()
    {
        Assert.Equal(
            [DeliveryVerdict.Taken, DeliveryVerdict.Taken, DeliveryVerdict.Taken, DeliveryVerdict.TooManyWaiting],
            Enumerable.Range(0, 4).Select(_ => Deliver(s_alice, 1))
        );
        Assert.Equal(DeliveryVerdict.Taken, Deliver(s_bob, 2));
        for (int taken = 0; taken < 4; taken++)
        {
            await Received();
        }

        Assert.Equal(
            [DeliveryVerdict.Taken, DeliveryVerdict.Taken, DeliveryVerdict.TooManyInAttempt],
            Enumerable.Range(0, 3).Select(_ => Deliver(s_alice, 1))
        );
        Assert.Equal(DeliveryVerdict.Taken, Deliver(s_bob, 2));
    }

    [Fact]
    public async Task A_party_that_is_given_up_is_reported_once_and_not_heard_any_more()
    {
        Assert.Equal(DeliveryVerdict.Taken, Deliver(s_alice, 1));
        _exchange.GiveUp(s_alice);
        _exchange.GiveUp(s_alice);
        Assert.Equal(DeliveryVerdict.Over, Deliver(s_alice, 2));
        Assert.Equal((s_alice, 1), await Received());
        Assert.Equal(
            s_alice,
            Assert.IsType<ServerInbound.Disconnected>(await _exchange.ReceiveAsync(_patience.Token)).From
        );
        Assert.Equal(DeliveryVerdict.Taken, Deliver(s_bob, 3));
        Assert.Equal((s_bob, 3), await Received());
    }

    [Fact]
    public async Task A_large_message_is_read_when_its_turn_comes_and_one_at_a_time()
    {
        OnDisk first = new();
        OnDisk second = new();
        _exchange.Deliver(s_alice, first);
        _exchange.Deliver(s_bob, second);
        Assert.False(first.WasRead || second.WasRead);
        await Received();

        Assert.True(first.WasRead);
        Assert.False(second.WasRead);
    }

    [Fact]
    public void Two_runs_of_an_attempt_count_apart() =>
        Assert.NotEqual(_exchange.Epoch, Open(ExchangeLimits.Default).Epoch);

    [Fact]
    public void Limits_are_positive() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExchangeLimits { Waiting = 0 });

    private static AttemptExchange Open(ExchangeLimits limits) =>
        new(Digest.Of("an attempt"u8), [s_alice, s_bob], limits, SystemRandomSource.Instance);

    private ValueTask Send(ParticipantId to, byte value) => _exchange.SendAsync(to, new[] { value }, _patience.Token);

    private DeliveryVerdict Deliver(ParticipantId from, byte value) =>
        _exchange.Deliver(from, IncomingMessage.Of(new[] { value }));

    private IAsyncEnumerator<NumberedMessage> Read(ParticipantId party) =>
        _exchange.ReadAsync(party, _exchange.Epoch, 0, _patience.Token).GetAsyncEnumerator();

    private async Task<List<NumberedMessage>> All(ParticipantId party, ulong epoch, ulong from)
    {
        List<NumberedMessage> all = [];
        await foreach (NumberedMessage message in _exchange.ReadAsync(party, epoch, from, _patience.Token))
        {
            all.Add(message);
        }

        return all;
    }

    private static async Task<(ulong Number, int Value)> Next(IAsyncEnumerator<NumberedMessage> reader)
    {
        Assert.True(await reader.MoveNextAsync());
        return (reader.Current.Number, reader.Current.Bytes.Span[0]);
    }

    private async Task<(ParticipantId From, int Value)> Received()
    {
        ServerInbound.Message message = Assert.IsType<ServerInbound.Message>(
            await _exchange.ReceiveAsync(_patience.Token)
        );
        return (message.From, message.Bytes.Span[0]);
    }

    private sealed class OnDisk : IncomingMessage
    {
        public bool WasRead { get; private set; }

        public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
        {
            WasRead = true;
            return new(new byte[] { 1 });
        }
    }
}
