using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Losses;

/// <summary>The losses of Gaussian noise: v/z + 1/(2z²) with normal v. Both directions lose the same. spec 02-privacy#loss-1</summary>
internal static class NormalLoss
{
    // z of several releases as one is a root of a sum.
    private const double MultiplierError = 1e-12;

    /// <summary>The losses on points of one distance.</summary>
    /// <param name="noiseMultiplier">z.</param>
    /// <param name="step">The width of a cell.</param>
    /// <param name="tail">The probability that may be cut off at each end.</param>
    public static LossMasses Of(double noiseMultiplier, double step, double tail)
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
        cells.LossError = 8 * NearOne.UnitRoundoff * (Math.Abs(offset) + (2 * step * (count + 1)));

        // An error of z moves v by v + 1/(2z) times as much, and φ(v) by |v| times that.
        cells.MassError = DensityError(reach, inverse) + (2 * MultiplierError * (reach + 1) * (reach + inverse));
        return LossMasses.Of(cells, offset, step);
    }

    /// <summary>t with Φ(−t) ≤ tail.</summary>
    public static double Reach(double tail) => Math.Sqrt(-2 * Math.Log(tail));

    /// <summary>Φ(x), never below, and no less than what a double can say.</summary>
    public static double Cumulative(double x) => (NormalTail.Cumulative(x) * (1 + NormalTail.RelativeError)) + 1e-305;

    /// <summary>The relative error of a mass: of φ(v) and of φ(v)·e^t the rounding of v and of the exponent, and what is a few units only.</summary>
    /// <param name="reach">The largest |v|.</param>
    /// <param name="inverse">1/z.</param>
    public static double DensityError(double reach, double inverse) =>
        1e-14 + (8 * NearOne.UnitRoundoff * (reach + 1 + inverse) * (reach + 1 + inverse));

    /// <summary>Splits what a cell holds beyond its ends into the parts that stand on them.</summary>
    /// <param name="cells">The cells.</param>
    /// <param name="i">The cell.</param>
    /// <param name="rising">E[1 − e^(lower end − loss)] over the cell.</param>
    /// <param name="falling">E[e^(upper end − loss) − 1] over the cell.</param>
    /// <param name="growth">e^width − 1.</param>
    public static void Place(LossCells cells, int i, double rising, double falling, double growth)
    {
        cells.Low[i] = falling / growth;
        cells.High[i] = rising * (1 + growth) / growth;
    }
}
