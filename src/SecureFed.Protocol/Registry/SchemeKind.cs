namespace SecureFed.Protocol;

/// <summary>Aggregation schemes. spec 07-registry#schemes</summary>
public enum SchemeKind : byte
{
    /// <summary>No scheme; refused.</summary>
    None = 0,

    /// <summary>Pairwise masks on the complete graph, active security.</summary>
    MaskedComplete = 1,

    /// <summary>Pairwise masks on a sparse graph, for more than 256 enrolled parties; secrecy sized for a semi-malicious server.</summary>
    MaskedSparse = 2,

    /// <summary>Reserved: homomorphic encryption.</summary>
    Homomorphic = 3,

    /// <summary>Plain vectors to the server. Tests and baselines only.</summary>
    Unprotected = 255,
}
