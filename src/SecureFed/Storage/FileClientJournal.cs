using System.Collections.Immutable;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>A client's journal in one append-only file, flushed to the disk with every record.</summary>
/// <remarks>
/// Thread-safe; one process at a time (the file is locked while it is open). A record torn by a crash is cut off when the
/// file is opened: nothing that depended on it has left. Do not restore older copies of the file, and do not share it
/// between cloned machines: the client would forget what it joined.
/// </remarks>
public sealed class FileClientJournal : IClientJournal, IDisposable
{
    private readonly Lock _lock = new();
    private readonly RecordFile _file;
    private readonly List<DurableRecord> _records;

    private FileClientJournal(RecordFile file, List<DurableRecord> records) => (_file, _records) = (file, records);

    /// <summary>Opens or creates a journal.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <exception cref="StorageDamagedException">The file is damaged in a way that no crash explains.</exception>
    /// <exception cref="StorageInUseException">Somebody has the file open.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static FileClientJournal Open(string path)
    {
        RecordFile file = RecordFile.Open(path, out List<DurableRecord> records);
        return new FileClientJournal(file, records);
    }

    /// <inheritdoc/>
    public void Append(DurableRecord record)
    {
        lock (_lock)
        {
            _file.Append(record);
            _records.Add(record);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<DurableRecord> Read()
    {
        lock (_lock)
        {
            return _records.ToImmutableArray();
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _file.Dispose();
        }
    }
}
