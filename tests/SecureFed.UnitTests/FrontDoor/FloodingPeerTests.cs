using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;
using SeededRandomSource = SecureFed.Testing.SeededRandomSource;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>A peer that never stops sending moves no deadline, fills no memory and holds nobody up. spec 03-masking#host-1</summary>
public sealed class FloodingPeerTests
{
    private static readonly AggregationPlan s_plan = Plans.Masked(length: 3, NoisyFederation.Parties, survivors: 4);

    private static readonly AggregationPlan s_noisy = AggregationPlan.Create(
        length: 6,
        maximumParticipants: NoisyFederation.Parties,
        clipNorm: 1,
        fractionBits: 16,
        PrivacyPlan.ForParties(noiseMultiplier: 4, divisor: 5),
        AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 1)
    );

    [Fact]
    public async Task After_the_deadline_what_has_arrived_is_taken_up_to_a_bound()
    {
        int received = 0;
        using Inbox<int> inbox = new(_ => ValueTask.FromResult(++received), new ManualTimeProvider(), mostLate: 2);
        TimeSpan late = TimeSpan.FromSeconds(-1);

        Assert.Equal((WaitResult.Arrived, 1), await inbox.NextAsync(TimeSpan.FromSeconds(1), default));
        Assert.Equal((WaitResult.Arrived, 2), await inbox.NextAsync(TimeSpan.Zero, default));
        Assert.Equal((WaitResult.Arrived, 3), await inbox.NextAsync(late, default));
        Assert.Equal((WaitResult.TimedOut, 0), await inbox.NextAsync(late, default));
        Assert.Equal((WaitResult.TimedOut, 0), await inbox.NextAsync(late, default));

        // The next phase has a deadline of its own, and nothing that was received is lost.
        Assert.Equal((WaitResult.Arrived, 4), await inbox.NextAsync(TimeSpan.FromSeconds(1), default));
        Assert.Equal((WaitResult.Arrived, 5), await inbox.NextAsync(late, default));
    }

    [Fact]
    public async Task After_the_deadline_nothing_is_waited_for()
    {
        using Inbox<int> inbox = new(
            closing => new ValueTask<int>(
                Task.Delay(Timeout.Infinite, closing).ContinueWith(_ => 1, TaskScheduler.Default)
            ),
            new ManualTimeProvider(),
            mostLate: 2
        );

        Assert.Equal((WaitResult.TimedOut, 0), await inbox.NextAsync(TimeSpan.Zero, default));
    }

    [Fact]
    public async Task A_server_that_floods_its_client_meets_the_deadline_and_few_of_its_faults_are_kept()
    {
        ManualTimeProvider time = new();
        IReadOnlyList<FederationMember> members = TestFederation.Members(NoisyFederation.Parties);
        RoundDescriptor descriptor = s_plan.DescribeFor(
            members.Select(member => member.Enrolment),
            SimulationOptions.Federation,
            round: 1,
            attempt: 1,
            Digest.Of("model"u8),
            SuiteId.P256A256V1
        );
        Flood flood = new(time);

        ClientOutcome outcome = await RoundDriver.RunClientAsync(
            new ClientRun
            {
                Descriptor = descriptor,
                Self = members[0].Id,
                Signer = members[0].Signer,
                Policy = SimulationOptions.PolicyOf(
                    s_plan,
                    [.. members.Select(member => member.Enrolment)],
                    TestSuite.Instance
                ),
                ExpectedModel = Digest.Of("model"u8),
                Update = EncodedUpdate.Encode(
                    ClippedUpdate.Clip(LocalUpdate.Create(new float[3]), s_plan.Encoding),
                    new SeededRandomSource(1, "flooded")
                ),
                Transport = flood,
                Journal = new InMemoryClientJournal(),
                Deadlines = RoundDeadlines.Every(TimeSpan.FromMinutes(1)),
                Suite = TestSuite.Instance,
                Random = new SeededRandomSource(1, "keys"),
                Time = time,
            }
        );

        Assert.Equal(AbortReason.DeadlineExceeded, Assert.IsType<ClientOutcome.Aborted>(outcome).Reason);
        Assert.InRange(flood.Received, 6_000, 6_000 + RoundDriver.MostLateOfServer + 1);
        Assert.Equal(RoundOutcome.MaximumFaultsOfOneParty, outcome.Faults.Length);
        Assert.InRange(outcome.FaultsNotKept, 5_000, 6_000);
    }

    [Fact]
    public void Faults_of_one_party_do_not_crowd_out_those_of_others()
    {
        FaultLog log = new();
        PeerFault FaultOf(int party) =>
            new(ParticipantId.FromIndex(party), RoundPhase.Unmask, PeerFaultKind.WrongPhase);
        for (int i = 0; i < 1_000; i++)
        {
            log.Add([FaultOf(0)]);
        }

        log.Add([FaultOf(1)]);
        Assert.Equal(RoundOutcome.MaximumFaultsOfOneParty + 1, log.Kept.Count);
        Assert.Equal(1_000 - RoundOutcome.MaximumFaultsOfOneParty, log.NotKept);

        // Names that nobody enrolled are peers as well, and there may be many of them.
        log.Add(Enumerable.Range(2, 20_000).Select(FaultOf));
        Assert.Equal(RoundOutcome.MaximumFaults, log.Kept.Count);
        Assert.Equal(1_000 + 1 + 20_000, log.Kept.Count + log.NotKept);
    }

    [Fact]
    public void A_repeated_request_for_the_vector_is_answered_at_once()
    {
        TimeSpan after = TimeSpan.FromSeconds(2);
        Repeating? repeating = null;
        using NoisyFederation federation = new(s_noisy)
        {
            ReleaseOfFirstAfter = after,
            TransportOfFirst = transport => repeating = new Repeating(transport),
        };
        DateTimeOffset start = federation.Network.Time.GetUtcNow();

        Assert.IsType<RoundOutcome.Completed>(federation.Run());
        Assert.Equal(after, federation.Network.Time.GetUtcNow() - start);
        federation.Settle();

        Assert.Equal(1 + Repeating.Copies, repeating!.Vectors);
        Assert.Single(Assert.IsType<ClientOutcome.Completed>(federation.OutcomeOf(0)).Releases);
    }

    /// <summary>A server that says the same malformed thing a hundred times a second.</summary>
    private sealed class Flood(ManualTimeProvider time) : IClientTransport
    {
        // A client that listens for longer than this would listen for ever.
        private const int Most = 20_000;

        public int Received { get; private set; }

        public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) =>
            ValueTask.CompletedTask;

        public ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken)
        {
            Received++;
            time.Advance(TimeSpan.FromMilliseconds(10));
            return ValueTask.FromResult<ReadOnlyMemory<byte>?>(Received < Most ? new byte[4] : null);
        }
    }

    /// <summary>Delivers the request for the vector several times.</summary>
    private sealed class Repeating(IClientTransport inner) : IClientTransport
    {
        public const int Copies = 3;

        private readonly Queue<ReadOnlyMemory<byte>> _copies = new();

        public int Vectors { get; private set; }

        public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
        {
            Vectors += message.Span[3] == (byte)MessageType.MaskedInput ? 1 : 0;
            return inner.SendAsync(message, cancellationToken);
        }

        public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken)
        {
            if (_copies.TryDequeue(out ReadOnlyMemory<byte> copy))
            {
                return copy;
            }

            ReadOnlyMemory<byte>? received = await inner.ReceiveAsync(cancellationToken);
            if (received is { } message && message.Span[3] == (byte)MessageType.ShareDelivery)
            {
                for (int i = 0; i < Copies; i++)
                {
                    _copies.Enqueue(message);
                }
            }

            return received;
        }
    }
}
