namespace SecureFed.Protocol;

/// <summary>Phases of a round, named by what clients do in them. spec 07-registry#phases</summary>
public enum RoundPhase : byte
{
    /// <summary>Not started.</summary>
    None = 0,

    /// <summary>Clients send their keys.</summary>
    AdvertiseKeys = 1,

    /// <summary>Clients send sealed shares.</summary>
    ShareKeys = 2,

    /// <summary>Clients send their masked (or plain) vectors.</summary>
    MaskedInput = 3,

    /// <summary>Clients sign the survivor set.</summary>
    Consistency = 4,

    /// <summary>Clients reveal one share for each dealer.</summary>
    Unmask = 5,

    /// <summary>The round has a result or was aborted.</summary>
    Ended = 6,
}
