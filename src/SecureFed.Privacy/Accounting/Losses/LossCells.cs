namespace SecureFed.Privacy.Losses;

/// <summary>
/// The loss of one release cut into cells of one width. Of each cell its probability is known, in two parts: what has to
/// stand on its lower and what on its upper end so that the cell keeps both its probability and its mean of e^−loss.
/// </summary>
/// <param name="count">How many cells; they lie between count + 1 points.</param>
internal sealed class LossCells(int count)
{
    /// <summary>How many cells there are.</summary>
    public int Count => count;

    /// <summary>The parts that stand on the lower ends.</summary>
    public double[] Low { get; } = new double[count];

    /// <summary>The parts that stand on the upper ends.</summary>
    public double[] High { get; } = new double[count];

    /// <summary>Probabilities of losses that lie on a point.</summary>
    public double[] Points { get; } = new double[count + 1];

    /// <summary>The probability of losses below the first point.</summary>
    public double Below { get; set; }

    /// <summary>The probability of finite losses above the last point.</summary>
    public double Above { get; set; }

    /// <summary>The probability of an infinite loss.</summary>
    public double Infinite { get; set; }

    /// <inheritdoc cref="LossMasses.MassError"/>
    public double MassError { get; set; }

    /// <inheritdoc cref="LossMasses.LossError"/>
    public double LossError { get; set; }

    /// <summary>
    /// spec 02-privacy#loss-2: both parts on their ends, which is the chord of δ as a function of e^ε over each cell; what
    /// lies below the first point is moved up to it.
    /// </summary>
    public double[] Upper()
    {
        double[] masses = (double[])Points.Clone();
        masses[0] += Below;
        for (int i = 0; i < count; i++)
        {
            masses[i] += Low[i];
            masses[i + 1] += High[i];
        }

        return masses;
    }

    /// <summary>
    /// spec 02-privacy#loss-3: each cell gives a share of itself to its upper point and the rest to its lower one, so that
    /// what meets on a point, taken as one outcome, has at least the point's loss; what lies outside is dropped.
    /// </summary>
    public double[] Lower(double step)
    {
        double[] masses = (double[])Points.Clone();
        double[] raised = SharesRaised(step);
        for (int i = 0; i < count; i++)
        {
            double all = Low[i] + High[i];
            masses[i] += (1 - raised[i]) * all;
            masses[i + 1] += raised[i] * all;
        }

        return masses;
    }

    /// <summary>How much of what lies above the first points serves to raise nothing in the lower bound.</summary>
    /// <param name="points">How many points.</param>
    /// <param name="step">The width of a cell.</param>
    public double WastedBelow(int points, double step)
    {
        double[] raised = SharesRaised(step);
        double wasted = 0;
        for (int i = 0; i < points; i++)
        {
            double used = i == 0 ? 0 : raised[i - 1] * Low[i - 1] * Math.Exp(step);
            wasted += ((1 - raised[i]) * High[i]) - used;
        }

        return wasted;
    }

    // The share f of cell i−1 that is raised to point i needs as much weight from above: (1 − f[i])·High[i] ≥
    // f[i−1]·Low[i−1]·e^step. With the quotient c[i] of the two weights, f[i−1] = c[i]/(1 + c[i]) does that wherever the
    // logarithms of the masses bend down, and misses little elsewhere; less may be raised, so the smaller of both is. Then
    // shares grow by what is left on both sides.
    private double[] SharesRaised(double step)
    {
        double[] shares = new double[count];
        double growth = Math.Exp(step);
        for (int i = count - 1; i > 0; i--)
        {
            double weight = Weight(i);
            shares[i - 1] = Math.Min(weight / (1 + weight), (1 - shares[i]) * weight);
        }

        for (int i = 1; i < count; i++)
        {
            double most = (1 - shares[i]) * Weight(i);
            double free = i == 1 ? 1 : 1 - (shares[i - 2] / Weight(i - 1));
            double share = Math.Min(most, free);
            shares[i - 1] = share > shares[i - 1] ? share : shares[i - 1];
        }

        return shares;

        // Where the cell below has nothing to raise, any share will do.
        double Weight(int i) => Low[i - 1] == 0 ? 1e100 : Math.Min(1e100, High[i] / (Low[i - 1] * growth));
    }
}
