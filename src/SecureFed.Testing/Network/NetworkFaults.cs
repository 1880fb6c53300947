namespace SecureFed.Testing;

/// <summary>How unreliable an in-memory network is. The default is perfect and instantaneous.</summary>
public sealed class NetworkFaults
{
    /// <summary>A network that loses, copies and delays nothing.</summary>
    public static NetworkFaults None { get; } = new();

    /// <summary>Messages lost, of 1,000.</summary>
    public int LossPerThousand { get; init; }

    /// <summary>Messages that arrive twice, of 1,000.</summary>
    public int DuplicatesPerThousand { get; init; }

    /// <summary>Each copy is delayed by up to this much, evenly; messages overtake each other by it.</summary>
    public TimeSpan MaximumDelay { get; init; } = TimeSpan.Zero;
}
