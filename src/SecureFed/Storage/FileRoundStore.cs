using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>A server's decisions in a folder: one append-only file for each attempt, flushed to the disk with every record.</summary>
/// <remarks>Thread-safe; one process at a time. A file is named by the digest of its attempt and can be deleted when that is over. The small file of a round's mark stays: it keeps a second attempt of the round from a result of its own.</remarks>
public sealed class FileRoundStore : IRoundStore
{
    private readonly Lock _lock = new();
    private readonly string _folder;

    /// <summary>Uses a folder, which is created when it is not there.</summary>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    public FileRoundStore(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        _folder = Directory.CreateDirectory(folder).FullName;
    }

    /// <inheritdoc/>
    public void Append(Digest attempt, DurableRecord record)
    {
        lock (_lock)
        {
            // A handful of records for each attempt: opening anew costs little and holds no handle between phases.
            using RecordFile file = RecordFile.Open(PathOf(attempt), out _);
            file.Append(record);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<DurableRecord> Read(Digest attempt)
    {
        lock (_lock)
        {
            return RecordFile.Read(PathOf(attempt));
        }
    }

    /// <summary>The file of an attempt, whether it exists or not.</summary>
    public string PathOf(Digest attempt) => Path.Combine(_folder, $"{attempt}.records");
}
