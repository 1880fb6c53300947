using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;
using SecureFed.Testing;
using SeededRandomSource = SecureFed.Testing.SeededRandomSource;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>One round with noise: a server and five clients, each behind its driver and with a ledger of its own.</summary>
internal sealed class NoisyFederation : IDisposable
{
    public const int Parties = 5;

    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    private readonly AggregationPlan _plan;
    private readonly IReadOnlyList<FederationMember> _members = TestFederation.Members(Parties);
    private readonly EncodedUpdate[] _updates;

    public NoisyFederation(AggregationPlan plan)
    {
        _plan = plan;
        _updates = [.. Enumerable.Range(0, Parties).Select(UpdateOf)];
        Descriptor = plan.DescribeFor(
            _members.Select(member => member.Enrolment),
            SimulationOptions.Federation,
            round: 1,
            attempt: 1,
            Digest.Of("model"u8),
            SuiteId.P256A256V1
        );
    }

    public static PrivacyBudget Budget { get; } =
        new(50, 1e-5, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne);

    public InMemoryNetwork Network { get; } = new(seed: 1);

    public RoundDescriptor Descriptor { get; }

    public FaultyRoundStore Store { get; } = new();

    /// <summary>What stands between party 0 and the network. Default: nothing.</summary>
    public Func<IClientTransport, IClientTransport> TransportOfFirst { get; init; } = transport => transport;

    /// <summary>Is handed the receipts of party 0. Default: nobody.</summary>
    public Action<SignedLedgerReceipt>? ReceiptsOfFirst { get; init; }

    /// <summary>When the vector of party 0 leaves. Default: the driver's.</summary>
    public TimeSpan? ReleaseOfFirstAfter { get; init; }

    public List<Task<ClientOutcome>> Clients { get; } = [];

    /// <summary>The sum when nobody drops out, so that every layer that can be removed is. Before the round is run.</summary>
    public long[] SumWithoutLayers()
    {
        long[] sum = new long[_plan.Length];
        NoiseLayers layers = _plan.Encoding.Noise!.Layers!;
        int unused = 64 - _plan.RingBits;
        foreach (EncodedUpdate update in _updates)
        {
            long[] removed = new long[sum.Length];
            LayerSeeds.AddLayers(TestSuite.Instance, update.LayerSeed!, 1, layers, NoiseShare.Sample, removed);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += unchecked((long)(update.Values[i] << unused) >> unused) - removed[i];
            }
        }

        return sum;
    }

    public RoundOutcome Run() =>
        Network.Run(() =>
        {
            for (int i = 0; i < Parties; i++)
            {
                Clients.Add(ClientAsync(i));
            }

            return ServerAsync(Network.Server);
        });

    public RoundOutcome RunServerAgain() => Network.Run(() => ServerAsync(Network.RestartServer()));

    /// <summary>How a client ended; it has ended.</summary>
    public ClientOutcome OutcomeOf(int party)
    {
        Assert.True(Clients[party].IsCompleted, $"client {party} still waits");
        return Clients[party].GetAwaiter().GetResult();
    }

    /// <summary>Lets what is on the way arrive.</summary>
    public void Settle()
    {
        TaskCompletionSource<bool> settled = new();
        Network.At(TimeSpan.Zero, () => settled.SetResult(true));
        Network.Run(() => settled.Task);
    }

    public void Dispose() => Network.Dispose();

    private EncodedUpdate UpdateOf(int party)
    {
        SeededRandomSource random = new(1, $"update {party}");
        EncodedUpdate update = EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create(Plans.OnGrid(_plan.Length, party)), _plan.Encoding),
            random
        );
        using NoiseVector share = PartyNoise.Draw(_plan.Encoding, TestSuite.Instance, random);
        update.AddNoise(share);
        return update;
    }

    private Task<RoundOutcome> ServerAsync(IServerTransport transport) =>
        RoundDriver.RunServerAsync(
            new ServerRun
            {
                Descriptor = Descriptor,
                Transport = transport,
                Store = Store,
                Deadlines = RoundDeadlines.Every(s_deadline),
                Suite = TestSuite.Instance,
                Time = Network.Time,
            }
        );

    private async Task<ClientOutcome> ClientAsync(int i)
    {
        FederationMember member = _members[i];
        IClientTransport transport = Network.Client(member.Id);
        RoundDescriptor? offer = await RoundDriver.ReceiveInvitationAsync(transport, s_deadline, Network.Time);
        return await RoundDriver.RunClientAsync(
            new ClientRun
            {
                Descriptor = offer!,
                Self = member.Id,
                Signer = member.Signer,
                Policy = SimulationOptions.PolicyOf(
                    _plan,
                    [.. _members.Select(one => one.Enrolment)],
                    TestSuite.Instance
                ),
                ExpectedModel = Digest.Of("model"u8),
                Update = _updates[i],
                Gate = new LedgerGate(new InMemoryLedger($"{member.Id}", Budget)),
                Transport = i == 0 ? TransportOfFirst(transport) : transport,
                Journal = member.Journal,
                Deadlines = RoundDeadlines.Every(10 * s_deadline),
                ReleaseAfter = i == 0 ? ReleaseOfFirstAfter : null,
                LedgerReceiptTo = i == 0 ? ReceiptsOfFirst : null,
                Suite = TestSuite.Instance,
                Random = new SeededRandomSource(1, $"client {i}"),
                Time = Network.Time,
            }
        );
    }
}
