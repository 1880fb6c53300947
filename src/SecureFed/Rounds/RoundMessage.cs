using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>A message on its way, as an observer sees it.</summary>
/// <param name="From">The sender; null for the server.</param>
/// <param name="To">The receiver; null for the server.</param>
/// <param name="Type">Its registered type.</param>
/// <param name="Bytes">Its canonical bytes; must not be changed.</param>
public sealed record RoundMessage(ParticipantId? From, ParticipantId? To, MessageType Type, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Prints the ends, the type and the size, never content.</summary>
    public override string ToString() =>
        $"{Type} from {From?.ToString() ?? "server"} to {To?.ToString() ?? "server"}, {Bytes.Length} bytes";
}

/// <summary>Watches a round in one process. Called on the thread that runs the round; must not change what it is given.</summary>
public interface IRoundObserver
{
    /// <summary>A message was delivered. Messages of parties that have dropped out are not.</summary>
    void OnMessage(RoundMessage message);

    /// <summary>A record was stored.</summary>
    /// <param name="owner">Whose record; null for the server.</param>
    /// <param name="record">The record.</param>
    void OnStored(ParticipantId? owner, DurableRecord record);
}
