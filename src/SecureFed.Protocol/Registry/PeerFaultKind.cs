namespace SecureFed.Protocol;

/// <summary>What a peer did wrong. The round goes on without that message. Numbered, closed, append-only. spec 07-registry#peer-faults</summary>
public enum PeerFaultKind : ushort
{
    /// <summary>No fault.</summary>
    None = 0,

    /// <summary>The bytes are not the canonical encoding of any message.</summary>
    MalformedMessage = 1,

    /// <summary>The message or a part of it is longer than the round allows.</summary>
    MessageTooLarge = 2,

    /// <summary>The version byte is not 1.</summary>
    UnsupportedVersion = 3,

    /// <summary>The session digest is another round's, attempt's or cohort's.</summary>
    WrongSession = 4,

    /// <summary>The message does not belong to this phase.</summary>
    WrongPhase = 5,

    /// <summary>The same bytes again; answered as before.</summary>
    DuplicateMessage = 6,

    /// <summary>A second message of this type with other content.</summary>
    MessageChanged = 7,

    /// <summary>The signature does not verify under the pinned key.</summary>
    BadSignature = 8,

    /// <summary>The sender is not enrolled, or not in the set this phase expects.</summary>
    UnknownIdentity = 9,

    /// <summary>The sender named inside is not the one the transport authenticated.</summary>
    WrongSender = 10,

    /// <summary>The receiver named inside is another party.</summary>
    WrongReceiver = 11,

    /// <summary>A public key is not a point of the curve in its one encoding.</summary>
    InvalidPoint = 12,

    /// <summary>A key was used before in this cohort or for the other purpose.</summary>
    KeyReused = 13,

    /// <summary>A list of shares has the wrong count or form.</summary>
    InvalidShareList = 14,

    /// <summary>A sealed share does not open; the dealer counts as not having dealt to this client.</summary>
    ShareDecryptFailed = 15,

    /// <summary>A share does not match the dealer's signed commitment.</summary>
    ShareCommitmentMismatch = 16,

    /// <summary>A vector has the wrong length or non-zero padding.</summary>
    LengthMismatch = 17,

    /// <summary>The sender works with another set than the one announced.</summary>
    SetMismatch = 18,

    /// <summary>The message came after its phase was decided.</summary>
    LateMessage = 19,

    /// <summary>The connection was lost.</summary>
    Disconnected = 20,

    /// <summary>The client left the round by itself and said why.</summary>
    Withdrew = 21,

    /// <summary>Nothing came before the phase ended.</summary>
    TimedOut = 22,

    /// <summary>The message travels in the other direction.</summary>
    WrongDirection = 23,

    /// <summary>A client complains that a dealer's share was missing or bad.</summary>
    ShareComplaint = 24,
}
