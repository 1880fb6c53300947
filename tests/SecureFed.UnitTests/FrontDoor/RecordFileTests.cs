using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Files of records: what a crash leaves is read up to the crash, and any other damage is refused.</summary>
public sealed class RecordFileTests : IDisposable
{
    private static readonly DurableRecord[] s_records =
    [
        new(DurableRecordKind.ClientJoined, Digest.Of("a"u8), new byte[] { 1, 2, 3 }),
        new(DurableRecordKind.ClientCharged, Digest.Of("b"u8), Array.Empty<byte>()),
        new(DurableRecordKind.ClientSurvivorSet, Digest.Of("c"u8), new byte[40]),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("securefed-records-").FullName;

    private string JournalPath => Path.Combine(_folder, "journal");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Records_come_back_in_order_after_reopening()
    {
        for (int count = 0; count < s_records.Length; count++)
        {
            using FileClientJournal journal = FileClientJournal.Open(JournalPath);
            Assert.Equal(count, journal.Read().Count);
            journal.Append(s_records[count]);
        }

        using FileClientJournal again = FileClientJournal.Open(JournalPath);
        AssertEqual(s_records, again.Read());
    }

    [Fact]
    public void A_file_cut_at_any_byte_keeps_exactly_the_whole_records_and_goes_on()
    {
        byte[] whole = WriteAll(out long[] ends);
        for (int size = 0; size <= whole.Length; size++)
        {
            File.WriteAllBytes(JournalPath, whole[..size]);
            int expected = ends.Count(end => end <= size);

            using (FileClientJournal journal = FileClientJournal.Open(JournalPath))
            {
                AssertEqual(s_records[..expected], journal.Read());
                journal.Append(s_records[0]);
            }

            using FileClientJournal again = FileClientJournal.Open(JournalPath);
            AssertEqual([.. s_records[..expected], s_records[0]], again.Read());
        }
    }

    [Fact]
    public void An_append_that_reached_the_size_but_not_the_content_is_torn()
    {
        byte[] whole = WriteAll(out long[] ends);
        for (int written = (int)ends[1]; written < whole.Length - RecordFile.LinkSizeInBytes; written++)
        {
            if (written > ends[1] && written < ends[1] + RecordFile.HeaderSizeInBytes)
            {
                // A header whose check was half written is not told from a damaged one: refused, the safe side.
                continue;
            }

            byte[] holes = new byte[whole.Length];
            whole.AsSpan(0, written).CopyTo(holes);
            File.WriteAllBytes(JournalPath, holes);

            using FileClientJournal journal = FileClientJournal.Open(JournalPath);
            AssertEqual(s_records[..2], journal.Read());
        }
    }

    [Fact]
    public void Any_flipped_bit_is_refused()
    {
        byte[] whole = WriteAll(out _);
        for (int bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] flipped = [.. whole];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(JournalPath, flipped);

            StorageDamagedException damaged = Assert.Throws<StorageDamagedException>(() =>
                FileClientJournal.Open(JournalPath)
            );

            Assert.Equal(JournalPath, damaged.Path);
            Assert.Equal(flipped, File.ReadAllBytes(JournalPath));
        }
    }

    [Fact]
    public void A_missing_or_exchanged_record_is_refused()
    {
        byte[] whole = WriteAll(out long[] ends);
        int first = (int)ends[0];
        int second = (int)ends[1];

        File.WriteAllBytes(JournalPath, [.. whole[..first], .. whole[second..]]);

        Assert.Throws<StorageDamagedException>(() => FileClientJournal.Open(JournalPath));
        File.WriteAllBytes(JournalPath, [.. whole[..8], .. whole[first..second], .. whole[8..first]]);
        Assert.Throws<StorageDamagedException>(() => FileClientJournal.Open(JournalPath));
    }

    [Fact]
    public void A_file_that_is_open_is_not_opened_twice()
    {
        using FileClientJournal journal = FileClientJournal.Open(JournalPath);

        Assert.ThrowsAny<IOException>(() => FileClientJournal.Open(JournalPath));
    }

    [Fact]
    public void A_round_store_keeps_attempts_apart()
    {
        FileRoundStore store = new(Path.Combine(_folder, "rounds"));
        Digest one = Digest.Of("attempt 1"u8);
        Digest two = Digest.Of("attempt 2"u8);

        store.Append(one, s_records[0]);
        store.Append(two, s_records[1]);
        store.Append(one, s_records[2]);

        AssertEqual([s_records[0], s_records[2]], store.Read(one));
        AssertEqual([s_records[1]], new FileRoundStore(Path.Combine(_folder, "rounds")).Read(two));
        Assert.Empty(store.Read(Digest.Of("attempt 3"u8)));
    }

    private byte[] WriteAll(out long[] ends)
    {
        File.Delete(JournalPath);
        ends = new long[s_records.Length];
        for (int i = 0; i < s_records.Length; i++)
        {
            using (FileClientJournal journal = FileClientJournal.Open(JournalPath))
            {
                journal.Append(s_records[i]);
            }

            ends[i] = new FileInfo(JournalPath).Length;
        }

        return File.ReadAllBytes(JournalPath);
    }

    private static void AssertEqual(IEnumerable<DurableRecord> expected, IEnumerable<DurableRecord> actual) =>
        Assert.Equal(expected.Select(Text), actual.Select(Text));

    private static string Text(DurableRecord record) =>
        $"{record.Kind} {record.Session} {Convert.ToHexString(record.Content.Span)}";
}
