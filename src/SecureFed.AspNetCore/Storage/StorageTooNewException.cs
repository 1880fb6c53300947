namespace SecureFed.AspNetCore;

/// <summary>A store was written by a later version. It is left as it is.</summary>
public sealed class StorageTooNewException : IOException
{
    internal StorageTooNewException(string path, long version, int known)
        : base(
            $"'{path}' has version {version} of the store's layout, and this program knows versions up to {known}. Run the program that wrote it, or a newer one."
        ) => (Path, Version) = (path, version);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The version that it has.</summary>
    public long Version { get; }
}
