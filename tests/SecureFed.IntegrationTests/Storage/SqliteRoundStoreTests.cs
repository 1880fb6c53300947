using Microsoft.Data.Sqlite;
using SecureFed.AspNetCore;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.IntegrationTests.Storage;

/// <summary>The store in SQLite keeps the contract, across crashes and damage. spec 05-transport#records-4</summary>
public sealed class SqliteRoundStoreTests : RoundStoreContract, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("securefed-sqlite-").FullName;
    private SqliteRoundStore? _store;

    protected override IRoundStore Store => _store ??= SqliteRoundStore.Open(File);

    private string File => Path.Combine(_folder, "rounds.db");

    public void Dispose()
    {
        _store?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Records_are_there_after_reopening_and_go_on()
    {
        for (int count = 0; count < Records.Count; count++)
        {
            using SqliteRoundStore store = SqliteRoundStore.Open(File);
            AssertEqual(Records.Take(count), store.Read(First));
            store.Append(First, Records[count]);
        }

        AssertEqual(Records, Store.Read(First));
    }

    [Fact]
    public void What_was_appended_is_in_the_files_before_the_call_returns()
    {
        Store.Append(First, Records[0]);
        Store.Append(First, Records[2]);

        // What a crash of the process leaves, and the system's cache with it: the files as they are now.
        string copy = Path.Combine(_folder, "copy.db");
        CopyTo(copy);
        using SqliteRoundStore after = SqliteRoundStore.Open(copy);
        AssertEqual([Records[0], Records[2]], after.Read(First));
    }

    [Fact]
    public void A_log_cut_at_any_place_leaves_whole_records_in_order()
    {
        foreach (DurableRecord record in Records)
        {
            Store.Append(First, record);
        }

        byte[] log = ReadShared(File + "-wal");
        byte[] database = ReadShared(File);
        HashSet<int> counts = [];

        // A frame has 4,120 bytes: every frame's end, and a place inside each.
        foreach (
            int size in Enumerable.Range(0, (log.Length - 32) / 2060 + 1).Select(half => 32 + (half * 2060)).Prepend(0)
        )
        {
            string copy = Path.Combine(_folder, $"cut{size}.db");
            System.IO.File.WriteAllBytes(copy, database);
            System.IO.File.WriteAllBytes(copy + "-wal", log[..size]);
            using SqliteRoundStore after = SqliteRoundStore.Open(copy);
            IReadOnlyList<DurableRecord> left = after.Read(First);
            AssertEqual(Records.Take(left.Count), left);
            counts.Add(left.Count);
            after.Append(First, Records[0]);
            Assert.Equal(left.Count + 1, after.Read(First).Count);
        }

        Assert.Equal(Enumerable.Range(0, Records.Count + 1), counts.Order());
    }

    [Fact]
    public void A_damaged_byte_gives_an_error_or_the_records_and_never_others()
    {
        Store.Append(First, Records[0]);
        Store.Append(First, Records[1]);
        Store.Append(First, Records[3]);
        _store!.Dispose();
        byte[] whole = System.IO.File.ReadAllBytes(File);
        int refused = 0;
        for (int at = 0; at < whole.Length; at += 37)
        {
            string copy = Path.Combine(_folder, "flip.db");
            System.IO.File.Delete(copy + "-wal");
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x41;
            System.IO.File.WriteAllBytes(copy, damaged);
            try
            {
                using SqliteRoundStore store = SqliteRoundStore.Open(copy);
                AssertEqual([Records[0], Records[1], Records[3]], store.Read(First));
            }
            catch (Exception clear) when (clear is IOException or InvalidDataException)
            {
                refused++;
            }
        }

        Assert.True(refused > 10, $"only {refused} damaged bytes were noticed");
    }

    [Theory]
    [InlineData("DELETE FROM record WHERE number = 3")]
    [InlineData("DELETE FROM record WHERE number = 1")]
    [InlineData("DELETE FROM record")]
    [InlineData("UPDATE record SET content = x'00' WHERE number = 0")]
    [InlineData("UPDATE record SET kind = 17 WHERE number = 0")]
    [InlineData("UPDATE record SET session = zeroblob(32) WHERE number = 2")]
    [InlineData("UPDATE record SET content = 'text' WHERE number = 0")]
    [InlineData("UPDATE attempt SET records = 3")]
    [InlineData("UPDATE attempt SET link = zeroblob(32)")]
    public void Records_that_are_gone_or_altered_are_noticed(string change)
    {
        foreach (DurableRecord record in Records)
        {
            Store.Append(First, record);
        }

        _store!.Dispose();
        Change(change);
        using SqliteRoundStore store = SqliteRoundStore.Open(File);

        Assert.Throws<StorageDamagedException>(() => store.Read(First));
    }

    [Fact]
    public void One_holder_at_a_time()
    {
        Store.Append(First, Records[0]);
        Assert.Throws<StorageInUseException>(() => SqliteRoundStore.Open(File).Dispose());
        _store!.Dispose();
        using SqliteRoundStore next = SqliteRoundStore.Open(File);
        AssertEqual([Records[0]], next.Read(First));
    }

    [Fact]
    public void A_later_version_another_program_and_other_files_are_refused_and_left_alone()
    {
        Store.Append(First, Records[0]);
        _store!.Dispose();
        Change("PRAGMA user_version = 2");
        StorageTooNewException tooNew = Assert.Throws<StorageTooNewException>(() => SqliteRoundStore.Open(File));
        Assert.Equal((2, File), (tooNew.Version, tooNew.Path));
        Change("PRAGMA user_version = 1");
        Change("PRAGMA application_id = 1");
        Assert.Throws<InvalidDataException>(() => SqliteRoundStore.Open(File));
        Change("PRAGMA application_id = 1397114180");
        using (SqliteRoundStore again = SqliteRoundStore.Open(File))
        {
            AssertEqual([Records[0]], again.Read(First));
        }

        string other = Path.Combine(_folder, "notes.txt");
        System.IO.File.WriteAllText(other, new string('x', 5000));
        Assert.Throws<StorageDamagedException>(() => SqliteRoundStore.Open(other));
        Assert.Equal(new string('x', 5000), System.IO.File.ReadAllText(other));
        Assert.ThrowsAny<IOException>(() => SqliteRoundStore.Open(Path.Combine(_folder, "no", "such", "folder.db")));
    }

    [Fact]
    public void An_attempt_that_is_over_is_forgotten_and_no_other()
    {
        Store.Append(First, Records[0]);
        Store.Append(Second, Records[1]);
        _store!.Forget(First);
        _store.Forget(Digest.Of("unknown"u8));

        Assert.Empty(Store.Read(First));
        AssertEqual([Records[1]], Store.Read(Second));
        Store.Append(First, Records[3]);
        AssertEqual([Records[3]], Store.Read(First));
    }

    [Fact]
    public void A_closed_store_says_so()
    {
        Store.Append(First, Records[0]);
        _store!.Dispose();

        Assert.ThrowsAny<IOException>(() => _store.Append(First, Records[1]));
        Assert.ThrowsAny<IOException>(() => _store.Read(First));
    }

    [Fact]
    public void Only_the_owner_reads_the_files()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Store.Append(First, Records[0]);
        foreach (string file in Directory.EnumerateFiles(_folder))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(file));
        }
    }

    private void CopyTo(string copy)
    {
        System.IO.File.WriteAllBytes(copy, ReadShared(File));
        System.IO.File.WriteAllBytes(copy + "-wal", ReadShared(File + "-wal"));
    }

    private static byte[] ReadShared(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private void Change(string statement)
    {
        using SqliteConnection connection = new($"Data Source={File};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements stand in this file.
        command.CommandText = statement;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
