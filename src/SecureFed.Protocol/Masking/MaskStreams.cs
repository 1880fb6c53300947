using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>A set of mask keystreams with their signs, applied to a vector tile by tile.</summary>
/// <remarks>
/// A tile of the vector stays in the first-level cache while every stream passes over it: the cost is keystream
/// generation, not memory traffic. Streams may be added from several threads. Disposing disposes the streams.
/// </remarks>
[Secret]
internal sealed class MaskStreams : IDisposable
{
    // 4,096 lanes of 4 bytes are 16 KiB: half of a first-level data cache.
    private const int TileLanes = 4096;

    private readonly Lock _lock = new();
    private readonly List<(MaskKeystream Stream, bool Add)> _streams;
    private bool _applied;

    public MaskStreams(int capacity) => _streams = new(capacity);

    /// <summary>Takes a stream over. The order of the streams does not matter: sums commute.</summary>
    public void Add(MaskKeystream stream, bool add)
    {
        lock (_lock)
        {
            _streams.Add((stream, add));
        }
    }

    /// <summary>Applies every stream once to the whole vector and reduces it. A second call is a bug.</summary>
    public void ApplyOnce(RingVector vector, WorkSplitter splitter)
    {
        Invariant.Check(!_applied, "a set of mask streams is applied once");
        _applied = true;
        int tiles = (vector.Length + TileLanes - 1) / TileLanes;
        int parts = Math.Clamp(splitter.Parallelism, 1, tiles);
        splitter.Run(
            parts,
            part =>
            {
                int first = (int)((long)tiles * part / parts);
                int end = (int)((long)tiles * (part + 1) / parts);
                for (int tile = first; tile < end; tile++)
                {
                    ApplyToTile(vector, tile * TileLanes);
                }
            }
        );
        vector.Reduce();
    }

    /// <summary>Prints the type name only.</summary>
    public override string ToString() => nameof(MaskStreams);

    public void Dispose()
    {
        foreach ((MaskKeystream stream, _) in _streams)
        {
            stream.Dispose();
        }

        _streams.Clear();
    }

    // spec 03-masking#keystream-2: lane i of every stream belongs to coordinate i.
    private void ApplyToTile(RingVector vector, int start)
    {
        int count = Math.Min(TileLanes, vector.Length - start);
        if (vector.Ring.LaneBits == 32)
        {
            Span<uint> lanes = vector.NarrowLanes.Slice(start, count);
            foreach ((MaskKeystream stream, bool add) in _streams)
            {
                if (add)
                {
                    stream.AddTo(lanes, start);
                }
                else
                {
                    stream.SubtractFrom(lanes, start);
                }
            }
        }
        else
        {
            Span<ulong> lanes = vector.WideLanes.Slice(start, count);
            foreach ((MaskKeystream stream, bool add) in _streams)
            {
                if (add)
                {
                    stream.AddTo(lanes, start);
                }
                else
                {
                    stream.SubtractFrom(lanes, start);
                }
            }
        }
    }
}
