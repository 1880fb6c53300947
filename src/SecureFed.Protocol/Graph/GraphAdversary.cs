namespace SecureFed.Protocol;

/// <summary>What the server and the corrupt clients of a sparse graph may do.</summary>
public enum GraphAdversary : byte
{
    /// <summary>They follow the protocol and compare notes.</summary>
    SemiHonest = 1,

    /// <summary>The server moreover lies about who dropped out, differently to each client.</summary>
    SemiMalicious = 2,
}
