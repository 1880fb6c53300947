using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Keeps everything that passed in a round: for tests and for showing what the server saw.</summary>
/// <remarks>Not thread-safe. Holds every masked vector: memory grows with parties times length.</remarks>
public sealed class RoundTranscript : IRoundObserver
{
    private readonly List<RoundMessage> _messages = [];
    private readonly List<(ParticipantId? Owner, DurableRecord Record)> _records = [];

    /// <summary>All delivered messages, in order.</summary>
    public IReadOnlyList<RoundMessage> Messages => _messages;

    /// <summary>All stored records with their owners (null for the server), in order.</summary>
    public IReadOnlyList<(ParticipantId? Owner, DurableRecord Record)> Records => _records;

    /// <summary>What the server received, in order.</summary>
    public ImmutableArray<RoundMessage> SeenByServer => [.. _messages.Where(message => message.To is null)];

    /// <summary>The first message that holds these bytes in a row; null when none does.</summary>
    /// <param name="bytes">At least one byte.</param>
    public RoundMessage? FirstContaining(ReadOnlySpan<byte> bytes)
    {
        foreach (RoundMessage message in _messages)
        {
            if (message.Bytes.Span.IndexOf(bytes) >= 0)
            {
                return message;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void OnMessage(RoundMessage message) => _messages.Add(message);

    /// <inheritdoc/>
    public void OnStored(ParticipantId? owner, DurableRecord record) => _records.Add((owner, record));
}
