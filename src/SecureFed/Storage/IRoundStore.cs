using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Port: a server's decisions, stored before they are announced. Append-only for each attempt.</summary>
/// <remarks>
/// Thread-safe for different attempts. A record is durable when <see cref="Append"/> returns, and is there as a whole or
/// not at all after a crash. Records hold masked vectors and their sum, never a secret of an honest client.
/// </remarks>
public interface IRoundStore
{
    /// <summary>Appends a record to an attempt and returns when it is durable.</summary>
    /// <param name="attempt">
    /// D: the digest of the attempt's descriptor (a record's own session can be K); or, for the mark that a round gave a
    /// result, the digest that stands for the round.
    /// </param>
    /// <param name="record">The record.</param>
    /// <exception cref="IOException">The record may not be durable. The server aborts the attempt.</exception>
    void Append(Digest attempt, DurableRecord record);

    /// <summary>All records of an attempt, oldest first; empty when it is unknown.</summary>
    /// <exception cref="StorageDamagedException">A record other than a torn last one is damaged.</exception>
    IReadOnlyList<DurableRecord> Read(Digest attempt);
}
