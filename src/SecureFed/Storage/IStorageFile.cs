namespace SecureFed;

/// <summary>Port: one file that survives crashes as far as it was flushed. A simulator can tear it.</summary>
/// <remarks>Not thread-safe. One holder at a time: whoever opens it keeps others out until it is disposed of.</remarks>
public interface IStorageFile : IDisposable
{
    /// <summary>Its name, for messages.</summary>
    string Name { get; }

    /// <summary>All bytes of it.</summary>
    byte[] ReadAll();

    /// <summary>Writes at a position; after a crash any part of it may be there until it was flushed.</summary>
    /// <param name="position">0 to the length.</param>
    /// <param name="bytes">Overwrite and append.</param>
    void Write(long position, ReadOnlySpan<byte> bytes);

    /// <summary>Cuts the file.</summary>
    void SetLength(long length);

    /// <summary>Returns when everything written is on the disk.</summary>
    /// <exception cref="IOException">It may not be.</exception>
    void Flush();
}

/// <summary>A file of the operating system, locked while it is open.</summary>
/// <remarks>
/// The lock is that of the operating system and goes with the process, however it ends. A network file system that has no
/// locks keeps nobody out: put no journal and no ledger on one.
/// </remarks>
public sealed class DiskFile : IStorageFile
{
    private readonly FileStream _stream;

    private DiskFile(string path, FileStream stream) => (Name, _stream) = (path, stream);

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Opens or creates it.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <exception cref="StorageInUseException">Somebody has it open.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static DiskFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        try
        {
            return new DiskFile(
                path,
                new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
            );
        }
        catch (IOException failure) when (IsLocked(failure))
        {
            throw new StorageInUseException(path, failure);
        }
    }

    /// <inheritdoc/>
    public byte[] ReadAll()
    {
        byte[] bytes = new byte[_stream.Length];
        _stream.Position = 0;
        _stream.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        _stream.Position = position;
        _stream.Write(bytes);
    }

    /// <inheritdoc/>
    public void SetLength(long length) => _stream.SetLength(length);

    /// <inheritdoc/>
    public void Flush() => _stream.Flush(flushToDisk: true);

    /// <summary>Closes it.</summary>
    public void Dispose() => _stream.Dispose();

    // ERROR_SHARING_VIOLATION; EWOULDBLOCK of Linux and of the BSDs, macOS among them.
    private static bool IsLocked(IOException failure) =>
        OperatingSystem.IsWindows() ? (failure.HResult & 0xFFFF) == 32 : failure.HResult is 11 or 35;
}
