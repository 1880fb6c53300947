using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed;

/// <summary>What can be wrong with an audit log. spec 06-security#audit-8</summary>
public enum AuditFindingKind
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The line is not one that an audit log has.</summary>
    Malformed = 1,

    /// <summary>The line's content or its hash was altered.</summary>
    Altered = 2,

    /// <summary>Lines that belong here are not in the file.</summary>
    Removed = 3,

    /// <summary>A line stands here that does not belong here.</summary>
    Inserted = 4,

    /// <summary>The line that belongs here stands further down.</summary>
    Reordered = 5,

    /// <summary>The line does not continue the one before: one of both was written anew or comes from another log.</summary>
    Unchained = 6,

    /// <summary>A signature does not verify: the lines before it were written anew, or it comes from another log.</summary>
    BadSignature = 7,

    /// <summary>The log is of another owner, suite or key than its first line or the roster says.</summary>
    WrongOwner = 8,

    /// <summary>The last line is incomplete: a crash, or the file was cut.</summary>
    Incomplete = 9,

    /// <summary>The line is longer than a line can be.</summary>
    TooLong = 10,

    /// <summary>Somebody else recorded a later head: lines are missing at the end.</summary>
    Truncated = 11,

    /// <summary>Two heads of one line differ: the owner wrote two logs, or wrote one anew.</summary>
    Forked = 12,
}

/// <summary>Something that is wrong with an audit log.</summary>
/// <param name="Kind">What.</param>
/// <param name="Line">The first line it shows in, from 1; the first missing line when lines are missing at the end.</param>
/// <param name="Explanation">What it means and what is known beside it.</param>
public sealed record AuditFinding(AuditFindingKind Kind, long Line, string Explanation);

/// <summary>What the verifier says about one log.</summary>
/// <param name="Name">The log's name, for example its path.</param>
/// <param name="Owner">Whose it says it is; null when its first line is unreadable.</param>
/// <param name="Events">How many lines are sound, from the first on.</param>
/// <param name="SignedEvents">How many of them are under a signature of the owner; an operator without the key can write the later ones anew.</param>
/// <param name="IsPinned">Whether the owner's key is that of the roster; otherwise the log vouches for itself only.</param>
/// <param name="IsClosed">Whether the log was closed in good order.</param>
/// <param name="Findings">What is wrong, in order of lines; empty when nothing is.</param>
public sealed record AuditLogReport(
    string Name,
    ParticipantId? Owner,
    long Events,
    long SignedEvents,
    bool IsPinned,
    bool IsClosed,
    ImmutableArray<AuditFinding> Findings
);

/// <summary>What the verifier says about logs that belong together.</summary>
/// <param name="Logs">The logs, in the order they were given.</param>
/// <param name="HeadsCompared">How many recorded heads were compared with the log they are of.</param>
/// <param name="HeadsNotCompared">How many were not: their log was not given or is not sound that far, no key is known, or there are too many.</param>
public sealed record AuditReport(ImmutableArray<AuditLogReport> Logs, long HeadsCompared, long HeadsNotCompared)
{
    /// <summary>Whether nothing is wrong.</summary>
    public bool IsIntact => Logs.All(log => log.Findings.IsEmpty);
}
