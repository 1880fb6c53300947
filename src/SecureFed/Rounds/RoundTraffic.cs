using SecureFed.Core;

namespace SecureFed;

/// <summary>How many bytes of protocol messages passed between the server and each party, without the transport's own overhead.</summary>
/// <remarks>Read it when the round has ended; not thread-safe before.</remarks>
public sealed class RoundTraffic
{
    private readonly Dictionary<ParticipantId, (long FromParty, long ToParty)> _bytes = [];

    internal RoundTraffic() { }

    /// <summary>Messages in both directions.</summary>
    public int MessageCount { get; private set; }

    /// <summary>Bytes the server received.</summary>
    public long BytesToServer { get; private set; }

    /// <summary>Bytes the server sent.</summary>
    public long BytesFromServer { get; private set; }

    /// <summary>Bytes that a party sent; 0 for an unknown party.</summary>
    public long BytesSentBy(ParticipantId party) => _bytes.GetValueOrDefault(party).FromParty;

    /// <summary>Bytes that a party was sent; 0 for an unknown party.</summary>
    public long BytesReceivedBy(ParticipantId party) => _bytes.GetValueOrDefault(party).ToParty;

    internal void AddToServer(ParticipantId from, int bytes)
    {
        MessageCount++;
        BytesToServer += bytes;
        (long fromParty, long toParty) = _bytes.GetValueOrDefault(from);
        _bytes[from] = (fromParty + bytes, toParty);
    }

    internal void AddFromServer(ParticipantId to, int bytes)
    {
        MessageCount++;
        BytesFromServer += bytes;
        (long fromParty, long toParty) = _bytes.GetValueOrDefault(to);
        _bytes[to] = (fromParty, toParty + bytes);
    }
}
