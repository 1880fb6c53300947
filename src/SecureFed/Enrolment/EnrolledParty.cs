using SecureFed.Protocol;

namespace SecureFed;

/// <summary>A party in a federation's list.</summary>
/// <param name="Enrolment">Its name and pinned protocol key.</param>
/// <param name="Since">When it was enrolled.</param>
/// <param name="LeftAt">When it was taken off; null while it takes part. Its name stays taken.</param>
public sealed record EnrolledParty(RosterEntry Enrolment, DateTimeOffset Since, DateTimeOffset? LeftAt)
{
    /// <summary>Whether it takes part in rounds that begin now.</summary>
    public bool IsActive => LeftAt is null;
}
