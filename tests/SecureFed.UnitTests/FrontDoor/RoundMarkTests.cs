using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>A server's store holds the result of one attempt for each round. spec 03-masking#guard-5</summary>
public sealed class RoundMarkTests : IDisposable
{
    private static readonly AggregationPlan s_plan = Plans.Masked(length: 3, parties: 5, survivors: 4);
    private static readonly byte[] s_content = [1, 2, 3];

    private readonly string _folder = Directory.CreateTempSubdirectory("securefed-marks-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_second_result_of_a_round_is_not_stored_and_the_first_attempt_still_is_resumed()
    {
        FileRoundStore store = new(_folder);
        RoundMark first = new(store, Attempt(1));
        RoundMark second = new(store, Attempt(2));
        Assert.Empty(second.Read());

        first.Append(Result(Attempt(1)));

        Assert.Throws<IOException>(() => second.Append(Result(Attempt(2))));
        Assert.Empty(store.Read(RoundDigests.Descriptor(Attempt(2))));

        // A restarted server reads the same from the disk.
        FileRoundStore again = new(_folder);
        Assert.Throws<InvalidOperationException>(() => new RoundMark(again, Attempt(2)).Read());
        Assert.Single(new RoundMark(again, Attempt(1)).Read());
        Assert.Empty(new RoundMark(again, Attempt(1, round: 8)).Read());
        Assert.Empty(new RoundMark(again, Attempt(1, federation: "another")).Read());
    }

    [Fact]
    public void An_attempt_without_a_result_leaves_the_round_open()
    {
        InMemoryRoundStore store = new();
        DurableRecord aborted = new(
            DurableRecordKind.ServerAborted,
            RoundDigests.Descriptor(Attempt(1)),
            s_content.AsMemory()
        );
        new RoundMark(store, Attempt(1)).Append(aborted);
        RoundMark second = new(store, Attempt(2));

        second.RequireNoResult();
        second.Append(Result(Attempt(2)));

        Assert.Single(second.Read());
        Assert.Throws<InvalidOperationException>(second.RequireNoResult);
        Assert.Throws<IOException>(() => second.Append(Result(Attempt(2))));
    }

    [Fact]
    public void The_mark_is_durable_before_the_result_and_a_crash_between_keeps_the_round_for_its_attempt()
    {
        FaultyRoundStore store = new() { FailAt = 0, Fault = AppendFault.CrashAfter };
        Assert.Throws<SimulatedCrashException>(() => new RoundMark(store, Attempt(1)).Append(Result(Attempt(1))));
        Assert.Empty(store.Read(RoundDigests.Descriptor(Attempt(1))));

        Assert.Throws<InvalidOperationException>(() => new RoundMark(store, Attempt(2)).Read());
        RoundMark resumed = new(store, Attempt(1));
        resumed.Append(Result(Attempt(1)));

        Assert.Single(resumed.Read());
    }

    // spec 05-transport#records-3
    [Fact]
    public void The_mark_lies_under_the_digest_of_label_round_and_federation()
    {
        InMemoryRoundStore store = new();
        Digest key = Digest.Of([.. "SecureFed/1 round"u8, 7, 0, 0, 0, 0, 0, 0, 0, .. "hospitals"u8]);

        new RoundMark(store, Attempt(3)).Append(Result(Attempt(3)));

        DurableRecord mark = Assert.Single(store.Read(key));
        Assert.Equal(
            (DurableRecordKind.ServerRoundResult, RoundDigests.Descriptor(Attempt(3)), 0),
            (mark.Kind, mark.Session, mark.Content.Length)
        );
        InMemoryRoundStore damaged = new();
        damaged.Append(key, mark with { Kind = DurableRecordKind.ServerResult });
        Assert.Throws<FormatException>(() => new RoundMark(damaged, Attempt(3)).Read());
    }

    [Fact]
    public void A_federation_over_a_kept_store_gives_no_second_sum_of_a_round_even_to_clients_that_forgot_the_first()
    {
        InProcessOptions options = new() { Store = new FileRoundStore(_folder) };
        using InProcessFederation before = TestFederation.Create(5, seed: 1);
        using InProcessFederation rolledBack = TestFederation.Create(5, seed: 2);
        Assert.IsType<RoundOutcome.Completed>(Run(before));

        Assert.Throws<InvalidOperationException>(() => Run(rolledBack));

        Assert.IsType<RoundOutcome.Completed>(Run(rolledBack));

        RoundOutcome Run(InProcessFederation federation) =>
            federation.RunRound(s_plan, round => InProcessRoundTests.Fill(round, 5), maximumAttempts: 1, options);
    }

    private static DurableRecord Result(RoundDescriptor descriptor) =>
        new(DurableRecordKind.ServerResult, RoundDigests.Descriptor(descriptor), s_content.AsMemory());

    private static RoundDescriptor Attempt(uint attempt, ulong round = 7, string federation = "hospitals") =>
        s_plan.DescribeFor(
            TestFederation.Members(5).Select(member => member.Enrolment),
            federation,
            round,
            attempt,
            Digest.Of("model"u8),
            SuiteId.P256A256V1
        );
}
