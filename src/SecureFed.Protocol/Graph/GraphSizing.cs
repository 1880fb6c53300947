using System.Globalization;

namespace SecureFed.Protocol;

/// <summary>
/// Sizes the sparse graph of SecAgg+ (Bell, Bonawitz, Gascón, Lepoint, Raykova, CCS 2020, ePrint 2020/704): how many
/// neighbours each client has, and how many of them reveal its secrets.
/// </summary>
/// <remarks>
/// Not a closed-form bound but a search over exact tails of the hypergeometric distribution. Pure, deterministic,
/// thread-safe; time grows with the number of neighbours found, and with n when there is no solution. The sessions of this
/// version run on the complete graph: nothing calls this to configure a round.
/// </remarks>
public static class GraphSizing
{
    /// <summary>A graph with an even number of neighbours needs 3 clients.</summary>
    public const int MinimumClients = 3;

    /// <summary>The most clients a graph is sized for. Products of two numbers up to this are exact in a double.</summary>
    public const int MaximumClients = 10_000_000;

    /// <summary>The most secrecy or failure bits.</summary>
    public const int MaximumBits = 256;

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
        int clients = requirements.Clients;
        int corrupt = requirements.Corrupt;
        int dropped = requirements.Dropped;
        // Secrecy is lost when the graph falls apart or when corrupt neighbours reach the threshold: half of 2^-σ each.
        int eventBits = requirements.SecrecyBits + 1;
        Connectivity connectivity = new(clients, corrupt + dropped, eventBits);
        HypergeometricTail corruptTail = new(clients, corrupt, eventBits, isStrict: false);
        HypergeometricTail droppedTail = new(clients, dropped, requirements.FailureBits, isStrict: true);
        for (int neighbours = 1; neighbours < clients; neighbours++)
        {
            connectivity.Step();
            corruptTail.Draw();
            droppedTail.Draw();
            if (int.IsOddInteger(neighbours))
            {
                continue;
            }

            int threshold = LeastThresholdFor(requirements.Adversary, neighbours, corruptTail.Bound);
            int surviving = neighbours - droppedTail.Bound;
            if (threshold <= surviving && connectivity.IsEnough)
            {
                return new GraphParameters(
                    neighbours,
                    Math.Max(LeastThreshold, threshold),
                    corruptTail.Bound,
                    surviving
                );
            }
        }

        throw NoSolution(requirements, corrupt, dropped);
    }

    // Semi-honest: more than t1. Semi-malicious: 2t > k + t1, so that two sets of t neighbours share an honest one and the
    // server cannot collect both secrets of a client by telling its neighbours different stories.
    private static int LeastThresholdFor(GraphAdversary adversary, int neighbours, int corruptNeighbours) =>
        (adversary == GraphAdversary.SemiHonest ? corruptNeighbours : (neighbours + corruptNeighbours) / 2) + 1;

    private static GraphRefusedException NoSolution(GraphRequirements requirements, int corrupt, int dropped) =>
        new(
            GraphFault.NoSolution,
            string.Create(
                CultureInfo.InvariantCulture,
                $"No graph of {requirements.Clients} clients withstands {corrupt} corrupt and {dropped} dropped ones with {requirements.SecrecyBits} secrecy bits and {requirements.FailureBits} failure bits."
            ),
            "Lower the corrupt or the dropout share or the bits, or use more clients."
        );
}
