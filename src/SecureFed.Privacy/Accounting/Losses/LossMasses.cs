using SecureFed.Core;

namespace SecureFed.Privacy.Losses;

/// <summary>
/// The privacy loss of one release in one direction on the points offset + step·index: masses of a pair of distributions
/// that dominates the release's, and of one that the release's dominates. spec 02-privacy#loss-2, 02-privacy#loss-3
/// </summary>
internal sealed class LossMasses
{
    // What masses too small for a double can come to.
    private const double Vanished = 1e-290;

    private LossMasses(int length)
    {
        Index = new int[length];
        LogUpper = new double[length];
        LogLower = new double[length];
    }

    /// <summary>The loss of index 0.</summary>
    public required double Offset { get; init; }

    /// <summary>The indices that carry a mass, rising.</summary>
    public int[] Index { get; }

    /// <summary>The logarithms of the masses of the upper bound.</summary>
    public double[] LogUpper { get; }

    /// <summary>The logarithms of the masses of the lower bound.</summary>
    public double[] LogLower { get; }

    /// <summary>The probability of an infinite loss in the upper bound: that of the release, and the tail that was cut off.</summary>
    public required double InfiniteUpper { get; init; }

    /// <summary>The probability of an infinite loss of the release itself.</summary>
    public required double InfiniteLower { get; init; }

    /// <summary>By how much a computed mass, or the sum of several, may differ from the exact one, relatively.</summary>
    public required double MassError { get; init; }

    /// <summary>By how much the loss of a point may differ from offset + step·index.</summary>
    public required double LossError { get; init; }

    /// <summary>Places the masses of cells and of single points.</summary>
    /// <param name="cells">The cells, in the order of their losses.</param>
    /// <param name="offset">The loss of the first point.</param>
    /// <param name="step">The width of a cell.</param>
    public static LossMasses Of(LossCells cells, double offset, double step)
    {
        (double[] upper, double[] lower) = (cells.Upper(), cells.Lower(step));
        bool areNumbers = upper.All(double.IsFinite) && lower.All(double.IsFinite);
        Invariant.Check(
            areNumbers,
            "every mass of a loss is a number: a lost one would make the upper bound too small"
        );
        int kept = 0;
        for (int i = 0; i < upper.Length; i++)
        {
            kept += IsKept(i) ? 1 : 0;
        }

        LossMasses masses = new(kept)
        {
            Offset = offset,
            InfiniteUpper = Math.Min(1, cells.Above + cells.Infinite + Vanished),
            InfiniteLower = cells.Infinite,
            MassError = cells.MassError,
            LossError = cells.LossError,
        };
        int position = 0;
        for (int i = 0; i < upper.Length; i++)
        {
            if (IsKept(i))
            {
                masses.Index[position] = i;
                masses.LogUpper[position] = Math.Log(upper[i]);
                masses.LogLower[position] = Math.Log(lower[i]);
                position++;
            }
        }

        return masses;

        // The masses of the two bounds need not stand on the same points.
        bool IsKept(int i) => upper[i] > 0 || lower[i] > 0;
    }
}
