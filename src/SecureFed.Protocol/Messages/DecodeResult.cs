namespace SecureFed.Protocol;

/// <summary>What <see cref="MessageCodec.Decode"/> found: a message, or what is wrong with the bytes. Immutable.</summary>
public sealed class DecodeResult
{
    private DecodeResult(ProtocolMessage? message, PeerFaultKind fault, string field, string problem) =>
        (Message, Fault, Field, Problem) = (message, fault, field, problem);

    /// <summary>The message; null when the bytes are refused.</summary>
    public ProtocolMessage? Message { get; }

    /// <summary>None for a message; else MalformedMessage, MessageTooLarge or UnsupportedVersion.</summary>
    public PeerFaultKind Fault { get; }

    /// <summary>The field at which decoding stopped, from a fixed list; empty for a message. Never holds received bytes.</summary>
    public string Field { get; }

    /// <summary>What is wrong with the field, from a fixed list; empty for a message. Never holds received bytes.</summary>
    public string Problem { get; }

    /// <summary>For example "sender: the message ends inside it". Never holds received bytes.</summary>
    public string Description => Message is null ? $"{Field}: {Problem}" : string.Empty;

    /// <summary>The type of the message, or kind and description of the fault.</summary>
    public override string ToString() => Message is null ? $"{Fault}, {Description}" : Message.ToString();

    internal static DecodeResult Of(ProtocolMessage message) =>
        new(message, PeerFaultKind.None, string.Empty, string.Empty);

    internal static DecodeResult Refused(PeerFaultKind fault, string field, string problem) =>
        new(null, fault, field, problem);
}
