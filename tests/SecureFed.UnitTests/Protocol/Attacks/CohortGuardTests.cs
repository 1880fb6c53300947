using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;
using TestFederation = SecureFed.Tests.Shared.TestFederation;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>Survivor sets that differ too little from one that was signed before, and rounds that gave a result before.</summary>
public sealed class CohortGuardTests(ITestOutputHelper output) : IDisposable
{
    private const int Parties = 8;
    private static readonly TestFederation s_eight = TestFederation.Of(Parties);
    private static readonly TestFederation s_five = TestFederation.Of(5);
    private static readonly Digest s_model = Digest.Of("a model"u8);
    private static readonly Digest s_otherModel = Digest.Of("another model"u8);
    private static readonly Digest s_k = Digest.Of("a cohort"u8);
    private static readonly EncodedUpdate s_update = EncodedUpdate.Encode(
        ClippedUpdate.Clip(LocalUpdate.Create(new float[17]), new RoundPlan().EncodingFor(Parties)),
        new SeededRandomSource(1)
    );

    private readonly string _folder = Directory.CreateTempSubdirectory("securefed-guard-").FullName;

    public static TheoryData<string> Damages =>
        [
            "truncated",
            "extended",
            "emptied",
            "two names exchanged",
            "a name twice",
            "a name that is none",
            "nobody",
            "a count of 65,535",
        ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // spec 03-masking#guard-1
    [Theory]
    [InlineData("the same", null)]
    [InlineData("one less", 7)]
    [InlineData("one more", 0)]
    [InlineData("two less", null)]
    [InlineData("one exchanged", null)]
    public void For_the_same_model_a_set_that_differs_by_one_party_is_refused_and_no_other(string how, int? named)
    {
        int[] before = how == "one more" ? [1, 2, 3, 4, 5, 6, 7] : [0, 1, 2, 3, 4, 5, 6, 7];
        int[] now = how switch
        {
            "the same" => before,
            "one less" => [0, 1, 2, 3, 4, 5, 6],
            "one more" => [0, .. before],
            "two less" => [0, 1, 2, 3, 4, 5],
            _ => [0, 1, 2, 3, 4, 5, 6],
        };
        before = how == "one exchanged" ? [0, 1, 2, 3, 4, 5, 7] : before;

        ClientRefusal? refused = Check(Policy(), Signed(s_model, before), s_model, now);

        Assert.Equal(named is null ? null : AbortReason.CohortDifferencing, refused?.Reason);
        Assert.Equal(named is { } one ? [(ushort)one] : [], refused?.Named ?? []);
    }

    // spec 03-masking#guard-2
    [Theory]
    [InlineData(2, 0, false, true)]
    [InlineData(2, 0, true, false)]
    [InlineData(0, 2, false, false)]
    [InlineData(0, 2, true, true)]
    [InlineData(1, 1, false, false)]
    [InlineData(1, 1, true, false)]
    public void Each_floor_counts_for_its_models(int floor, int across, bool otherModel, bool isRefused)
    {
        ClientHistory history = Signed(otherModel ? s_otherModel : s_model, 0, 1, 2, 3, 4);
        ClientPolicy policy = Policy(floor, across);

        ClientRefusal? refused = Check(policy, history, s_model, 0, 1, 2, 3);

        Assert.Equal(isRefused, refused is not null);
    }

    // spec 06-security#floors-2
    [Fact]
    public void The_defaults_are_two_for_a_model_off_across_models_and_sixty_four_sets()
    {
        ClientPolicy defaults = new() { PinnedRoster = s_eight.Roster, Federation = "test" };

        Assert.Equal(
            (2, 0, 64),
            (defaults.MinimumCohortDifference, defaults.MinimumCohortDifferenceAcrossModels, defaults.CohortMemory)
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => Policy(memory: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Policy(memory: ClientHistory.MaximumCohortMemory + 1));
    }

    [Fact]
    public void A_set_that_is_older_than_the_window_refuses_nothing()
    {
        DurableRecord neighbour = Record(s_model, 0, 1, 2, 3, 4);
        DurableRecord far = Record(s_model, 0, 5, 6, 7);
        ClientHistory within = ClientHistory.FromRecords([neighbour, far, far]);
        ClientHistory beyond = ClientHistory.FromRecords([neighbour, far, far, far]);

        Assert.NotNull(Check(Policy(memory: 3), within, s_model, 0, 1, 2, 3));
        Assert.Null(Check(Policy(memory: 3), beyond, s_model, 0, 1, 2, 3));
        Assert.Null(Check(Policy(memory: 0), within, s_model, 0, 1, 2, 3));
    }

    [Fact]
    public void The_memory_is_bounded_and_keeps_the_latest_sets()
    {
        DurableRecord neighbour = Record(s_model, 0, 1, 2, 3, 4);
        DurableRecord far = Record(s_model, 0, 5, 6, 7);
        DurableRecord[] many = [.. Enumerable.Repeat(far, ClientHistory.MaximumCohortMemory)];
        ClientPolicy widest = Policy(memory: ClientHistory.MaximumCohortMemory);

        Assert.Null(Check(widest, ClientHistory.FromRecords([neighbour, .. many]), s_model, 0, 1, 2, 3));
        Assert.NotNull(Check(widest, ClientHistory.FromRecords([neighbour, .. many[1..]]), s_model, 0, 1, 2, 3));
    }

    [Fact]
    public void Another_federations_sets_refuse_nothing()
    {
        RoundDescriptor elsewhere = (Plan(s_model, round: 1) with { Federation = "other" }).Build(s_eight);
        PartySet all = Set(0, 1, 2, 3, 4);

        ClientHistory history = ClientHistory.FromRecords([SignedCohort.ToRecord(elsewhere, s_k, all, all)]);

        Assert.Null(Check(Policy(), history, s_model, 0, 1, 2, 3));
        Assert.NotNull(Check(Policy(), Signed(s_model, 0, 1, 2, 3, 4), s_model, 0, 1, 2, 3));
    }

    [Fact]
    public void Names_are_compared_and_not_indices_when_the_roster_changes()
    {
        // Without party 0 everybody's index moves by one.
        ImmutableArray<RosterEntry> shorter = s_eight.Roster[1..];
        RoundDescriptor now = (Plan(s_model, round: 2) with { Roster = shorter, Threshold = 4 }).Build(s_eight);
        PartySet others = Forge.Set(7, 0, 1, 2, 3, 4, 5, 6);

        // 1 to 7 again, now at 0 to 6; and the same indices, which are other parties.
        Assert.Null(CohortGuard.Check(Setup(Policy(), Signed(s_model, 1, 2, 3, 4, 5, 6, 7), now, self: 1), others));
        ClientRefusal? gone = CohortGuard.Check(
            Setup(Policy(), Signed(s_model, 0, 1, 2, 3, 4, 5, 6, 7), now, self: 1),
            others
        );
        ClientRefusal? indices = CohortGuard.Check(
            Setup(Policy(floor: 3), Signed(s_model, 0, 1, 2, 3, 4, 5, 6), now, self: 1),
            others
        );

        // Party 0 is not enrolled any more and has no index to name it by; party 7 has.
        Assert.Equal(AbortReason.CohortDifferencing, gone?.Reason);
        Assert.Empty(gone!.Named);
        Assert.Equal([6], indices!.Named);
    }

    [Fact]
    public void A_set_is_refused_exactly_when_some_remembered_set_is_too_near()
    {
        Prop.ForAll(
                ArbMap.Default.ArbFor<Tuple<int[], int, int>>(),
                input =>
                {
                    // A set is the bits of a number, always with this client; its sign is the model.
                    (int[] numbers, int low, int high) = input;
                    int floor = Math.Abs(low % 5);
                    int across = Math.Abs(high % 5);
                    int memory = Math.Abs(low / 5 % 8);
                    (HashSet<int> Members, Digest Model)[] sets = [.. numbers.Append(low ^ high).Select(Decode)];
                    (HashSet<int> now, Digest model) = sets[^1];
                    ClientHistory history = ClientHistory.FromRecords(
                        sets[..^1].Select(set => Record(set.Model, [.. set.Members]))
                    );
                    int[][] near =
                    [
                        .. sets[..^1]
                            .TakeLast(memory)
                            .Select(set =>
                            {
                                HashSet<int> difference = [.. set.Members];
                                difference.SymmetricExceptWith(now);
                                int least = set.Model == model ? floor : across;
                                return difference.Count > 0 && difference.Count < least
                                    ? difference.Order().ToArray()
                                    : [];
                            })
                            .Where(difference => difference.Length > 0),
                    ];

                    ClientRefusal? refused = Check(Policy(floor, across, memory), history, model, [.. now]);

                    bool agrees =
                        (refused is not null) == near.Length > 0
                        && (
                            refused is null
                            || near.Any(difference => difference.SequenceEqual(refused.Named.Select(i => (int)i)))
                        );
                    return agrees
                        .Classify(refused is not null, "refused")
                        .Classify(refused is null && numbers.Length > 0 && memory > 0, "signed");
                }
            )
            .Holds(output, 1000);

        static (HashSet<int> Members, Digest Model) Decode(int number) =>
            (
                [.. Enumerable.Range(0, Parties).Where(bit => ((Math.Abs(number % 256) | 1) >> bit & 1) != 0)],
                number < 0 ? s_otherModel : s_model
            );
    }

    [Fact]
    public void The_largest_rounds_are_remembered_and_compared()
    {
        ImmutableArray<RosterEntry> roster =
        [
            .. Enumerable
                .Range(0, MessageLimits.MaximumRosterSize)
                .Select(i => new RosterEntry(ParticipantId.FromIndex(i), s_eight.Roster[0].SigningKey)),
        ];
        RoundDescriptor largest = (Plan(s_model, round: 1) with { Roster = roster }).Build(s_eight);
        PartySet all = PartySet.Of(roster.Length, Enumerable.Range(0, roster.Length).Select(i => (ushort)i));
        PartySet allButLast = PartySet.Of(roster.Length, all.Members[..^1]);
        DurableRecord record = SignedCohort.ToRecord(largest, s_k, all, all);

        ClientHistory history = ClientHistory.FromRecords(Enumerable.Repeat(record, 64));

        Assert.Equal([4095], CohortGuard.Check(Setup(Policy(), history, largest), allButLast)!.Named);
        Assert.Null(CohortGuard.Check(Setup(Policy(), history, largest), all));
    }

    [Fact]
    public void A_difference_is_walked_from_both_ends_of_the_names_and_no_further_than_needed()
    {
        ImmutableArray<ParticipantId> all = [.. Enumerable.Range(0, 9).Select(ParticipantId.FromIndex)];

        Assert.Equal<ParticipantId[]>([all[8]], [.. CohortGuard.Difference(all, all[..^1], enough: 2)]);
        Assert.Equal<ParticipantId[]>([all[0]], [.. CohortGuard.Difference(all[1..], all, enough: 2)]);
        Assert.Empty(CohortGuard.Difference(all, all, enough: 2));
        Assert.Equal(5, CohortGuard.Difference(all, [], enough: 5).Length);
        Assert.Equal(5, CohortGuard.Difference([], all, enough: 5).Length);
    }

    // spec 05-transport#records-2
    [Fact]
    public void The_record_of_a_signed_set_has_the_layout_of_the_specification()
    {
        DurableRecord record = Record(s_model, 2, 5);

        Assert.Equal((DurableRecordKind.ClientSurvivorSet, s_k), (record.Kind, record.Session));
        Assert.Equal(
            [
                .. RoundDigests.SurvivorSets(s_k, Set(2, 5), Set(2, 5)).ToArray(),
                .. new byte[] { 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0 },
                .. "\x04test"u8,
                .. s_model.ToArray(),
                .. new byte[] { 2, 0 },
                .. "\x0cparty-000002\x0cparty-000005"u8,
            ],
            record.Content.ToArray()
        );
        SignedCohort read = SignedCohort.Read(record);
        Assert.Equal(("test", 1UL, 1U, s_model), (read.Federation, read.Round, read.Attempt, read.Model));
        Assert.Equal<ParticipantId[]>([ParticipantId.FromIndex(2), ParticipantId.FromIndex(5)], [.. read.Survivors]);
    }

    // spec 03-masking#guard-3
    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_record_keeps_the_client_from_joining_anything(string how)
    {
        DurableRecord sound = Record(s_model, 2, 5);
        byte[] content = sound.Content.ToArray();
        int names = content.Length - 26;
        byte[] damaged = how switch
        {
            "truncated" => content[..^1],
            "extended" => [.. content, 0],
            "emptied" => [],
            "two names exchanged" => [.. content[..names], .. content[^13..], .. content[names..^13]],
            "a name twice" => [.. content[..names], .. content[^13..], .. content[^13..]],
            "a name that is none" => [.. content[..^1], (byte)'!'],
            "nobody" => [.. content[..(names - 2)], 0, 0],
            _ => [.. content[..(names - 2)], 255, 255, .. content[names..]],
        };

        Assert.Throws<FormatException>(() => ClientHistory.FromRecords([sound with { Content = damaged }]));
        Assert.NotNull(ClientHistory.FromRecords([sound]));
    }

    [Fact]
    public void A_client_that_restarts_still_refuses_the_neighbour_of_a_set_it_signed()
    {
        string path = Path.Combine(_folder, "journal");
        using (MessageRound first = new(s_five, new RoundPlan()))
        using (FileClientJournal journal = FileClientJournal.Open(path))
        {
            first.Run();
            first.AssertExact(0, 1, 2, 3, 4);
            foreach ((_, DurableRecord record) in first.ClientRecords.Where(entry => entry.Client == 0))
            {
                journal.Append(record);
            }
        }

        using FileClientJournal again = FileClientJournal.Open(path);
        ClientHistory history = ClientHistory.FromRecords(again.Read());

        Assert.Equal(AbortReason.CohortDifferencing, ReasonOfFirst(history, without: 4));
        Assert.Null(ReasonOfFirst(history, without: null));
        Assert.Null(ReasonOfFirst(ClientHistory.Empty, without: 4));
    }

    // spec 03-masking#guard-4
    [Fact]
    public void A_client_with_a_result_joins_no_further_attempt_of_the_round_and_one_without_does()
    {
        using MessageRound whole = new(s_five, new RoundPlan());
        whole.Run();
        using MessageRound lost = new(s_five, new RoundPlan());
        lost.Hook = sent => sent.Type == MessageType.ResultAnnouncement ? [] : [sent];
        lost.Run();
        ClientHistory got = HistoryOf(whole);
        ClientHistory waiting = HistoryOf(lost);

        Assert.Equal(AbortReason.RoundReplayed, Offered(got, new RoundPlan { Attempt = 2 }));
        Assert.Null(Offered(got, new RoundPlan { Round = 2 }));
        Assert.Null(Offered(waiting, new RoundPlan { Attempt = 2 }));
        Assert.Equal(AbortReason.RoundReplayed, Offered(waiting, new RoundPlan()));

        // The record of the result alone is enough, whatever became of the others.
        DurableRecord result = whole.ClientRecords.Last(entry => entry.Client == 0).Record;
        Assert.Equal(DurableRecordKind.ClientResult, result.Kind);
        ClientHistory only = ClientHistory.FromRecords([result]);
        Assert.Equal(AbortReason.RoundReplayed, Offered(only, new RoundPlan { Attempt = 2 }));
        Assert.Equal(AbortReason.RoundReplayed, Offered(only, new RoundPlan { Round = 0 }));
        Assert.Throws<FormatException>(() =>
            ClientHistory.FromRecords([result with { Content = result.Content[..12] }])
        );
    }

    [Fact]
    public void SYB_02_The_cohort_of_round_one_without_one_member_gives_no_second_sum_of_the_same_model()
    {
        using MessageRound first = new(s_five, new RoundPlan());
        first.Run();
        first.AssertExact(0, 1, 2, 3, 4);

        using MessageRound same = Second(new RoundPlan { Round = 2 });
        using MessageRound otherModel = Second(new RoundPlan { Round = 2, Model = s_otherModel });

        Assert.Equal(AbortReason.NotEnoughSignatures, same.Aborted.Reason);
        for (int party = 0; party < 4; party++)
        {
            Assert.Equal(AbortReason.CohortDifferencing, same.ClientAborted(party).Reason);
            Assert.Equal<ParticipantId[]>([s_five.IdOf(4)], [.. same.ClientAborted(party).Named]);
        }

        Assert.DoesNotContain(same.Sent, sent => sent.Type == MessageType.ConsistencySignature);
        otherModel.AssertExact(0, 1, 2, 3);

        MessageRound Second(RoundPlan plan)
        {
            MessageRound second = new(
                s_five,
                plan,
                new RoundOptions { Seed = 2, HistoryFor = party => HistoryOf(first, party) }
            );
            second.Hook = sent => sent.From == 4 ? [] : [sent];
            second.Run();
            return second;
        }
    }

    [Theory]
    [InlineData(5, 2)]
    [InlineData(3, 4)]
    [InlineData(4, 3)]
    public void SYB_01_A_round_below_every_clients_minimum_ends_before_anybody_sends_a_key(int cohort, int effective)
    {
        bool isBelow = cohort > 4 || effective > 3;
        using MessageRound round = new(
            s_five,
            new RoundPlan(),
            new RoundOptions
            {
                PolicyFor = _ => new ClientPolicy
                {
                    PinnedRoster = s_five.Roster,
                    Federation = "test",
                    WithoutPrivacyNoise = LocalConsent.Given("test data"),
                    MinimumCohort = cohort,
                    MinimumEffectiveCohort = effective,
                },
            }
        );

        round.Run();

        Assert.Equal(!isBelow, round.Ending is RoundEnding<AggregateResult>.Completed);
        Assert.Equal(!isBelow, round.Sent.Exists(sent => sent.From is not null));
        Assert.Equal(isBelow ? AbortReason.NotEnoughPeers : null, Inside.ReasonOf(round.Ending));
    }

    private static ClientHistory HistoryOf(MessageRound round, int party = 0) =>
        ClientHistory.FromRecords(
            round.ClientRecords.Where(entry => entry.Client == party).Select(entry => entry.Record)
        );

    private static AbortReason? Offered(ClientHistory history, RoundPlan plan)
    {
        using MessageRound round = new(s_five, plan, new RoundOptions { HistoryFor = _ => history });
        Step<ClientReceipt> step = round.ToClient(0, new RoundEvent.Started());
        Assert.Equal(step.Ended is null ? 1 : 0, step.Send.Length);
        return Inside.ReasonOf(step.Ended);
    }

    private static AbortReason? ReasonOfFirst(ClientHistory history, int? without)
    {
        using MessageRound round = new(
            s_five,
            new RoundPlan { Round = 2 },
            new RoundOptions { Seed = 2, HistoryFor = party => party == 0 ? history : ClientHistory.Empty }
        );
        round.Hook = sent => sent.From is { } from && from == without ? [] : [sent];
        ReadOnlyMemory<byte> announced = round.Take(MessageType.SurvivorAnnouncement, to: 0).Bytes;
        List<SecretBytes> secrets = Inside.SecretsOf(round.Clients[0]);
        Step<ClientReceipt> step = round.ToClient(0, announced);
        if (step.Ended is not null)
        {
            Inside.AssertLeft(step, secrets);
        }

        return Inside.ReasonOf(step.Ended);
    }

    private static RoundPlan Plan(Digest model, ulong round) => new() { Model = model, Round = round };

    private static PartySet Set(params int[] members) => Forge.Set(Parties, members);

    private static DurableRecord Record(Digest model, params int[] survivors) =>
        SignedCohort.ToRecord(Plan(model, round: 1).Build(s_eight), s_k, Set(survivors), Set(survivors));

    private static ClientHistory Signed(Digest model, params int[] survivors) =>
        ClientHistory.FromRecords([Record(model, survivors)]);

    private static ClientRefusal? Check(ClientPolicy policy, ClientHistory history, Digest model, params int[] now) =>
        CohortGuard.Check(Setup(policy, history, Plan(model, round: 2).Build(s_eight)), Set(now));

    private static ClientSetup Setup(
        ClientPolicy policy,
        ClientHistory history,
        RoundDescriptor descriptor,
        int self = 0
    ) =>
        new()
        {
            Descriptor = descriptor,
            Self = s_eight.IdOf(self),
            Signer = s_eight.Signers[self],
            Suite = P256Suite.Instance,
            Random = new SeededRandomSource(1),
            Policy = policy,
            History = history,
            ExpectedModel = descriptor.ModelDigest,
            Update = s_update,
        };

    private static ClientPolicy Policy(int floor = 2, int across = 0, int memory = 64) =>
        new()
        {
            PinnedRoster = s_eight.Roster,
            Federation = "test",
            WithoutPrivacyNoise = LocalConsent.Given("test data"),
            MinimumCohortDifference = floor,
            MinimumCohortDifferenceAcrossModels = across,
            CohortMemory = memory,
        };
}
