using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>A seekable keystream, added to or subtracted from ring lanes. spec 03-masking#keystream-1</summary>
/// <remarks>
/// Lane i of width w bytes is bytes w·i … w·i + w − 1 of the stream, little-endian. Arithmetic wraps in the lane; the
/// caller reduces mod 2^b. No byte of a stream may be used twice: a second use of a lane throws
/// <see cref="InvariantViolatedException"/>. Different ranges may be used from different threads.
/// </remarks>
[Secret]
public abstract class MaskKeystream : IDisposable
{
    /// <summary>lanes[j] += stream lane (firstLane + j), mod 2^32.</summary>
    public abstract void AddTo(Span<uint> lanes, long firstLane);

    /// <summary>lanes[j] −= stream lane (firstLane + j), mod 2^32.</summary>
    public abstract void SubtractFrom(Span<uint> lanes, long firstLane);

    /// <summary>lanes[j] += stream lane (firstLane + j), mod 2^64.</summary>
    public abstract void AddTo(Span<ulong> lanes, long firstLane);

    /// <summary>lanes[j] −= stream lane (firstLane + j), mod 2^64.</summary>
    public abstract void SubtractFrom(Span<ulong> lanes, long firstLane);

    /// <summary>Prints the type name only.</summary>
    public sealed override string ToString() => nameof(MaskKeystream);

    /// <inheritdoc/>
    public abstract void Dispose();
}
