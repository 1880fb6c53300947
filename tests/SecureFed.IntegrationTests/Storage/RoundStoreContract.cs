using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.IntegrationTests.Storage;

/// <summary>What every store of a server's decisions does. One class of tests for all of them.</summary>
public abstract class RoundStoreContract
{
    private static readonly DurableRecord[] s_records =
    [
        new(DurableRecordKind.ServerCohort, Digest.Of("a"u8), new byte[] { 1, 2, 3 }),
        new(DurableRecordKind.ServerSharers, Digest.Of("b"u8), Array.Empty<byte>()),
        new(DurableRecordKind.ServerSurvivors, Digest.Of("b"u8), Large()),
        new(DurableRecordKind.ServerResult, Digest.Of("b"u8), new byte[] { 0 }),
    ];

    protected static Digest First { get; } = Digest.Of("first"u8);

    protected static Digest Second { get; } = Digest.Of("second"u8);

    protected static IReadOnlyList<DurableRecord> Records => s_records;

    protected abstract IRoundStore Store { get; }

    [Fact]
    public void An_unknown_attempt_has_no_records() => Assert.Empty(Store.Read(First));

    [Fact]
    public void Records_come_back_in_order_each_attempt_for_itself()
    {
        foreach (DurableRecord record in s_records)
        {
            Store.Append(First, record);
            Store.Append(Second, s_records[0]);
        }

        AssertEqual(s_records, Store.Read(First));
        AssertEqual(Enumerable.Repeat(s_records[0], s_records.Length), Store.Read(Second));
    }

    [Fact]
    public void What_was_read_is_not_changed_by_what_is_appended_later()
    {
        Store.Append(First, s_records[0]);
        IReadOnlyList<DurableRecord> before = Store.Read(First);
        Store.Append(First, s_records[1]);

        Assert.Single(before);
    }

    [Fact]
    public async Task Attempts_are_written_at_the_same_time()
    {
        Digest[] attempts = [.. Enumerable.Range(0, 8).Select(i => Digest.Of([(byte)i]))];
        IRoundStore store = Store;
        await Task.WhenAll(
            attempts.Select(attempt =>
                Task.Run(() =>
                {
                    foreach (DurableRecord record in s_records)
                    {
                        store.Append(attempt, record);
                    }
                })
            )
        );

        Assert.All(attempts, attempt => AssertEqual(s_records, Store.Read(attempt)));
    }

    protected static void AssertEqual(IEnumerable<DurableRecord> expected, IReadOnlyList<DurableRecord> actual)
    {
        DurableRecord[] wanted = [.. expected];
        Assert.Equal(wanted.Length, actual.Count);
        Assert.All(
            wanted.Zip(actual),
            pair =>
            {
                Assert.Equal((pair.First.Kind, pair.First.Session), (pair.Second.Kind, pair.Second.Session));
                Assert.True(pair.First.Content.Span.SequenceEqual(pair.Second.Content.Span));
            }
        );
    }

    private static byte[] Large() => [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7 % 251))];
}
