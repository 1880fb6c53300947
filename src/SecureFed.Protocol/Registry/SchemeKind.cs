namespace SecureFed.Protocol;

/// <summary>Aggregation schemes. spec 07-registry#schemes</summary>
public enum SchemeKind : byte
{
    /// <summary>No scheme; refused.</summary>
    None = 0,

    /// <summary>Pairwise masks on the complete graph, active security.</summary>
    MaskedComplete = 1,

    /// <summary>Reserved: pairwise masks on a sparse graph.</summary>
    MaskedSparse = 2,

    /// <summary>Reserved: homomorphic encryption.</summary>
    Homomorphic = 3,

    /// <summary>Plain vectors to the server. Tests and baselines only.</summary>
    Unprotected = 255,
}
