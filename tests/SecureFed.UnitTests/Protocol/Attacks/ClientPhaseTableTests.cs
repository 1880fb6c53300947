using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>The (phase, message) table of the masking client, complete: every phase with every registered message type.</summary>
public class ClientPhaseTableTests
{
    private const string Header = "Inv Key Coh Enc Del Msk Srv Con Unm Shr Res Abt Wdr Pln";

    // A answered or completed, R the same bytes as before, P WrongPhase, S WrongSession, D WrongDirection, X ends as announced.
    private static readonly Dictionary<RoundPhase, string> s_table = new()
    {
        [RoundPhase.None] = "         P   D   P   D   P   D   P   D   P   D   P   P   D   D",
        [RoundPhase.AdvertiseKeys] = "R   D   A   D   S   D   S   D   S   D   S   X   D   D",
        [RoundPhase.ShareKeys] = "    R   D   R   D   A   D   P   D   P   D   P   X   D   D",
        [RoundPhase.MaskedInput] = "  R   D   R   D   R   D   A   D   P   D   P   X   D   D",
        [RoundPhase.Consistency] = "  R   D   R   D   R   D   R   D   A   D   A   X   D   D",
        [RoundPhase.Unmask] = "       R   D   R   D   R   D   R   D   R   D   A   X   D   D",
        [RoundPhase.Ended] = "        P   P   P   P   P   P   P   P   P   P   P   P   P   P",
    };

    private static readonly TestFederation s_five = TestFederation.Of(5);

    // Same plan, same seed: same K, so the messages of this round are authentic in every other one of the class.
    private static readonly Lazy<List<Delivery>> s_recorded = new(() =>
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Run();
        return [.. round.Sent];
    });

    public static TheoryData<RoundPhase, MessageType> Everything
    {
        get
        {
            TheoryData<RoundPhase, MessageType> data = [];
            foreach (RoundPhase phase in Enum.GetValues<RoundPhase>())
            {
                foreach (MessageType type in Enum.GetValues<MessageType>().Where(type => type != MessageType.None))
                {
                    data.Add(phase, type);
                }
            }

            return data;
        }
    }

    public static TheoryData<RoundPhase, MessageType> AnsweredBefore
    {
        get
        {
            TheoryData<RoundPhase, MessageType> data = [];
            foreach (RoundPhase phase in Enum.GetValues<RoundPhase>())
            {
                foreach (MessageType type in Enum.GetValues<MessageType>().Where(type => type != MessageType.None))
                {
                    if (Expected(phase, type) == 'R' && type != MessageType.RoundInvitation)
                    {
                        data.Add(phase, type);
                    }
                }
            }

            return data;
        }
    }

    [Fact]
    public void The_table_has_a_cell_for_every_phase_and_type()
    {
        int types = Enum.GetValues<MessageType>().Length - 1;

        Assert.Equal(types, Cells(Header).Length);
        Assert.Equal(Enum.GetValues<RoundPhase>(), s_table.Keys.Order());
        Assert.All(s_table.Values, row => Assert.Equal(types, Cells(row).Length));
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void A_client_answers_as_the_table_says(RoundPhase phase, MessageType type)
    {
        using MessageRound round = InPhase(phase);
        ClientSession client = round.Clients[0];
        Digest before = client.StateFingerprint();
        ReadOnlyMemory<byte> message = Message(round, type);

        Step<ClientReceipt> step = client.Advance(new RoundEvent.Received(null, message));

        switch (Expected(phase, type))
        {
            case 'A':
                Assert.Empty(step.Faults);
                Assert.True(step.Send.Length == 1 ^ step.Ended is RoundEnding<ClientReceipt>.Completed);
                Assert.NotEqual(before, client.StateFingerprint());
                return;
            case 'R':
                MessageType reply = (MessageType)((byte)type + 1);
                Assert.Equal(
                    round.Sent.Single(sent => sent.Type == reply && sent.From == 0).Bytes.ToArray(),
                    Assert.Single(step.Send).Bytes.ToArray()
                );
                Assert.Empty(step.Faults);
                Assert.Null(step.StoreFirst);
                break;
            case 'X':
                Assert.Equal(AbortReason.Cancelled, Inside.ReasonOf(step.Ended));
                Assert.Empty(step.Send);
                return;
            case 'P':
                Inside.AssertFault(step, PeerFaultKind.WrongPhase);
                break;
            case 'S':
                Inside.AssertFault(step, PeerFaultKind.WrongSession);
                break;
            case 'D':
                Inside.AssertFault(step, PeerFaultKind.WrongDirection);
                break;
            default:
                Assert.Fail("the table has an unknown letter");
                break;
        }

        Assert.Equal(before, client.StateFingerprint());
        Assert.Equal(phase, client.Phase);
    }

    [Theory]
    [MemberData(nameof(AnsweredBefore))]
    public void A_second_request_with_other_content_ends_the_session(RoundPhase phase, MessageType type)
    {
        using MessageRound round = InPhase(phase);
        List<SecretBytes> secrets = Inside.SecretsOf(round.Clients[0]);
        ReadOnlyMemory<byte> other = Changed(round, Message(round, type));

        Step<ClientReceipt> step = round.ToClient(0, other);

        Assert.Equal(AbortReason.RequestChanged, Inside.ReasonOf(step.Ended));
        Assert.DoesNotContain(step.Send, message => message.Type != MessageType.ClientWithdrawal);
        Assert.All(secrets, secret => Assert.True(secret.IsDisposed));
    }

    private static char Expected(RoundPhase phase, MessageType type) => Cells(s_table[phase])[(int)type - 1][0];

    private static string[] Cells(string row) =>
        row.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static MessageRound InPhase(RoundPhase phase)
    {
        MessageRound round = new(s_five, new RoundPlan());
        if (phase == RoundPhase.None)
        {
            return round;
        }

        if (phase == RoundPhase.Ended)
        {
            round.Run();
            return round;
        }

        MessageType[] requests =
        [
            MessageType.RoundInvitation,
            MessageType.CohortAnnouncement,
            MessageType.ShareDelivery,
            MessageType.SurvivorAnnouncement,
            MessageType.UnmaskRequest,
        ];
        foreach (MessageType request in requests[..(int)phase])
        {
            round.Deliver(round.Take(request, to: 0));
        }

        Assert.Equal(phase, round.Clients[0].Phase);
        return round;
    }

    // The bytes this client saw; for what it has not seen yet, the same message of the recorded round.
    private static ReadOnlyMemory<byte> Message(MessageRound round, MessageType type)
    {
        switch (type)
        {
            case MessageType.RoundAborted:
                return Forge.Bytes(
                    new ProtocolMessage.RoundAborted(round.D, AbortReason.Cancelled, PartySet.Of(round.Count, []))
                );
            case MessageType.ClientWithdrawal:
                return Forge.Bytes(Forge.Withdrawal(s_five.Signers[0], round.D, 0, round.Count));
            case MessageType.PlainInput:
                return Forge.Bytes(Forge.Plain(s_five.Signers[0], round.D, 0, new byte[20]));
            default:
                return (
                    round.Sent.Find(sent => sent.Type == type && (sent.To ?? sent.From) == 0)
                    ?? s_recorded.Value.First(sent => sent.Type == type && (sent.To ?? sent.From) == 0)
                ).Bytes;
        }
    }

    private static ReadOnlyMemory<byte> Changed(MessageRound round, ReadOnlyMemory<byte> bytes) =>
        Forge.Bytes(
            Forge.Read<ProtocolMessage>(bytes) switch
            {
                ProtocolMessage.CohortAnnouncement cohort => new ProtocolMessage.CohortAnnouncement(
                    cohort.Session,
                    cohort.Advertisements[..4]
                ),
                ProtocolMessage.ShareDelivery delivery => new ProtocolMessage.ShareDelivery(
                    delivery.Session,
                    delivery.Receiver,
                    round.Set(0, 1, 2, 3),
                    delivery.Envelopes[..3]
                ),
                ProtocolMessage.SurvivorAnnouncement survivors => new ProtocolMessage.SurvivorAnnouncement(
                    survivors.Session,
                    round.Set(0, 1, 2, 3)
                ),
                ProtocolMessage.UnmaskRequest request => new ProtocolMessage.UnmaskRequest(
                    request.Session,
                    round.Set(0, 1, 2, 3),
                    request.Signatures
                ),
                _ => throw new InvalidOperationException("This message is not a request."),
            }
        );
}
