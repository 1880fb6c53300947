namespace SecureFed.Protocol;

/// <summary>Why a round (or one client's part in it) ended without a result. Numbered, closed, append-only. spec 07-registry#abort-reasons</summary>
public enum AbortReason : ushort
{
    /// <summary>No reason; refused on the wire.</summary>
    None = 0,

    /// <summary>Fewer than t peers at a step.</summary>
    NotEnoughPeers = 1,

    /// <summary>The client's own entry in the cohort is missing or altered.</summary>
    OwnKeyAltered = 2,

    /// <summary>A key occurs twice in a cohort, or for both purposes.</summary>
    KeyReused = 3,

    /// <summary>A signature does not verify under the pinned key.</summary>
    BadSignature = 4,

    /// <summary>The cohort is smaller than the client's own minimum.</summary>
    CohortTooSmall = 5,

    /// <summary>Threshold or graph are not what the client recomputes.</summary>
    GraphMismatch = 6,

    /// <summary>A value differs from the signed round descriptor.</summary>
    RoundParametersChanged = 7,

    /// <summary>A share does not open, or names other parties inside.</summary>
    ShareDecryptFailed = 8,

    /// <summary>A list of shares is too short, repeated or malformed.</summary>
    InvalidShare = 9,

    /// <summary>A second request for the same step with other content.</summary>
    RequestChanged = 10,

    /// <summary>Survivor sets contradict each other or the sharers.</summary>
    SurvivorSetConflict = 11,

    /// <summary>Fewer than t valid signatures over one survivor set.</summary>
    NotEnoughSignatures = 12,

    /// <summary>The local input is not finite, has the wrong length or is out of range.</summary>
    InputRefused = 13,

    /// <summary>N times the largest value exceeds the ring.</summary>
    OverflowRisk = 14,

    /// <summary>A reconstructed secret does not match its commitment or public key.</summary>
    ShareInconsistent = 15,

    /// <summary>Fewer than U survivors.</summary>
    NotEnoughSurvivors = 16,

    /// <summary>This client joined the same (round, attempt), or a later one, before, or has a result of the round.</summary>
    RoundReplayed = 17,

    /// <summary>The server shows the client's own key as that of another.</summary>
    OwnKeyReflected = 18,

    /// <summary>A set names a party outside the roster or outside the earlier set.</summary>
    UnknownIdentity = 19,

    /// <summary>A list names a party twice.</summary>
    DuplicateIdentity = 20,

    /// <summary>A public key is not a point of the curve in its one encoding.</summary>
    InvalidPoint = 21,

    /// <summary>The client is listed as dropped although it answered.</summary>
    NotInSurvivorSet = 22,

    /// <summary>The threshold breaks 2t &gt; n + c, t &gt; c, 2 ≤ t ≤ n or U ≥ t.</summary>
    ThresholdTooLow = 23,

    /// <summary>The suite is unknown or not on the client's list.</summary>
    SuiteMismatch = 24,

    /// <summary>The wire version is not supported.</summary>
    UnsupportedVersion = 25,

    /// <summary>The model is not the one the client trained from.</summary>
    ModelMismatch = 26,

    /// <summary>The roster is not the pinned one.</summary>
    RosterMismatch = 27,

    /// <summary>The effective cohort is below the client's floor.</summary>
    EffectiveCohortTooSmall = 28,

    /// <summary>The round is unprotected and local configuration does not allow that.</summary>
    UnprotectedRefused = 29,

    /// <summary>The privacy plan is weaker than local configuration allows.</summary>
    PrivacyTooWeak = 30,

    /// <summary>Fewer than t verified shares of a dealer's secret.</summary>
    NotEnoughShares = 31,

    /// <summary>A message was malformed where no retry can help.</summary>
    MalformedMessage = 32,

    /// <summary>The host cancelled.</summary>
    Cancelled = 33,

    /// <summary>A deadline passed.</summary>
    DeadlineExceeded = 34,

    /// <summary>The server announced the abort without a reason of this list.</summary>
    AbortedByServer = 35,

    /// <summary>A durable record could not be stored.</summary>
    StorageFailure = 36,

    /// <summary>The survivor set differs too little from one that this client signed before.</summary>
    CohortDifferencing = 37,

    /// <summary>The federation is not the one the client is configured for.</summary>
    FederationMismatch = 38,

    /// <summary>The unmasked sum is outside the range that the contributors' bounds allow: somebody's input was not encoded by the plan.</summary>
    AggregateOutOfRange = 39,

    /// <summary>The client's privacy budget does not allow the round.</summary>
    BudgetExceeded = 40,
}
