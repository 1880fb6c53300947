using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>A server that crashes around a decision goes on from its records; messages that arrive in any order give one sum.</summary>
public class RestoreTests(ITestOutputHelper output)
{
    private const int Decisions = 5;
    private static readonly TestFederation s_five = TestFederation.Of(5);

    public static TheoryData<int, string, bool> Crashes
    {
        get
        {
            TheoryData<int, string, bool> data = [];
            for (int decision = 1; decision <= Decisions; decision++)
            {
                foreach (string when in new[] { "before it is stored", "before it is sent", "when some have it" })
                {
                    data.Add(decision, when, false);
                    data.Add(decision, when, true);
                }
            }

            return data;
        }
    }

    public static TheoryData<string> Damages =>
        [
            "truncated",
            "extended",
            "emptied",
            "reordered",
            "repeated",
            "left out",
            "of another attempt",
            "of another kind",
        ];

    [Theory]
    [MemberData(nameof(Crashes))]
    public void A_server_that_crashes_around_a_decision_ends_with_the_same_sum(int decision, string when, bool oneDrops)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent => sent is { Type: MessageType.MaskedInput, From: 4 } && oneDrops ? [] : [sent];
        RunToRecord(round, decision);
        List<Delivery> announced = [.. round.Pending.Where(sent => sent.From is null)];
        bool stored = when != "before it is stored";
        round.Pending.RemoveAll(sent => sent.From is null && (when != "when some have it" || sent.To > 1));
        if (!stored)
        {
            round.ServerRecords.RemoveAt(decision - 1);
        }

        Step<AggregateResult> resumed = round.RestartServer([.. round.ServerRecords]);

        if (stored)
        {
            Assert.Equal(
                announced.Select(sent => (s_five.IdOf(sent.To!.Value), Convert.ToHexString(sent.Bytes.Span))),
                resumed.Send.Select(sent => (sent.To!.Value, Convert.ToHexString(sent.Bytes.Span)))
            );
        }

        Assert.Null(resumed.StoreFirst);
        round.Run();
        round.AssertExact(oneDrops ? [0, 1, 2, 3] : [0, 1, 2, 3, 4]);
    }

    [Fact]
    public void A_restored_server_answers_a_client_that_repeats_what_a_decision_already_holds()
    {
        MessageType[] sent =
        [
            MessageType.KeyAdvertisement,
            MessageType.EncryptedShares,
            MessageType.MaskedInput,
            MessageType.ConsistencySignature,
            MessageType.UnmaskShares,
        ];
        for (int decision = 1; decision <= Decisions; decision++)
        {
            using MessageRound round = new(s_five, new RoundPlan());
            RunToRecord(round, decision);
            byte[] announced = round.Pending.Find(pending => pending is { From: null, To: 0 })!.Bytes.ToArray();
            round.RestartServer([.. round.ServerRecords]);
            Delivery repeated = round.Sent.Find(message => message.From == 0 && message.Type == sent[decision - 1])!;

            Step<AggregateResult> step = round.Server.Advance(new RoundEvent.Received(s_five.IdOf(0), repeated.Bytes));

            Assert.Equal(PeerFaultKind.DuplicateMessage, Assert.Single(step.Faults).Kind);
            Assert.Equal(announced, Assert.Single(step.Send).Bytes.ToArray());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_stored_abort_is_announced_again_and_stays_an_abort(int decisionsBefore)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.StartServer();
        RunToRecord(round, decisionsBefore);
        Step<AggregateResult> aborted = round.ToServer(new RoundEvent.Stopped(AbortReason.Cancelled));

        Step<AggregateResult> resumed = round.RestartServer([.. round.ServerRecords]);

        Assert.Equal(AbortReason.Cancelled, Inside.ReasonOf(resumed.Ended));
        Assert.Equal(
            aborted.Send.Select(sent => Convert.ToHexString(sent.Bytes.Span)),
            resumed.Send.Select(sent => Convert.ToHexString(sent.Bytes.Span))
        );
        Assert.Empty(round.Deadline().Send);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void Damaged_or_foreign_records_are_refused(string how)
    {
        RoundPlan plan = new() { MinimumSurvivors = 5 };
        using MessageRound round = new(s_five, plan);
        using MessageRound other = new(s_five, plan with { Attempt = 2 }, new RoundOptions { Seed = 2 });
        round.Run();
        other.Run();
        for (int i = 0; i < Decisions; i++)
        {
            List<DurableRecord> records = [.. round.ServerRecords];
            DurableRecord record = records[i];
            switch (how)
            {
                case "truncated":
                    records[i] = record with { Content = record.Content[..^1] };
                    break;
                case "extended":
                    records[i] = record with { Content = (byte[])[.. record.Content.Span, 0] };
                    break;
                case "emptied":
                    records[i] = record with { Content = Array.Empty<byte>() };
                    break;
                case "reordered":
                    (records[i], records[(i + 1) % Decisions]) = (records[(i + 1) % Decisions], record);
                    break;
                case "repeated":
                    records.Insert(i, record);
                    break;
                case "left out" when i == Decisions - 1:
                    continue;
                case "left out":
                    records.RemoveAt(i);
                    break;
                case "of another attempt":
                    records[i] = other.ServerRecords[i];
                    break;
                default:
                    records[i] = record with { Kind = DurableRecordKind.ClientJoined };
                    break;
            }

            Assert.Throws<FormatException>(() => round.RestartServer(records));
        }

        round.RestartServer([.. round.ServerRecords]);
        round.AssertExact(0, 1, 2, 3, 4);
    }

    [Theory]
    [InlineData(DurableRecordKind.ServerCohort, false)]
    [InlineData(DurableRecordKind.ServerSharers, false)]
    [InlineData(DurableRecordKind.ServerSigners, false)]
    [InlineData(DurableRecordKind.ServerCohort, true)]
    [InlineData(DurableRecordKind.ServerSharers, true)]
    [InlineData(DurableRecordKind.ServerSigners, true)]
    public void A_stored_message_counts_only_under_the_signature_of_its_party(DurableRecordKind kind, bool isOwn)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Run();
        List<DurableRecord> records = [.. round.ServerRecords];
        int which = records.FindIndex(record => record.Kind == kind);
        int signer = isOwn ? 2 : 1;

        // The same content of party 2, signed once more: by itself, or by another enrolled party.
        byte[] content = kind switch
        {
            DurableRecordKind.ServerCohort => Forge.Bytes(CohortSignedBy(signer)),
            DurableRecordKind.ServerSharers => SharersSignedBy(signer),
            _ => Forge.Bytes(SignersSignedBy(signer)),
        };
        Assert.NotEqual(records[which].Content.ToArray(), content);
        records[which] = records[which] with { Content = content };
        records = records[..(which + 1)];

        if (!isOwn)
        {
            Assert.Throws<FormatException>(() => round.RestartServer(records));
            return;
        }

        Step<AggregateResult> resumed = round.RestartServer(records);
        Assert.NotEmpty(resumed.Send);

        ProtocolMessage CohortSignedBy(int party)
        {
            ProtocolMessage.CohortAnnouncement cohort = Forge.Read<ProtocolMessage.CohortAnnouncement>(
                records[which].Content
            );
            return Forge.Replace(cohort, Forge.Keys(s_five.Signers[party], cohort.Advertisements[2]));
        }

        byte[] SharersSignedBy(int party)
        {
            ReadOnlyMemory<byte>[] items = [.. ServerRecords.Unpack(records[which].Content)];
            ProtocolMessage.EncryptedShares dealt = Forge.Read<ProtocolMessage.EncryptedShares>(items[2]);
            items[2] = Forge.Bytes(
                Forge.Shares(s_five.Signers[party], round.K, 2, round.Everyone.Members, dealt.Shares)
            );
            return ServerRecords.Pack(items);
        }

        ProtocolMessage SignersSignedBy(int party)
        {
            ProtocolMessage.UnmaskRequest request = Forge.Read<ProtocolMessage.UnmaskRequest>(records[which].Content);
            int entry = request.Signatures.ToList().FindIndex(signature => signature.Signer == 2);
            ProtocolMessage.ConsistencySignature again = Forge.Consistency(
                s_five.Signers[party],
                round.K,
                2,
                round.Everyone,
                request.Survivors
            );
            return new ProtocolMessage.UnmaskRequest(
                request.Session,
                request.Survivors,
                request.Signatures.SetItem(entry, new SurvivorSignature(2, again.Signature))
            );
        }
    }

    [Fact]
    public void A_flipped_bit_in_a_record_is_refused_or_taken_but_never_throws_anything_untyped()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Run();
        Random random = new(5);
        for (int i = 0; i < 2000; i++)
        {
            List<DurableRecord> records = [.. round.ServerRecords];
            int which = random.Next(records.Count);
            int bit = random.Next(records[which].Content.Length * 8);
            records[which] = records[which] with { Content = Forge.FlipBit(records[which].Content, bit) };
            try
            {
                round.RestartServer(records[..(which + 1)]);
            }
            catch (FormatException)
            {
                continue;
            }
        }
    }

    [Fact]
    public void A_plain_server_goes_on_from_its_record_too()
    {
        using MessageRound round = new(s_five, RoundPlan.Plain);
        round.Run();

        Step<AggregateResult> resumed = round.RestartServer([.. round.ServerRecords]);

        Assert.Equal(5, resumed.Send.Length);
        round.AssertExact(0, 1, 2, 3, 4);
        DurableRecord record = round.ServerRecords[0];
        Assert.Throws<FormatException>(() => round.RestartServer([record, record]));
        Assert.Throws<FormatException>(() => round.RestartServer([record with { Content = record.Content[..^1] }]));
        Assert.Throws<FormatException>(() => round.RestartServer([record with { Session = Digest.Of([1]) }]));
    }

    [Fact]
    public void Any_order_of_arrival_gives_the_same_sum()
    {
        Prop.ForAll(
                ArbMap.Default.ArbFor<int[]>(),
                picks =>
                {
                    using MessageRound round = new(s_five, new RoundPlan());
                    int next = 0;
                    round.PickNext = pending =>
                        picks.Length == 0 ? 0 : (picks[next++ % picks.Length] & int.MaxValue) % pending;
                    round.Run();
                    round.AssertExact(0, 1, 2, 3, 4);

                    // The result can be there before the last party's shares are.
                    Assert.DoesNotContain(round.ServerFaults, fault => fault.Kind != PeerFaultKind.LateMessage);
                    return true;
                }
            )
            .Holds(output, 40);
    }

    private static void RunToRecord(MessageRound round, int records)
    {
        if (round.Server.Phase == RoundPhase.None)
        {
            round.StartServer();
        }

        while (round.ServerRecords.Count < records)
        {
            if (!round.DeliverNext())
            {
                round.Deadline();
            }
        }
    }
}
