namespace SecureFed.Core;

/// <summary>A vector over Z_2^b, kept in 32-bit lanes for b ≤ 32 and in 64-bit lanes above. spec 01-updates#ring-2</summary>
/// <remarks>
/// Mutable; not thread-safe, except that disjoint ranges of the lanes may be written from different threads.
/// Between operations every lane is reduced mod 2^b.
/// </remarks>
public sealed class RingVector
{
    private readonly uint[]? _narrow;
    private readonly ulong[]? _wide;

    /// <summary>Creates the zero vector.</summary>
    /// <param name="ring">The ring.</param>
    /// <param name="length">Number of elements, at least 1.</param>
    public RingVector(Ring ring, int length)
    {
        ArgumentNullException.ThrowIfNull(ring);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        Ring = ring;
        Length = length;
        if (ring.LaneBits == 32)
        {
            _narrow = new uint[length];
        }
        else
        {
            _wide = new ulong[length];
        }
    }

    /// <summary>The ring.</summary>
    public Ring Ring { get; }

    /// <summary>Number of elements.</summary>
    public int Length { get; }

    /// <summary>The lanes when b ≤ 32; empty otherwise.</summary>
    public Span<uint> NarrowLanes => _narrow;

    /// <summary>The lanes when b &gt; 32; empty otherwise.</summary>
    public Span<ulong> WideLanes => _wide;
}
