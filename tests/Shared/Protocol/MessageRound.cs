using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Tests.Shared;

/// <summary>
/// One round of real sessions, message by message. Everything that is sent passes <see cref="Hook"/>, where an attacker
/// may alter, drop, duplicate or inject.
/// </summary>
/// <remarks>
/// Not thread-safe. Keys and shares follow from the seed, so two rounds with one plan and one seed have the same K;
/// signatures differ.
/// </remarks>
internal sealed class MessageRound : IDisposable
{
    private readonly HashSet<int> _started = [];
    private readonly EncodedUpdate[] _updates;
    private readonly NoiseSampling? _sampling;

    public MessageRound(TestFederation federation, RoundPlan plan, RoundOptions? options = null)
    {
        options ??= new RoundOptions();
        Federation = federation;
        _sampling = options.Sampling;
        Descriptor = plan.Build(federation);
        D = RoundDigests.Descriptor(Descriptor);
        _updates =
        [
            .. Enumerable.Range(0, federation.Count).Select(party => UpdateOf(party, federation, plan, options)),
        ];
        Clients = [.. Enumerable.Range(0, federation.Count).Select(party => ClientOf(party, options))];
        Server = ServerOf(Setup);
    }

    public TestFederation Federation { get; }

    public RoundDescriptor Descriptor { get; }

    public Digest D { get; }

    /// <summary>K, read from a message that carries it.</summary>
    public Digest K =>
        Forge.Read<ProtocolMessage>(Sent.First(sent => sent.Type == MessageType.EncryptedShares).Bytes).Session;

    /// <summary>The cohort that the server announced first.</summary>
    public CohortView FixedCohort =>
        CohortView.TryCreate(
            Descriptor,
            D,
            Forge
                .Read<ProtocolMessage.CohortAnnouncement>(
                    Sent.First(sent => sent.Type == MessageType.CohortAnnouncement).Bytes
                )
                .Advertisements
        )!;

    public int Count => Federation.Count;

    public ImmutableArray<ClientSession> Clients { get; }

    public ServerSession Server { get; private set; }

    /// <summary>What happens to a message that was sent: the messages that arrive instead. Default: itself.</summary>
    public Func<Delivery, IEnumerable<Delivery>> Hook { get; set; } = sent => [sent];

    /// <summary>Which of the pending messages arrives next, from their number. Default: the oldest.</summary>
    public Func<int, int> PickNext { get; set; } = _ => 0;

    public List<Delivery> Pending { get; } = [];

    /// <summary>Everything that was sent, before the hook.</summary>
    public List<Delivery> Sent { get; } = [];

    public List<PeerFault> ServerFaults { get; } = [];

    public List<(int Client, PeerFault Fault)> ClientFaults { get; } = [];

    public List<DurableRecord> ServerRecords { get; } = [];

    public List<(int Client, DurableRecord Record)> ClientRecords { get; } = [];

    public RoundEnding<AggregateResult>? Ending { get; private set; }

    public Dictionary<int, RoundEnding<ClientReceipt>> ClientEndings { get; } = [];

    public AggregateResult Result => Assert.IsType<RoundEnding<AggregateResult>.Completed>(Ending).Result;

    public RoundEnding<AggregateResult>.Aborted Aborted => Assert.IsType<RoundEnding<AggregateResult>.Aborted>(Ending);

    public RoundEnding<ClientReceipt>.Aborted ClientAborted(int client) =>
        Assert.IsType<RoundEnding<ClientReceipt>.Aborted>(ClientEndings.GetValueOrDefault(client));

    public ReadOnlyMemory<byte> InvitationBytes => Forge.Bytes(new ProtocolMessage.RoundInvitation(D, Descriptor));

    public PartySet Set(params int[] members) => Forge.Set(Count, members);

    public PartySet Everyone => Set([.. Enumerable.Range(0, Count)]);

    public EncodedUpdate UpdateOf(int party) => _updates[party];

    /// <summary>Runs to the end: when nothing is under way, the server's deadline passes.</summary>
    public void Run()
    {
        if (Server.Phase == RoundPhase.None)
        {
            StartServer();
        }

        for (int deadlines = 0; ; deadlines++)
        {
            for (int deliveries = 0; DeliverNext(); deliveries++)
            {
                Assert.True(deliveries < 100_000, "the parties answer each other for ever");
            }

            if (Server.HasEnded)
            {
                return;
            }

            Assert.True(deadlines < 20, "the round does not end");
            Deadline();
        }
    }

    /// <summary>Runs until a message of this kind is under way, takes it off the wire and returns it.</summary>
    public Delivery Take(MessageType type, int? from = null, int? to = null)
    {
        if (Server.Phase == RoundPhase.None)
        {
            StartServer();
        }

        for (int deadlines = 0; deadlines < 20; )
        {
            int index = Pending.FindIndex(sent =>
                sent.Type == type && sent.From == from && (to is null || sent.To == to)
            );
            if (index >= 0)
            {
                Delivery taken = Pending[index];
                Pending.RemoveAt(index);
                return taken;
            }

            if (!DeliverNext())
            {
                Assert.False(Server.HasEnded, $"the round ended before a {type} was sent");
                Deadline();
                deadlines++;
            }
        }

        throw new InvalidOperationException($"No {type} was sent.");
    }

    public Step<AggregateResult> StartServer() => ToServer(new RoundEvent.Started());

    public Step<AggregateResult> Deadline() => ToServer(new RoundEvent.PhaseEnded(Server.Phase));

    public bool DeliverNext()
    {
        if (Pending.Count == 0)
        {
            return false;
        }

        int index = PickNext(Pending.Count);
        Delivery next = Pending[index];
        Pending.RemoveAt(index);
        Deliver(next);
        return true;
    }

    public void Deliver(Delivery delivery)
    {
        if (delivery.To is { } client)
        {
            ToClient(client, delivery.Bytes);
        }
        else
        {
            ToServer(delivery.From!.Value, delivery.Bytes);
        }
    }

    /// <summary>Delivers bytes as if from the server. A client is started by the first invitation.</summary>
    public Step<ClientReceipt> ToClient(int client, ReadOnlyMemory<byte> bytes)
    {
        bool starts = bytes.Length > 3 && bytes.Span[3] == (byte)MessageType.RoundInvitation && _started.Add(client);
        return ToClient(client, starts ? new RoundEvent.Started() : new RoundEvent.Received(null, bytes));
    }

    public Step<ClientReceipt> ToClient(int client, RoundEvent happened)
    {
        Step<ClientReceipt> step = Clients[client].Advance(happened);
        if (step.StoreFirst is { } record)
        {
            ClientRecords.Add((client, record));
        }

        ClientFaults.AddRange(step.Faults.Select(fault => (client, fault)));
        if (step.Ended is { } ended)
        {
            ClientEndings.Add(client, ended);
        }

        foreach (OutgoingMessage message in step.Send)
        {
            Assert.Null(message.To);
            Send(new Delivery(client, null, message.Type, message.Bytes));
        }

        return step;
    }

    /// <summary>Delivers bytes as the transport authenticated their sender.</summary>
    public Step<AggregateResult> ToServer(int from, ReadOnlyMemory<byte> bytes) =>
        ToServer(new RoundEvent.Received(Federation.IdOf(from), bytes));

    public Step<AggregateResult> ToServer(RoundEvent happened) => OnServerStep(Server.Advance(happened));

    /// <summary>Kills the server and rebuilds it from records; what was under way to it stays under way.</summary>
    public Step<AggregateResult> RestartServer(IReadOnlyList<DurableRecord> records)
    {
        Server.Dispose();
        Step<AggregateResult> resumed;
        Server =
            Descriptor.Scheme == SchemeKind.Unprotected
                ? PlainServerSession.Restore(Setup, records, out resumed)
                : MaskingServerSession.Restore(Setup, records, out resumed);
        return OnServerStep(resumed);
    }

    /// <summary>A new session of a client, as after a restart.</summary>
    public ClientSession ClientOf(int party, RoundOptions options)
    {
        RoundDescriptor descriptor = options.DescriptorFor?.Invoke(party) ?? Descriptor;
        ClientSetup setup = new()
        {
            Descriptor = descriptor,
            Self = Federation.IdOf(party),
            Signer = Federation.Signers[party],
            Suite = Federation.Suite,
            Random = new SeededRandomSource((options.Seed * 1000L) + party),
            Policy = options.PolicyFor?.Invoke(party) ?? options.DefaultPolicy(Federation, descriptor),
            History = options.HistoryFor?.Invoke(party) ?? ClientHistory.Empty,
            ExpectedModel = options.ExpectedModelFor?.Invoke(party) ?? descriptor.ModelDigest,
            Update = _updates[party],
            Gate = descriptor.Noise is null ? null : new OpenGate(),
        };
        return descriptor.Scheme == SchemeKind.Unprotected
            ? new PlainClientSession(setup)
            : new MaskingClientSession(setup);
    }

    /// <summary>The sum of these parties' updates as integers, computed without any ring.</summary>
    public long[] ExpectedSum(IEnumerable<int> parties)
    {
        UpdateEncoding encoding = _updates[0].Encoding;
        System.Numerics.BigInteger[] sum = new System.Numerics.BigInteger[encoding.Length];
        foreach (int party in parties)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                ulong element = _updates[party].Values[i];
                bool negative = element >> (encoding.RingBits - 1) != 0;
                sum[i] += element;
                sum[i] -= negative ? System.Numerics.BigInteger.One << encoding.RingBits : 0;
            }
        }

        return [.. sum.Select(value => (long)value)];
    }

    /// <summary>The round ended with the exact sum of the survivors it names, and these are the survivors.</summary>
    public void AssertExact(params int[] survivors)
    {
        Assert.Equal(survivors.Select(Federation.IdOf), Result.Survivors);
        Assert.Equal(ExpectedSum(survivors), Result.Sum.Decode().Integers());
    }

    public void Dispose()
    {
        Server.Dispose();
        foreach (ClientSession client in Clients)
        {
            client.Dispose();
        }
    }

    private static EncodedUpdate UpdateOf(int party, TestFederation federation, RoundPlan plan, RoundOptions options)
    {
        UpdateEncoding encoding = options.EncodingFor?.Invoke(party) ?? plan.EncodingFor(federation.Count);
        float[] values =
            options.ValuesFor?.Invoke(party)
            ?? [.. Enumerable.Range(0, encoding.Length).Select(j => 0.01f * (((party * 31) + (j * 7)) % 11 - 5))];
        LocalUpdate local = LocalUpdate.Create(values, options.WeightFor?.Invoke(party) ?? 1);
        EncodedUpdate update = EncodedUpdate.Encode(
            ClippedUpdate.Clip(local, encoding),
            new SeededRandomSource((options.Seed * 1000L) + 500 + party),
            options.MetricsFor?.Invoke(party)
        );
        if (encoding.Noise?.Layers is not null && options.Sampling is { } sampling)
        {
            SeededRandomSource random = new((options.Seed * 1000L) + 700 + party);
            using NoiseVector noise = LayerSeeds.Draw(federation.Suite, encoding, random, sampling);
            update.AddNoise(noise);
        }

        options.Corrupt?.Invoke(party, update.Values);
        return update;
    }

    private static ServerSession ServerOf(ServerSetup setup) =>
        setup.Descriptor.Scheme == SchemeKind.Unprotected
            ? new PlainServerSession(setup)
            : new MaskingServerSession(setup);

    private ServerSetup Setup =>
        new()
        {
            Descriptor = Descriptor,
            Suite = Federation.Suite,
            Sampling = _sampling,
        };

    private Step<AggregateResult> OnServerStep(Step<AggregateResult> step)
    {
        if (step.StoreFirst is { } record)
        {
            ServerRecords.Add(record);
        }

        ServerFaults.AddRange(step.Faults);
        Ending = step.Ended ?? Ending;
        foreach (OutgoingMessage message in step.Send)
        {
            int to = Federation.Roster.Select(entry => entry.Id).ToList().IndexOf(message.To!.Value);
            Send(new Delivery(null, to, message.Type, message.Bytes));
        }

        return step;
    }

    private void Send(Delivery sent)
    {
        Sent.Add(sent);
        Pending.AddRange(Hook(sent));
    }

    private sealed class OpenGate : PrivacyGate
    {
        public override DescriptorRefusal? Examine(RoundDescriptor descriptor) => null;

        public override bool IsCharged(RoundDescriptor descriptor) => true;

        public override void Charge(RoundDescriptor descriptor) { }
    }
}
