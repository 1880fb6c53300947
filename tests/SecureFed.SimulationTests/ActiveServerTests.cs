using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;
using Xunit.Abstractions;

namespace SecureFed.SimulationTests;

/// <summary>
/// A server that lies about who survived, to every client as it likes, with c corrupt clients that sign and reveal whatever
/// helps. Judged by what the masks then allow: no dealer's two secrets together, no sum of fewer than U − c honest inputs.
/// </summary>
public class ActiveServerTests(ITestOutputHelper output)
{
    [Fact]
    public void RND_01_Half_told_alive_and_half_told_dropped_reveals_nothing()
    {
        using Attack attack = new(seed: 1, parties: 6, collusionBound: 0, corrupt: 0);
        PartySet all = attack.Set(0, 1, 2, 3, 4, 5);
        PartySet without = attack.Set(0, 1, 2, 3, 4);
        PartySet other = attack.Set(1, 2, 3, 4, 5);

        attack.AnnounceSurvivors(party =>
            party switch
            {
                0 => without,
                5 => other,
                < 3 => all,
                _ => without,
            }
        );
        attack.RequestUnmaskingWithEverySignatureThatVerifies();

        Assert.Equal(0, attack.Revealed.Messages);
        attack.AssertLaw();
    }

    [Fact]
    public void RND_02_Own_survivor_sets_for_each_client_never_isolate_a_small_sum()
    {
        // n = 5, t = 3, c = 0: the setting in which a missing consistency step gives away a sum of two.
        int revealed = 0;
        for (ulong seed = 0; seed < 1_500; seed++)
        {
            using SeededRandomSource random = new(seed, "liar");
            using Attack attack = new(seed, parties: 5, collusionBound: 0, corrupt: 0);
            PartySet[] sets =
            [
                attack.RandomSurvivors(random),
                attack.RandomSurvivors(random),
                attack.Set(0, 1, 2, 3, 4),
            ];

            attack.AnnounceSurvivors(_ => sets[random.Next(sets.Length)]);
            attack.RequestUnmaskingWithEverySignatureThatVerifies();

            attack.AssertLaw();
            revealed += attack.Revealed.Messages > 0 ? 1 : 0;
        }

        // Must-succeed neighbour: when at least t clients were told the same set, the round can be finished.
        output.WriteLine($"{revealed} of 1500 lying servers found t signatures on one set");
        Assert.InRange(revealed, 50, 1_450);
    }

    [Fact]
    public void With_colluding_clients_no_sum_of_fewer_than_U_minus_c_honest_inputs_comes_out()
    {
        int revealed = 0;
        for (ulong seed = 0; seed < 1_500; seed++)
        {
            using SeededRandomSource random = new(seed, "colluding liar");
            int parties = 5 + random.Next(4);
            int corrupt = 1 + random.Next(2);
            using Attack attack = new(seed, parties, collusionBound: corrupt, corrupt);
            PartySet[] sets =
            [
                attack.RandomSurvivors(random),
                attack.RandomSurvivors(random),
                attack.Set([.. Enumerable.Range(0, parties)]),
            ];

            attack.AnnounceSurvivors(_ => sets[random.Next(sets.Length)]);
            attack.RequestUnmaskingWithEverySignatureThatVerifies();

            attack.AssertLaw();
            revealed += attack.Revealed.Messages > 0 ? 1 : 0;
        }

        output.WriteLine($"{revealed} of 1500 rounds were unmasked");
        Assert.True(revealed > 50);
    }

    [Fact]
    public void A_threshold_below_the_rule_would_be_broken_by_the_same_attack()
    {
        // The must-fail neighbour of the tests above: 2t ≤ n + c, so the descriptor is refused before anything happens.
        using Cast cast = new(seed: 1, parties: 6, collusionBound: 2, threshold: 4);

        using ClientSession client = cast.Client(3);
        Step<ClientReceipt> step = client.Advance(new RoundEvent.Started());

        RoundEnding<ClientReceipt>.Aborted aborted = Assert.IsType<RoundEnding<ClientReceipt>.Aborted>(step.Ended);
        Assert.Equal(AbortReason.ThresholdTooLow, aborted.Reason);
        Assert.Empty(step.Send);
    }

    [Fact]
    public void RND_04_A_repeated_unmask_request_gets_the_same_bytes_and_another_one_nothing()
    {
        using Attack attack = new(seed: 4, parties: 5, collusionBound: 1, corrupt: 0);
        PartySet all = attack.Set(0, 1, 2, 3, 4);
        attack.AnnounceSurvivors(_ => all);
        ReadOnlyMemory<byte> request = attack.UnmaskRequest(all, attack.Signatures.Where(entry => entry.Sender < 4));
        ReadOnlyMemory<byte> other = attack.UnmaskRequest(all, attack.Signatures);

        Step<ClientReceipt> first = attack.Ask(2, request);
        Step<ClientReceipt> again = attack.Ask(2, request);
        Step<ClientReceipt> changed = attack.Ask(2, other);

        Assert.True(Assert.Single(first.Send).Bytes.Span.SequenceEqual(Assert.Single(again.Send).Bytes.Span));
        Assert.DoesNotContain(changed.Send, message => message.Type == MessageType.UnmaskShares);
        Assert.Equal(
            AbortReason.RequestChanged,
            Assert.IsType<RoundEnding<ClientReceipt>.Aborted>(changed.Ended).Reason
        );
    }

    /// <summary>An honest run up to the masked inputs; from there on the attacker writes the server's messages.</summary>
    private sealed class Attack : IDisposable
    {
        private readonly Cast _cast;
        private readonly ClientSession[] _clients;
        private readonly int _corrupt;
        private readonly Digest _cohort;
        private readonly PartySet _sharers;

        public Attack(ulong seed, int parties, int collusionBound, int corrupt)
        {
            _cast = new Cast(seed, parties, collusionBound);
            _corrupt = corrupt;
            _clients = [.. Enumerable.Range(0, parties).Select(party => _cast.Client(party))];
            Revealed = new RevealedShares(parties, _cast.Threshold);
            using ServerSession server = _cast.Server([], out Step<AggregateResult> step);
            Queue<OutgoingMessage> queue = new(step.Send);
            HashSet<int> started = [];
            Digest cohort = default;
            while (server.Phase < RoundPhase.Consistency && queue.TryDequeue(out OutgoingMessage? message))
            {
                int party = _cast.IndexOf(message.To!.Value);
                RoundEvent happened = started.Add(party)
                    ? new RoundEvent.Started()
                    : new RoundEvent.Received(null, message.Bytes);
                foreach (OutgoingMessage reply in _clients[party].Advance(happened).Send)
                {
                    cohort = Decode(reply.Bytes).Session;
                    foreach (
                        OutgoingMessage next in server
                            .Advance(new RoundEvent.Received(Cast.IdOf(party), reply.Bytes))
                            .Send
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

        public List<ProtocolMessage.ConsistencySignature> Signatures { get; } = [];

        private IEnumerable<int> Honest => Enumerable.Range(_corrupt, _cast.Count - _corrupt);

        public PartySet Set(params int[] members) => PartySet.Of(_cast.Count, members.Select(member => (ushort)member));

        public PartySet RandomSurvivors(SeededRandomSource random)
        {
            int size = _cast.Threshold + random.Next(_cast.Count - _cast.Threshold + 1);
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

        public Step<ClientReceipt> Ask(int party, ReadOnlyMemory<byte> message) =>
            _clients[party].Advance(new RoundEvent.Received(null, message));

        /// <summary>spec 06-security#law-2: at most one sum, of at least U − c honest inputs.</summary>
        public void AssertLaw()
        {
            int[] honest = [.. Honest];
            Revealed.AssertNeverBoth(honest);
            IReadOnlyList<int[]> sums = Revealed.LearnableSums(honest);
            Assert.True(sums.Count <= 1, $"{sums.Count} sums can be learned");
            foreach (int[] terms in sums)
            {
                Assert.True(
                    terms.Length >= _cast.Descriptor.MinimumSurvivors - _corrupt,
                    $"a sum of {terms.Length} honest inputs can be learned"
                );
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
}
