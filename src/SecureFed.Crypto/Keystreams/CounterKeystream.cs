using System.Numerics;
using System.Runtime.CompilerServices;
using SecureFed.Core;
using SecureFed.Crypto.Kernels;
using SecureFed.Protocol;

namespace SecureFed.Crypto.Keystreams;

/// <summary>What both implementations of AES-256-CTR share: bounds, the guard against a second use, the initial counter.</summary>
[Secret]
internal abstract class CounterKeystream : MaskKeystream
{
    /// <summary>
    /// The length of every stream: 2^40 bytes, 2^36 blocks. No counter wraps below it, and AES-CTR over that many blocks
    /// is at most 2^-57 away from random (2^72 / 2^129). spec 03-masking#keystream-4
    /// </summary>
    public const long MaximumLengthInBytes = 1L << 40;

    public const int BlockSizeInBytes = 16;

    private readonly ByteIntervalSet _used = new();

    /// <param name="firstCounter">The counter of block 0: zero in the protocol, other values in known-answer tests.</param>
    protected CounterKeystream(UInt128 firstCounter)
    {
        CounterHigh = (ulong)(firstCounter >> 64);
        CounterLow = (ulong)(firstCounter & ulong.MaxValue);
        Invariant.Check(
            CounterLow <= ulong.MaxValue - (MaximumLengthInBytes / BlockSizeInBytes),
            "the lower half of the counter cannot wrap within a stream"
        );
    }

    protected ulong CounterHigh { get; }

    protected ulong CounterLow { get; }

    public sealed override void AddTo(Span<uint> lanes, long firstLane) => Use<uint, AddLanes>(lanes, firstLane);

    public sealed override void SubtractFrom(Span<uint> lanes, long firstLane) =>
        Use<uint, SubtractLanes>(lanes, firstLane);

    public sealed override void AddTo(Span<ulong> lanes, long firstLane) => Use<ulong, AddLanes>(lanes, firstLane);

    public sealed override void SubtractFrom(Span<ulong> lanes, long firstLane) =>
        Use<ulong, SubtractLanes>(lanes, firstLane);

    /// <summary>Applies the stream from byte <paramref name="firstByte"/> on, which is a multiple of the lane width.</summary>
    protected abstract void Apply<TLane, TOperation>(Span<TLane> lanes, long firstByte)
        where TLane : unmanaged, IBinaryInteger<TLane>
        where TOperation : ILaneOperation;

    /// <summary>Throws when this stream has been wiped.</summary>
    protected abstract void ThrowIfDisposed();

    private void Use<TLane, TOperation>(Span<TLane> lanes, long firstLane)
        where TLane : unmanaged, IBinaryInteger<TLane>
        where TOperation : ILaneOperation
    {
        long firstByte = Claim<TLane>(lanes.Length, firstLane);
        Apply<TLane, TOperation>(lanes, firstByte);

        // Wiped in the meantime by another thread: the lanes may have been masked under a key of zeros.
        ThrowIfDisposed();
    }

    private long Claim<TLane>(int count, long firstLane)
        where TLane : unmanaged
    {
        ThrowIfDisposed();
        int width = Unsafe.SizeOf<TLane>();
        long lanesInStream = MaximumLengthInBytes / width;
        if (firstLane < 0 || firstLane > lanesInStream - count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(firstLane),
                firstLane,
                $"A keystream has {lanesInStream} lanes of {width} bytes; {count} from the given one on do not fit."
            );
        }

        // spec 03-masking#keystream-5: a byte that masks twice masks nothing. Taken before it is used.
        long start = firstLane * width;
        Invariant.Check(
            _used.TryTake(start, start + ((long)count * width)),
            "no byte of a mask keystream is used twice"
        );
        return start;
    }
}
