using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.UnitTests.Audit;

/// <summary>One server and some clients behind their drivers on a perfect network, each with an audit log in memory.</summary>
internal sealed class AuditedFederation : IDisposable
{
    public static readonly ParticipantId Server = ParticipantId.Parse("server");
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    private readonly ulong _seed;
    private readonly AggregationPlan _plan;
    private readonly ProtocolSuite _suite;
    private readonly ISigner[] _signers;
    private readonly ISigner _serverSigner;
    private readonly IReadOnlyList<FederationMember> _members;
    private readonly FaultyRoundStore _store = new();

    public AuditedFederation(
        ulong seed,
        AggregationPlan plan,
        ProtocolSuite? suite = null,
        Func<int, ISigner>? signer = null
    )
    {
        (_seed, _plan, _suite) = (seed, plan, suite ?? TestSuite.Instance);
        signer ??= i => new TestSigner($"audited {i}");
        _signers = [.. Enumerable.Range(0, plan.MaximumParticipants).Select(signer)];
        _serverSigner = signer(-1);
        _members =
        [
            .. _signers.Select(
                (key, i) => new FederationMember(ParticipantId.FromIndex(i), key, new InMemoryClientJournal())
            ),
        ];
        Network = new InMemoryNetwork(seed);
        Files = [.. Enumerable.Range(0, _signers.Length + 1).Select(_ => new MemoryFile())];
        Logs = [.. Files.Select((_, i) => OpenLog(i))];
    }

    public InMemoryNetwork Network { get; }

    public FaultyRoundStore Store => _store;

    /// <summary>The files of the logs: the server's first.</summary>
    public MemoryFile[] Files { get; }

    /// <summary>The logs, in the same order.</summary>
    public AuditLog[] Logs { get; }

    public AuditRoster Roster =>
        _members.Aggregate(
            AuditRoster.Empty.With(Server, _serverSigner.PublicKey),
            (roster, member) => roster.With(member.Id, member.Signer.PublicKey)
        );

    public List<AuditHead> Heads { get; } = [];

    public List<Task<ClientOutcome>> Clients { get; } = [];

    public Func<int, float[]>? UpdateOf { get; init; }

    public ISigner SignerOf(int log) => log == 0 ? _serverSigner : _signers[log - 1];

    public AuditLog OpenLog(int log) =>
        AuditLog.Open(
            Files[log].Reopen(),
            log == 0 ? Server : _members[log - 1].Id,
            SignerOf(log),
            _suite,
            Network.Time
        );

    /// <summary>Runs a round and lets everybody keep everybody's heads: the server's at each client, the clients' at the server.</summary>
    public RoundOutcome Run(ulong round = 1, bool exchange = true)
    {
        RoundDescriptor descriptor = _plan.DescribeFor(
            _members.Select(member => member.Enrolment),
            SimulationOptions.Federation,
            round,
            attempt: 1,
            Digest.Of("model"u8),
            _suite.Id
        );
        Heads.Clear();
        Clients.Clear();
        RoundOutcome outcome = Network.Run(() =>
        {
            for (int i = 0; i < _members.Count; i++)
            {
                Clients.Add(ClientAsync(i));
            }

            return ServerAsync(descriptor);
        });
        Settle();
        foreach (AuditHead head in exchange ? Heads : [])
        {
            foreach (AuditLog log in Logs.Where(log => (log.Owner == Server) != (head.Owner == Server)))
            {
                Assert.True(log.TryRecordHead(head, Roster.KeyOf(head.Owner)!.Value.Span));
            }
        }

        return outcome;
    }

    public RoundOutcome RunServerAgain(ulong round = 1) =>
        Network.Run(() =>
            ServerAsync(
                _plan.DescribeFor(
                    _members.Select(member => member.Enrolment),
                    SimulationOptions.Federation,
                    round,
                    attempt: 1,
                    Digest.Of("model"u8),
                    _suite.Id
                ),
                Network.RestartServer()
            )
        );

    public ClientOutcome OutcomeOf(int client)
    {
        Assert.True(Clients[client].IsCompleted, $"client {client} still waits");
        return Clients[client].GetAwaiter().GetResult();
    }

    public void Close()
    {
        foreach (AuditLog log in Logs)
        {
            log.Close();
        }
    }

    public void Dispose() => Network.Dispose();

    private void Settle()
    {
        TaskCompletionSource<bool> done = new();
        Network.At(TimeSpan.Zero, () => done.SetResult(true));
        Network.Run(() => done.Task);
    }

    private Task<RoundOutcome> ServerAsync(RoundDescriptor descriptor, IServerTransport? transport = null) =>
        RoundDriver.RunServerAsync(
            new ServerRun
            {
                Descriptor = descriptor,
                Transport = transport ?? Network.Server,
                Store = _store,
                Deadlines = RoundDeadlines.Every(s_deadline),
                Suite = _suite,
                Time = Network.Time,
                Audit = Logs[0],
                AuditHeadTo = Heads.Add,
            }
        );

    private async Task<ClientOutcome> ClientAsync(int i)
    {
        RoundDescriptor? invited = await RoundDriver
            .ReceiveInvitationAsync(Network.Client(_members[i].Id), TimeSpan.FromHours(1), Network.Time)
            .ConfigureAwait(false);
        return await RunClientAsync(i, invited!).ConfigureAwait(false);
    }

    private Task<ClientOutcome> RunClientAsync(int i, RoundDescriptor offer)
    {
        SeededRandomSource random = new(_seed, $"client {i} round {offer.Round}");
        EncodedUpdate update = EncodedUpdate.Encode(
            ClippedUpdate.Clip(
                LocalUpdate.Create(UpdateOf?.Invoke(i) ?? FrontDoor.Plans.OnGrid(_plan.Length, i)),
                DescriptorRules.EncodingOf(offer)
            ),
            random
        );
        return RoundDriver.RunClientAsync(
            new ClientRun
            {
                Descriptor = offer,
                Self = _members[i].Id,
                Signer = _members[i].Signer,
                Policy = SimulationOptions.PolicyOf(_plan, [.. _members.Select(member => member.Enrolment)], _suite),
                ExpectedModel = Digest.Of("model"u8),
                Update = update,
                Transport = Network.Client(_members[i].Id),
                Journal = _members[i].Journal,
                Deadlines = RoundDeadlines.Every(10 * s_deadline),
                Suite = _suite,
                Random = random,
                Time = Network.Time,
                Audit = Logs[i + 1],
                AuditHeadTo = Heads.Add,
            }
        );
    }
}

/// <summary>A file in memory that one holder at a time has open and that refuses to write when it is told to.</summary>
internal sealed class MemoryFile : IStorageFile
{
    private byte[] _bytes = [];

    public string Name => "memory";

    public byte[] Bytes
    {
        get => _bytes;
        set => _bytes = value;
    }

    /// <summary>How many flushes still work.</summary>
    public int FlushesLeft { get; set; } = int.MaxValue;

    public int Flushes { get; private set; }

    public MemoryFile Reopen() => this;

    public byte[] ReadAll() => [.. _bytes];

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        Array.Resize(ref _bytes, (int)position + bytes.Length);
        bytes.CopyTo(_bytes.AsSpan((int)position));
    }

    public void SetLength(long length) => Array.Resize(ref _bytes, (int)length);

    public void Flush()
    {
        if (FlushesLeft-- <= 0)
        {
            throw new IOException("The simulated disk is full.");
        }

        Flushes++;
    }

    public void Dispose() { }
}
