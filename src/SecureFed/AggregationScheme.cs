using SecureFed.Protocol;

namespace SecureFed;

/// <summary>How the inputs of a sum are protected from the server and from each other. A closed family without a default.</summary>
/// <remarks>Immutable and thread-safe. What depends on the number of participants is checked when the plan is made.</remarks>
public abstract class AggregationScheme
{
    private AggregationScheme() { }

    /// <summary>The registered kind for that many enrolled participants.</summary>
    public abstract SchemeKind KindFor(int participants);

    /// <summary>U: with fewer inputs than this there is no sum.</summary>
    public abstract int MinimumSurvivors { get; }

    /// <summary>
    /// Pairwise masks, secure against a server that lies: on the complete graph up to 256 participants, on a sparse graph
    /// from 257 to 4,096, where each masks with a few neighbours that the cohort's keys decide.
    /// </summary>
    /// <param name="minimumSurvivors">U, t ≤ U ≤ n: the least number of inputs in a sum. n − U parties may drop out.</param>
    /// <param name="collusionBound">c, 0 ≤ c &lt; t: how many parties may work together with the server. No default: it decides what the sum hides in.</param>
    /// <param name="threshold">t, 2t &gt; n + c: how many parties must sign the set of survivors, and on the complete graph help to unmask. Default: the least admissible for the plan's n and c.</param>
    public static AggregationScheme PairwiseMasked(int minimumSurvivors, int collusionBound, int? threshold = null) =>
        new Masked(minimumSurvivors, collusionBound, threshold);

    /// <summary>Plain vectors to the server. For tests and baselines: the server sees every input.</summary>
    /// <param name="because">Why that is acceptable, 1 to 200 UTF-8 bytes. Every participant sees it and must agree.</param>
    /// <param name="minimumSurvivors">U, 1 ≤ U ≤ n.</param>
    /// <exception cref="ArgumentException">The reason is empty or too long.</exception>
    public static AggregationScheme Unprotected(string because, int minimumSurvivors = 1) =>
        new Plain(Reasons.Check(because, nameof(because)), minimumSurvivors);

    /// <summary>Pairwise masks.</summary>
    public sealed class Masked : AggregationScheme
    {
        internal Masked(int minimumSurvivors, int collusionBound, int? threshold) =>
            (MinimumSurvivors, CollusionBound, Threshold) = (minimumSurvivors, collusionBound, threshold);

        /// <inheritdoc/>
        public override SchemeKind KindFor(int participants) => DescriptorRules.MaskedSchemeFor(participants);

        /// <inheritdoc/>
        public override int MinimumSurvivors { get; }

        /// <summary>c.</summary>
        public int CollusionBound { get; }

        /// <summary>t as asked for; null for the least admissible.</summary>
        public int? Threshold { get; }

        /// <summary>For example "pairwise masks, U = 7, c = 1".</summary>
        public override string ToString() =>
            $"pairwise masks, U = {MinimumSurvivors}, c = {CollusionBound}{(Threshold is { } t ? $", t = {t}" : string.Empty)}";
    }

    /// <summary>Vectors in the clear.</summary>
    public sealed class Plain : AggregationScheme
    {
        internal Plain(string because, int minimumSurvivors) =>
            (Because, MinimumSurvivors) = (because, minimumSurvivors);

        /// <inheritdoc/>
        public override SchemeKind KindFor(int participants) => SchemeKind.Unprotected;

        /// <inheritdoc/>
        public override int MinimumSurvivors { get; }

        /// <summary>Why that is acceptable.</summary>
        public string Because { get; }

        /// <summary>For example "unprotected (baseline)".</summary>
        public override string ToString() => $"unprotected ({Because})";
    }
}
