using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Losses;

/// <summary>The losses of Gaussian noise, alone and on a Poisson sample. spec 02-privacy#loss-1</summary>
/// <remarks>
/// u is the released number in units of σ, v = u − 1/z the same seen from the shifted distribution, and y = v/z + 1/(2z²)
/// the loss of the noise alone. Removing a unit loses ln(1 − q + q·e^y) with density (1 − q)·φ(u) + q·φ(v); adding one loses
/// the negative of it with density φ(u). In both, what a cell holds beyond its ends is q times an integral over φ(v).
/// </remarks>
internal static class NormalLoss
{
    // φ of more than this is no number.
    private const double Farthest = 39;
    // z of several releases as one is a root of a sum.
    private const double MultiplierError = 1e-12;
    private const double UnitRoundoff = NearOne.UnitRoundoff;

    /// <summary>Gaussian noise: both directions lose the same.</summary>
    /// <param name="noiseMultiplier">z.</param>
    /// <param name="step">The width of a cell.</param>
    /// <param name="tail">The probability that may be cut off at each end.</param>
    public static LossMasses Unsampled(double noiseMultiplier, double step, double tail)
    {
        double reach = Reach(tail);
        int count = (int)Math.Ceiling(2 * reach / (noiseMultiplier * step));
        LossCells cells = new(count);
        double growth = NearOne.ExpMinusOne(step);
        for (int i = 0; i < count; i++)
        {
            (double rising, double falling) = NormalCell.Integrals(
                -reach + (noiseMultiplier * step * i),
                step,
                noiseMultiplier
            );
            Place(cells, i, rising, falling, growth);
        }

        cells.Below = Cumulative(-reach);
        cells.Above = Cumulative(-reach);
        double inverse = 1 / noiseMultiplier;
        double offset = (-reach * inverse) + (inverse * inverse / 2);
        cells.LossError = 8 * UnitRoundoff * (Math.Abs(offset) + (2 * step * (count + 1)));

        // An error of z moves v by v + 1/(2z) times as much, and φ(v) by |v| times that.
cells.MassError = DensityError(reach, inverse) + (2 * MultiplierError * (reach + 1) * (reach + inverse));
        return LossMasses.Of(cells, offset, step);
    }

    /// <summary>Gaussian noise on a Poisson sample.</summary>
    /// <param name="noiseMultiplier">z.</param>
    /// <param name="samplingRate">q, below 1.</param>
    /// <param name="step">The width of a cell.</param>
    /// <param name="tail">The probability that may be cut off at each end.</param>
    /// <returns>The losses of removing a unit, and of adding one.</returns>
    public static (LossMasses Removing, LossMasses Adding) Sampled(
        double noiseMultiplier,
        double samplingRate,
        double step,
        double tail
    )
    {
        double inverse = 1 / noiseMultiplier;
        double rest = 1 - samplingRate;
        double logOdds = LogOdds(samplingRate);
        (double removingRange, double addingRange) = Ranges(noiseMultiplier, samplingRate, tail);
        int removingCount = checked((int)Math.Ceiling(removingRange / step)) + 1;
        int addingCount = checked((int)Math.Ceiling(addingRange / step)) + 1;
        LossCells removing = new(removingCount);
        LossCells adding = new(addingCount);
        int count = Math.Max(removingCount, addingCount);

        // Point i is where 1 − q + q·e^y = (1 − q)·e^(i·step): both grids start at the loss that nothing undercuts.
        double y = double.NegativeInfinity;
        double largest = 0;
        for (int i = 0; i < count; i++)
        {
            double next = NearOne.LogOfExpMinusOne(step * (i + 1)) - logOdds;
            double growth;
            double rising;
            double falling;
            if (i == 0)
            {
                growth = NearOne.ExpMinusOne(step);
                (rising, falling) = FirstCell(next, noiseMultiplier);
            }
            else
            {
                // The true distance of the points as they were computed, so that an error of y is an error of losses only.
                growth = -NearOne.ExpMinusOne(-step * i) * NearOne.ExpMinusOne(next - y);
                (rising, falling) = NormalCell.Integrals(
                    (noiseMultiplier * y) - (inverse / 2),
                    next - y,
                    noiseMultiplier
                );
            }

            if (i < removingCount)
            {
                Place(removing, i, samplingRate * rising, samplingRate * falling, growth);
            }

            if (i < addingCount)
            {
                // Mirrored: the upper end becomes the lower one.
                double share = samplingRate / rest * Math.Exp(-step * i);
                Place(
                    adding,
                    addingCount - 1 - i,
                    share * Math.Exp(-step) * falling,
                    share * rising,
                    growth
                );
            }

            largest = Math.Max(largest, Math.Abs(next));
            y = next;
            if (i == removingCount - 1)
            {
                double v = (noiseMultiplier * y) - (inverse / 2);
                removing.Above = (samplingRate * Cumulative(-v)) + (rest * Cumulative(-v - inverse));
            }

            if (i == addingCount - 1)
            {
                adding.Below = Cumulative(-(noiseMultiplier * y) - (inverse / 2));
            }
        }

        double edge = NearOne.LogOfOnePlus(-samplingRate);
        double reach = Reach(tail) + 1;
        removing.LossError =
            16 * UnitRoundoff * (largest + Math.Abs(logOdds) + (2 * step * (count + 1)) + Math.Abs(edge));
        adding.LossError = removing.LossError;
removing.MassError = DensityError(reach, inverse) + (16 * UnitRoundoff * reach * noiseMultiplier * largest);
        adding.MassError = removing.MassError;
        return (
            LossMasses.Of(removing, edge, step),
            LossMasses.Of(adding, -edge - (step * addingCount), step)
        );
    }

    /// <summary>How far above the least loss, or below the largest, at most a tail lies beyond: for removing and for adding a unit.</summary>
    public static (double Removing, double Adding) Ranges(double noiseMultiplier, double samplingRate, double tail)
    {
        double logOdds = LogOdds(samplingRate);
        double inverse = 1 / noiseMultiplier;
        return (
            NearOne.LogOfOnePlusExp(((Reach(Math.Min(1, tail / samplingRate)) + (inverse / 2)) * inverse) + logOdds),
            NearOne.LogOfOnePlusExp(((Reach(tail) - (inverse / 2)) * inverse) + logOdds)
        );
    }

    /// <summary>t with Φ(−t) ≤ tail.</summary>
    public static double Reach(double tail) => Math.Sqrt(-2 * Math.Log(tail));

    // Of φ(v) and of φ(v)·e^t the rounding of v and of the exponent, and of what is a few units only.
    private static double DensityError(double reach, double inverse) =>
        1e-14 + (8 * UnitRoundoff * (reach + 1 + inverse) * (reach + 1 + inverse));

    private static double LogOdds(double samplingRate) =>
        Math.Log(samplingRate) - NearOne.LogOfOnePlus(-samplingRate);

    private static void Place(LossCells cells, int i, double rising, double falling, double growth)
    {
        cells.Low[i] = falling / growth;
        cells.High[i] = rising * (1 + growth) / growth;
    }

    // From y = −∞, as far as φ(u) is a number, to the first point.
    private static (double Rising, double Falling) FirstCell(double y, double noiseMultiplier)
    {
        double inverse = 1 / noiseMultiplier;
        double v = (noiseMultiplier * y) - (inverse / 2);
        double width = (Math.Max(v + inverse, 0) + Farthest) * inverse;
        (_, double falling) = NormalCell.Integrals(v - (noiseMultiplier * width), width, noiseMultiplier);
        return (NormalTail.Cumulative(v), falling);
    }

    private static double Cumulative(double x) => (NormalTail.Cumulative(x) * (1 + NormalTail.RelativeError)) + 1e-305;
}
