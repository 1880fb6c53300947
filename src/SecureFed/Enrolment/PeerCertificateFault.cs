namespace SecureFed;

/// <summary>Why a certificate of a connection's other end is refused. The first that applies is named. spec 06-security#certificates-2</summary>
public enum PeerCertificateFault
{
    /// <summary>It is accepted.</summary>
    None = 0,

    /// <summary>The other end showed none.</summary>
    Missing,

    /// <summary>It was not issued by this federation's authority, or was altered, or is itself one that issues.</summary>
    NotIssuedHere,

    /// <summary>It is not valid yet: a clock is off, here or at the authority.</summary>
    NotYetValid,

    /// <summary>Its time is over: renew it.</summary>
    Expired,

    /// <summary>Its key is not one of the curve P-256.</summary>
    OtherKind,

    /// <summary>It names no identity of a federation, or more than one.</summary>
    NoIdentity,

    /// <summary>It names an identity of another federation.</summary>
    OtherFederation,

    /// <summary>It is a party's where the server's is needed, or the other way round.</summary>
    OtherRole,
}
