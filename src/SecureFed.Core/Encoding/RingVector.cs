using SecureFed.Core.Kernels;

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

    /// <summary>One element as an integer in 0 … 2^b − 1. Setting takes the value mod 2^b. For single elements, not for loops that count.</summary>
    /// <param name="index">0 to Length − 1.</param>
    public ulong this[int index]
    {
        get => _narrow is { } narrow ? narrow[index] : _wide![index];
        set
        {
            if (_narrow is { } narrow)
            {
                narrow[index] = (uint)(value & Ring.Mask);
            }
            else
            {
                _wide![index] = value & Ring.Mask;
            }
        }
    }

    /// <summary>this[i] ← this[i] + other[i] mod 2^b.</summary>
    /// <param name="other">Same ring and length. May be this vector.</param>
    /// <exception cref="ArgumentException">Another ring or another length.</exception>
    public void Add(RingVector other)
    {
        RequireSameShape(other);
        if (_narrow is { } narrow)
        {
            LaneAdd.Run<uint>(narrow, other._narrow, (uint)Ring.Mask);
        }
        else
        {
            LaneAdd.Run<ulong>(_wide, other._wide, Ring.Mask);
        }
    }

    /// <summary>this[i] ← this[i] + integers[i], or − integers[i], mod 2^b.</summary>
    internal void Add(ReadOnlySpan<long> integers, bool subtract = false)
    {
        Invariant.Check(integers.Length == Length, "there is one integer for each element");
        long sign = subtract ? -1 : 1;
        if (_narrow is { } narrow)
        {
            for (int i = 0; i < narrow.Length; i++)
            {
                narrow[i] = unchecked(narrow[i] + (uint)(sign * integers[i]));
            }
        }
        else
        {
            Span<ulong> wide = _wide;
            for (int i = 0; i < wide.Length; i++)
            {
                wide[i] = unchecked(wide[i] + (ulong)(sign * integers[i]));
            }
        }

        Reduce();
    }

    /// <summary>this[i] ← this[i] − other[i] mod 2^b.</summary>
    /// <param name="other">Same ring and length. May be this vector.</param>
    /// <exception cref="ArgumentException">Another ring or another length.</exception>
    public void Subtract(RingVector other)
    {
        RequireSameShape(other);
        if (_narrow is { } narrow)
        {
            LaneSubtract.Run<uint>(narrow, other._narrow, (uint)Ring.Mask);
        }
        else
        {
            LaneSubtract.Run<ulong>(_wide, other._wide, Ring.Mask);
        }
    }

    /// <summary>Reduces every lane mod 2^b. Needed after the lanes were written with full-width arithmetic, as keystreams are added.</summary>
    public void Reduce()
    {
        if (Ring.Bits == Ring.LaneBits)
        {
            return;
        }

        if (_narrow is { } narrow)
        {
            LaneReduce.Run<uint>(narrow, (uint)Ring.Mask);
        }
        else
        {
            LaneReduce.Run<ulong>(_wide, Ring.Mask);
        }
    }

    /// <summary>Sets every element to zero.</summary>
    public void Clear()
    {
        _narrow?.AsSpan().Clear();
        _wide?.AsSpan().Clear();
    }

    /// <summary>An independent vector with the same elements.</summary>
    public RingVector Copy()
    {
        RingVector copy = new(Ring, Length);
        _narrow?.CopyTo(copy._narrow!, 0);
        _wide?.CopyTo(copy._wide!, 0);
        return copy;
    }

    /// <summary>Whether ring, length and all elements are the same. Not constant-time.</summary>
    public bool ContentEquals(RingVector other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Ring.Equals(other.Ring)
            && NarrowLanes.SequenceEqual(other.NarrowLanes)
            && WideLanes.SequenceEqual(other.WideLanes);
    }

    /// <summary>Ring and length; no element is printed.</summary>
    public override string ToString() => $"{nameof(RingVector)}({Ring}, {Length})";

    private void RequireSameShape(RingVector other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!Ring.Equals(other.Ring) || Length != other.Length)
        {
            throw new ArgumentException(
                $"Both vectors must have the same ring and length; got {Ring} × {Length} and {other.Ring} × {other.Length}.",
                nameof(other)
            );
        }
    }
}
