using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.SimulationTests;

/// <summary>What the server holds while it takes masks out of a sum: one batch of streams, whatever the number of masks.</summary>
public class UnmaskingBatchTests
{
    private const int Parties = 300;
    private const int Dropped = 30;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_server_makes_each_stream_once_and_holds_at_most_one_batch_of_them(int threads)
    {
        StreamCountingSuite suite = new();
        using Cast cast = NewCast();
        using MaskingServerSession server = NewServer(cast, suite, ParallelWorkSplitter.OfThreads(threads));
        (RoundEnding<AggregateResult> ending, MaskGraph graph) = Play(cast, server);

        AggregateResult result = Assert.IsType<RoundEnding<AggregateResult>.Completed>(ending).Result;
        int[] survivors = [.. result.Survivors.Select(cast.IndexOf)];
        Assert.Equal(Enumerable.Range(Dropped, Parties - Dropped), survivors);
        int pairs = Enumerable
            .Range(0, Dropped)
            .Sum(dropped => graph.NeighboursOf((ushort)dropped).Count(peer => peer >= Dropped));
        Assert.Equal(survivors.Length + pairs, suite.Created);
        Assert.True(suite.Created > 4 * Unmasking.BatchSize, "more streams than one batch holds");
        Assert.Equal(Unmasking.BatchSize, suite.MostLive);
        AssertNothingIsLeft(suite);

        Assert.Equal(
            cast.SumOf(survivors),
            result.Sum.Decode().Integers().Select(value => (System.Numerics.BigInteger)value)
        );
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Unmasking.BatchSize)]
    [InlineData(Unmasking.BatchSize + 77)]
    public void A_stream_that_cannot_be_made_leaves_no_other_alive_and_no_sum(int failing)
    {
        StreamCountingSuite suite = new() { FailsAtStream = failing };
        using Cast cast = NewCast();
        using MaskingServerSession server = NewServer(cast, suite, WorkSplitter.Sequential);

        Assert.Throws<IOException>(() => Play(cast, server));

        Assert.True(server.HasEnded);
        Assert.Equal(failing, suite.Created);
        AssertNothingIsLeft(suite);
    }

    [Fact]
    public void No_stream_is_made_before_the_last_secret_was_checked()
    {
        StreamCountingSuite suite = new() { LiesAtCombination = Parties };
        using Cast cast = NewCast();
        using MaskingServerSession server = NewServer(cast, suite, WorkSplitter.Sequential);

        (RoundEnding<AggregateResult> ending, _) = Play(cast, server);

        RoundEnding<AggregateResult>.Aborted aborted = Assert.IsType<RoundEnding<AggregateResult>.Aborted>(ending);
        Assert.Equal(AbortReason.ShareInconsistent, aborted.Reason);
        Assert.Equal(Cast.IdOf(Parties - 1), Assert.Single(aborted.Named));
        Assert.Equal(Parties, suite.Combined.Count);
        Assert.Equal(0, suite.Created);
        AssertNothingIsLeft(suite);
    }

    private static void AssertNothingIsLeft(StreamCountingSuite suite)
    {
        Assert.Equal(0, suite.Live);
        Assert.Equal(0, suite.LiveImports);
        Assert.Equal(Parties, suite.Combined.Count);
        Assert.All(suite.Combined, secret => Assert.True(secret.IsDisposed, "a combined secret is wiped"));
    }

    private static Cast NewCast() => new(seed: 12, Parties, collusionBound: 5, minimumSurvivors: 240);

    private static MaskingServerSession NewServer(Cast cast, StreamCountingSuite suite, WorkSplitter splitter) =>
        new(
            new()
            {
                Descriptor = cast.Descriptor,
                Suite = suite,
                Splitter = splitter,
            }
        );

    // The first parties fall silent once they have dealt their shares.
    private static (RoundEnding<AggregateResult> Ending, MaskGraph Graph) Play(Cast cast, MaskingServerSession server)
    {
        ClientSession[] clients = [.. Enumerable.Range(0, Parties).Select(party => cast.Client(party))];
        MaskGraph? graph = null;
        Step<AggregateResult> step = server.Advance(new RoundEvent.Started());
        while (step.Ended is null)
        {
            List<(ParticipantId From, OutgoingMessage Message)> replies = [];
            foreach (OutgoingMessage message in step.Send)
            {
                int party = cast.IndexOf(message.To!.Value);
                RoundEvent happened =
                    message.Type == MessageType.RoundInvitation
                        ? new RoundEvent.Started()
                        : new RoundEvent.Received(null, message.Bytes);
                graph ??= message.Type == MessageType.CohortAnnouncement ? cast.GraphOf(message.Bytes) : null;
                replies.AddRange(
                    clients[party]
                        .Advance(happened)
                        .Send.Where(reply => party >= Dropped || reply.Type < MessageType.MaskedInput)
                        .Select(reply => (message.To!.Value, reply))
                );
            }

            RoundPhase phase = server.Phase;
            foreach ((ParticipantId from, OutgoingMessage reply) in replies)
            {
                step = server.Advance(new RoundEvent.Received(from, reply.Bytes));
                if (server.Phase != phase || step.Ended is not null)
                {
                    break;
                }
            }

            if (server.Phase == phase && step.Ended is null)
            {
                step = server.Advance(new RoundEvent.PhaseEnded(phase));
            }
        }

        foreach (ClientSession client in clients)
        {
            client.Dispose();
        }

        return (step.Ended, graph!);
    }
}
