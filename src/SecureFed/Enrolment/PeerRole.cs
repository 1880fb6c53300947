namespace SecureFed;

/// <summary>What a certificate of a federation speaks for. spec 06-security#certificates-1</summary>
public enum PeerRole
{
    /// <summary>Not a role.</summary>
    None = 0,

    /// <summary>The server of the federation.</summary>
    Server,

    /// <summary>An enrolled party.</summary>
    Party,
}
