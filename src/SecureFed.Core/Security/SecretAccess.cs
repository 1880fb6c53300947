namespace SecureFed.Core;

/// <summary>A token that every read of secret bytes must name, so that all such places can be found by search.</summary>
/// <remarks>The default value is <see cref="None"/>, which opens nothing: reading with it throws.</remarks>
public enum SecretAccess
{
    /// <summary>No access; refused.</summary>
    None = 0,

    /// <summary>The bytes go into a cryptographic primitive and nowhere else.</summary>
    ForPrimitive = 1,

    /// <summary>The bytes are revealed on purpose by a protocol step (a share at unmasking).</summary>
    ForProtocolReveal = 2,
}
