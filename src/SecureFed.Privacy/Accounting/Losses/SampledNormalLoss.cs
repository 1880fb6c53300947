using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Losses;

/// <summary>The losses of Gaussian noise on a Poisson sample. spec 02-privacy#loss-1</summary>
/// <remarks>
/// u is the released number in units of σ, v = u − 1/z the same seen from the shifted distribution, and y = v/z + 1/(2z²)
/// the loss of the noise alone. Removing a unit loses ln(1 − q + q·e^y) with density (1 − q)·φ(u) + q·φ(v); adding one loses
/// the negative of it with density φ(u). In both, what a cell holds beyond its ends is q times an integral over φ(v). No
/// loss of removing is below ln(1 − q), the edge; the first cell holds all from there to the first point beyond it.
/// </remarks>
internal sealed class SampledNormalLoss
{
    // What lies further below the first point, or below 0, than this is less than 10^-14 of the first cell.
    private const double Farthest = 12;

    private readonly double _multiplier;
    private readonly double _inverse;
    private readonly double _rate;
    private readonly double _rest;
    private readonly double _logOdds;
    private readonly double _step;

    private SampledNormalLoss(double noiseMultiplier, double samplingRate, double step)
    {
        (_multiplier, _inverse, _rate, _rest) = (noiseMultiplier, 1 / noiseMultiplier, samplingRate, 1 - samplingRate);
        (_logOdds, _step) = (LogOdds(samplingRate), step);
    }

    /// <summary>The losses on points of one distance, of removing a unit and of adding one.</summary>
    /// <param name="noiseMultiplier">z.</param>
    /// <param name="samplingRate">q, below 1.</param>
    /// <param name="step">The width of a cell.</param>
    /// <param name="tail">The probability that may be cut off at each end.</param>
    /// <param name="addingLimit">How far below the largest loss of adding a unit a loss may still matter.</param>
    public static (LossMasses Removing, LossMasses Adding) Of(
        double noiseMultiplier,
        double samplingRate,
        double step,
        double tail,
        double addingLimit
    ) => new SampledNormalLoss(noiseMultiplier, samplingRate, step).Discretise(tail, addingLimit);

    /// <summary>How far above the least loss, or below the largest, at most a tail lies beyond: for removing and for adding a unit.</summary>
    public static (double Removing, double Adding) Ranges(double noiseMultiplier, double samplingRate, double tail)
    {
        double logOdds = LogOdds(samplingRate);
        double inverse = 1 / noiseMultiplier;
        double removingReach = NormalLoss.Reach(Math.Min(1, tail / samplingRate)) + (inverse / 2);
        double addingReach = NormalLoss.Reach(tail) - (inverse / 2);
        return (
            NearOne.LogOfOnePlusExp((removingReach * inverse) + logOdds),
            NearOne.LogOfOnePlusExp((addingReach * inverse) + logOdds)
        );
    }

    private static double LogOdds(double samplingRate) => Math.Log(samplingRate) - NearOne.LogOfOnePlus(-samplingRate);

    private (LossMasses Removing, LossMasses Adding) Discretise(double tail, double addingLimit)
    {
        (double removingRange, double addingRange) = Ranges(_multiplier, _rate, tail);
        LossCells removing = new(checked((int)Math.Ceiling(removingRange / _step)) + 2);
        LossCells adding = new(checked((int)Math.Ceiling(Math.Min(addingRange, addingLimit) / _step)) + 2);
        double first = FirstPoint();

        double largest = 0;
        int count = Math.Max(removing.Count, adding.Count);
        for (int i = 0; i < count; i++)
        {
            Cell cell = Make(i, first);
            if (i < removing.Count)
            {
                Place(removing, i, cell.Removing, cell.Growth);
            }

            if (i < adding.Count)
            {
                Place(adding, adding.Count - 1 - i, cell.Adding, cell.Growth);
            }

            double v = (_multiplier * cell.Upper) - (_inverse / 2);
            if (i == removing.Count - 1)
            {
                removing.Above = (_rate * NormalLoss.Cumulative(-v)) + (_rest * NormalLoss.Cumulative(-v - _inverse));
            }

            if (i == adding.Count - 1)
            {
                adding.Below = NormalLoss.Cumulative(-v - _inverse);
            }

            largest = Math.Max(largest, Math.Abs(cell.Upper));
        }

        double edge = NearOne.LogOfOnePlus(-_rate);
        double lossError =
            16 * NearOne.UnitRoundoff * (largest + Math.Abs(_logOdds) + (2 * _step * (count + 1)) + Math.Abs(edge));
        double reach = NormalLoss.Reach(tail) + 1;
        double massError =
            NormalLoss.DensityError(reach, _inverse) + (16 * NearOne.UnitRoundoff * reach * _multiplier * largest);
        (removing.LossError, removing.MassError) = (lossError, massError);
        (adding.LossError, adding.MassError) = (lossError, massError);
        double offset = edge + first - _step;
        return (LossMasses.Of(removing, offset, _step), LossMasses.Of(adding, -offset - (_step * adding.Count), _step));

        static void Place(LossCells cells, int i, (double Rising, double Falling) cell, double growth) =>
            NormalLoss.Place(cells, i, cell.Rising, cell.Falling, growth);
    }

    // How far the first point lies beyond the edge. What lies below a point can be raised to it only if enough lies above it
    // (LossCells), and near the edge the masses do not change smoothly: of some places the one that wastes least is taken.
    private double FirstPoint()
    {
        const int Places = 10;
        const int Near = 8;
        (double best, double least) = (_step, double.PositiveInfinity);
        for (int place = 1; place <= Places; place++)
        {
            double first = _step * place / Places;
            LossCells cells = new(Near);
            for (int i = 0; i < Near; i++)
            {
                Cell cell = Make(i, first);
                NormalLoss.Place(cells, i, cell.Removing.Rising, cell.Removing.Falling, cell.Growth);
            }

            double wasted = cells.WastedBelow(Near - 2, _step);
            (best, least) = wasted < least ? (first, wasted) : (best, least);
        }

        return best;
    }

    // Cell 0 ends at the first point; point i > 0 is where 1 − q + q·e^y = (1 − q)·e^(first + (i − 1)·step).
    private Cell Make(int i, double first)
    {
        double above = first + (_step * i);
        double upper = NearOne.LogOfExpMinusOne(above) - _logOdds;
        double odds = _rate / _rest;
        if (i == 0)
        {
            // The lower point is below the edge by this much.
            double outside = _step - first;
            double v = (_multiplier * upper) - (_inverse / 2);
            double all = NormalTail.Cumulative(v + _inverse);
            double shifted = NormalTail.Cumulative(v);
            double width = (Math.Max(v + _inverse, 0) + Farthest) * _inverse;
            (_, double fall) = NormalCell.Integrals(v - (_multiplier * width), width, _multiplier);
            return new(
                upper,
                NearOne.ExpMinusOne(_step),
                ((_rate * shifted) - (_rest * NearOne.ExpMinusOne(-outside) * all), _rate * fall),
                (
                    odds * Math.Exp(-above) * fall,
                    (NearOne.ExpMinusOne(outside) * all) + (Math.Exp(outside) * odds * shifted)
                )
            );
        }

        // The true distance of the points as they were computed, so that an error of y is an error of losses only.
        double below = first + (_step * (i - 1));
        double lower = NearOne.LogOfExpMinusOne(below) - _logOdds;
        double growth = -NearOne.ExpMinusOne(-below) * NearOne.ExpMinusOne(upper - lower);
        (double rising, double falling) = NormalCell.Integrals(
            (_multiplier * lower) - (_inverse / 2),
            upper - lower,
            _multiplier
        );

        // Adding a unit is mirrored: the upper end becomes the lower one.
        return new(
            upper,
            growth,
            (_rate * rising, _rate * falling),
            (odds * Math.Exp(-above) * falling, odds * Math.Exp(-below) * rising)
        );
    }

    // What a cell holds beyond its lower and below its upper end, for removing a unit and for adding one.
    private readonly record struct Cell(
        double Upper,
        double Growth,
        (double Rising, double Falling) Removing,
        (double Rising, double Falling) Adding
    );
}
