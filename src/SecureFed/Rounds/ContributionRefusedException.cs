using SecureFed.Core;

namespace SecureFed;

/// <summary>What is wrong with a contribution to a round in one process.</summary>
public enum ContributionFault
{
    /// <summary>Nothing; not used.</summary>
    None = 0,

    /// <summary>The update has another length, a weight or a value that the plan does not allow.</summary>
    UpdateRefused = 1,

    /// <summary>The party is not enrolled in this round.</summary>
    UnknownParty = 2,

    /// <summary>The party has contributed before.</summary>
    DuplicateParty = 3,

    /// <summary>More parties than the plan's maximum.</summary>
    TooManyParties = 4,

    /// <summary>Fewer contributions than the plan's minimum of survivors.</summary>
    TooFewContributions = 5,

    /// <summary>The round has been completed.</summary>
    RoundOver = 6,
}

/// <summary>A contribution that cannot be taken. Nothing has left the process when this is thrown.</summary>
public sealed class ContributionRefusedException : ArgumentException
{
    internal ContributionRefusedException(
        ContributionFault fault,
        string message,
        ParticipantId? party = null,
        UpdateRefusedException? inner = null
    )
        : base(message, inner) => (Fault, Party, Update) = (fault, party, inner);

    /// <summary>What is wrong.</summary>
    public ContributionFault Fault { get; }

    /// <summary>Whose contribution; null when it is about the whole round.</summary>
    public ParticipantId? Party { get; }

    /// <summary>What is wrong with the update itself, for <see cref="ContributionFault.UpdateRefused"/>.</summary>
    public UpdateRefusedException? Update { get; }
}
