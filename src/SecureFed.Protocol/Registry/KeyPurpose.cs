namespace SecureFed.Protocol;

/// <summary>What a derived key is for; part of its derivation. spec 07-registry#key-purposes</summary>
internal enum KeyPurpose : byte
{
    /// <summary>No purpose; refused.</summary>
    None = 0,

    /// <summary>Seals the shares of one dealer for one holder.</summary>
    ShareSealing = 1,

    /// <summary>The mask that a pair of parties adds and subtracts.</summary>
    PairMask = 2,

    /// <summary>The mask that a party adds by itself.</summary>
    SelfMask = 3,
}
