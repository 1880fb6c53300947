using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>The (phase, message) tables of the unprotected sessions, complete.</summary>
public class PlainPhaseTableTests
{
    // A answered, accepted or completed, R the same again, P WrongPhase, L LateMessage, D WrongDirection, X ends as announced, W withdrew.
    private static readonly Dictionary<RoundPhase, string> s_client = new()
    {
        //                          Inv Key Coh Enc Del Msk Srv Con Unm Shr Res Abt Wdr Pln
        [RoundPhase.None] = "        P   D   P   D   P   D   P   D   P   D   P   P   D   D",
        [RoundPhase.MaskedInput] = " R   D   P   D   P   D   P   D   P   D   A   X   D   D",
        [RoundPhase.Ended] = "       P   P   P   P   P   P   P   P   P   P   P   P   P   P",
    };

    private static readonly Dictionary<RoundPhase, string> s_server = new()
    {
        //                          Inv Key Coh Enc Del Msk Srv Con Unm Shr Res Abt Wdr Pln
        [RoundPhase.None] = "        D   P   D   P   D   P   D   P   D   P   D   D   P   P",
        [RoundPhase.MaskedInput] = " D   L   D   L   D   L   D   L   D   L   D   D   W   A",
        [RoundPhase.Ended] = "       D   L   D   L   D   L   D   L   D   L   D   D   L   R",
    };

    private static readonly TestFederation s_five = TestFederation.Of(5);

    public static TheoryData<RoundPhase, MessageType> Everything
    {
        get
        {
            TheoryData<RoundPhase, MessageType> data = [];
            foreach (RoundPhase phase in s_client.Keys)
            {
                foreach (MessageType type in Enum.GetValues<MessageType>().Where(type => type != MessageType.None))
                {
                    data.Add(phase, type);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Every_message_in_every_phase_of_a_plain_client_has_its_one_answer(RoundPhase phase, MessageType type)
    {
        using MessageRound round = new(s_five, RoundPlan.Plain);
        Bring(round, phase);
        ClientSession client = round.Clients[0];
        Digest before = client.StateFingerprint();

        Step<ClientReceipt> step = client.Advance(new RoundEvent.Received(null, Message(round, type)));

        switch (Cell(s_client, phase, type))
        {
            case 'R':
                Assert.Equal(MessageType.PlainInput, Assert.Single(step.Send).Type);
                break;
            case 'A':
                Assert.IsType<RoundEnding<ClientReceipt>.Completed>(step.Ended);
                return;
            case 'X':
                Assert.Equal(AbortReason.Cancelled, Inside.ReasonOf(step.Ended));
                return;
            case 'P':
                Inside.AssertFault(step, PeerFaultKind.WrongPhase);
                break;
            default:
                Inside.AssertFault(step, PeerFaultKind.WrongDirection);
                break;
        }

        Assert.Equal(before, client.StateFingerprint());
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Every_message_in_every_phase_of_a_plain_server_has_its_one_answer(RoundPhase phase, MessageType type)
    {
        using MessageRound round = new(s_five, RoundPlan.Plain);
        Bring(round, phase);
        Digest before = round.Server.StateFingerprint();

        Step<AggregateResult> step = round.Server.Advance(
            new RoundEvent.Received(round.Descriptor.Roster[0].Id, Message(round, type))
        );

        switch (Cell(s_server, phase, type))
        {
            case 'A':
                Assert.Empty(step.Faults);
                Assert.NotEqual(before, round.Server.StateFingerprint());
                return;
            case 'W':
                Inside.AssertFault(step, PeerFaultKind.Withdrew);
                return;
            case 'R':
                Assert.Equal(PeerFaultKind.DuplicateMessage, Assert.Single(step.Faults).Kind);
                Assert.Equal(MessageType.ResultAnnouncement, Assert.Single(step.Send).Type);
                break;
            case 'P':
                Inside.AssertFault(step, PeerFaultKind.WrongPhase);
                break;
            case 'L':
                Inside.AssertFault(step, PeerFaultKind.LateMessage);
                break;
            default:
                Inside.AssertFault(step, PeerFaultKind.WrongDirection);
                break;
        }

        Assert.Equal(before, round.Server.StateFingerprint());
    }

    private static char Cell(Dictionary<RoundPhase, string> table, RoundPhase phase, MessageType type) =>
        table[phase].Split(' ', StringSplitOptions.RemoveEmptyEntries)[(int)type - 1][0];

    private static void Bring(MessageRound round, RoundPhase phase)
    {
        if (phase == RoundPhase.Ended)
        {
            round.Run();
        }
        else if (phase == RoundPhase.MaskedInput)
        {
            round.StartServer();
            round.ToClient(0, new RoundEvent.Started());
        }
    }

    // Every message carries D, the only session of an unprotected round.
    private static byte[] Message(MessageRound round, MessageType type)
    {
        PartySet all = round.Everyone;
        Digest d = round.D;
        byte[] signature = new byte[MessageLimits.SignatureSizeInBytes];
        byte[] key = new byte[65];
        byte[] vector = new byte[DescriptorRules.EncodingOf(round.Descriptor).PackedSizeInBytes];
        ProtocolMessage.KeyAdvertisement keys = new(d, 0, key, key, d, signature);
        if (
            type == MessageType.PlainInput
            && round.Sent.FirstOrDefault(sent => sent.Type == type && sent.From == 0) is { } sent
        )
        {
            return sent.Bytes.ToArray();
        }

        return Forge.Bytes(
            type switch
            {
                MessageType.RoundInvitation => new ProtocolMessage.RoundInvitation(d, round.Descriptor),
                MessageType.KeyAdvertisement => keys,
                MessageType.CohortAnnouncement => new ProtocolMessage.CohortAnnouncement(d, [keys]),
                MessageType.EncryptedShares => new ProtocolMessage.EncryptedShares(d, 0, [], signature),
                MessageType.ShareDelivery => new ProtocolMessage.ShareDelivery(d, 0, all, []),
                MessageType.MaskedInput => new ProtocolMessage.MaskedInput(d, 0, all, [], vector, signature),
                MessageType.SurvivorAnnouncement => new ProtocolMessage.SurvivorAnnouncement(d, all),
                MessageType.ConsistencySignature => new ProtocolMessage.ConsistencySignature(d, 0, all, all, signature),
                MessageType.UnmaskRequest => new ProtocolMessage.UnmaskRequest(d, all, []),
                MessageType.UnmaskShares => new ProtocolMessage.UnmaskShares(d, 0, all, round.Set(), [], signature),
                MessageType.ResultAnnouncement => new ProtocolMessage.ResultAnnouncement(d, all, d),
                MessageType.RoundAborted => new ProtocolMessage.RoundAborted(d, AbortReason.Cancelled, round.Set()),
                MessageType.ClientWithdrawal => Forge.Signed(
                    round.Federation.Signers[0],
                    signed => new ProtocolMessage.ClientWithdrawal(d, 0, AbortReason.Cancelled, round.Set(), signed)
                ),
                MessageType.PlainInput => Forge.Plain(round.Federation.Signers[0], d, 0, vector),
                _ => throw new ArgumentOutOfRangeException(nameof(type)),
            }
        );
    }
}
