namespace SecureFed.Protocol;

/// <summary>Message types of the wire format. spec 07-registry#message-types</summary>
public enum MessageType : byte
{
    /// <summary>No message; refused.</summary>
    None = 0,

    /// <summary>Server to client: the round descriptor.</summary>
    RoundInvitation = 1,

    /// <summary>Client to server: the two public keys of an attempt and the commitment to the self-mask seed.</summary>
    KeyAdvertisement = 2,

    /// <summary>Server to client: all key advertisements of the cohort U1.</summary>
    CohortAnnouncement = 3,

    /// <summary>Client to server: sealed shares for the cohort and the commitments to them.</summary>
    EncryptedShares = 4,

    /// <summary>Server to client: U2 and the envelopes addressed to the receiver.</summary>
    ShareDelivery = 5,

    /// <summary>Client to server: the masked vector.</summary>
    MaskedInput = 6,

    /// <summary>Server to client: the survivor set U3.</summary>
    SurvivorAnnouncement = 7,

    /// <summary>Client to server: a signature over K, U2 and U3.</summary>
    ConsistencySignature = 8,

    /// <summary>Server to client: the consistency signatures of U4.</summary>
    UnmaskRequest = 9,

    /// <summary>Client to server: one share for each dealer in U2.</summary>
    UnmaskShares = 10,

    /// <summary>Server to client: the round has a result.</summary>
    ResultAnnouncement = 11,

    /// <summary>Server to client: the round has none, and why.</summary>
    RoundAborted = 12,

    /// <summary>Client to server: this client leaves the round, and why.</summary>
    ClientWithdrawal = 13,

    /// <summary>Client to server: an unprotected vector (scheme Unprotected only).</summary>
    PlainInput = 14,
}
