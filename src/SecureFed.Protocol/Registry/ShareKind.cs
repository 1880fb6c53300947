namespace SecureFed.Protocol;

/// <summary>The two secrets that are shared, 32 bytes each. spec 07-registry#share-kinds</summary>
public enum ShareKind : byte
{
    /// <summary>No secret; refused.</summary>
    None = 0,

    /// <summary>The private key of the pairwise masks.</summary>
    MaskKey = 1,

    /// <summary>The self-mask seed b_u.</summary>
    SelfMaskSeed = 2,
}
