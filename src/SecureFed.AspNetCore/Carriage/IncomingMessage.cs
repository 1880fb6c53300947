namespace SecureFed.AspNetCore;

/// <summary>A message of a party that was received whole, in memory or on disk.</summary>
/// <remarks>Read at most once, by the driver's thread, when its turn comes: so a large one takes memory only then.</remarks>
public abstract class IncomingMessage
{
    /// <summary>Its bytes.</summary>
    /// <exception cref="IOException">They cannot be read back.</exception>
    public abstract ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>One that is in memory already.</summary>
    /// <param name="bytes">Must not be changed afterwards.</param>
    public static IncomingMessage Of(ReadOnlyMemory<byte> bytes) => new InMemory(bytes);

    private sealed class InMemory(ReadOnlyMemory<byte> bytes) : IncomingMessage
    {
        public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => new(bytes);
    }
}
