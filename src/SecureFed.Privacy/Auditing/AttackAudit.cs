using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy;

/// <summary>
/// What ε a mechanism has at least, by the successes of an attack that tells whether a planted example, a canary, was there.
/// An ε that was promised below this is broken. spec 02-privacy#audit-1
/// </summary>
/// <remarks>Every bound is rounded down. Pure and thread-safe.</remarks>
public static class AttackAudit
{
    /// <summary>The most canaries of one kind.</summary>
    public const int LargestCount = BinomialDistribution.LargestCount;

    /// <summary>
    /// A lower bound on ε from attacks in independent runs, half of them with the canary: Clopper and Pearson's upper bounds
    /// (Biometrika 26, 1934) on the rates of both errors.
    /// </summary>
    /// <param name="canariesIn">Runs in which the canary was there, 1 to 10^7.</param>
    /// <param name="truePositives">In how many of them the attack said so.</param>
    /// <param name="canariesOut">Runs in which it was not, 1 to 10^7.</param>
    /// <param name="falsePositives">In how many of them the attack said that it was.</param>
    /// <param name="delta">δ of the promise, 0 to below 1.</param>
    /// <param name="errorProbability">How likely the bound may be above the true ε, 10^-300 to 1/2: for example 10^-6.</param>
    /// <returns>ε, 0 where the attack proves nothing.</returns>
    /// <exception cref="PrivacyDomainException">δ or the probability is outside its domain.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A count is out of range.</exception>
    public static double LowerBound(
        int canariesIn,
        int truePositives,
        int canariesOut,
        int falsePositives,
        double delta,
        double errorProbability
    )
    {
        RequireCount(truePositives, canariesIn, nameof(truePositives), nameof(canariesIn));
        RequireCount(falsePositives, canariesOut, nameof(falsePositives), nameof(canariesOut));
        RequireProbabilities(delta, errorProbability);

        // The rates of both errors are bounded together, each at half the probability.
        double missed = UpperBound(canariesIn, canariesIn - truePositives, errorProbability / 2);
        double alarmed = UpperBound(canariesOut, falsePositives, errorProbability / 2);
        double proved = Math.Max(Ratio(missed, alarmed, delta), Ratio(alarmed, missed, delta));
        return Math.Max(0, proved - (1e-14 * (1 + proved)));
    }

    /// <summary>
    /// A lower bound on ε from one run with many canaries, each there by the toss of its own fair coin (Steinke, Nasr and
    /// Jagielski, NeurIPS 2023, theorem 5.2). spec 02-privacy#audit-2
    /// </summary>
    /// <param name="canaries">m, 1 to 10^7: all whose coin was tossed.</param>
    /// <param name="guesses">r ≤ m: those of which the attack said "there" or "not there".</param>
    /// <param name="correct">v ≤ r: how often it was right.</param>
    /// <param name="delta">δ of the promise, 0 to 1/(2m).</param>
    /// <param name="errorProbability">How likely the bound may be above the true ε, 10^-300 to 1/2: for example 10^-6.</param>
    /// <returns>ε, 0 where the attack proves nothing.</returns>
    /// <remarks>Takes time in proportion to <paramref name="correct"/>, a hundred times.</remarks>
    /// <exception cref="PrivacyDomainException">δ or the probability is outside its domain.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A count is out of range.</exception>
    public static double OneRunLowerBound(int canaries, int guesses, int correct, double delta, double errorProbability)
    {
        RequireCount(guesses, canaries, nameof(guesses), nameof(canaries));
        RequireCount(correct, guesses, nameof(correct), nameof(guesses));
        RequireProbabilities(delta, errorProbability);
        RequireSmall(delta, canaries);
        if (guesses == 0 || LikelihoodFromAbove(canaries, guesses, correct, 0, delta) > errorProbability)
        {
            return 0;
        }

        double excluded = 0;
        double possible = 1;
        while (LikelihoodFromAbove(canaries, guesses, correct, possible, delta) <= errorProbability)
        {
            (excluded, possible) = (possible, 2 * possible);
        }

        while (true)
        {
            double middle = excluded + ((possible - excluded) / 2);
            if (middle <= excluded || middle >= possible || possible - excluded < 1e-13 * possible)
            {
                return excluded;
            }

            (excluded, possible) =
                LikelihoodFromAbove(canaries, guesses, correct, middle, delta) <= errorProbability
                    ? (middle, possible)
                    : (excluded, middle);
        }
    }

    /// <summary>How likely at least so many guesses of one run are right, at most, when the run is (ε, δ)-private: theorem 5.2 itself.</summary>
    /// <param name="canaries">m, 1 to 10^7.</param>
    /// <param name="guesses">r ≤ m.</param>
    /// <param name="correct">v ≤ r.</param>
    /// <param name="epsilon">ε, 0 to 100,000.</param>
    /// <param name="delta">δ, 0 to 1/(2m).</param>
    /// <returns>A probability, never below that of the theorem.</returns>
    /// <exception cref="PrivacyDomainException">ε or δ is outside its domain.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A count is out of range.</exception>
    public static double OneRunLikelihood(int canaries, int guesses, int correct, double epsilon, double delta)
    {
        RequireCount(guesses, canaries, nameof(guesses), nameof(canaries));
        RequireCount(correct, guesses, nameof(correct), nameof(guesses));
        Domain.Epsilon(epsilon);
        RequireSmall(delta, canaries);
        return LikelihoodFromAbove(canaries, guesses, correct, epsilon, delta);
    }

    // spec 02-privacy#audit-2: f(v) + 2mδ·max_i (f(v − i) − f(v))/i. f(v − i) − f(v) is the sum of i probabilities.
    private static double LikelihoodFromAbove(int canaries, int guesses, int correct, double epsilon, double delta)
    {
        double wrong = Math.Exp(-epsilon);
        if (guesses == 0 || correct == 0 || wrong == 0)
        {
            return 1;
        }

        BinomialDistribution right = new(guesses, 1 / (1 + wrong), wrong / (1 + wrong));
        double steepest = 0;
        double sum = 0;
        for (int i = 1; delta > 0 && i <= correct; i++)
        {
            sum += right.Probability(correct - i);
            steepest = Math.Max(steepest, sum / i);

            // No later quotient is larger: the sum stays at most 1.
            if (steepest * (i + 1) >= 1)
            {
                break;
            }
        }

        double likelihood = right.AtLeast(correct) + (2 * delta * canaries * steepest);
        return Math.Min(1, likelihood * (1 + (2 * right.RelativeError(correct)) + (2 * right.RelativeError(0))));
    }

    // The largest rate at which so few events still have this probability, rounded up.
    private static double UpperBound(int trials, int events, double probability)
    {
        if (events == trials)
        {
            return 1;
        }

        // Over the log-odds, so that small rates keep their digits: from 10^-26, where the tail is above 1/2, to what is
        // answered as 1.
        double low = -60;
        double high = 40;
        while (true)
        {
            double middle = low + ((high - low) / 2);
            if (middle <= low || middle >= high)
            {
                return Math.Min(1, 1 / (1 + Math.Exp(-high)) * (1 + (16 * NearOne.UnitRoundoff)));
            }

            double failure = 1 / (1 + Math.Exp(middle));
            double success = 1 / (1 + Math.Exp(-middle));
            BinomialDistribution distribution = new(trials, success, failure);
            double tail = distribution.AtMost(events) * (1 + distribution.RelativeError(events));
            (low, high) = tail <= probability ? (low, middle) : (middle, high);
        }
    }

    // ln((1 − δ − a)/b), or less than nothing.
    private static double Ratio(double one, double other, double delta)
    {
        double numerator = 1 - one - delta - (4 * NearOne.UnitRoundoff);
        return numerator > 0 ? Math.Log(numerator / other) : -1;
    }

    private static void RequireCount(int count, int trials, string countName, string trialsName)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, trialsName == "guesses" ? 0 : 1, trialsName);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(trials, LargestCount, trialsName);
        ArgumentOutOfRangeException.ThrowIfNegative(count, countName);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, trials, countName);
    }

    private static void RequireProbabilities(double delta, double errorProbability)
    {
        if (!(delta is >= 0 and < 1))
        {
            throw new PrivacyDomainException(nameof(delta), delta, "from 0 to below 1", "It is the δ of the promise.");
        }

        if (!(errorProbability is >= Domain.MinimumDelta and <= 0.5))
        {
            throw new PrivacyDomainException(
                nameof(errorProbability),
                errorProbability,
                "from 1e-300 to 1/2",
                "It is one minus the confidence, for example 1e-6."
            );
        }
    }

    // The likelihood grows with ε up to here, so that the bound is the one place where it crosses the error probability.
    private static void RequireSmall(double delta, int canaries)
    {
        if (!(delta >= 0 && 2 * delta * canaries <= 1))
        {
            throw new PrivacyDomainException(
                nameof(delta),
                delta,
                "from 0 to one over twice the number of canaries",
                "Plant fewer canaries, or judge a promise of a smaller δ."
            );
        }
    }
}
