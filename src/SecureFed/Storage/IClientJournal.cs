using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Port: what a client must remember across restarts. Append-only.</summary>
/// <remarks>
/// Thread-safe. A record is durable when <see cref="Append"/> returns: a crash right after it must not lose it. A record
/// that was being appended during a crash is there as a whole or not at all. Never roll a journal back to an older copy:
/// a client that forgets what it joined can be made to join it again.
/// </remarks>
public interface IClientJournal
{
    /// <summary>Appends a record and returns when it is durable.</summary>
    /// <exception cref="IOException">The record may not be durable. The client leaves the round.</exception>
    void Append(DurableRecord record);

    /// <summary>All records, oldest first.</summary>
    /// <exception cref="StorageDamagedException">A record other than a torn last one is damaged.</exception>
    IReadOnlyList<DurableRecord> Read();
}
