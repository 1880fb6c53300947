using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.SimulationTests;

/// <summary>An honest run up to the masked inputs; from there on the attacker writes the server's messages.</summary>
internal sealed class LyingServer : IDisposable
{
    private readonly Cast _cast;
    private readonly ClientSession[] _clients;
    private readonly int _corrupt;
    private readonly Digest _cohort;
    private readonly PartySet _sharers;

    public LyingServer(ulong seed, int parties, int collusionBound, int corrupt, int? minimumSurvivors = null)
    {
        _cast = new Cast(seed, parties, collusionBound, minimumSurvivors: minimumSurvivors);
        _corrupt = corrupt;
        _clients = [.. Enumerable.Range(0, parties).Select(party => _cast.Client(party))];
        Revealed = new RevealedShares(parties, _cast.Threshold);
        using ServerSession server = _cast.Server([], out Step<AggregateResult> step);
        Queue<OutgoingMessage> queue = new(step.Send);
        HashSet<int> started = [];
        Digest cohort = default;
        while (server.Phase < RoundPhase.Consistency && queue.TryDequeue(out OutgoingMessage? message))
        {
            if (Revealed.Graph is null && message.Type == MessageType.CohortAnnouncement)
            {
                Revealed.Graph = _cast.GraphOf(message.Bytes);
            }

            int party = _cast.IndexOf(message.To!.Value);
            RoundEvent happened = started.Add(party)
                ? new RoundEvent.Started()
                : new RoundEvent.Received(null, message.Bytes);
            foreach (OutgoingMessage reply in _clients[party].Advance(happened).Send)
            {
                cohort = Decode(reply.Bytes).Session;
                foreach (
                    OutgoingMessage next in server.Advance(new RoundEvent.Received(Cast.IdOf(party), reply.Bytes)).Send
                )
                {
                    queue.Enqueue(next);
                }
            }
        }

        _cohort = cohort;
        _sharers = Set([.. Enumerable.Range(0, parties)]);
    }

    public RevealedShares Revealed { get; }

    /// <summary>The honest clients that left, and why.</summary>
    public Dictionary<int, AbortReason> Left { get; } = [];

    public List<ProtocolMessage.ConsistencySignature> Signatures { get; } = [];

    private IEnumerable<int> Honest => Enumerable.Range(_corrupt, _cast.Count - _corrupt);

    public PartySet Set(params int[] members) => PartySet.Of(_cast.Count, members.Select(member => (ushort)member));

    public PartySet RandomSurvivors(SeededRandomSource random, int? least = null)
    {
        int fewest = least ?? _cast.Threshold;
        int size = fewest + random.Next(_cast.Count - fewest + 1);
        return Set([.. Enumerable.Range(0, _cast.Count).OrderBy(_ => random.Next(1 << 30)).Take(size)]);
    }

    /// <summary>Tells each honest client its own set; corrupt clients sign every set that anybody was told.</summary>
    public void AnnounceSurvivors(Func<int, PartySet> told)
    {
        HashSet<PartySet> sets = [];
        foreach (int party in Honest)
        {
            PartySet survivors = told(party);
            sets.Add(survivors);
            ReadOnlyMemory<byte> message = MessageCodec.Encode(
                new ProtocolMessage.SurvivorAnnouncement(_cohort, survivors)
            );
            foreach (OutgoingMessage reply in Ask(party, message).Send)
            {
                if (Decode(reply.Bytes) is ProtocolMessage.ConsistencySignature signature)
                {
                    Signatures.Add(signature);
                }
            }
        }

        foreach (PartySet survivors in sets)
        {
            for (int party = 0; party < _corrupt; party++)
            {
                ProtocolMessage.ConsistencySignature unsigned = new(
                    _cohort,
                    (ushort)party,
                    _sharers,
                    survivors,
                    default
                );
                byte[] signature = _cast.Signers[party].Sign(MessageCodec.SignedContent(unsigned));
                Signatures.Add(new(_cohort, (ushort)party, _sharers, survivors, signature));
            }
        }
    }

    /// <summary>For each client and each set: the request with all signatures on that set whose signers are in it.</summary>
    public void RequestUnmaskingWithEverySignatureThatVerifies()
    {
        foreach (
            IGrouping<PartySet, ProtocolMessage.ConsistencySignature> group in Signatures.GroupBy(entry =>
                entry.Survivors
            )
        )
        {
            ReadOnlyMemory<byte> request = UnmaskRequest(
                group.Key,
                group.Where(entry => group.Key.Contains(entry.Sender))
            );
            foreach (int party in Honest)
            {
                foreach (OutgoingMessage reply in Ask(party, request).Send)
                {
                    if (Decode(reply.Bytes) is ProtocolMessage.UnmaskShares shares)
                    {
                        Revealed.Add(shares);
                    }
                }
            }
        }

        for (int party = 0; party < _corrupt; party++)
        {
            Revealed.AddCorrupt(party);
        }
    }

    public ReadOnlyMemory<byte> UnmaskRequest(
        PartySet survivors,
        IEnumerable<ProtocolMessage.ConsistencySignature> signatures
    ) =>
        MessageCodec.Encode(
            new ProtocolMessage.UnmaskRequest(
                _cohort,
                survivors,
                [
                    .. signatures
                        .OrderBy(entry => entry.Sender)
                        .Select(entry => new SurvivorSignature(entry.Sender, entry.Signature)),
                ]
            )
        );

    public Step<ClientReceipt> Ask(int party, ReadOnlyMemory<byte> message)
    {
        Step<ClientReceipt> step = _clients[party].Advance(new RoundEvent.Received(null, message));
        if (step.Ended is RoundEnding<ClientReceipt>.Aborted aborted)
        {
            Left[party] = aborted.Reason;
        }

        return step;
    }

    /// <summary>
    /// spec 06-security#law-2: at most one sum, of at least U − c honest inputs; on a sparse graph sums of at least t − t1.
    /// </summary>
    public void AssertLaw()
    {
        int[] honest = [.. Honest];
        Revealed.AssertNeverBoth(honest);
        IReadOnlyList<int[]> sums = Revealed.LearnableSums(honest);
        int least = Revealed.Graph?.EffectiveCohort ?? _cast.Descriptor.MinimumSurvivors - _corrupt;
        Assert.True(sums.Count <= 1 || Revealed.Graph is not null, $"{sums.Count} sums can be learned");
        foreach (int[] terms in sums)
        {
            Assert.True(terms.Length >= least, $"a sum of {terms.Length} honest inputs can be learned");
        }
    }

    public void Dispose()
    {
        foreach (ClientSession client in _clients)
        {
            client.Dispose();
        }

        _cast.Dispose();
    }

    private ProtocolMessage Decode(ReadOnlyMemory<byte> bytes) =>
        MessageCodec.Decode(bytes, MessageLimits.For(_cast.Descriptor)).Message!;
}
