using System.Globalization;

namespace SecureFed.Protocol;

/// <summary>
/// Sizes the sparse graph of SecAgg+ (Bell, Bonawitz, Gascón, Lepoint, Raykova, CCS 2020, ePrint 2020/704): how many
/// neighbours each client has, and how many of them reveal its secrets. spec 03-masking#sizing-1
/// </summary>
/// <remarks>
/// Not a closed-form bound but a search over exact tails of the hypergeometric distribution. Pure, deterministic,
/// thread-safe; time grows with the number of neighbours found, and with n when there is no solution. Rounds of more than
/// 256 enrolled parties run on graphs of this size: see <see cref="ForRound"/>.
/// </remarks>
public static class GraphSizing
{
    /// <summary>A graph with an even number of neighbours needs 3 clients.</summary>
    public const int MinimumClients = 3;

    /// <summary>The most clients a graph is sized for. Products of two numbers up to this are exact in a double.</summary>
    public const int MaximumClients = 10_000_000;

    /// <summary>The most secrecy or failure bits.</summary>
    public const int MaximumBits = 256;

    /// <summary>The secrecy bits of a round: 120, because the seed of its graph can be ground. spec 03-masking#graph-1</summary>
    public const int RoundSecrecyBits = 120;

    /// <summary>The failure bits of a round: 20. spec 03-masking#graph-1</summary>
    public const int RoundFailureBits = 20;

    /// <summary>The least t − t1 of a round's graph, so that few expected dropouts do not make it too thin. spec 03-masking#graph-1</summary>
    public const int RoundEffectiveCohort = 8;

    /// <summary>How sure a round has to be before it blames a party for what its neighbours say: 40 bits. spec 03-masking#blame-1</summary>
    public const int BlameBits = 40;

    // spec 03-masking#threshold-1: every Shamir threshold is at least 2. A search that ends with 1 is raised to it.
    private const int LeastThreshold = 2;

    /// <summary>Finds the least even number of neighbours, and for it the least threshold, that meet the requirements.</summary>
    /// <param name="requirements">What the graph has to withstand.</param>
    /// <returns>k from 2 to n − 1, t from 2 to k.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="requirements"/> is null.</exception>
    /// <exception cref="GraphRefusedException">A number is out of range, or no graph meets the requirements.</exception>
    public static GraphParameters Find(GraphRequirements requirements)
    {
        ArgumentNullException.ThrowIfNull(requirements);
        requirements.Check();
        return Search(
                requirements.Clients,
                requirements.Corrupt,
                requirements.Dropped,
                requirements.SecrecyBits,
                requirements.FailureBits,
                requirements.Adversary,
                leastEffectiveCohort: 0
            ) ?? throw NoSolution(requirements);
    }

    /// <summary>The graph of a round: semi-malicious, with the bits of a round, from absolute numbers. spec 03-masking#graph-1</summary>
    /// <param name="cohort">|U1|, at most <see cref="DescriptorRules.MaximumSparseCohort"/>.</param>
    /// <param name="collusionBound">c, a bound over all enrolled parties.</param>
    /// <param name="minimumSurvivors">U, at most |U1|: a client reveals nothing for fewer survivors, so at most |U1| − U drop out.</param>
    /// <returns>Null when no graph meets the requirements, and when a number is out of range.</returns>
    public static GraphParameters? ForRound(int cohort, int collusionBound, int minimumSurvivors) =>
        cohort < MinimumClients
        || cohort > DescriptorRules.MaximumSparseCohort
        || collusionBound < 0
        || collusionBound > cohort
        || minimumSurvivors < 0
        || minimumSurvivors > cohort
            ? null
            : Search(
                cohort,
                collusionBound,
                cohort - minimumSurvivors,
                RoundSecrecyBits,
                RoundFailureBits,
                GraphAdversary.SemiMalicious,
                RoundEffectiveCohort
            );

    /// <summary>The least number that the corrupt neighbours of no party exceed, but with probability 2^-40. spec 03-masking#blame-1</summary>
    /// <param name="cohort">|U1|.</param>
    /// <param name="collusionBound">c, at most |U1|.</param>
    /// <param name="neighbours">k, below |U1|.</param>
    internal static int LyingNeighbours(int cohort, int collusionBound, int neighbours)
    {
        HypergeometricTail tail = new(cohort, collusionBound, BlameBits, isStrict: false);
        for (int drawn = 0; drawn < neighbours; drawn++)
        {
            tail.Draw();
        }

        return tail.Bound;
    }

    private static GraphParameters? Search(
        int clients,
        int corrupt,
        int dropped,
        int secrecyBits,
        int failureBits,
        GraphAdversary adversary,
        int leastEffectiveCohort
    )
    {
        // Secrecy is lost when the graph falls apart or when corrupt neighbours reach the threshold: half of 2^-σ each.
        int eventBits = secrecyBits + 1;
        Connectivity connectivity = new(clients, corrupt + dropped, eventBits);
        HypergeometricTail corruptTail = new(clients, corrupt, eventBits, isStrict: false);
        HypergeometricTail droppedTail = new(clients, dropped, failureBits, isStrict: true);
        for (int neighbours = 1; neighbours < clients; neighbours++)
        {
            connectivity.Step();
            corruptTail.Draw();
            droppedTail.Draw();
            if (int.IsOddInteger(neighbours))
            {
                continue;
            }

            int threshold = LeastThresholdFor(adversary, neighbours, corruptTail.Bound);
            int surviving = neighbours - droppedTail.Bound;
            if (
                threshold <= surviving
                && threshold - corruptTail.Bound >= leastEffectiveCohort
                && connectivity.IsEnough
            )
            {
                return new GraphParameters(
                    neighbours,
                    Math.Max(LeastThreshold, threshold),
                    corruptTail.Bound,
                    surviving
                );
            }
        }

        return null;
    }

    // Semi-honest: more than t1. Semi-malicious: 2t > k + t1, so that two sets of t neighbours share an honest one and the
    // server cannot collect both secrets of a client by telling its neighbours different stories.
    private static int LeastThresholdFor(GraphAdversary adversary, int neighbours, int corruptNeighbours) =>
        (adversary == GraphAdversary.SemiHonest ? corruptNeighbours : (neighbours + corruptNeighbours) / 2) + 1;

    private static GraphRefusedException NoSolution(GraphRequirements requirements) =>
        new(
            GraphFault.NoSolution,
            string.Create(
                CultureInfo.InvariantCulture,
                $"No graph of {requirements.Clients} clients withstands {requirements.Corrupt} corrupt and {requirements.Dropped} dropped ones with {requirements.SecrecyBits} secrecy bits and {requirements.FailureBits} failure bits."
            ),
            "Lower the corrupt or the dropout share or the bits, or use more clients."
        );
}
