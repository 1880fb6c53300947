namespace SecureFed;

/// <summary>Another process, or another part of this one, has a file open that one holder at a time may write.</summary>
public sealed class StorageInUseException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file.</param>
    /// <param name="inner">What the operating system said.</param>
    public StorageInUseException(string path, Exception? inner = null)
        : base(
            $"'{path}' is open elsewhere, and two writers would forget what each other wrote. Stop the other process, or give this one a file and an identity of its own.",
            inner
        ) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }
}
