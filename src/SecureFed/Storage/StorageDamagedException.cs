namespace SecureFed;

/// <summary>A file of records is damaged in a way that no crash explains. Nothing may continue from it.</summary>
public sealed class StorageDamagedException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where the first damaged record begins, in bytes.</param>
    /// <param name="record">Which record that is, from 0.</param>
    /// <param name="problem">What is wrong with it.</param>
    public StorageDamagedException(string path, long offset, int record, string problem)
        : base(
            $"'{path}' is damaged in record {record}, at byte {offset}: {problem}. Restore it from a good copy that is not older, or retire the identity or attempt it belongs to."
        )
    {
        Path = path;
        Record = record;
        Offset = offset;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The first damaged record, from 0.</summary>
    public int Record { get; }

    /// <summary>Where the first damaged record begins, in bytes.</summary>
    public long Offset { get; }
}
