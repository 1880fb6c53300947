using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>Messages and sealed shares that turn up where they do not belong.</summary>
public class ReplayTests
{
    private const int Choices = 100_000;
    private static readonly TestFederation s_five = TestFederation.Of(5);
    private static readonly PeerFaultKind[] s_refusals =
    [
        PeerFaultKind.WrongSession,
        PeerFaultKind.WrongPhase,
        PeerFaultKind.WrongDirection,
        PeerFaultKind.WrongSender,
        PeerFaultKind.LateMessage,
    ];

    [Fact]
    public void REP_01_Replays_into_other_sessions_other_clients_and_back_to_their_sender_change_nothing()
    {
        Delivery[] foreign =
        [
            .. Recorded(new RoundPlan { Round = 1 }, 1),
            .. Recorded(new RoundPlan { Round = 2, Attempt = 2 }, 2),
        ];
        MessageRound[] targets = [.. Enumerable.Range(0, 7).Select(phase => InPhase((RoundPhase)phase))];
        Random random = new(2026);
        Dictionary<PeerFaultKind, int> seen = [];
        for (int i = 0; i < Choices; i++)
        {
            MessageRound target = targets[random.Next(targets.Length)];
            if (random.Next(2) == 0)
            {
                ClientSession client = target.Clients[random.Next(5)];
                Delivery message =
                    random.Next(3) == 0 && target.Sent.Exists(sent => sent.From is not null)
                        ? Pick(target.Sent, sent => sent.From is not null, random)
                        : foreign[random.Next(foreign.Length)];
                Digest before = client.StateFingerprint();
                Count(client.Advance(new RoundEvent.Received(null, message.Bytes)));
                Assert.Equal(before, client.StateFingerprint());
            }
            else
            {
                bool own = random.Next(3) == 0 && target.Sent.Count > 0;
                Delivery message = own
                    ? target.Sent[random.Next(target.Sent.Count)]
                    : foreign[random.Next(foreign.Length)];

                // A message of this very round must come from somebody else than its sender to be a replay.
                int from = own && message.From is { } sender ? (sender + 1 + random.Next(4)) % 5 : random.Next(5);
                Digest before = target.Server.StateFingerprint();
                Count(target.Server.Advance(new RoundEvent.Received(s_five.IdOf(from), message.Bytes)));
                Assert.Equal(before, target.Server.StateFingerprint());
            }
        }

        Assert.All(
            new[] { PeerFaultKind.WrongSession, PeerFaultKind.WrongDirection, PeerFaultKind.WrongSender },
            kind => Assert.True(seen.GetValueOrDefault(kind) > 1000, $"{kind} was hardly reached")
        );
        foreach (MessageRound target in targets)
        {
            target.Dispose();
        }

        void Count<T>(Step<T> step)
        {
            PeerFault fault = Assert.Single(step.Faults);
            Assert.Contains(fault.Kind, s_refusals);
            Assert.True(step.StoreFirst is null && step.Send.IsEmpty && step.Ended is null);
            seen[fault.Kind] = seen.GetValueOrDefault(fault.Kind) + 1;
        }
    }

    [Fact]
    public void REP_01_Replays_do_not_stop_the_rounds_they_go_into()
    {
        Delivery[] foreign = Recorded(new RoundPlan { Round = 1 }, 1);
        using MessageRound round = new(s_five, new RoundPlan { Round = 3 }, new RoundOptions { Seed = 3 });
        Random random = new(7);
        round.Hook = sent => [foreign[random.Next(foreign.Length)] with { From = sent.From, To = sent.To }, sent];
        round.ToClient(0, round.InvitationBytes);
        for (int party = 1; party < 5; party++)
        {
            round.ToClient(party, round.InvitationBytes);
        }

        round.Run();

        round.AssertExact(0, 1, 2, 3, 4);
    }

    [Fact]
    public void A_repeated_message_does_not_make_client_and_server_answer_each_other_for_ever()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent => sent.From == 4 && sent.Type == MessageType.EncryptedShares ? [] : [sent];
        round.Take(MessageType.EncryptedShares, from: 4 - 1);
        Delivery old = round.Sent.First(sent => sent is { From: 0, Type: MessageType.KeyAdvertisement });
        round.Pending.Add(old);
        round.Pending.Add(old);
        int deliveries = 0;
        while (round.DeliverNext())
        {
            Assert.True(++deliveries < 100, "a repeat is answered by a repeat");
        }
    }

    [Theory]
    [InlineData("as it was sent", true)]
    [InlineData("delivered to another", false)]
    [InlineData("as if from another", false)]
    [InlineData("one bit flipped", false)]
    [InlineData("in another session", false)]
    [InlineData("back to its dealer", false)]
    public void SHR_05_A_sealed_share_opens_only_for_its_holder_its_dealer_and_its_session(string how, bool opens)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        ProtocolMessage.ShareDelivery delivery = Forge.Read<ProtocolMessage.ShareDelivery>(
            round.Take(MessageType.ShareDelivery, to: 1).Bytes
        );
        ReadOnlyMemory<byte> sealedFor1 = delivery.Envelopes[0].Share.Ciphertext;
        Assert.Equal(0, delivery.Envelopes[0].Dealer);
        Digest other = Digest.Of([1]);

        bool opened = how switch
        {
            "as it was sent" => Opens(round, holder: 1, dealer: 0, sealedFor1, round.K),
            "delivered to another" => Opens(round, holder: 2, dealer: 0, sealedFor1, round.K),
            "as if from another" => Opens(round, holder: 1, dealer: 3, sealedFor1, round.K),
            "in another session" => Opens(round, holder: 1, dealer: 0, sealedFor1, other),
            "back to its dealer" => Opens(round, holder: 0, dealer: 1, sealedFor1, round.K),
            _ => Enumerable
                .Range(0, sealedFor1.Length * 8)
                .Any(bit => Opens(round, holder: 1, dealer: 0, Forge.FlipBit(sealedFor1, bit), round.K)),
        };

        Assert.Equal(opens, opened);
    }

    // spec 03-masking#sealing-2
    [Fact]
    public void A_session_seals_once_in_each_direction_and_opens_as_often_as_it_is_asked()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Take(MessageType.CohortAnnouncement, to: 0);
        CohortView cohort = round.FixedCohort;
        using AgreementKeyPair channel = P256Suite.Instance.GenerateKeyPair(new SeededRandomSource(5));
        using ChannelKeys keys = ChannelKeys.TryAgree(P256Suite.Instance, cohort, self: 0, channel, out _)!;

        Assert.NotNull(keys.To(1));
        Assert.NotNull(keys.To(2));

        Assert.Throws<InvariantViolatedException>(() => keys.To(1));
        Assert.Same(keys.From(1), keys.From(1));
    }

    private static bool Opens(MessageRound round, int holder, int dealer, ReadOnlyMemory<byte> ciphertext, Digest k)
    {
        ClientPhase.AwaitingShares state = (ClientPhase.AwaitingShares)Inside.StateOf(round.Clients[holder]);
        using SecretBytes key = state.Channels.From((ushort)dealer).Duplicate();
        using HeldShare? share = HeldShare.TryOpen(
            P256Suite.Instance,
            key,
            k,
            (ushort)dealer,
            (ushort)holder,
            ciphertext.Span
        );
        return share is not null;
    }

    private static Delivery[] Recorded(RoundPlan plan, int seed)
    {
        using MessageRound round = new(s_five, plan, new RoundOptions { Seed = seed });
        round.Run();
        return [.. round.Sent];
    }

    private static MessageRound InPhase(RoundPhase phase)
    {
        MessageRound round = new(s_five, new RoundPlan { Round = 3 }, new RoundOptions { Seed = 3 });
        if (phase == RoundPhase.Ended)
        {
            round.Run();
        }
        else if (phase != RoundPhase.None)
        {
            MessageType[] requests =
            [
                MessageType.RoundInvitation,
                MessageType.CohortAnnouncement,
                MessageType.ShareDelivery,
                MessageType.SurvivorAnnouncement,
                MessageType.UnmaskRequest,
            ];
            round.Take(requests[(int)phase - 1], to: 0);
        }

        return round;
    }

    private static Delivery Pick(List<Delivery> from, Predicate<Delivery> fits, Random random)
    {
        while (true)
        {
            Delivery candidate = from[random.Next(from.Count)];
            if (fits(candidate))
            {
                return candidate;
            }
        }
    }
}
