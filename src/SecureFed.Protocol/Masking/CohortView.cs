using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The fixed cohort U1 of an attempt: its members' keys, the digest K and the graph. spec 03-masking#cohort-2</summary>
/// <remarks>Immutable.</remarks>
internal sealed class CohortView
{
    private readonly Dictionary<ushort, int> _positions = [];

    private CohortView(ImmutableArray<ProtocolMessage.KeyAdvertisement> advertisements, Digest digest, MaskGraph graph)
    {
        (Advertisements, Digest, Graph) = (advertisements, digest, graph);
        for (int position = 0; position < advertisements.Length; position++)
        {
            _positions.Add(advertisements[position].Sender, position);
        }
    }

    /// <summary>The advertisements, ascending by sender.</summary>
    public ImmutableArray<ProtocolMessage.KeyAdvertisement> Advertisements { get; }

    /// <summary>K.</summary>
    public Digest Digest { get; }

    /// <summary>U1.</summary>
    public PartySet Members => Graph.Members;

    /// <summary>Who masks with whom, and who holds whose shares.</summary>
    public MaskGraph Graph { get; }

    /// <summary>Number of members.</summary>
    public int Count => Advertisements.Length;

    /// <summary>Fixes a cohort; null when no graph fits it (A6).</summary>
    /// <param name="descriptor">A descriptor that passed the rules.</param>
    /// <param name="descriptorDigest">D.</param>
    /// <param name="advertisements">Of enrolled parties, strictly ascending by sender.</param>
    public static CohortView? TryCreate(
        RoundDescriptor descriptor,
        Digest descriptorDigest,
        ImmutableArray<ProtocolMessage.KeyAdvertisement> advertisements
    )
    {
        Digest digest = RoundDigests.Cohort(descriptorDigest, advertisements);
        PartySet members = PartySet.Of(descriptor.Roster.Length, advertisements.Select(entry => entry.Sender));
        return MaskGraph.TryCreate(descriptor, digest, members) is { } graph
            ? new CohortView(advertisements, digest, graph)
            : null;
    }

    /// <summary>The advertisement of a member.</summary>
    public ProtocolMessage.KeyAdvertisement Of(ushort index) => Advertisements[_positions[index]];

    /// <summary>The leaves of a dealer's share tree, in the order of its holders.</summary>
    public Digest[] LeavesOf(ushort dealer, ImmutableArray<DealtShare> shares)
    {
        ImmutableArray<ushort> holders = Graph.HoldersOf(dealer);
        Digest[] leaves = new Digest[holders.Length];
        for (int place = 0; place < leaves.Length; place++)
        {
            leaves[place] = ShareTree.Leaf(Digest, dealer, holders[place], shares[place]);
        }

        return leaves;
    }
}
