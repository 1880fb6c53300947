using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>A release that promises under one neighbouring relation was to be composed with releases under the other. spec 02-privacy#event-1</summary>
public sealed class MixedRelationsException : InvalidOperationException
{
    internal MixedRelationsException(NeighbouringRelation ledger, NeighbouringRelation release)
        : base(
            $"The accountant composes releases under {ledger}, and this one promises under {release}. "
                + "State all sensitivities for one relation."
        ) => (Ledger, Release) = (ledger, release);

    /// <summary>The relation of the accountant.</summary>
    public NeighbouringRelation Ledger { get; }

    /// <summary>The relation of the release.</summary>
    public NeighbouringRelation Release { get; }
}
