using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>How large a message and its parts may be. Checked before anything is allocated. spec 05-transport#limits-1</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed class MessageLimits
{
    /// <summary>The most parties a roster can have: 4,096.</summary>
    public const int MaximumRosterSize = 4096;

    /// <summary>The longest public key on the wire: an uncompressed point of P-521 has 133 bytes.</summary>
    public const int MaximumKeySizeInBytes = 133;

    /// <summary>The size of every signature on the wire: 64.</summary>
    public const int SignatureSizeInBytes = 64;

    /// <summary>The longest sealed pair of shares: 100 bytes and a tag of at most 32.</summary>
    public const int MaximumSealedShareSizeInBytes = SealedShare.PlaintextSizeInBytes + 32;

    /// <summary>The longest path in a share tree: ⌈log2 4096⌉ = 12 hashes.</summary>
    public const int MaximumPathLength = 12;

    /// <summary>The longest reason given for doing without masks or noise, in UTF-8 bytes.</summary>
    public const int MaximumBecauseSizeInBytes = 200;

    // Header, sender, two sets, reason, digests, counts and signature, with room to spare.
    private const int FixedPartSizeInBytes = 2048;
    private const long LongestMetricSizeInBytes = 1 + ParticipantId.MaximumLength + 2 + 8 + 1;
    private const int MaximumSetSizeInBytes = 2 + MaximumRosterSize / 8;

    private MessageLimits(int maximumParties, int packedVectorSize, int messageSize, int? rosterSize)
    {
        MaximumParties = maximumParties;
        MaximumPackedVectorSizeInBytes = packedVectorSize;
        MaximumMessageSizeInBytes = messageSize;
        RosterSize = rosterSize;
    }

    /// <summary>Limits for a receiver that does not know the round yet: 4,096 parties, 64 MiB.</summary>
    public static MessageLimits Default { get; } =
        new(MaximumRosterSize, (64 << 20) - FixedPartSizeInBytes, 64 << 20, rosterSize: null);

    /// <summary>The longest message.</summary>
    public int MaximumMessageSizeInBytes { get; }

    /// <summary>The longest packed vector.</summary>
    public int MaximumPackedVectorSizeInBytes { get; }

    /// <summary>The most parties in a roster, a set or a list.</summary>
    public int MaximumParties { get; }

    /// <summary>The number of enrolled parties over which every set must range; null when the round is not known yet.</summary>
    public int? RosterSize { get; }

    /// <summary>The most signatures in an unmask request: twice the parties, so that a repeated signer can be named as such.</summary>
    public int MaximumSignatures => 2 * MaximumParties;

    /// <summary>The limits of one round.</summary>
    /// <param name="descriptor">Any descriptor, also one that no rule has checked yet: the result never exceeds what an array can hold.</param>
    public static MessageLimits For(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        int parties = Math.Clamp(descriptor.Roster.IsDefault ? 0 : descriptor.Roster.Length, 1, MaximumRosterSize);
        long coordinates = Math.Max(0, descriptor.Length) + (descriptor.MaximumWeight > 0 ? 1L : 0L);
        ImmutableArray<MetricBlock> metrics = descriptor.Metrics.IsDefault ? [] : descriptor.Metrics;
        coordinates += metrics.Sum(block => (long)block.Count);
        long packed = (coordinates * Math.Clamp(descriptor.RingBits, 0, Ring.MaximumBits) + 7) / 8;
        long setsAndComplaints = FixedPartSizeInBytes + 2L * MaximumSetSizeInBytes + 4L * parties;
        setsAndComplaints += LongestMetricSizeInBytes * Math.Min(metrics.Length, MetricBlock.MaximumBlocks);

        // The longest list entry is an envelope; an advertisement, a roster entry and two signatures are shorter.
        long envelope = 2 + 64 + 1 + MaximumSealedShareSizeInBytes + 1 + 32 * MaximumPathLength + SignatureSizeInBytes;
        long message = setsAndComplaints + Math.Max(packed, parties * envelope);
        int largest = Array.MaxLength - FixedPartSizeInBytes;
        return new MessageLimits(
            parties,
            packedVectorSize: (int)Math.Min(packed, largest),
            messageSize: (int)Math.Min(message, Array.MaxLength),
            rosterSize: parties
        );
    }
}
