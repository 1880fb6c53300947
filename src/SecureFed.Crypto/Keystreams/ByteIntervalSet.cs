using SecureFed.Core;

namespace SecureFed.Crypto.Keystreams;

/// <summary>Which bytes of a keystream have been used. Thread-safe.</summary>
/// <remarks>
/// Sorted, disjoint, maximal intervals: touching ones are merged, so a stream that is used in order, also by several
/// threads, costs one or a few intervals and each claim a short binary search.
/// </remarks>
internal sealed class ByteIntervalSet
{
    private readonly Lock _lock = new();
    private readonly List<Interval> _intervals = new(capacity: 1);

    /// <summary>The number of separate intervals.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _intervals.Count;
            }
        }
    }

    /// <summary>Takes [start, end) if none of it has been taken.</summary>
    /// <returns>False, and nothing taken, on any overlap. An empty range always succeeds.</returns>
    public bool TryTake(long start, long end)
    {
        Invariant.Check(start >= 0 && start <= end, "a keystream range is ordered");
        if (start == end)
        {
            return true;
        }

        lock (_lock)
        {
            int next = FirstStartingAtOrAfter(start);
            bool isFree =
                (next == 0 || _intervals[next - 1].End <= start)
                && (next == _intervals.Count || _intervals[next].Start >= end);
            if (isFree)
            {
                Insert(next, start, end);
            }

            return isFree;
        }
    }

    private int FirstStartingAtOrAfter(long start)
    {
        int low = 0;
        int high = _intervals.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_intervals[middle].Start < start)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void Insert(int next, long start, long end)
    {
        bool touchesPrevious = next > 0 && _intervals[next - 1].End == start;
        bool touchesNext = next < _intervals.Count && _intervals[next].Start == end;
        if (touchesPrevious && touchesNext)
        {
            _intervals[next - 1] = new Interval(_intervals[next - 1].Start, _intervals[next].End);
            _intervals.RemoveAt(next);
        }
        else if (touchesPrevious)
        {
            _intervals[next - 1] = new Interval(_intervals[next - 1].Start, end);
        }
        else if (touchesNext)
        {
            _intervals[next] = new Interval(start, _intervals[next].End);
        }
        else
        {
            _intervals.Insert(next, new Interval(start, end));
        }
    }

    /// <summary>[Start, End) with Start &lt; End.</summary>
    private readonly record struct Interval(long Start, long End);
}
