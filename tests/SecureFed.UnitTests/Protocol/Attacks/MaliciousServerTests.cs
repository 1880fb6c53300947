using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>A server that lies to one client: whatever it sends, no share leaves, and the client's secrets are wiped.</summary>
public class MaliciousServerTests
{
    private static readonly TestFederation s_five = TestFederation.Of(5);

    [Fact]
    public void Signature_bytes_do_not_decide_whether_a_request_repeats()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        ReadOnlyMemory<byte> bytes = round.Take(MessageType.CohortAnnouncement, to: 0).Bytes;
        ProtocolMessage.CohortAnnouncement cohort = Forge.Read<ProtocolMessage.CohortAnnouncement>(bytes);
        ProtocolMessage.KeyAdvertisement first = cohort.Advertisements[1];
        ProtocolMessage.KeyAdvertisement malleated = new(
            first.Session,
            first.Sender,
            first.ChannelKey,
            first.MaskKey,
            first.SeedCommitment,
            Forge.FlipBit(first.Signature, 300)
        );
        ProtocolMessage repeated = new ProtocolMessage.CohortAnnouncement(
            cohort.Session,
            cohort.Advertisements.SetItem(1, malleated)
        );

        Step<ClientReceipt> answer = round.ToClient(0, bytes);
        Step<ClientReceipt> again = round.ToClient(0, Forge.Bytes(repeated));

        Assert.Equal(answer.Send.Single().Bytes.ToArray(), again.Send.Single().Bytes.ToArray());
        Assert.Null(again.Ended);
    }

    public static TheoryData<string, AbortReason> Deliveries =>
        new()
        {
            { "without me", AbortReason.NotInSurvivorSet },
            { "a dealer outside the cohort", AbortReason.UnknownIdentity },
            { "fewer than U dealers", AbortReason.NotEnoughPeers },
            { "one envelope missing", AbortReason.InvalidShare },
            { "no envelopes", AbortReason.InvalidShare },
            { "an envelope of my own", AbortReason.InvalidShare },
            { "an altered key commitment", AbortReason.BadSignature },
            { "an altered seed commitment", AbortReason.BadSignature },
            { "an altered ciphertext", AbortReason.BadSignature },
            { "an altered path", AbortReason.BadSignature },
            { "a shortened path", AbortReason.BadSignature },
            { "a lengthened path", AbortReason.BadSignature },
            { "an altered signature", AbortReason.BadSignature },
            { "two envelopes with their dealers swapped", AbortReason.BadSignature },
            { "the envelope for another holder", AbortReason.BadSignature },
        };

    public static TheoryData<string, AbortReason> SurvivorSets =>
        new()
        {
            { "without me", AbortReason.NotInSurvivorSet },
            { "outside U2", AbortReason.UnknownIdentity },
            { "smaller than U", AbortReason.NotEnoughSurvivors },
            { "empty", AbortReason.NotInSurvivorSet },
            { "only me", AbortReason.NotEnoughSurvivors },
        };

    public static TheoryData<string, AbortReason> UnmaskRequests =>
        new()
        {
            { "no signatures", AbortReason.NotEnoughSignatures },
            { "t - 1 signatures", AbortReason.NotEnoughSignatures },
            { "t signatures, one twice", AbortReason.DuplicateIdentity },
            { "a forged signature", AbortReason.SurvivorSetConflict },
            { "a forged signature beside t valid ones", AbortReason.SurvivorSetConflict },
            { "signatures under each other's names", AbortReason.SurvivorSetConflict },
            { "a signer outside the survivors", AbortReason.UnknownIdentity },
            { "a signer outside the roster", AbortReason.UnknownIdentity },
            { "other survivors than signed", AbortReason.SurvivorSetConflict },
            { "signatures over other survivors", AbortReason.SurvivorSetConflict },
            { "signatures over other sharers", AbortReason.SurvivorSetConflict },
            { "signatures of another cohort", AbortReason.SurvivorSetConflict },
        };

    [Theory]
    [MemberData(nameof(Deliveries))]
    public void A_wrong_share_delivery_makes_the_client_leave(string how, AbortReason reason)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent =>
            sent is { Type: MessageType.KeyAdvertisement, From: 4 } && how == "a dealer outside the cohort"
                ? []
                : [sent];
        Delivery mine = round.Take(MessageType.ShareDelivery, to: 0);
        Delivery other = round.Take(MessageType.ShareDelivery, to: 1);

        AssertLeaves(
            round,
            Change(
                round,
                Forge.Read<ProtocolMessage.ShareDelivery>(mine.Bytes),
                Forge.Read<ProtocolMessage.ShareDelivery>(other.Bytes),
                how
            ),
            reason
        );
    }

    [Theory]
    [MemberData(nameof(SurvivorSets))]
    public void A_wrong_survivor_set_makes_the_client_leave(string how, AbortReason reason)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent =>
            sent is { Type: MessageType.EncryptedShares, From: 4 } && how == "outside U2" ? [] : [sent];
        Digest k = Session(round.Take(MessageType.SurvivorAnnouncement, to: 0));
        PartySet survivors = how switch
        {
            "without me" => round.Set(1, 2, 3, 4),
            "outside U2" => round.Everyone,
            "smaller than U" => round.Set(0, 1, 2),
            "empty" => round.Set(),
            _ => round.Set(0),
        };

        AssertLeaves(round, new ProtocolMessage.SurvivorAnnouncement(k, survivors), reason);
    }

    [Theory]
    [MemberData(nameof(UnmaskRequests))]
    public void A_wrong_unmask_request_gets_no_share(string how, AbortReason reason)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        bool oneDropped = how == "a signer outside the survivors";
        round.Hook = sent => sent is { Type: MessageType.MaskedInput, From: 4 } && oneDropped ? [] : [sent];
        ProtocolMessage.UnmaskRequest honest = Forge.Read<ProtocolMessage.UnmaskRequest>(
            round.Take(MessageType.UnmaskRequest, to: 0).Bytes
        );

        AssertLeaves(round, Change(round, honest, how), reason);
    }

    [Fact]
    public void The_honest_requests_beside_these_get_an_answer()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        MessageType[] requests =
        [
            MessageType.CohortAnnouncement,
            MessageType.ShareDelivery,
            MessageType.SurvivorAnnouncement,
            MessageType.UnmaskRequest,
        ];
        foreach (MessageType request in requests)
        {
            Step<ClientReceipt> step = round.ToClient(0, round.Take(request, to: 0).Bytes);

            Assert.Equal((MessageType)((byte)request + 1), Assert.Single(step.Send).Type);
            Assert.Null(step.Ended);
        }
    }

    [Fact]
    public void A_delivery_for_another_receiver_is_a_fault_and_changes_nothing()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery mine = round.Take(MessageType.ShareDelivery, to: 0);
        Delivery other = round.Take(MessageType.ShareDelivery, to: 1);
        Digest before = round.Clients[0].StateFingerprint();

        Step<ClientReceipt> step = round.ToClient(0, other.Bytes);

        Inside.AssertFault(step, PeerFaultKind.WrongReceiver);
        Assert.Equal(before, round.Clients[0].StateFingerprint());
        round.Pending.Add(mine);
        round.Pending.Add(other);
        round.Run();
        round.AssertExact(0, 1, 2, 3, 4);
    }

    [Fact]
    public void RND_01_Two_survivor_sets_for_two_halves_make_everybody_leave_without_a_share()
    {
        // t = 5 of n = 7 with c = 1: 2t > n + c. The server tells clients 0 to 3 that client 6 dropped, and the others that it lives.
        TestFederation seven = TestFederation.Of(7);
        using MessageRound round = new(seven, new RoundPlan());
        Digest k = Session(round.Take(MessageType.SurvivorAnnouncement, to: 0));
        round.Pending.Clear();
        PartySet dropped = round.Set(0, 1, 2, 3, 4, 5);
        ImmutableArray<SurvivorSignature> signatures = [];
        for (int party = 0; party < 7; party++)
        {
            PartySet told = party < 4 ? dropped : round.Everyone;
            Step<ClientReceipt> step = round.ToClient(
                party,
                Forge.Bytes(new ProtocolMessage.SurvivorAnnouncement(k, told))
            );
            ProtocolMessage.ConsistencySignature signed = Forge.Read<ProtocolMessage.ConsistencySignature>(
                step.Send.Single().Bytes
            );
            signatures = signatures.Add(new((ushort)party, signed.Signature));
        }

        for (int party = 0; party < 7; party++)
        {
            // The best the server has for this half: every signature over its set, filled up with those over the other.
            PartySet told = party < 4 ? dropped : round.Everyone;
            ImmutableArray<SurvivorSignature> shown = [.. signatures.Where(entry => told.Contains(entry.Signer))];
            List<SecretBytes> secrets = Inside.SecretsOf(round.Clients[party]);
            Step<ClientReceipt> step = round.ToClient(
                party,
                Forge.Bytes(new ProtocolMessage.UnmaskRequest(k, told, shown))
            );

            Assert.Equal(AbortReason.SurvivorSetConflict, Inside.ReasonOf(step.Ended));
            Inside.AssertLeft(step, secrets);
        }

        Assert.DoesNotContain(round.Sent, sent => sent.Type == MessageType.UnmaskShares);
    }

    [Fact]
    public void RND_01_The_matching_signatures_of_a_half_are_too_few()
    {
        TestFederation seven = TestFederation.Of(7);
        using MessageRound round = new(seven, new RoundPlan());
        Digest k = Session(round.Take(MessageType.SurvivorAnnouncement, to: 0));
        PartySet dropped = round.Set(0, 1, 2, 3, 4, 5);
        ImmutableArray<SurvivorSignature> signatures = [];
        for (int party = 0; party < 4; party++)
        {
            Step<ClientReceipt> step = round.ToClient(
                party,
                Forge.Bytes(new ProtocolMessage.SurvivorAnnouncement(k, dropped))
            );
            signatures = signatures.Add(
                new((ushort)party, Forge.Read<ProtocolMessage.ConsistencySignature>(step.Send.Single().Bytes).Signature)
            );
        }

        AssertLeaves(round, new ProtocolMessage.UnmaskRequest(k, dropped, signatures), AbortReason.NotEnoughSignatures);
    }

    [Fact]
    public void A_result_for_other_survivors_than_signed_is_refused()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        ProtocolMessage.ResultAnnouncement honest = Forge.Read<ProtocolMessage.ResultAnnouncement>(
            round.Take(MessageType.ResultAnnouncement, to: 0).Bytes
        );

        Step<ClientReceipt> step = round.ToClient(
            0,
            Forge.Bytes(new ProtocolMessage.ResultAnnouncement(honest.Session, round.Set(0, 1, 2, 3), honest.SumDigest))
        );

        Assert.Equal(AbortReason.SurvivorSetConflict, Inside.ReasonOf(step.Ended));
        Assert.Equal(MessageType.ClientWithdrawal, Assert.Single(step.Send).Type);
    }

    [Theory]
    [InlineData(MessageType.ShareDelivery)]
    [InlineData(MessageType.SurvivorAnnouncement)]
    [InlineData(MessageType.UnmaskRequest)]
    [InlineData(MessageType.ResultAnnouncement)]
    public void A_request_of_a_fixed_cohort_that_carries_D_instead_of_K_is_of_the_wrong_session(MessageType type)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery honest = round.Take(type, to: 0);
        byte[] bytes = honest.Bytes.ToArray();
        round.D.ToArray().CopyTo(bytes, 4);
        Digest before = round.Clients[0].StateFingerprint();

        Step<ClientReceipt> step = round.ToClient(0, bytes);

        Inside.AssertFault(step, PeerFaultKind.WrongSession);
        Assert.Equal(before, round.Clients[0].StateFingerprint());
        Assert.Empty(round.ToClient(0, honest.Bytes).Faults);
    }

    private static void AssertLeaves(MessageRound round, ProtocolMessage request, AbortReason reason)
    {
        List<SecretBytes> secrets = Inside.SecretsOf(round.Clients[0]);

        Step<ClientReceipt> step = round.ToClient(0, Forge.Bytes(request));

        Assert.Equal(reason, Inside.ReasonOf(step.Ended));
        Inside.AssertLeft(step, secrets);
        Assert.DoesNotContain(round.Sent, sent => sent is { From: 0, Type: MessageType.UnmaskShares });
    }

    private static Digest Session(Delivery delivery) => Forge.Read<ProtocolMessage>(delivery.Bytes).Session;

    private static ProtocolMessage.ShareDelivery Change(
        MessageRound round,
        ProtocolMessage.ShareDelivery mine,
        ProtocolMessage.ShareDelivery others,
        string how
    )
    {
        ImmutableArray<ShareEnvelope> list = mine.Envelopes;
        ShareEnvelope first = list[0];
        DealtShare share = first.Share;
        return how switch
        {
            "without me" => With(round.Set(1, 2, 3, 4), list),
            "a dealer outside the cohort" => With(round.Everyone, list.Add(list[^1] with { Dealer = 4 })),
            "fewer than U dealers" => With(round.Set(0, 1, 2), list[..2]),
            "one envelope missing" => With(mine.Sharers, list.RemoveAt(1)),
            "no envelopes" => With(mine.Sharers, []),
            "an envelope of my own" => With(mine.Sharers, [others.Envelopes[0], .. list[..3]]),
            "an altered key commitment" => First(first with { Share = share with { KeyCommitment = Digest.Of([1]) } }),
            "an altered seed commitment" => First(
                first with
                {
                    Share = share with { SeedCommitment = Digest.Of([1]) },
                }
            ),
            "an altered ciphertext" => First(first with { Share = Inside.Unreadable(share) }),
            "an altered path" => First(first with { Path = first.Path.SetItem(0, Digest.Of([1])) }),
            "a shortened path" => First(first with { Path = first.Path[1..] }),
            "a lengthened path" => First(first with { Path = first.Path.Add(Digest.Of([1])) }),
            "an altered signature" => First(first with { DealerSignature = Forge.FlipBit(first.DealerSignature, 99) }),
            "two envelopes with their dealers swapped" => With(
                mine.Sharers,
                [list[1] with { Dealer = list[0].Dealer }, list[0] with { Dealer = list[1].Dealer }, .. list[2..]]
            ),

            // Dealers 2, 3 and 4 sealed something for client 1 too; that is what is shown to client 0 here.
            "the envelope for another holder" => With(mine.Sharers, [first, .. others.Envelopes[1..]]),
            _ => throw new InvalidOperationException(how),
        };

        ProtocolMessage.ShareDelivery With(PartySet sharers, ImmutableArray<ShareEnvelope> envelopes) =>
            new(mine.Session, mine.Receiver, sharers, envelopes);

        ProtocolMessage.ShareDelivery First(ShareEnvelope changed) => With(mine.Sharers, [changed, .. list[1..]]);
    }

    private static ProtocolMessage.UnmaskRequest Change(
        MessageRound round,
        ProtocolMessage.UnmaskRequest honest,
        string how
    )
    {
        ImmutableArray<SurvivorSignature> list = honest.Signatures;
        Digest k = honest.Session;
        return how switch
        {
            "no signatures" => With([]),
            "t - 1 signatures" => With(list[..3]),
            "t signatures, one twice" => With([.. list[..3], list[2]]),
            "a forged signature" => With([
                .. list[..3],
                list[3] with
                {
                    Signature = Forge.FlipBit(list[3].Signature, 7),
                },
            ]),
            "a forged signature beside t valid ones" => With([
                .. list[..4],
                list[4] with
                {
                    Signature = Forge.FlipBit(list[4].Signature, 7),
                },
            ]),
            "signatures under each other's names" => With([
                list[0] with
                {
                    Signer = 1,
                },
                list[1] with
                {
                    Signer = 0,
                },
                .. list[2..],
            ]),
            "a signer outside the survivors" => With([.. list, list[0] with { Signer = 4 }]),
            "a signer outside the roster" => With([.. list, list[0] with { Signer = 4000 }]),
            "other survivors than signed" => new(k, round.Set(0, 1, 2, 3), list),
            "signatures over other survivors" => With(Signed(k, round.Everyone, round.Set(0, 1, 2, 3))),
            "signatures over other sharers" => With(Signed(k, round.Set(0, 1, 2, 3), round.Everyone)),
            "signatures of another cohort" => With(Signed(Digest.Of([5]), round.Everyone, round.Everyone)),
            _ => throw new InvalidOperationException(how),
        };

        ProtocolMessage.UnmaskRequest With(ImmutableArray<SurvivorSignature> signatures) =>
            new(k, honest.Survivors, signatures);

        ImmutableArray<SurvivorSignature> Signed(Digest session, PartySet sharers, PartySet survivors) =>
            [
                .. Enumerable
                    .Range(0, 4)
                    .Select(party => new SurvivorSignature(
                        (ushort)party,
                        Forge.Consistency(round.Federation.Signers[party], session, party, sharers, survivors).Signature
                    )),
            ];
    }
}
