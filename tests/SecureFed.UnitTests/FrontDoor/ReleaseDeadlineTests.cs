using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;
using SecureFed.Protocol;
using SecureFed.Testing;
using SeededRandomSource = SecureFed.Testing.SeededRandomSource;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>What depends on noise leaves at a deadline, on a manual clock. spec 02-privacy#sampler-4, 02-privacy#release-1</summary>
public sealed class ReleaseDeadlineTests
{
    private const int Parties = 5;
    private static readonly TimeSpan s_after = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    private static readonly AggregationPlan s_plan = AggregationPlan.Create(
        length: 6,
        maximumParticipants: Parties,
        clipNorm: 1,
        fractionBits: 16,
        PrivacyPlan.ForParties(noiseMultiplier: 4, divisor: 5),
        AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 1)
    );

    public static TheoryData<int> Milliseconds => [0, 1, 13, 700, 1999, 2000, 2001, 5000];

    [Theory]
    [MemberData(nameof(Milliseconds))]
    public void A_deadline_is_waited_for_and_a_late_draw_is_counted(int milliseconds)
    {
        ManualTimeProvider time = new();
        TimeSpan draw = TimeSpan.FromMilliseconds(milliseconds);
        ReleaseDeadline deadline = ReleaseDeadline.FromNow(s_after, time);
        DateTimeOffset start = time.GetUtcNow();
        time.Advance(draw);

        NoiseRelease release = OnOneThread(() =>
        {
            Task<NoiseRelease> wait = deadline.WaitAsync();
            while (!wait.IsCompleted)
            {
                Assert.True(time.GetUtcNow() - start < s_after);
                time.Advance(TimeSpan.FromTicks(Math.Min(time.UntilNextTimer!.Value.Ticks, 1 + (s_after.Ticks / 7))));
            }

            return wait.GetAwaiter().GetResult();
        });

        Assert.Equal(draw > s_after ? draw : s_after, time.GetUtcNow() - start);
        Assert.Equal(draw > s_after, release.IsLate);
        Assert.Equal(draw > s_after ? draw - s_after : TimeSpan.Zero, release.Late);
        Assert.Equal(s_after, release.After);
    }

    [Theory]
    [MemberData(nameof(Milliseconds))]
    public void A_masked_vector_leaves_at_the_deadline_whatever_was_done_before(int milliseconds)
    {
        using Run run = new(TimeSpan.FromMilliseconds(milliseconds), s_after);

        Assert.IsType<RoundOutcome.Completed>(run.Outcome);
        TimeSpan expected = milliseconds > 2000 ? TimeSpan.FromMilliseconds(milliseconds) : s_after;
        Assert.Equal(expected, run.VectorLeftAfter);
        ClientOutcome.Completed slow = Assert.IsType<ClientOutcome.Completed>(run.Slow);
        NoiseRelease release = Assert.Single(slow.Releases);
        Assert.Equal(expected - s_after, release.Late);
        Assert.Equal(milliseconds > 2000 ? 1 : 0, slow.LateReleases);
        Assert.Equal(release, Assert.Single(run.Progress, report => report.Release is not null).Release);
    }

    // What the deadline is for: without one the server's clock shows the time.
    [Fact]
    public void Without_the_deadline_a_masked_vector_leaves_when_it_is_ready_and_shows_the_time()
    {
        foreach (int milliseconds in new[] { 0, 13, 700, 5000 })
        {
            using Run run = new(TimeSpan.FromMilliseconds(milliseconds), TimeSpan.Zero);

            Assert.IsType<RoundOutcome.Completed>(run.Outcome);
            Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), run.VectorLeftAfter);
            Assert.Empty(Assert.IsType<ClientOutcome.Completed>(run.Slow).Releases);
            Assert.DoesNotContain(run.Progress, report => report.Release is not null);
        }
    }

    [Fact]
    public void By_default_a_vector_with_noise_leaves_after_a_second_and_its_receipt_is_handed_out()
    {
        using Run run = new(TimeSpan.FromMilliseconds(13), releaseAfter: null);

        Assert.Equal(TimeSpan.FromSeconds(1), run.VectorLeftAfter);
        SignedLedgerReceipt receipt = Assert.Single(run.Receipts);
        Assert.Equal(2, receipt.Receipt.Entries);
        Assert.True(
            receipt.IsSignedBy(TestSuite.Instance, new TestSigner($"{ParticipantId.FromIndex(0)}").PublicKey.Span)
        );
    }

    [Fact]
    public void A_release_that_cannot_be_in_time_is_refused_before_anything_is_sent()
    {
        Assert.Throws<ArgumentException>(() => new Run(TimeSpan.Zero, 10 * s_deadline).Dispose());
        Assert.Throws<ArgumentException>(() => new Run(TimeSpan.Zero, TimeSpan.FromTicks(-1)).Dispose());
        Assert.Throws<ArgumentOutOfRangeException>(() => ReleaseDeadline.FromNow(TimeSpan.Zero));
    }

    [Fact]
    public void A_run_that_is_cancelled_while_it_waits_sends_no_vector()
    {
        using CancellationTokenSource cancel = new();
        using Run run = new(TimeSpan.Zero, s_after, cancel);

        Assert.IsType<RoundOutcome.Completed>(run.Outcome);
        Assert.Equal(AbortReason.Cancelled, Assert.IsType<ClientOutcome.Aborted>(run.Slow).Reason);
        Assert.Null(run.VectorLeftAfter);

        // It was charged, so its receipt goes out.
        Assert.Single(run.Receipts);
    }

    [Fact]
    public async Task A_mean_with_central_noise_is_given_out_at_the_deadline_whatever_the_sampler_takes()
    {
        AggregationPlan plan = Plans.Masked(length: 4, parties: 3, survivors: 3);
        UpdateSum Sum()
        {
            using InProcessRound round = InProcessRound.Start(plan, new SeededRandomSource(1, "central"));
            for (int i = 0; i < 3; i++)
            {
                round.Contribute(ParticipantId.FromIndex(i), Plans.OnGrid(4, i));
            }

            return round.Complete().SumOrThrow();
        }

        foreach (int milliseconds in new[] { 0, 3, 100 })
        {
            ManualTimeProvider time = new();
            DateTimeOffset start = time.GetUtcNow();
            InMemoryLedger ledger = new(
                "server",
                new PrivacyBudget(50, 1e-5, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne)
            );
            SlowRandomSource random = new(time, TimeSpan.FromMilliseconds(milliseconds));
            Task<(float[] Mean, NoiseRelease Timing)> release = CentralNoise.ReleaseAsync(
                Sum(),
                noiseMultiplier: 4,
                divisor: 3,
                ledger,
                Digest.Of("round"u8),
                random,
                s_after,
                time
            );
            TimeSpan drawn = time.GetUtcNow() - start;
            Assert.InRange(drawn, TimeSpan.Zero, s_after - TimeSpan.FromMilliseconds(1));
            Assert.Equal(milliseconds > 0, drawn > TimeSpan.Zero);
            Assert.False(release.IsCompleted);
            time.Advance(s_after - drawn - TimeSpan.FromTicks(1));
            Assert.False(release.IsCompleted);
            time.Advance(TimeSpan.FromMilliseconds(1));

            (float[] mean, NoiseRelease timing) = await release;
            Assert.Equal(4, mean.Length);
            Assert.False(timing.IsLate);
        }
    }

    // A continuation of a timer runs inside Advance only where no context of the test runner takes it away.
    private static T OnOneThread<T>(Func<T> body)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return body();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Every word it gives takes time.</summary>
    private sealed class SlowRandomSource(ManualTimeProvider time, TimeSpan each) : RandomSource
    {
        public override void Fill(Span<byte> destination)
        {
            time.Advance(each);
            SystemRandomSource.Instance.Fill(destination);
        }
    }

    /// <summary>Takes time before the vector leaves, as drawing the noise would.</summary>
    private sealed class SlowLedger(IPrivacyLedger ledger, ManualTimeProvider time, TimeSpan charging) : IPrivacyLedger
    {
        public PrivacyLedger Current => ledger.Current;

        public long Charge(PrivacyCharge charge)
        {
            time.Advance(charging);
            return ledger.Charge(charge);
        }

        public void Withhold(long number) => ledger.Withhold(number);
    }

    /// <summary>One round with noise over a network; party 0 is slow before its vector leaves, and held.</summary>
    private sealed class Run : IDisposable
    {
        private readonly InMemoryNetwork _network = new(seed: 1);
        private readonly RoundDescriptor _descriptor;
        private DateTimeOffset? _asked;

        public Run(TimeSpan work, TimeSpan? releaseAfter, CancellationTokenSource? cancelWhileItWaits = null)
        {
            IReadOnlyList<FederationMember> members = TestFederation.Members(Parties);
            RosterEntry[] roster = [.. members.Select(member => member.Enrolment)];
            _descriptor = s_plan.DescribeFor(
                roster,
                "release",
                round: 1,
                attempt: 1,
                Digest.Of("model"u8),
                SuiteId.P256A256V1
            );
            List<Task<ClientOutcome>> clients = [];
            Outcome = _network.Run(() =>
            {
                for (int i = 0; i < Parties; i++)
                {
                    clients.Add(
                        ClientAsync(members[i], roster, i == 0 ? work : TimeSpan.Zero, releaseAfter, cancelWhileItWaits)
                    );
                }

                return RoundDriver.RunServerAsync(
                    new ServerRun
                    {
                        Descriptor = _descriptor,
                        Transport = _network.Server,
                        Store = new InMemoryRoundStore(),
                        Deadlines = RoundDeadlines.Every(s_deadline),
                        Suite = TestSuite.Instance,
                        Time = _network.Time,
                    }
                );
            });
            TaskCompletionSource<bool> settled = new();
            _network.At(TimeSpan.Zero, () => settled.SetResult(true));
            _network.Run(() => settled.Task);
            Slow = clients[0].GetAwaiter().GetResult();
        }

        public RoundOutcome Outcome { get; }

        public ClientOutcome Slow { get; }

        public TimeSpan? VectorLeftAfter { get; private set; }

        public List<RoundProgress> Progress { get; } = [];

        public List<SignedLedgerReceipt> Receipts { get; } = [];

        public void Dispose() => _network.Dispose();

        private async Task<ClientOutcome> ClientAsync(
            FederationMember member,
            RosterEntry[] roster,
            TimeSpan work,
            TimeSpan? releaseAfter,
            CancellationTokenSource? cancel
        )
        {
            bool isSlow = member.Id == ParticipantId.FromIndex(0);
            SeededRandomSource random = new(1, $"{member.Id}");
            EncodedUpdate update = EncodedUpdate.Encode(
                ClippedUpdate.Clip(LocalUpdate.Create(new float[6]), s_plan.Encoding),
                random,
                MetricValues.None
            );
            using (NoiseVector share = NoiseShare.Draw(s_plan.Encoding, random))
            {
                update.AddNoise(share);
            }

            InMemoryLedger ledger = new(
                $"{member.Id}",
                new PrivacyBudget(50, 1e-5, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne)
            );
            IClientTransport transport = _network.Client(member.Id);
            RoundDescriptor? offer = await RoundDriver.ReceiveInvitationAsync(transport, s_deadline, _network.Time);
            return await RoundDriver.RunClientAsync(
                new ClientRun
                {
                    Descriptor = offer!,
                    Self = member.Id,
                    Signer = member.Signer,
                    Policy = new ClientPolicy
                    {
                        PinnedRoster = [.. roster],
                        Federation = "release",
                        MinimumCohort = 3,
                        MinimumEffectiveCohort = 2,
                        CollusionBoundAtLeast = 1,
                        AcceptedSuites = [SuiteId.P256A256V1],
                    },
                    ExpectedModel = Digest.Of("model"u8),
                    Update = update,
                    Gate = new LedgerGate(new SlowLedger(ledger, _network.Time, work)),
                    Transport = isSlow ? new Watched(this, transport, cancel) : transport,
                    Journal = member.Journal,
                    Deadlines = RoundDeadlines.Every(10 * s_deadline),
                    ReleaseAfter = isSlow ? releaseAfter : TimeSpan.Zero,
                    LedgerReceiptTo = isSlow ? Receipts.Add : null,
                    Suite = TestSuite.Instance,
                    Random = random,
                    Time = _network.Time,
                    Progress = isSlow ? new Recorder(Progress) : null,
                },
                isSlow && cancel is not null ? cancel.Token : CancellationToken.None
            );
        }

        private sealed class Watched(Run run, IClientTransport inner, CancellationTokenSource? cancel)
            : IClientTransport
        {
            public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
            {
                if (
                    MessageCodec.Decode(message, MessageLimits.For(run._descriptor)).Message
                    is ProtocolMessage.MaskedInput
                )
                {
                    run.VectorLeftAfter = run._network.Time.GetUtcNow() - run._asked;
                }

                return inner.SendAsync(message, cancellationToken);
            }

            public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken)
            {
                ReadOnlyMemory<byte>? received = await inner.ReceiveAsync(cancellationToken);
                if (
                    received is { } message
                    && MessageCodec.Decode(message, MessageLimits.For(run._descriptor)).Message
                        is ProtocolMessage.ShareDelivery
                )
                {
                    run._asked = run._network.Time.GetUtcNow();
                    if (cancel is not null)
                    {
                        run._network.At(s_after / 2, cancel.Cancel);
                    }
                }

                return received;
            }
        }

        private sealed class Recorder(List<RoundProgress> reports) : IProgress<RoundProgress>
        {
            public void Report(RoundProgress value) => reports.Add(value);
        }
    }
}
