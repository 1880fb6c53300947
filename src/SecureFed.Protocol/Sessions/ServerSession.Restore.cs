using SecureFed.Core;

namespace SecureFed.Protocol;

/// <content>How a restarted server takes stored decisions back. spec 03-masking#durability-6</content>
public abstract partial class ServerSession
{
    /// <summary>Takes one stored decision back: what it decided, and how the round ended by it.</summary>
    /// <exception cref="FormatException">The record is damaged, of another round, or out of order.</exception>
    private protected abstract RoundEnding<AggregateResult>? Apply(DurableRecord record);

    /// <summary>Takes stored decisions back in their order and announces the last one again; those before it were heard.</summary>
    private protected Step<AggregateResult> Replay(IReadOnlyList<DurableRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        CurrentPhase = FirstPhase;
        RoundEnding<AggregateResult>? ended = null;
        foreach (DurableRecord record in records)
        {
            ended = Apply(record);
        }

        return new()
        {
            Send = [.. _aborted is { } aborted ? ToAll(Everyone, aborted) : Announcements()],
            Ended = ended,
        };
    }

    /// <summary>Ends as a stored abort says.</summary>
    /// <exception cref="FormatException">The record is of another round or phase, or damaged.</exception>
    private protected RoundEnding<AggregateResult>? ApplyAborted(DurableRecord record) =>
        DecodeStored(record.Content) is ProtocolMessage.RoundAborted aborted && aborted.Session == DescriptorDigest
            ? EndAborted(aborted, storeFirst: null, []).Ended
            : throw new FormatException("A stored abort is damaged. Restore the store from a good copy.");

    /// <summary>Takes a message as accepted that a stored decision proves.</summary>
    private protected void MarkAccepted(ProtocolMessage.FromClient message) =>
        _accepted[(message.Sender, message.Type)] = ContentDigest(SignedContentOf(message));

    /// <summary>Takes messages as accepted whose content the stored decision no longer holds: any content is a repeat.</summary>
    private protected void MarkAccepted(PartySet senders, MessageType type)
    {
        foreach (ushort index in senders.Members)
        {
            _accepted[(index, type)] = default;
        }
    }

    private protected ProtocolMessage DecodeStored(ReadOnlyMemory<byte> bytes) =>
        MessageCodec.Decode(bytes, _limits).Message
        ?? throw new FormatException(
            "A stored decision of this round is damaged: it is not a message of this version. Restore the store from a good copy, or abort the round."
        );
}
