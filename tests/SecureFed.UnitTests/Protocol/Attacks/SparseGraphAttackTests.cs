using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>What a server can tell the parties of a sparse round, and what a client can send it: each lie meets many parties at once.</summary>
public class SparseGraphAttackTests
{
    private const int Parties = 257;
    private const int Survivors = 231;

    private static readonly TestFederation s_toys = TestFederation.OfToys(Parties);
    private static readonly RoundPlan s_plan = new()
    {
        Scheme = SchemeKind.MaskedSparse,
        Length = 3,
        MinimumSurvivors = Survivors,
    };

    // spec 03-masking#graph-4
    [Theory]
    [InlineData("signed by another", AbortReason.BadSignature)]
    [InlineData("not a point", AbortReason.InvalidPoint)]
    public void A_false_entry_is_met_by_its_neighbours_and_by_them_alone(string lie, AbortReason reason)
    {
        const ushort Liar = 100;
        using MessageRound round = new(s_toys, s_plan);
        ProtocolMessage.CohortAnnouncement honest = Cohort(round);
        ProtocolMessage.KeyAdvertisement entry = honest.Advertisements[Liar];
        ReadOnlyMemory<byte> key =
            lie == "not a point" ? new byte[entry.MaskKey.Length] : FreshKey(round.Federation.Suite, 77);
        ProtocolMessage.CohortAnnouncement forged = Forge.Replace(
            honest,
            Forge.Keys(s_toys.Signers[lie == "not a point" ? Liar : 101], entry, mask: key)
        );
        MaskGraph graph = CohortView.TryCreate(round.Descriptor, forged.Session, forged.Advertisements)!.Graph;

        for (int party = 0; party < Parties; party++)
        {
            round.ToClient(party, Forge.Bytes(forged));
        }

        Assert.Equal(AbortReason.OwnKeyAltered, round.ClientAborted(Liar).Reason);
        foreach (ushort party in graph.Members.Members.Where(party => party != Liar))
        {
            if (graph.NeighboursOf(Liar).Contains(party))
            {
                Assert.Equal(reason, round.ClientAborted(party).Reason);
                Assert.Equal(s_toys.IdOf(Liar), Assert.Single(round.ClientAborted(party).Named));
            }
            else
            {
                Assert.False(round.ClientEndings.ContainsKey(party));
            }
        }
    }

    [Fact]
    public void A_key_that_two_entries_share_is_refused_by_everybody()
    {
        using MessageRound round = new(s_toys, s_plan);
        ProtocolMessage.CohortAnnouncement honest = Cohort(round);
        ProtocolMessage.CohortAnnouncement forged = Forge.Replace(
            honest,
            Forge.Keys(s_toys.Signers[9], honest.Advertisements[9], mask: honest.Advertisements[200].MaskKey)
        );

        for (int party = 20; party < 60; party++)
        {
            round.ToClient(party, Forge.Bytes(forged));
            Assert.Equal(AbortReason.KeyReused, round.ClientAborted(party).Reason);
        }
    }

    [Fact]
    public void A_cohort_without_dropouts_to_spare_has_a_thinner_graph_and_says_so()
    {
        using MessageRound round = new(s_toys, s_plan);
        round.Hook = sent => sent is { Type: MessageType.KeyAdvertisement, From: >= Survivors } ? [] : [sent];

        round.Run();

        // Exactly U of them: nobody may be lost any more, so that the least graph is enough. The offer promised no more.
        Assert.Equal(GraphSizing.RoundEffectiveCohort, round.Result.EffectiveCohort);
        Assert.True(GraphSizing.ForRound(Parties, 1, Survivors)!.EffectiveCohort > round.Result.EffectiveCohort);
        Assert.Equal(GraphSizing.RoundEffectiveCohort, DescriptorRules.EffectiveCohort(round.Descriptor));
    }

    [Fact]
    public void An_offer_that_promises_less_than_the_floor_is_refused()
    {
        const int effective = GraphSizing.RoundEffectiveCohort;
        RoundDescriptor descriptor = s_plan.Build(s_toys);

        Assert.Null(Examine(effective));
        Assert.Equal(AbortReason.EffectiveCohortTooSmall, Examine(effective + 1)!.Reason);

        DescriptorRefusal? Examine(int floor) =>
            new ClientPolicy
            {
                PinnedRoster = s_toys.Roster,
                Federation = "test",
                WithoutPrivacyNoise = LocalConsent.Given("test data"),
                MinimumEffectiveCohort = floor,
            }.Examine(descriptor, s_toys.IdOf(0), descriptor.ModelDigest, ClientHistory.Empty);
    }

    [Theory]
    [InlineData(256, SchemeKind.MaskedSparse, 200, 1, AbortReason.GraphMismatch)]
    [InlineData(257, SchemeKind.MaskedComplete, 231, 1, AbortReason.GraphMismatch)]
    [InlineData(257, SchemeKind.MaskedSparse, 179, 100, AbortReason.GraphMismatch)]
    [InlineData(257, SchemeKind.MaskedSparse, 231, 1, AbortReason.None)]
    [InlineData(257, SchemeKind.MaskedSparse, 129, 1, AbortReason.ThresholdTooLow)]
    public void A_descriptor_needs_the_scheme_of_its_size_and_a_graph(
        int parties,
        SchemeKind scheme,
        int survivors,
        int corrupt,
        AbortReason reason
    )
    {
        RoundDescriptor descriptor = (
            s_plan with
            {
                Scheme = scheme,
                MinimumSurvivors = survivors,
                CollusionBound = corrupt,
            }
        ).Build(TestFederation.OfToys(parties));

        Assert.Equal(reason, DescriptorRules.Check(descriptor)?.Reason ?? AbortReason.None);
    }

    [Fact]
    public void A_delivery_holds_one_envelope_for_each_neighbour_and_no_other()
    {
        using MessageRound round = new(s_toys, s_plan);
        List<ProtocolMessage.ShareDelivery> deliveries = [];
        for (int party = 0; party < 40; party++)
        {
            deliveries.Add(
                Forge.Read<ProtocolMessage.ShareDelivery>(round.Take(MessageType.ShareDelivery, to: party).Bytes)
            );
        }

        MaskGraph graph = round.FixedCohort.Graph;
        for (int party = 0; party < 40; party++)
        {
            ProtocolMessage.ShareDelivery honest = deliveries[party];
            ImmutableArray<ShareEnvelope> envelopes = honest.Envelopes;
            ushort[] neighbours = [.. graph.NeighboursOf((ushort)party)];
            Assert.Equal(neighbours, envelopes.Select(envelope => envelope.Dealer));
            ShareEnvelope strange = deliveries[(party + 1) % 40]
                .Envelopes.First(envelope => !neighbours.Contains(envelope.Dealer) && envelope.Dealer != party);
            PartySet starving = Without(round, neighbours.Take(graph.Neighbours - graph.Threshold + 1));
            (PartySet sharers, ImmutableArray<ShareEnvelope> sent, AbortReason reason) = (party % 5) switch
            {
                0 => (honest.Sharers, envelopes.RemoveAt(3), AbortReason.InvalidShare),
                1 => (
                    honest.Sharers,
                    [.. envelopes.Append(strange).OrderBy(envelope => envelope.Dealer)],
                    AbortReason.InvalidShare
                ),
                2 => (
                    honest.Sharers,
                    envelopes.SetItem(0, envelopes[0] with { Path = envelopes[1].Path }),
                    AbortReason.BadSignature
                ),
                3 => (
                    starving,
                    [.. envelopes.Where(envelope => starving.Contains(envelope.Dealer))],
                    AbortReason.NotEnoughPeers
                ),
                _ => (honest.Sharers, envelopes, AbortReason.None),
            };

            Step<ClientReceipt> step = round.ToClient(
                party,
                Forge.Bytes(new ProtocolMessage.ShareDelivery(honest.Session, (ushort)party, sharers, sent))
            );

            if (reason == AbortReason.None)
            {
                Assert.Equal(MessageType.MaskedInput, Assert.Single(step.Send).Type);
            }
            else
            {
                Assert.Equal(reason, round.ClientAborted(party).Reason);
                Assert.DoesNotContain(step.Send, message => message.Type == MessageType.MaskedInput);
            }
        }
    }

    [Fact]
    public void A_survivor_set_without_t_of_its_holders_is_not_signed()
    {
        using MessageRound round = new(s_toys, s_plan);
        round.Take(MessageType.SurvivorAnnouncement, to: 0);
        MaskGraph graph = round.FixedCohort.Graph;
        int spare = graph.Neighbours - graph.Threshold;
        for (ushort party = 0; party < 10; party++)
        {
            int lost = spare + (party % 2);
            PartySet told = Without(round, graph.NeighboursOf(party).Take(lost));

            Step<ClientReceipt> step = round.ToClient(
                party,
                Forge.Bytes(new ProtocolMessage.SurvivorAnnouncement(round.K, told))
            );

            if (lost > spare)
            {
                Assert.Equal(AbortReason.NotEnoughPeers, round.ClientAborted(party).Reason);
                Assert.DoesNotContain(step.Send, message => message.Type == MessageType.ConsistencySignature);
            }
            else
            {
                Assert.Equal(MessageType.ConsistencySignature, Assert.Single(step.Send).Type);
            }
        }
    }

    [Fact]
    public void Shares_leave_for_tau_signatures_on_one_set_and_for_nothing_less()
    {
        using MessageRound round = new(s_toys, s_plan);
        Delivery first = round.Take(MessageType.UnmaskRequest, to: 0);
        ProtocolMessage.UnmaskRequest honest = Forge.Read<ProtocolMessage.UnmaskRequest>(first.Bytes);
        ImmutableArray<SurvivorSignature> all = honest.Signatures;
        int tau = round.Descriptor.Threshold;
        Assert.Equal(130, tau);
        Dictionary<string, (ImmutableArray<SurvivorSignature> Signatures, AbortReason Reason)> lies = new()
        {
            ["one too few"] = (all[..(tau - 1)], AbortReason.NotEnoughSignatures),
            ["exactly enough"] = (all[..tau], AbortReason.None),
            ["a bad one first"] = (all.SetItem(0, Broken(all[0])), AbortReason.SurvivorSetConflict),
            ["a bad one among the first"] = (
                all.SetItem(tau - 1, Broken(all[tau - 1])),
                AbortReason.SurvivorSetConflict
            ),
            ["a bad one that nobody needs"] = (all.SetItem(tau, Broken(all[tau])), AbortReason.None),
            ["one too few and a bad one"] = ([.. all[..(tau - 1)], Broken(all[tau])], AbortReason.SurvivorSetConflict),
            ["a repeated one behind enough"] = ([.. all[..(tau + 3)], all[5]], AbortReason.DuplicateIdentity),
        };
        int party = 0;
        foreach ((string lie, (ImmutableArray<SurvivorSignature> signatures, AbortReason reason)) in lies)
        {
            Step<ClientReceipt> step = round.ToClient(
                party,
                Forge.Bytes(new ProtocolMessage.UnmaskRequest(honest.Session, honest.Survivors, signatures))
            );

            if (reason == AbortReason.None)
            {
                Assert.True(step.Send.Single().Type == MessageType.UnmaskShares, lie);
            }
            else
            {
                Assert.True(round.ClientAborted(party).Reason == reason, lie);
                Assert.DoesNotContain(step.Send, message => message.Type == MessageType.UnmaskShares);
            }

            party++;
        }
    }

    [Fact]
    public void A_client_speaks_for_its_own_dealers_only_and_the_round_goes_on_without_its_lies()
    {
        using MessageRound round = new(s_toys, s_plan);
        round.Hook = sent =>
            sent switch
            {
                // Shares for one holder too few, and for the dealer itself.
                { Type: MessageType.EncryptedShares, From: 3 } => [Dealt(round, sent, shares => shares[..^1])],
                { Type: MessageType.EncryptedShares, From: 4 } => [Dealt(round, sent, shares => shares.Add(shares[0]))],

                // A complaint about a dealer whose holder it is not.
                { Type: MessageType.MaskedInput, From: 5 } => [Complaint(round, sent)],

                // A share of a dealer that never dealt to it, and one of its own dealers left out.
                { Type: MessageType.UnmaskShares, From: 6 } => [Unmask(round, sent, addStranger: true)],
                { Type: MessageType.UnmaskShares, From: 7 } => [Unmask(round, sent, addStranger: false)],
                _ => [sent],
            };

        round.Run();

        round.AssertExact([.. Enumerable.Range(0, Parties).Where(party => party is < 3 or > 5)]);
        Assert.Contains(Fault(3, RoundPhase.ShareKeys, PeerFaultKind.InvalidShareList), round.ServerFaults);
        Assert.Contains(Fault(4, RoundPhase.ShareKeys, PeerFaultKind.InvalidShareList), round.ServerFaults);
        Assert.Contains(Fault(5, RoundPhase.MaskedInput, PeerFaultKind.UnknownIdentity), round.ServerFaults);
        Assert.Contains(Fault(6, RoundPhase.Unmask, PeerFaultKind.SetMismatch), round.ServerFaults);
        Assert.Contains(Fault(7, RoundPhase.Unmask, PeerFaultKind.InvalidShareList), round.ServerFaults);
        Assert.Equal(GraphSizing.ForRound(Parties, 1, Survivors)!.EffectiveCohort, round.Result.EffectiveCohort);
    }

    // spec 03-masking#blame-1: the complaints are fewer than the corrupt of the whole cohort, and still more than can lie.
    [Fact]
    public void A_dealer_that_seals_rubbish_for_many_is_named_and_those_that_complain_are_not()
    {
        const int Corrupt = 30;
        const ushort Dealer = 12;
        TestFederation toys = TestFederation.OfToys(600);
        RoundPlan plan = s_plan with { CollusionBound = Corrupt, MinimumSurvivors = 540 };
        using MessageRound round = new(toys, plan);
        int complaints = 0;
        round.Hook = sent =>
        {
            if (sent is not { Type: MessageType.EncryptedShares, From: Dealer })
            {
                return [sent];
            }

            MaskGraph graph = round.FixedCohort.Graph;
            complaints = graph.Neighbours - graph.Threshold + 1;
            Assert.InRange(complaints, graph.LyingNeighbours + 1, Corrupt);
            ProtocolMessage.EncryptedShares honest = Forge.Read<ProtocolMessage.EncryptedShares>(sent.Bytes);
            ImmutableArray<DealtShare> shares =
            [
                .. honest.Shares.Select((share, place) => place < complaints ? Inside.Unreadable(share) : share),
            ];
            return
            [
                sent.With(Forge.Shares(toys.Signers[Dealer], honest.Session, Dealer, graph.HoldersOf(Dealer), shares)),
            ];
        };

        round.Run();

        Assert.Equal(AbortReason.NotEnoughShares, round.Aborted.Reason);
        Assert.Equal(toys.IdOf(Dealer), Assert.Single(round.Aborted.Named));
        Assert.Equal(complaints, round.ServerFaults.Count(fault => fault.Kind == PeerFaultKind.ShareComplaint));
        Assert.DoesNotContain(round.Sent, sent => sent.Type == MessageType.UnmaskShares);
    }

    private static PeerFault Fault(int party, RoundPhase phase, PeerFaultKind kind) =>
        new(s_toys.IdOf(party), phase, kind);

    private static ProtocolMessage.CohortAnnouncement Cohort(MessageRound round) =>
        Forge.Read<ProtocolMessage.CohortAnnouncement>(round.Take(MessageType.CohortAnnouncement, to: 0).Bytes);

    private static ReadOnlyMemory<byte> FreshKey(ProtocolSuite suite, int seed)
    {
        using AgreementKeyPair pair = suite.GenerateKeyPair(new SeededRandomSource(seed));
        return pair.PublicKey.ToArray();
    }

    private static PartySet Without(MessageRound round, IEnumerable<ushort> parties) =>
        round.Everyone.Except(PartySet.Of(Parties, parties));

    private static SurvivorSignature Broken(SurvivorSignature entry) =>
        entry with
        {
            Signature = Forge.FlipBit(entry.Signature, 3),
        };

    private static Delivery Dealt(
        MessageRound round,
        Delivery sent,
        Func<ImmutableArray<DealtShare>, ImmutableArray<DealtShare>> change
    )
    {
        ProtocolMessage.EncryptedShares honest = Forge.Read<ProtocolMessage.EncryptedShares>(sent.Bytes);
        ImmutableArray<DealtShare> shares = change(honest.Shares);
        ushort[] holders =
        [
            .. round.FixedCohort.Graph.HoldersOf(honest.Sender).Append(honest.Sender).Take(shares.Length),
        ];
        return sent.With(Forge.Shares(s_toys.Signers[honest.Sender], honest.Session, honest.Sender, holders, shares));
    }

    private static Delivery Complaint(MessageRound round, Delivery sent)
    {
        ProtocolMessage.MaskedInput honest = Forge.Read<ProtocolMessage.MaskedInput>(sent.Bytes);
        ushort stranger = Stranger(round, honest.Sender);
        return sent.With(
            Forge.Input(
                s_toys.Signers[honest.Sender],
                honest,
                complaints: [new ShareComplaint(stranger, PeerFaultKind.ShareDecryptFailed)]
            )
        );
    }

    private static Delivery Unmask(MessageRound round, Delivery sent, bool addStranger)
    {
        ProtocolMessage.UnmaskShares honest = Forge.Read<ProtocolMessage.UnmaskShares>(sent.Bytes);
        ushort[] dealers = addStranger
            ? [.. honest.Dealers.Members.Append(Stranger(round, honest.Sender)).Order()]
            : [.. honest.Dealers.Members[1..]];
        return sent.With(
            Forge.Unmask(
                s_toys.Signers[honest.Sender],
                honest,
                dealers: PartySet.Of(Parties, dealers),
                shares: addStranger ? honest.Shares.Add(honest.Shares[0]) : honest.Shares[1..]
            )
        );
    }

    // A dealer of U2 that is no neighbour.
    private static ushort Stranger(MessageRound round, ushort party) =>
        round.FixedCohort.Graph.Members.Members.First(other =>
            other > 20 && other != party && !round.FixedCohort.Graph.NeighboursOf(party).Contains(other)
        );
}
