namespace SecureFed;

/// <summary>Why a party is not enrolled. spec 06-security#invitations-2</summary>
public enum EnrolmentFault
{
    /// <summary>Not a fault.</summary>
    None = 0,

    /// <summary>There is no open invitation of this name: never made, spent, or withdrawn.</summary>
    NotInvited,

    /// <summary>The invitation's time is over.</summary>
    InvitationExpired,

    /// <summary>The request is not proven by the code and the protocol key, or its certificate request is malformed.</summary>
    NotProven,

    /// <summary>The name is enrolled, or was: a name is never given to another key.</summary>
    NameTaken,

    /// <summary>The federation holds as many parties as one can.</summary>
    FederationFull,
}
