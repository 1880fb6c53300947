using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Losses;

/// <summary>Losses that never leave [−ε, ε]: those of Laplace noise, and those of a mechanism of which only (ε, δ) is known. spec 02-privacy#loss-1</summary>
/// <remarks>The first point is −ε exactly. Both directions lose the same.</remarks>
internal static class BoundedLoss
{
    private const double MassError = 1e-14;

    /// <summary>Laplace noise: ε with probability 1/2, −ε with e^−ε/2, and density e^((l − ε)/2)/4 between.</summary>
    /// <param name="epsilon">ε, one over the scale.</param>
    /// <param name="step">The width of a cell.</param>
    public static LossMasses Laplace(double epsilon, double step)
    {
        (int count, bool isWhole) = Cells(epsilon, step);
        LossCells cells = new(count) { MassError = MassError, LossError = LossError(epsilon, step) };
        double growth = NearOne.ExpMinusOne(step);
        for (int i = 0; i < count; i++)
        {
            // ∫ e^(t/2)·(1 − e^−t) = 2·up·down and ∫ e^(t/2)·(e^(step − t) − 1) = 2·down·(growth − up) over the filled part.
            double filled = isWhole ? step : Math.Min(step, (2 * epsilon) - (step * i));
            double factor = Math.Exp((step * i / 2) - epsilon) / 4;
            double up = NearOne.ExpMinusOne(filled / 2);
            double down = -NearOne.ExpMinusOne(-filled / 2);
            double rising = 2 * factor * up * down;
            double falling = 2 * factor * down * (growth - up);
            cells.Low[i] = falling / growth;
            cells.High[i] = rising * (1 + growth) / growth;
        }

        cells.Points[0] += Math.Exp(-epsilon) / 2;
        PlaceLargest(cells, epsilon, step, 0.5);
        return LossMasses.Of(cells, -epsilon, step);
    }

    /// <summary>
    /// The mechanism that is at least as bad as every (ε, δ)-private one: it reveals all with probability δ and is randomised
    /// response of ε otherwise (Kairouz, Oh and Viswanath, ICML 2015).
    /// </summary>
    /// <param name="epsilon">ε.</param>
    /// <param name="delta">δ.</param>
    /// <param name="step">The width of a cell.</param>
    public static LossMasses Approximate(double epsilon, double delta, double step)
    {
        (int count, _) = Cells(epsilon, step);
        LossCells cells = new(count)
        {
            Infinite = delta,
            MassError = MassError,
            LossError = LossError(epsilon, step),
        };
        cells.Points[0] += (1 - delta) / (1 + Math.Exp(epsilon));
        PlaceLargest(cells, epsilon, step, (1 - delta) / (1 + Math.Exp(-epsilon)));
        return LossMasses.Of(cells, -epsilon, step);
    }

    // The probability of the loss ε, on the last point or in the last cell.
    private static void PlaceLargest(LossCells cells, double epsilon, double step, double mass)
    {
        (int count, bool isWhole) = Cells(epsilon, step);
        if (isWhole)
        {
            cells.Points[count] += mass;
            return;
        }

        double inside = (2 * epsilon) - (step * (count - 1));
        double growth = NearOne.ExpMinusOne(step);
        cells.Low[count - 1] += mass * NearOne.ExpMinusOne(step - inside) / growth;
        cells.High[count - 1] += mass * -NearOne.ExpMinusOne(-inside) * (1 + growth) / growth;
    }

    private static (int Count, bool IsWhole) Cells(double epsilon, double step)
    {
        double cells = 2 * epsilon / step;
        double whole = Math.Round(cells);
        bool isWhole = Math.Abs(cells - whole) <= 1e-12 * whole;
        return (checked((int)(isWhole ? whole : Math.Ceiling(cells))), isWhole);
    }

    // What counts as a whole number of cells is one within 10^-12.
    private static double LossError(double epsilon, double step) => 4e-12 * (epsilon + step);
}
