namespace SecureFed.Privacy.Losses;

/// <summary>
/// The loss of one release cut into cells of one width. Of each cell its probability is known, in two parts: what has to
/// stand on its lower and what on its upper end so that the cell keeps both its probability and its mean of e^−loss.
/// </summary>
/// <param name="count">How many cells; they lie between count + 1 points.</param>
internal sealed class LossCells(int count)
{
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

    // The share f of cell i−1 that is raised to point i needs as much weight from above: (1 − f[i])·High[i] ≥
    // f[i−1]·Low[i−1]·e^step. Equality is a recursion that forgets its start while the masses rise, and backwards while they
    // fall: so it runs from both ends to the heaviest cell. Where it leaves [0, 1], less is raised, which is always allowed.
    private double[] SharesRaised(double step)
    {
        double[] shares = new double[count];
        if (count == 0)
        {
            return shares;
        }

        double growth = Math.Exp(step);
        int heaviest = 0;
        for (int i = 1; i < count; i++)
        {
            heaviest = Low[i] + High[i] > Low[heaviest] + High[heaviest] ? i : heaviest;
        }

        for (int i = count - 1; i > heaviest; i--)
        {
            shares[i - 1] = Math.Min(1, (1 - shares[i]) * Weight(i));
        }

        double fromAbove = shares[heaviest];
        if (heaviest > 0)
        {
            double weight = Math.Min(Weight(1), 1e300);
            shares[0] = weight / (1 + weight);
        }

        for (int i = 1; i <= heaviest; i++)
        {
            double weight = Weight(i);
            double share = 1 - (shares[i - 1] / weight);
            if (!(share >= 0))
            {
                (share, shares[i - 1]) = (0, Math.Min(shares[i - 1], weight));
            }

            shares[i] = share;
        }

        shares[heaviest] = heaviest > 0 ? Math.Min(shares[heaviest], fromAbove) : fromAbove;
        return shares;

        double Weight(int i) =>
            High[i] == 0 ? 0
            : Low[i - 1] == 0 ? double.PositiveInfinity
            : High[i] / (Low[i - 1] * growth);
    }
}
