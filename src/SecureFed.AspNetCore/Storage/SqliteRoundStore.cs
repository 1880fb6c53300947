using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.AspNetCore;

/// <summary>A server's decisions in one SQLite database: write-ahead log, flushed to the disk with every record.</summary>
/// <remarks>
/// Thread-safe; one process at a time, which holds the database while it is open. Each attempt's records form a chain of
/// SHA-256 whose length and end stand beside them in the same transaction, so that records that are gone or altered are
/// noticed when they are read. That is a guard against failing disks; whoever may write the file can compute the chain.
/// Only its owner may read the file, where the system knows such a thing. spec 05-transport#records-4
/// </remarks>
public sealed class SqliteRoundStore : IRoundStore, IDisposable
{
    // "SFED", in the header of the file: what tells it from another program's database.
    private const long ApplicationId = 0x53464544;
    private const int SchemaVersion = 1;

    private const int Busy = 5;
    private const int Locked = 6;
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    private const string Schema = """
        CREATE TABLE attempt (
            id INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
            records INTEGER NOT NULL CHECK (records > 0),
            link BLOB NOT NULL CHECK (length(link) = 32)
        );
        CREATE TABLE record (
            attempt INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
            number INTEGER NOT NULL CHECK (number >= 0),
            kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 255),
            session BLOB NOT NULL CHECK (length(session) = 32),
            content BLOB NOT NULL,
            UNIQUE (attempt, number)
        );
        """;

    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;
    private readonly string _path;

    private SqliteRoundStore(string path, SqliteConnection connection) => (_path, _connection) = (path, connection);

    /// <summary>Opens a store, and creates it when it is not there.</summary>
    /// <param name="path">The database's file; two more with its name are beside it while it is open.</param>
    /// <exception cref="StorageInUseException">Another process, or another object of this one, has it open.</exception>
    /// <exception cref="StorageTooNewException">A later version wrote it.</exception>
    /// <exception cref="StorageDamagedException">It is no database, or a damaged one.</exception>
    /// <exception cref="InvalidDataException">It is a database of another program.</exception>
    /// <exception cref="IOException">It cannot be opened or created.</exception>
    public static SqliteRoundStore Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string full = Path.GetFullPath(path);
        CreateForOwner(full);
        SQLitePCL.Batteries_V2.Init();
        SqliteConnection connection = new(
            new SqliteConnectionStringBuilder
            {
                DataSource = full,
                Mode = SqliteOpenMode.ReadWrite,
                Pooling = false,
                DefaultTimeout = 1,
            }.ToString()
        );
        SqliteRoundStore store = new(full, connection);
        try
        {
            store.Guarded(() =>
            {
                connection.Open();
                store.Prepare();
            });
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Append(Digest attempt, DurableRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_lock)
        {
            Guarded(() =>
            {
                using SqliteTransaction transaction = _connection.BeginTransaction(deferred: false);
                (long id, long records, byte[] link) = HeadOf(attempt) ?? (0, 0, attempt.ToArray());
                byte[] next = LinkOf(link, record);
                using (
                    SqliteCommand head = Command(
                        records == 0
                            ? "INSERT INTO attempt (digest, records, link) VALUES ($digest, 1, $link) RETURNING id"
                            : "UPDATE attempt SET records = records + 1, link = $link WHERE digest = $digest RETURNING id",
                        ("$digest", attempt.ToArray()),
                        ("$link", next)
                    )
                )
                {
                    id = (long)(head.ExecuteScalar() ?? throw Damaged(records, "its head is gone"));
                }

                using (
                    SqliteCommand insert = Command(
                        "INSERT INTO record (attempt, number, kind, session, content) VALUES ($attempt, $number, $kind, $session, $content)",
                        ("$attempt", id),
                        ("$number", records),
                        ("$kind", (long)record.Kind),
                        ("$session", record.Session.ToArray()),
                        ("$content", record.Content.ToArray())
                    )
                )
                {
                    insert.ExecuteNonQuery();
                }

                transaction.Commit();
            });
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<DurableRecord> Read(Digest attempt)
    {
        lock (_lock)
        {
            List<DurableRecord> records = [];
            Guarded(() => ReadInto(attempt, records));
            return records;
        }
    }

    /// <summary>Deletes the records of an attempt that is over. The mark of its round, which is another key, stays.</summary>
    /// <param name="attempt">D.</param>
    /// <exception cref="IOException">They could not be deleted.</exception>
    public void Forget(Digest attempt)
    {
        lock (_lock)
        {
            Guarded(() =>
            {
                using SqliteCommand delete = Command(
                    "DELETE FROM attempt WHERE digest = $digest",
                    ("$digest", attempt.ToArray())
                );
                delete.ExecuteNonQuery();
            });
        }
    }

    /// <summary>Closes the database.</summary>
    public void Dispose() => _connection.Dispose();

    private void ReadInto(Digest attempt, List<DurableRecord> records)
    {
        if (HeadOf(attempt) is not { } head)
        {
            return;
        }

        byte[] link = attempt.ToArray();
        using SqliteCommand select = Command(
            "SELECT number, kind, session, content FROM record WHERE attempt = $attempt ORDER BY number",
            ("$attempt", head.Id)
        );
        using SqliteDataReader reader = select.ExecuteReader();
        while (reader.Read())
        {
            if (
                reader.GetInt64(0) != records.Count
                || reader.GetInt64(1) is < 1 or > byte.MaxValue
                || reader.GetValue(2) is not byte[] { Length: Digest.SizeInBytes } session
                || reader.GetValue(3) is not byte[] content
            )
            {
                throw Damaged(records.Count, "it is not there, or not a record");
            }

            DurableRecord record = new((DurableRecordKind)reader.GetByte(1), Digest.FromBytes(session), content);
            link = LinkOf(link, record);
            records.Add(record);
        }

        if (records.Count != head.Records || !link.AsSpan().SequenceEqual(head.Link))
        {
            throw Damaged(
                records.Count,
                $"{records.Count} records are there, {head.Records} were written, or one of them was altered"
            );
        }
    }

    private (long Id, long Records, byte[] Link)? HeadOf(Digest attempt)
    {
        using SqliteCommand select = Command(
            "SELECT id, records, link FROM attempt WHERE digest = $digest",
            ("$digest", attempt.ToArray())
        );
        using SqliteDataReader reader = select.ExecuteReader();
        if (!reader.Read())
        {
            return null;
        }

        return reader.GetValue(2) is byte[] { Length: Digest.SizeInBytes } link && reader.GetInt64(1) > 0
            ? (reader.GetInt64(0), reader.GetInt64(1), link)
            : throw Damaged(0, "its head is not one");
    }

    private void Prepare()
    {
        // First of all: from here on nobody else gets in, and no shared memory is needed.
        Execute("PRAGMA locking_mode = EXCLUSIVE");
        long application = Number("PRAGMA application_id");
        long version = Number("PRAGMA user_version");
        long tables = Number("SELECT count(*) FROM sqlite_master");
        bool isNew = application == 0 && version == 0 && tables == 0;
        if (!isNew && application != ApplicationId)
        {
            throw new InvalidDataException($"'{_path}' is a database of another program. Name another file.");
        }

        if (version > SchemaVersion)
        {
            throw new StorageTooNewException(_path, version, SchemaVersion);
        }

        string mode = Text("PRAGMA journal_mode = WAL");
        if (!string.Equals(mode, "wal", StringComparison.OrdinalIgnoreCase))
        {
            throw new IOException(
                $"'{_path}' cannot have a write-ahead log ({mode}). Put it on a local disk: file systems of a network do not keep what they promise."
            );
        }

        Execute("PRAGMA synchronous = FULL");
        Execute("PRAGMA foreign_keys = ON");
        Execute("PRAGMA trusted_schema = OFF");
        Execute("PRAGMA cell_size_check = ON");
        if (isNew)
        {
            using SqliteTransaction transaction = _connection.BeginTransaction(deferred: false);
            Execute(Schema);
            Execute(FormattableString.Invariant($"PRAGMA application_id = {ApplicationId}"));
            Execute(FormattableString.Invariant($"PRAGMA user_version = {SchemaVersion}"));
            transaction.Commit();
        }
        else
        {
            // The lock of a write-ahead log is taken by the first write.
            using SqliteTransaction transaction = _connection.BeginTransaction(deferred: false);
            transaction.Commit();
            RequireSound();
        }
    }

    // A chain shows what is wrong with an attempt that is found. One that a damaged page hides would look as if it had never
    // begun, and be decided again: so indexes are compared with tables before anything is read.
    private void RequireSound()
    {
        string verdict = Text("PRAGMA integrity_check(1)");
        if (!string.Equals(verdict, "ok", StringComparison.Ordinal))
        {
            throw Damaged(0, verdict);
        }

        using SqliteCommand orphans = Command("PRAGMA foreign_key_check");
        using SqliteDataReader reader = orphans.ExecuteReader();
        if (reader.Read())
        {
            throw Damaged(0, "there are records of an attempt that is not there");
        }
    }

    private static byte[] LinkOf(ReadOnlySpan<byte> link, DurableRecord record)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(link);
        hash.AppendData([(byte)record.Kind]);
        hash.AppendData(record.Session.ToArray());
        hash.AppendData(record.Content.Span);
        return hash.GetHashAndReset();
    }

    private static void CreateForOwner(string path)
    {
        try
        {
            FileStreamOptions options = new()
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite,
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            new FileStream(path, options).Dispose();
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new IOException($"'{path}' cannot be opened for writing: {denied.Message}", denied);
        }
    }

    // Every value is a parameter; the texts of all commands are constants of this file.
    private SqliteCommand Command(string text, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // The texts are constants.
        command.CommandText = text;
#pragma warning restore CA2100
        foreach ((string name, object value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }

    private void Execute(string text)
    {
        using SqliteCommand command = Command(text);
        command.ExecuteNonQuery();
    }

    private long Number(string text)
    {
        using SqliteCommand command = Command(text);
        return (long)command.ExecuteScalar()!;
    }

    private string Text(string text)
    {
        using SqliteCommand command = Command(text);
        return (string)command.ExecuteScalar()!;
    }

    private StorageDamagedException Damaged(long record, string problem) => new(_path, 0, (int)record, problem);

    private void Guarded(Action act)
    {
        try
        {
            act();
        }
        catch (SqliteException failure)
        {
            throw failure.SqliteErrorCode switch
            {
                Busy or Locked => new StorageInUseException(_path, failure),
                Corrupt or NotADatabase => Damaged(0, failure.Message),
                _ => new IOException($"'{_path}' cannot be read or written: {failure.Message}", failure),
            };
        }
        catch (Exception failure) when (failure is InvalidCastException or OverflowException)
        {
            throw Damaged(0, failure.Message);
        }
        catch (InvalidOperationException failure) when (_connection.State != System.Data.ConnectionState.Open)
        {
            throw new IOException($"'{_path}' is not open any more.", failure);
        }
    }
}
