using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>The (phase, message) tables of the masking server, complete, for a party that keeps up and for one that does not.</summary>
public class ServerPhaseTableTests
{
    // A accepted, R answered again, P WrongPhase, S WrongSession, D WrongDirection, L LateMessage, U UnknownIdentity, W gone.
    //                                     Inv Key Coh Enc Del Msk Srv Con Unm Shr Res Abt Wdr Pln
    private static readonly Dictionary<RoundPhase, string> s_present = new()
    {
        [RoundPhase.None] = "         D   P   D   S   D   S   D   S   D   S   D   D   P   P",
        [RoundPhase.AdvertiseKeys] = "D   A   D   S   D   S   D   S   D   S   D   D   W   P",
        [RoundPhase.ShareKeys] = "    D   R   D   A   D   P   D   P   D   P   D   D   W   P",
        [RoundPhase.MaskedInput] = "  D   R   D   R   D   A   D   P   D   P   D   D   W   P",
        [RoundPhase.Consistency] = "  D   R   D   R   D   R   D   A   D   P   D   D   W   P",
        [RoundPhase.Unmask] = "       D   R   D   R   D   R   D   R   D   A   D   D   W   P",
        [RoundPhase.Ended] = "        D   R   D   R   D   R   D   R   D   R   D   D   L   L",
    };

    // A party none of whose messages arrived before.
    private static readonly Dictionary<RoundPhase, string> s_absent = new()
    {
        [RoundPhase.None] = "         D   P   D   S   D   S   D   S   D   S   D   D   P   P",
        [RoundPhase.AdvertiseKeys] = "D   A   D   S   D   S   D   S   D   S   D   D   W   P",
        [RoundPhase.ShareKeys] = "    D   L   D   U   D   P   D   P   D   P   D   D   W   P",
        [RoundPhase.MaskedInput] = "  D   L   D   L   D   U   D   P   D   P   D   D   W   P",
        [RoundPhase.Consistency] = "  D   L   D   L   D   L   D   U   D   P   D   D   W   P",
        [RoundPhase.Unmask] = "       D   L   D   L   D   L   D   L   D   U   D   D   W   P",
        [RoundPhase.Ended] = "        D   L   D   L   D   L   D   L   D   L   D   D   L   L",
    };

    private const int Present = 0;
    private const int Absent = 4;

    private static readonly TestFederation s_five = TestFederation.Of(5);

    // The same seed without the absent party: the same K as in the rounds below.
    private static readonly Lazy<List<Delivery>> s_recorded = new(() =>
    {
        using MessageRound round = Round();
        round.Run();
        return [.. round.Sent];
    });

    public static TheoryData<RoundPhase, MessageType, bool> Everything
    {
        get
        {
            TheoryData<RoundPhase, MessageType, bool> data = [];
            foreach (RoundPhase phase in Enum.GetValues<RoundPhase>())
            {
                foreach (MessageType type in Enum.GetValues<MessageType>().Where(type => type != MessageType.None))
                {
                    data.Add(phase, type, true);
                    data.Add(phase, type, false);
                }
            }

            return data;
        }
    }

    [Fact]
    public void The_tables_have_a_cell_for_every_phase_and_type()
    {
        int types = Enum.GetValues<MessageType>().Length - 1;
        foreach (Dictionary<RoundPhase, string> table in new[] { s_present, s_absent })
        {
            Assert.Equal(Enum.GetValues<RoundPhase>(), table.Keys.Order());
            Assert.All(table.Values, row => Assert.Equal(types, Cells(row).Length));
        }
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void The_server_answers_as_the_table_says(RoundPhase phase, MessageType type, bool present)
    {
        int party = present ? Present : Absent;
        using MessageRound round = InPhase(phase);
        Digest before = round.Server.StateFingerprint();
        ReadOnlyMemory<byte> message = Message(round, type, party);

        Step<AggregateResult> step = round.Server.Advance(new RoundEvent.Received(s_five.IdOf(party), message));

        char expected = Cells((present ? s_present : s_absent)[phase])[(int)type - 1][0];
        switch (expected)
        {
            case 'A':
                Assert.Empty(step.Faults);
                Assert.NotEqual(before, round.Server.StateFingerprint());
                return;
            case 'W':
                Assert.Equal(PeerFaultKind.Withdrew, Assert.Single(step.Faults).Kind);
                return;
            case 'R':
                Assert.Equal(PeerFaultKind.DuplicateMessage, Assert.Single(step.Faults).Kind);
                Assert.Equal(CurrentAnnouncement(round, party), Assert.Single(step.Send).Bytes.ToArray());
                break;
            default:
                Inside.AssertFault(
                    step,
                    expected switch
                    {
                        'P' => PeerFaultKind.WrongPhase,
                        'S' => PeerFaultKind.WrongSession,
                        'D' => PeerFaultKind.WrongDirection,
                        'L' => PeerFaultKind.LateMessage,
                        'U' => PeerFaultKind.UnknownIdentity,
                        _ => PeerFaultKind.None,
                    }
                );
                break;
        }

        Assert.Null(step.StoreFirst);
        Assert.Null(step.Ended);
        Assert.Equal(s_five.IdOf(party), step.Faults[0].Who);
        Assert.Equal(before, round.Server.StateFingerprint());
    }

    private static string[] Cells(string row) => row.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static MessageRound Round() =>
        new(s_five, new RoundPlan()) { Hook = sent => sent.From == Absent ? [] : [sent] };

    private static MessageRound InPhase(RoundPhase phase)
    {
        MessageRound round = Round();
        if (phase == RoundPhase.Ended)
        {
            round.Run();
        }
        else if (phase != RoundPhase.None)
        {
            MessageType[] announcements =
            [
                MessageType.RoundInvitation,
                MessageType.CohortAnnouncement,
                MessageType.ShareDelivery,
                MessageType.SurvivorAnnouncement,
                MessageType.UnmaskRequest,
            ];
            round.Take(announcements[(int)phase - 1], to: Present);
        }

        Assert.Equal(phase, round.Server.Phase);
        return round;
    }

    private static byte[] CurrentAnnouncement(MessageRound round, int party) =>
        round.Sent.FindLast(sent => sent.From is null && sent.To == party)!.Bytes.ToArray();

    private static ReadOnlyMemory<byte> Message(MessageRound round, MessageType type, int party)
    {
        switch (type)
        {
            case MessageType.RoundAborted:
                return Forge.Bytes(
                    new ProtocolMessage.RoundAborted(round.D, AbortReason.Cancelled, PartySet.Of(round.Count, []))
                );
            case MessageType.ClientWithdrawal:
                return Forge.Bytes(Forge.Withdrawal(s_five.Signers[party], round.D, party, round.Count));
            case MessageType.PlainInput:
                return Forge.Bytes(Forge.Plain(s_five.Signers[party], round.D, party, new byte[20]));
        }

        Delivery? own = round.Sent.Find(sent => sent.Type == type && (sent.To ?? sent.From) == party);
        own ??= s_recorded.Value.Find(sent => sent.Type == type && (sent.To ?? sent.From) == party);
        return own?.Bytes ?? Resigned(type, party);
    }

    // The absent party never got to send this: what it would send is another party's message under its own name and key.
    private static ReadOnlyMemory<byte> Resigned(MessageType type, int party)
    {
        ISigner signer = s_five.Signers[party];
        ProtocolMessage like = Forge.Read<ProtocolMessage>(s_recorded.Value.First(sent => sent.Type == type).Bytes);
        ushort sender = (ushort)party;
        return Forge.Bytes(
            like switch
            {
                ProtocolMessage.EncryptedShares shares => Forge.Shares(
                    signer,
                    shares.Session,
                    sender,
                    [0, 1, 2, 3],
                    shares.Shares
                ),
                ProtocolMessage.MaskedInput input => Forge.Signed(
                    signer,
                    signature => new ProtocolMessage.MaskedInput(
                        input.Session,
                        sender,
                        input.Sharers,
                        input.Complaints,
                        input.PackedVector,
                        signature
                    )
                ),
                ProtocolMessage.ConsistencySignature consistency => Forge.Consistency(
                    signer,
                    consistency.Session,
                    party,
                    consistency.Sharers,
                    consistency.Survivors
                ),
                ProtocolMessage.UnmaskShares shares => Forge.Signed(
                    signer,
                    signature => new ProtocolMessage.UnmaskShares(
                        shares.Session,
                        sender,
                        shares.Survivors,
                        shares.Dealers,
                        shares.Shares,
                        signature,
                        shares.LayerSeed
                    )
                ),
                _ => like,
            }
        );
    }
}
