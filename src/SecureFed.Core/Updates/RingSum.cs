using System.Collections.Immutable;

namespace SecureFed.Core;

/// <summary>The sum of the encoded updates of a known set of contributors, as ring elements. Made only by a completed round.</summary>
public sealed class RingSum
{
    internal RingSum(UpdateEncoding encoding, RingVector values, ImmutableArray<ParticipantId> contributors)
    {
        Invariant.Check(
            values.Ring.Equals(encoding.Ring) && values.Length == encoding.RingLength,
            "a sum has the ring and the length of its encoding"
        );
        Invariant.Check(
            !contributors.IsDefaultOrEmpty && contributors.Length <= encoding.MaximumParticipants,
            "a sum has between one contributor and the plan's number"
        );
        Encoding = encoding;
        Values = values;
        Contributors = contributors;
    }

    /// <summary>The encoding of every contribution.</summary>
    public UpdateEncoding Encoding { get; }

    /// <summary>RingLength elements of Z_2^b.</summary>
    public RingVector Values { get; }

    /// <summary>Whose updates are in the sum, each counted once; at least one.</summary>
    public ImmutableArray<ParticipantId> Contributors { get; }

    /// <summary>Reads the ring elements as integers and as multiples of the grid step.</summary>
    public UpdateSum Decode() => new(this);
}
