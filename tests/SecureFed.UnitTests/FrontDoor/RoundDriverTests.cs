using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Drivers on a simulated network and a manual clock: deadlines, cancellation, crashes and failing storage.</summary>
public sealed class RoundDriverTests
{
    private const int Parties = 5;
    private static readonly AggregationPlan s_plan = Plans.Masked(length: 3, Parties, survivors: 4);
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    [Fact]
    public void On_a_perfect_network_the_sum_comes_without_waiting()
    {
        using Federation federation = new(seed: 1);

        RoundOutcome outcome = federation.Run();

        Assert.Equal(Plans.SumOf(3, [0, 1, 2, 3, 4]), outcome.SumOrThrow().Integers());
        Assert.Equal(TimeSpan.Zero, federation.Elapsed);
        Assert.All(Enumerable.Range(0, Parties), i => Assert.IsType<ClientOutcome.Completed>(federation.OutcomeOf(i)));
        Assert.Equal(RoundPhase.Unmask, federation.Progress.Last().Phase);
    }

    [Fact]
    public void A_silent_party_costs_one_deadline_and_is_named_while_the_server_waits()
    {
        using Federation federation = new(seed: 2);
        federation.Network.CutOff(ParticipantId.FromIndex(2));

        RoundOutcome outcome = federation.Run();

        Assert.Equal(Plans.SumOf(3, [0, 1, 3, 4]), outcome.SumOrThrow().Integers());
        Assert.Equal(s_deadline, federation.Elapsed);
        Assert.Contains(
            federation.Progress,
            progress => progress.WaitingFor.SequenceEqual([ParticipantId.FromIndex(2)])
        );
        Assert.Contains(outcome.Faults, fault => fault.Kind == PeerFaultKind.TimedOut);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    public void A_server_gives_metrics_out_from_its_number_of_survivors_on(int? minimum, bool isGiven)
    {
        AggregationPlan plan = s_plan.WithMetrics([MetricBlock.Create("n", 1, 16)]);
        using Federation federation = new(seed: 2, plan: plan) { MinimumContributorsForMetrics = minimum };
        federation.Network.CutOff(ParticipantId.FromIndex(2));

        var done = Assert.IsType<RoundOutcome.Completed>(federation.Run());

        Assert.Equal(Plans.SumOf(3, [0, 1, 3, 4]), done.Sum.Integers());
        if (isGiven)
        {
            Assert.Equal(1 + 2 + 8 + 16, Assert.Single(done.Metrics.SumsOrThrow().Integers("n")));
        }
        else
        {
            Assert.Equal(4, Assert.IsType<MetricRelease.Withheld>(done.Metrics).Contributors);
        }
    }

    [Fact]
    public void A_disconnection_that_the_transport_reports_costs_no_time()
    {
        using Federation federation = new(seed: 3);
        federation.Network.CutOff(ParticipantId.FromIndex(2));
        federation.Network.At(TimeSpan.Zero, () => federation.Network.ReportDisconnected(ParticipantId.FromIndex(2)));

        RoundOutcome outcome = federation.Run();

        Assert.Equal(4, outcome.SumOrThrow().Contributors.Length);
        Assert.Equal(TimeSpan.Zero, federation.Elapsed);
    }

    [Fact]
    public void Two_hundred_rounds_on_a_bad_network_end_exact_or_aborted_within_their_deadlines()
    {
        int completed = 0;
        for (ulong seed = 0; seed < 200; seed++)
        {
            using Federation federation = new(
                seed,
                new NetworkFaults
                {
                    LossPerThousand = 15,
                    DuplicatesPerThousand = 50,
                    MaximumDelay = TimeSpan.FromSeconds(2),
                }
            );

            RoundOutcome outcome = federation.Run();

            Assert.True(federation.Elapsed <= 5 * s_deadline, $"seed {seed}: {federation.Elapsed}");
            if (outcome is RoundOutcome.Completed done)
            {
                completed++;
                int[] survivors = [.. done.Survivors.Select(id => int.Parse(id.ToString()[^6..]))];
                Assert.Equal(Plans.SumOf(3, survivors), done.Sum.Integers());
            }
        }

        Assert.InRange(completed, 50, 199);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        NetworkFaults faults = new() { LossPerThousand = 20, MaximumDelay = TimeSpan.FromSeconds(5) };
        using Federation first = new(seed: 12, faults);
        using Federation second = new(seed: 12, faults);

        RoundOutcome one = first.Run();
        RoundOutcome other = second.Run();

        Assert.Equal(one.ToString(), other.ToString());
        Assert.Equal(first.Elapsed, second.Elapsed);
        Assert.Equal(one.Faults, other.Faults);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_server_that_dies_around_any_append_resumes_from_its_store_with_the_same_sum(int append)
    {
        foreach (AppendFault fault in new[] { AppendFault.CrashBefore, AppendFault.CrashAfter })
        {
            using Federation federation = new(seed: 4);
            federation.Store.FailAt = append;
            federation.Store.Fault = fault;

            Assert.Throws<SimulatedCrashException>(() => federation.Run());
            RoundOutcome outcome = federation.RunServerAgain();

            Assert.Equal(Plans.SumOf(3, [0, 1, 2, 3, 4]), outcome.SumOrThrow().Integers());
        }
    }

    [Fact]
    public void A_finished_attempt_gives_its_result_again_without_any_client()
    {
        using Federation federation = new(seed: 5);
        long[] sum = federation.Run().SumOrThrow().Integers();

        Assert.Equal(sum, federation.RunServerAgain().SumOrThrow().Integers());
    }

    [Fact]
    public void A_second_attempt_of_a_round_that_has_a_result_is_not_run_and_the_next_round_is()
    {
        using Federation federation = new(seed: 13);
        Assert.IsType<RoundOutcome.Completed>(federation.Run());

        Assert.Throws<InvalidOperationException>(() => federation.RunServerAgain(attempt: 2));
        Assert.IsType<RoundOutcome.Aborted>(federation.RunServerAgain(round: 2));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(1, true)]
    public void An_attempt_under_way_ends_without_a_result_when_another_one_has_given_the_rounds(
        uint marked,
        bool completes
    )
    {
        using Federation federation = new(seed: 14);
        federation.Network.CutOff(ParticipantId.FromIndex(2));
        federation.Network.At(TimeSpan.FromSeconds(3), () => federation.MarkAsGiven(marked));

        RoundOutcome outcome = federation.Run();

        Assert.Equal(completes, outcome is RoundOutcome.Completed);
        if (outcome is RoundOutcome.Aborted aborted)
        {
            Assert.Equal(AbortReason.StorageFailure, aborted.Reason);
        }
    }

    [Fact]
    public void A_store_that_refuses_aborts_with_StorageFailure_and_no_client_gets_a_result()
    {
        for (int append = 0; append < 6; append++)
        {
            using Federation federation = new(seed: 6);
            federation.Store.FailAt = append;
            federation.Store.Fault = AppendFault.Refused;

            RoundOutcome outcome = federation.Run();

            Assert.Equal(AbortReason.StorageFailure, Assert.IsType<RoundOutcome.Aborted>(outcome).Reason);
            Assert.DoesNotContain(
                Enumerable.Range(0, Parties),
                i => federation.Clients[i].IsCompletedSuccessfully && federation.OutcomeOf(i) is ClientOutcome.Completed
            );
        }
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 4)]
    [InlineData(2, 5)]
    [InlineData(3, 5)]
    public void A_client_whose_journal_refuses_sends_nothing_that_depends_on_the_record(int append, int survivors)
    {
        using Federation federation = new(seed: 7);
        federation.Journals[3].FailAt = append;
        federation.Journals[3].Fault = AppendFault.Refused;

        RoundOutcome outcome = federation.Run();

        Assert.Equal(survivors, outcome.SumOrThrow().Contributors.Length);
        ClientOutcome.Aborted left = Assert.IsType<ClientOutcome.Aborted>(federation.OutcomeOf(3));
        Assert.Equal(AbortReason.StorageFailure, left.Reason);
        Assert.Equal(TimeSpan.Zero, federation.Elapsed);
    }

    [Fact]
    public void A_client_that_died_and_starts_again_refuses_the_attempt_it_joined()
    {
        using Federation federation = new(seed: 8);
        federation.Journals[3].FailAt = 0;
        federation.Journals[3].Fault = AppendFault.CrashAfter;

        RoundOutcome outcome = federation.Run();
        ClientOutcome again = federation.RunClientAgain(3);

        Assert.Equal(4, outcome.SumOrThrow().Contributors.Length);
        Assert.Equal(AbortReason.RoundReplayed, Assert.IsType<ClientOutcome.Aborted>(again).Reason);
    }

    [Fact]
    public void Cancelling_the_server_tells_every_client_and_nobody_waits_for_a_deadline()
    {
        using Federation federation = new(seed: 9);
        using CancellationTokenSource cancel = new();
        federation.Network.CutOff(ParticipantId.FromIndex(2));
        federation.Network.At(TimeSpan.FromSeconds(3), cancel.Cancel);

        RoundOutcome outcome = federation.Run(cancel.Token);
        federation.Settle();

        Assert.Equal(AbortReason.Cancelled, Assert.IsType<RoundOutcome.Aborted>(outcome).Reason);
        Assert.Equal(TimeSpan.FromSeconds(3), federation.Elapsed);
        foreach (int i in new[] { 0, 1, 3, 4 })
        {
            Assert.Equal(AbortReason.Cancelled, Assert.IsType<ClientOutcome.Aborted>(federation.OutcomeOf(i)).Reason);
        }
    }

    [Fact]
    public void A_client_without_a_server_gives_up_at_its_own_deadline()
    {
        using InMemoryNetwork network = new(seed: 10);
        IClientTransport transport = network.Client(ParticipantId.FromIndex(0));

        Assert.Throws<TimeoutException>(() =>
            network.Run(() => RoundDriver.ReceiveInvitationAsync(transport, s_deadline, network.Time))
        );
    }

    [Fact]
    public void Deadlines_are_sensible_or_refused()
    {
        RoundDeadlines deadlines = RoundDeadlines.Every(s_deadline).With(RoundPhase.MaskedInput, TimeSpan.FromHours(1));

        Assert.Equal(TimeSpan.FromHours(1), deadlines.For(RoundPhase.MaskedInput));
        Assert.Equal(s_deadline, deadlines.For(RoundPhase.Unmask));
        Assert.Throws<ArgumentOutOfRangeException>(() => RoundDeadlines.Every(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => deadlines.With(RoundPhase.Ended, s_deadline));
    }

    /// <summary>One server and five clients, each behind its driver.</summary>
    private sealed class Federation : IDisposable
    {
        private readonly ulong _seed;
        private readonly IReadOnlyList<FederationMember> _members;
        private readonly RoundDescriptor _descriptor;
        private readonly DateTimeOffset _start;

        private readonly AggregationPlan _plan;

        public Federation(ulong seed, NetworkFaults? faults = null, AggregationPlan? plan = null)
        {
            _seed = seed;
            _plan = plan ?? s_plan;
            Network = new InMemoryNetwork(seed, faults);
            _start = Network.Time.GetUtcNow();
            Journals = [.. Enumerable.Range(0, Parties).Select(_ => new FaultyClientJournal())];
            _members =
            [
                .. TestFederation.Members(Parties).Select((m, i) => new FederationMember(m.Id, m.Signer, Journals[i])),
            ];
            _descriptor = Describe(round: 1, attempt: 1);
        }

        /// <summary>Of the server's run; null for its default.</summary>
        public int? MinimumContributorsForMetrics { get; init; }

        public InMemoryNetwork Network { get; }

        public FaultyRoundStore Store { get; } = new();

        public FaultyClientJournal[] Journals { get; }

        public List<RoundProgress> Progress { get; } = [];

        public List<Task<ClientOutcome>> Clients { get; } = [];

        public TimeSpan Elapsed { get; private set; }

        public RoundOutcome Run(CancellationToken cancellationToken = default) =>
            Timed(() =>
            {
                for (int i = 0; i < Parties; i++)
                {
                    Clients.Add(ClientAsync(i));
                }

                return ServerAsync(Network.Server, cancellationToken);
            });

        public RoundOutcome RunServerAgain() =>
            Timed(() => ServerAsync(Network.RestartServer(), CancellationToken.None));

        /// <summary>Another round or attempt over the same store; no client is there any more.</summary>
        public RoundOutcome RunServerAgain(ulong round = 1, uint attempt = 1) =>
            Timed(() => ServerAsync(Network.RestartServer(), Describe(round, attempt), CancellationToken.None));

        /// <summary>What the server of another attempt of the round stores just before its result.</summary>
        public void MarkAsGiven(uint attempt) =>
            Store.Append(
                RoundMark.KeyOf(_descriptor.Federation, _descriptor.Round),
                new DurableRecord(
                    DurableRecordKind.ServerRoundResult,
                    RoundDigests.Descriptor(Describe(_descriptor.Round, attempt)),
                    default
                )
            );

        public ClientOutcome RunClientAgain(int i) => Network.Run(() => RunClientAsync(i, _descriptor));

        /// <summary>How a client ended; it has ended.</summary>
        public ClientOutcome OutcomeOf(int i)
        {
            Assert.True(Clients[i].IsCompleted, $"client {i} still waits");
            return Clients[i].GetAwaiter().GetResult();
        }

        /// <summary>Lets what is on the way arrive.</summary>
        public void Settle()
        {
            TaskCompletionSource<bool> done = new();
            Network.At(TimeSpan.Zero, () => done.SetResult(true));
            Network.Run(() => done.Task);
        }

        public void Dispose() => Network.Dispose();

        private RoundOutcome Timed(Func<Task<RoundOutcome>> start)
        {
            RoundOutcome outcome = Network.Run(start);
            Elapsed = Network.Time.GetUtcNow() - _start;
            Settle();
            return outcome;
        }

        private RoundDescriptor Describe(ulong round, uint attempt) =>
            _plan.DescribeFor(
                _members.Select(member => member.Enrolment),
                SimulationOptions.Federation,
                round,
                attempt,
                Digest.Of("model"u8),
                SuiteId.P256A256V1
            );

        private Task<RoundOutcome> ServerAsync(IServerTransport transport, CancellationToken cancellationToken) =>
            ServerAsync(transport, _descriptor, cancellationToken);

        private Task<RoundOutcome> ServerAsync(
            IServerTransport transport,
            RoundDescriptor descriptor,
            CancellationToken cancellationToken
        ) =>
            RoundDriver.RunServerAsync(
                new ServerRun
                {
                    Descriptor = descriptor,
                    Transport = transport,
                    Store = Store,
                    Deadlines = RoundDeadlines.Every(s_deadline),
                    Suite = TestSuite.Instance,
                    Time = Network.Time,
                    Progress = new Recorder(Progress),
                    MinimumContributorsForMetrics = MinimumContributorsForMetrics,
                },
                cancellationToken
            );

        private MetricValues MetricsOf(int i) =>
            _plan.Metrics.IsEmpty ? MetricValues.None : MetricValues.None.With("n", 1 << i);

        private async Task<ClientOutcome> ClientAsync(int i)
        {
            RoundDescriptor? offer = await RoundDriver
                .ReceiveInvitationAsync(Network.Client(_members[i].Id), TimeSpan.FromHours(1), Network.Time)
                .ConfigureAwait(false);
            return await RunClientAsync(i, offer!).ConfigureAwait(false);
        }

        private Task<ClientOutcome> RunClientAsync(int i, RoundDescriptor offer)
        {
            SeededRandomSource random = new(_seed, $"client {i}");
            ClippedUpdate clipped = ClippedUpdate.Clip(
                LocalUpdate.Create(Plans.OnGrid(_plan.Length, i)),
                DescriptorRules.EncodingOf(offer)
            );
            return RoundDriver.RunClientAsync(
                new ClientRun
                {
                    Descriptor = offer,
                    Self = _members[i].Id,
                    Signer = _members[i].Signer,
                    Policy = SimulationOptions.PolicyOf(
                        _plan,
                        [.. _members.Select(member => member.Enrolment)],
                        TestSuite.Instance
                    ),
                    ExpectedModel = Digest.Of("model"u8),
                    Update = EncodedUpdate.Encode(clipped, random, MetricsOf(i)),
                    Transport = Network.Client(_members[i].Id),
                    Journal = Journals[i],
                    Deadlines = RoundDeadlines.Every(10 * s_deadline),
                    Suite = TestSuite.Instance,
                    Random = random,
                    Time = Network.Time,
                }
            );
        }

        private sealed class Recorder(List<RoundProgress> reports) : IProgress<RoundProgress>
        {
            public void Report(RoundProgress value) => reports.Add(value);
        }
    }
}
