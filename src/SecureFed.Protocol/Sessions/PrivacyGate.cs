namespace SecureFed.Protocol;

/// <summary>Port: this party's own account of what rounds with noise have cost it. spec 02-privacy#charge-1</summary>
/// <remarks>It is asked before the party joins. The charge itself is made by the host, before the masked vector leaves.</remarks>
public abstract class PrivacyGate
{
    /// <summary>Refuses a round that the budget does not allow; null when it may be joined.</summary>
    /// <param name="descriptor">A sound descriptor with noise.</param>
    public abstract DescriptorRefusal? Examine(RoundDescriptor descriptor);
}
