using SecureFed.Core;

namespace SecureFed;

/// <summary>Number, mean and variance of a value over the records of all parties, as a round with noise. spec 02-privacy#query-2</summary>
/// <remarks>
/// Immutable, public and thread-safe. A value x is clamped to a public range and mapped to u in [−1, 1]; a record is the
/// vector (1, u, u²)/√3, whose norm is at most 1. The plan has d = <see cref="Length"/>, clip norm <see cref="ClipNorm"/>
/// and <see cref="PrivacyPlan.ForRecords"/>; the round is charged like any other.
/// </remarks>
public sealed class MomentsQuery
{
    /// <summary>d of the plan.</summary>
    public const int Length = 3;

    /// <summary>C of the plan: one record counts once.</summary>
    public const double ClipNorm = 1;

    private static readonly double s_scale = Math.Sqrt(3);

    private MomentsQuery(double low, double high) => (Low, High) = (low, high);

    /// <summary>The lower end of the public range.</summary>
    public double Low { get; }

    /// <summary>The upper end.</summary>
    public double High { get; }

    /// <summary>Makes a query. The range is public: choose it without looking at data.</summary>
    /// <param name="low">Finite.</param>
    /// <param name="high">Finite, above it.</param>
    /// <exception cref="ArgumentException">The range is empty or not finite.</exception>
    public static MomentsQuery Create(double low, double high) =>
        double.IsFinite(high - low) && low < high
            ? new MomentsQuery(low, high)
            : throw new ArgumentException("A range has a finite lower end below its finite upper end.", nameof(high));

    /// <summary>One record's vector, for <see cref="ExampleSum.Add"/>. Private to its owner.</summary>
    /// <param name="value">Clamped to the range; NaN counts nowhere.</param>
    public float[] VectorOf(double value)
    {
        if (double.IsNaN(value))
        {
            return new float[Length];
        }

        double u = Math.Clamp(((value - Low) / (High - Low) * 2) - 1, -1, 1);
        return [(float)(1 / s_scale), (float)(u / s_scale), (float)(u * u / s_scale)];
    }

    /// <summary>Reads the sum of a round.</summary>
    /// <param name="sum">Of a plan with <see cref="Length"/> coordinates.</param>
    /// <returns>
    /// The noisy number of records, and mean and variance in the unit of the value, clamped to what the range allows; null
    /// when the noise leaves no records to divide by.
    /// </returns>
    /// <exception cref="ArgumentException">The sum has another length.</exception>
    public NoisyMoments? Read(UpdateSum sum)
    {
        ArgumentNullException.ThrowIfNull(sum);
        if (sum.Length != Length)
        {
            throw new ArgumentException($"The query has {Length} coordinates and the sum {sum.Length}.", nameof(sum));
        }

        double[] totals = [.. sum.SumAsDoubles().Select(value => value * s_scale)];
        if (totals[0] < 1)
        {
            return null;
        }

        double mean = Math.Clamp(totals[1] / totals[0], -1, 1);
        double variance = Math.Clamp((totals[2] / totals[0]) - (mean * mean), 0, 1 - (mean * mean));
        double half = (High - Low) / 2;
        return new NoisyMoments(totals[0], Low + ((mean + 1) * half), variance * half * half);
    }
}

/// <summary>What a <see cref="MomentsQuery"/> gives. Public.</summary>
/// <param name="Count">The number of records with its noise.</param>
/// <param name="Mean">In the unit of the value.</param>
/// <param name="Variance">In its square.</param>
public sealed record NoisyMoments(double Count, double Mean, double Variance);
