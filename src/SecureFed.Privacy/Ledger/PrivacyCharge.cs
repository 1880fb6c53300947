using System.Text;
using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>What is about to be released, and what it costs. spec 02-privacy#ledger-2</summary>
/// <remarks>Immutable, compared by value; public: it names no value of any data.</remarks>
public sealed record PrivacyCharge
{
    /// <summary>The longest purpose, in UTF-8 bytes.</summary>
    public const int MaximumPurposeSizeInBytes = 200;

    /// <summary>A charge.</summary>
    /// <param name="purpose">What it is for, 1 to 200 UTF-8 bytes; for people.</param>
    /// <param name="reference">Names the release and no other one: a ledger takes it once.</param>
    /// <param name="release">What is released.</param>
    /// <param name="count">How many of them, at least 1.</param>
    /// <param name="unit">Whose presence its noise hides.</param>
    /// <param name="relation">The relation that its noise multiplier is measured by.</param>
    /// <exception cref="ArgumentException">The purpose is empty or too long, or the reference is the default one.</exception>
    /// <exception cref="PrivacyDomainException">The count is below 1.</exception>
    /// <exception cref="MixedRelationsException">The release promises under the other relation only.</exception>
    public PrivacyCharge(
        string purpose,
        Digest reference,
        PrivacyEvent release,
        long count,
        PrivacyUnit unit,
        NeighbouringRelation relation
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(purpose);
        ArgumentNullException.ThrowIfNull(release);
        if (Encoding.UTF8.GetByteCount(purpose) > MaximumPurposeSizeInBytes)
        {
            throw new ArgumentException(
                $"A purpose has at most {MaximumPurposeSizeInBytes} UTF-8 bytes. Shorten it.",
                nameof(purpose)
            );
        }

        if (reference.IsDefault)
        {
            throw new ArgumentException("A charge names what it is for: give the digest of it.", nameof(reference));
        }

        if (count < 1)
        {
            throw new PrivacyDomainException(nameof(count), count, "at least 1", "It counts releases.");
        }

        if (release.Relation is { } needed && needed != relation)
        {
            throw new MixedRelationsException(relation, needed);
        }

        (Purpose, Reference, Release, Count, Unit, Relation) = (purpose, reference, release, count, unit, relation);
    }

    /// <summary>What it is for.</summary>
    public string Purpose { get; }

    /// <summary>Names the release.</summary>
    public Digest Reference { get; }

    /// <summary>What is released.</summary>
    public PrivacyEvent Release { get; }

    /// <summary>How many of them.</summary>
    public long Count { get; }

    /// <summary>Whose presence its noise hides.</summary>
    public PrivacyUnit Unit { get; }

    /// <summary>The relation.</summary>
    public NeighbouringRelation Relation { get; }
}
