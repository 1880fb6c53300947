namespace SecureFed.Protocol;

/// <summary>Port: this party's own account of what rounds with noise have cost it. spec 02-privacy#charge-1</summary>
/// <remarks>It is asked before the party joins, and charged by the host before the masked vector leaves; at a server, before the round starts and before its sum can be opened.</remarks>
public abstract class PrivacyGate
{
    /// <summary>Refuses a round that the budget does not allow; null when it may be joined.</summary>
    /// <param name="descriptor">A sound descriptor with noise.</param>
    public abstract DescriptorRefusal? Examine(RoundDescriptor descriptor);

    /// <summary>Whether this attempt was charged before. A client never repeats one; a server that restarts does.</summary>
    /// <param name="descriptor">A sound descriptor with noise.</param>
    public abstract bool IsCharged(RoundDescriptor descriptor);

    /// <summary>Charges the round, durably. The host calls it before the masked vector leaves, a server's before it opens a sum. spec 02-privacy#charge-1</summary>
    /// <param name="descriptor">A descriptor that <see cref="Examine"/> did not refuse.</param>
    /// <exception cref="IOException">The charge may not be durable, or the budget no longer allows it. The vector does not leave.</exception>
    public abstract void Charge(RoundDescriptor descriptor);
}
