using System.Collections.Immutable;

namespace SecureFed.Core;

/// <summary>The decoded sum of a round: exact integers, and the floats they stand for.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed class UpdateSum
{
    private readonly UpdateEncoding _encoding;
    private readonly long[] _integers;
    private readonly MetricSums _metrics;

    // spec 01-updates#decode-1
    internal UpdateSum(RingSum sum)
    {
        _encoding = sum.Encoding;
        Contributors = sum.Contributors;
        _integers = new long[_encoding.Length];
        Decode(sum.Values, _integers);
        TotalWeight = _encoding.IsWeighted
            ? Signed(sum.Values[_encoding.Length], _encoding.RingBits)
            : Contributors.Length;

        // spec 01-updates#metric-4
        _metrics = new MetricSums(
            _encoding.Metrics,
            [
                .. Enumerable
                    .Range(_encoding.MetricStart, _encoding.MetricLength)
                    .Select(index => Signed(sum.Values[index], _encoding.RingBits)),
            ],
            Contributors.Length
        );
    }

    /// <summary>d, the number of coordinates.</summary>
    public int Length => _integers.Length;

    /// <summary>The encoding of the updates.</summary>
    public UpdateEncoding Encoding => _encoding;

    /// <summary>Whose updates are in the sum; at least one.</summary>
    public ImmutableArray<ParticipantId> Contributors { get; }

    /// <summary>The sum of the weights; the number of contributors in a plan without weights.</summary>
    public long TotalWeight { get; }

    /// <summary>
    /// Whether the sum is one that contributors who keep the plan could have: |coordinate| ≤ contributors · B (with noise contributors · E · B + T), a total
    /// weight from contributors to contributors · W, and metrics from 0 to contributors · maximum. Every sum in a compressed ring is. False proves that some contributor broke the plan; true proves nothing. spec 01-updates#decode-4
    /// </summary>
    public bool IsWithinPlan
    {
        get
        {
            // spec 02-privacy#compressed-5
            if (_encoding.IsCompressed)
            {
                return true;
            }

            Int128 largest = _encoding.LargestSumOf(Contributors.Length);
            foreach (long value in _integers)
            {
                if (value > largest || value < -largest)
                {
                    return false;
                }
            }

            return IsTotalWeightWithinPlan && AreMetricsWithinPlan;
        }
    }

    private bool AreMetricsWithinPlan =>
        _encoding.Metrics.All(block =>
            _metrics
                .Integers(block.Name)
                .All(value => value >= 0 && value <= (Int128)block.Maximum * Contributors.Length)
        );

    private bool IsTotalWeightWithinPlan =>
        !_encoding.IsWeighted
        || (TotalWeight >= Contributors.Length && TotalWeight <= (Int128)_encoding.MaximumWeight * Contributors.Length);

    /// <summary>The sums of the metrics, given out only when enough parties are in them. spec 06-security#metrics-2</summary>
    /// <param name="minimumContributors">The least number of parties, at least 1.</param>
    public MetricRelease Metrics(int minimumContributors)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumContributors, 1);
        return MetricRelease.Of(_metrics, minimumContributors);
    }

    /// <summary>long[d], the exact sum in grid steps; in a compressed ring that of the rotated sum, mod 2^b.</summary>
    public long[] Integers() => (long[])_integers.Clone();

    /// <summary>spec 01-updates#decode-2: float[d], the sum in the unit of the update: integer · 2^-f, rounded to float. In a weighted plan each update counts w / W.</summary>
    public float[] Sum() => Scaled(_encoding.GridStep);

    /// <summary>
    /// float[d], the mean update: the sum divided by the number of contributors, or the weighted mean Σ w·x / Σ w; in a plan
    /// with noise the sum divided by the plan's public divisor. spec 02-privacy#mean-1
    /// </summary>
    /// <exception cref="UpdateRefusedException">The total weight is not one the contributors could have sent: one of them broke the plan.</exception>
    public float[] Average()
    {
        // spec 01-updates#decode-3
        if (!IsTotalWeightWithinPlan)
        {
            throw new UpdateRefusedException(
                UpdateFault.TotalWeightOutOfRange,
                $"{Contributors.Length} contributors cannot have that total weight: each sends 1 to {_encoding.MaximumWeight}. One of them broke the plan; discard the sum."
            );
        }

        if (_encoding.Noise is { } noise)
        {
            return Scaled(_encoding.GridStep / noise.Divisor);
        }

        double weightUnit = _encoding.IsWeighted ? _encoding.MaximumWeight : 1.0;
        return Scaled(_encoding.GridStep * (weightUnit / TotalWeight));
    }

    /// <summary>double[d], the sum in the unit of the update: exact but for a sum that is rotated back, which has the accuracy of floats.</summary>
    public double[] SumAsDoubles()
    {
        double step = _encoding.GridStep;
        return _encoding.IsCompressed
            ? Array.ConvertAll(Sum(), static value => (double)value)
            : Array.ConvertAll(_integers, value => value * step);
    }

    private float[] Scaled(double factor)
    {
        float[] values = new float[_integers.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(_integers[i] * factor);
        }

        if (!_encoding.IsCompressed)
        {
            return values;
        }

        // spec 02-privacy#compressed-5
        HadamardRotation.RotateBack(
            values,
            _encoding.Rotation
                ?? throw new InvariantViolatedException(
                    "a sum in a compressed ring is that of an attempt, with its rotation"
                )
        );
        return values;
    }

    private static void Decode(RingVector ringValues, Span<long> integers)
    {
        int bits = ringValues.Ring.Bits;
        if (ringValues.Ring.LaneBits == 32)
        {
            ReadOnlySpan<uint> lanes = ringValues.NarrowLanes[..integers.Length];
            for (int i = 0; i < integers.Length; i++)
            {
                integers[i] = unchecked((int)(lanes[i] << (32 - bits)) >> (32 - bits));
            }
        }
        else
        {
            ReadOnlySpan<ulong> lanes = ringValues.WideLanes[..integers.Length];
            for (int i = 0; i < integers.Length; i++)
            {
                integers[i] = Signed(lanes[i], bits);
            }
        }
    }

    private static long Signed(ulong element, int bits) => unchecked((long)(element << (64 - bits)) >> (64 - bits));
}
