using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>A sum was asked for of an attempt that gave none.</summary>
public sealed class RoundAbortedException : Exception
{
    /// <summary>Creates the exception.</summary>
    public RoundAbortedException(RoundOutcome.Aborted outcome)
        : base(MessageOf(outcome))
    {
        Reason = outcome.Reason;
        Named = outcome.Named;
    }

    /// <summary>Why.</summary>
    public AbortReason Reason { get; }

    /// <summary>The parties that caused it; may be empty.</summary>
    public ImmutableArray<ParticipantId> Named { get; }

    private static string MessageOf(RoundOutcome.Aborted outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return $"The round gave no sum ({outcome.Reason}). {outcome.Explanation} See {outcome.Reason.SpecAnchor()}.";
    }
}
