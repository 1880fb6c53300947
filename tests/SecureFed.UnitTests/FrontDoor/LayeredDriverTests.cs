using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;
using SecureFed.Testing;
using SeededRandomSource = SecureFed.Testing.SeededRandomSource;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Drivers of rounds whose surplus noise is removed, also after the server died. spec 02-privacy#layers-5</summary>
public sealed class LayeredDriverTests
{
    private const int Parties = 5;
    private const int Length = 6;
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    private static readonly AggregationPlan s_plan = AggregationPlan.Create(
        length: Length,
        maximumParticipants: Parties,
        clipNorm: 1,
        fractionBits: 16,
        PrivacyPlan.ForParties(noiseMultiplier: 4, divisor: 5).WithRemovableSurplus(),
        AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 1)
    );

    [Fact]
    public void A_server_driver_takes_the_opened_layers_out_of_the_sum()
    {
        using Federation federation = new();

        RoundOutcome outcome = federation.Run();

        Assert.Equal(federation.ExpectedSum, outcome.SumOrThrow().Integers());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_server_that_dies_around_any_append_resumes_with_the_same_sum(int append)
    {
        foreach (AppendFault fault in new[] { AppendFault.CrashBefore, AppendFault.CrashAfter })
        {
            using Federation federation = new();
            federation.Store.FailAt = append;
            federation.Store.Fault = fault;

            Assert.Throws<SimulatedCrashException>(() => federation.Run());
            RoundOutcome outcome = federation.RunServerAgain();

            Assert.Equal(federation.ExpectedSum, outcome.SumOrThrow().Integers());
        }
    }

    [Fact]
    public void A_simulated_round_with_layers_runs_and_survives_a_crash_of_its_server()
    {
        long[]? whole = null;
        foreach (int crashAt in new[] { -1, 0, 1, 2, 3 })
        {
            using SimulatedRound round = new(
                s_plan,
                seed: 3,
                new SimulationOptions { Gate = id => new LedgerGate(new InMemoryLedger($"{id}", Budget)) }
            );
            round.NextCrash = crashAt < 0 ? null : new ServerCrash(crashAt, AfterStoring: true);
            round.RunToEnd();

            long[] sum = round.Result!.Sum.Decode().Integers();
            Assert.Equal(whole ??= sum, sum);

            // What was removed is what the parties' vectors have more.
            Assert.NotEqual(round.SumOf(round.Parties.Select(party => party.Id)), sum);
        }
    }

    private static PrivacyBudget Budget => new(50, 1e-5, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne);

    /// <summary>One server and five clients, each behind its driver.</summary>
    private sealed class Federation : IDisposable
    {
        private readonly InMemoryNetwork _network = new(seed: 1);
        private readonly IReadOnlyList<FederationMember> _members = TestFederation.Members(Parties);
        private readonly EncodedUpdate[] _updates;
        private readonly RoundDescriptor _descriptor;

        public Federation()
        {
            _updates = [.. Enumerable.Range(0, Parties).Select(UpdateOf)];
            ExpectedSum = new long[Length];
            NoiseLayers layers = s_plan.Encoding.Noise!.Layers!;
            int unused = 64 - s_plan.RingBits;
            foreach (EncodedUpdate update in _updates)
            {
                // Nobody drops out, so that every layer that can be removed is.
                long[] removed = new long[Length];
                LayerSeeds.AddLayers(TestSuite.Instance, update.LayerSeed!, 1, layers, NoiseShare.Sample, removed);
                for (int i = 0; i < Length; i++)
                {
                    ExpectedSum[i] += unchecked((long)(update.Values[i] << unused) >> unused) - removed[i];
                }
            }

            _descriptor = s_plan.DescribeFor(
                _members.Select(member => member.Enrolment),
                SimulationOptions.Federation,
                round: 1,
                attempt: 1,
                Digest.Of("model"u8),
                SuiteId.P256A256V1
            );
        }

        public FaultyRoundStore Store { get; } = new();

        public long[] ExpectedSum { get; }

        public RoundOutcome Run() =>
            _network.Run(() =>
            {
                foreach ((FederationMember member, EncodedUpdate update) in _members.Zip(_updates))
                {
                    _ = ClientAsync(member, update);
                }

                return ServerAsync(_network.Server);
            });

        public RoundOutcome RunServerAgain() => _network.Run(() => ServerAsync(_network.RestartServer()));

        public void Dispose() => _network.Dispose();

        private static EncodedUpdate UpdateOf(int party)
        {
            SeededRandomSource random = new(1, $"update {party}");
            EncodedUpdate update = EncodedUpdate.Encode(
                ClippedUpdate.Clip(LocalUpdate.Create(Plans.OnGrid(Length, party)), s_plan.Encoding),
                random
            );
            using NoiseVector share = PartyNoise.Draw(s_plan.Encoding, TestSuite.Instance, random);
            update.AddNoise(share);
            return update;
        }

        private Task<RoundOutcome> ServerAsync(IServerTransport transport) =>
            RoundDriver.RunServerAsync(
                new ServerRun
                {
                    Descriptor = _descriptor,
                    Transport = transport,
                    Store = Store,
                    Deadlines = RoundDeadlines.Every(s_deadline),
                    Suite = TestSuite.Instance,
                    Time = _network.Time,
                }
            );

        private async Task<ClientOutcome> ClientAsync(FederationMember member, EncodedUpdate update)
        {
            IClientTransport transport = _network.Client(member.Id);
            RoundDescriptor? offer = await RoundDriver.ReceiveInvitationAsync(transport, s_deadline, _network.Time);
            return await RoundDriver.RunClientAsync(
                new ClientRun
                {
                    Descriptor = offer!,
                    Self = member.Id,
                    Signer = member.Signer,
                    Policy = SimulationOptions.PolicyOf(
                        s_plan,
                        [.. _members.Select(one => one.Enrolment)],
                        TestSuite.Instance
                    ),
                    ExpectedModel = Digest.Of("model"u8),
                    Update = update,
                    Gate = new LedgerGate(new InMemoryLedger($"{member.Id}", Budget)),
                    Transport = transport,
                    Journal = member.Journal,
                    Deadlines = RoundDeadlines.Every(10 * s_deadline),
                    Suite = TestSuite.Instance,
                    Random = new SeededRandomSource(1, $"client {member.Id}"),
                    Time = _network.Time,
                }
            );
        }
    }
}
