using SecureFed.Core;

namespace SecureFed;

/// <summary>Port: the server's side of a transport.</summary>
/// <remarks>
/// The transport authenticates participants: the id it reports is proven, for example by a client certificate. Used by one
/// driver at a time.
/// </remarks>
public interface IServerTransport
{
    /// <summary>Hands a message over for one participant. Does not wait for the participant to read it.</summary>
    /// <remarks>A participant that is not connected gets it when it connects; one that cannot be reached any more is reported by <see cref="ReceiveAsync"/>.</remarks>
    ValueTask SendAsync(ParticipantId to, ReadOnlyMemory<byte> message, CancellationToken cancellationToken);

    /// <summary>The next thing that happens.</summary>
    /// <returns>A message or a disconnection; null when the transport was closed for good.</returns>
    ValueTask<ServerInbound?> ReceiveAsync(CancellationToken cancellationToken);
}

/// <summary>Port: a client's side of a transport: one authenticated connection to the server.</summary>
/// <remarks>Reconnecting is the transport's business. Used by one driver at a time.</remarks>
public interface IClientTransport
{
    /// <summary>Hands a message over for the server.</summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken);

    /// <summary>The next message of the server.</summary>
    /// <returns>The bytes; null when the connection was closed for good.</returns>
    ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken);
}

/// <summary>What a server's transport reports. A closed family.</summary>
public abstract class ServerInbound
{
    private ServerInbound(ParticipantId from) => From = from;

    /// <summary>The authenticated participant.</summary>
    public ParticipantId From { get; }

    /// <summary>A message came.</summary>
    /// <param name="from">The authenticated sender.</param>
    /// <param name="bytes">The bytes; must not be changed afterwards.</param>
    public sealed class Message(ParticipantId from, ReadOnlyMemory<byte> bytes) : ServerInbound(from)
    {
        /// <summary>The bytes.</summary>
        public ReadOnlyMemory<byte> Bytes { get; } = bytes;
    }

    /// <summary>A participant is gone and the transport has given up on it.</summary>
    /// <param name="who">The participant.</param>
    public sealed class Disconnected(ParticipantId who) : ServerInbound(who);
}
