using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The fixed cohort U1 of an attempt: its members' keys, their order and the digest K. spec 03-masking#cohort-2</summary>
/// <remarks>Immutable. Positions in the cohort give the Shamir evaluation points: x = 1 + position. spec 03-masking#shares-2</remarks>
internal sealed class CohortView
{
    private readonly Dictionary<ushort, int> _positions = [];

    public CohortView(
        RoundDescriptor descriptor,
        Digest descriptorDigest,
        ImmutableArray<ProtocolMessage.KeyAdvertisement> advertisements
    )
    {
        Advertisements = advertisements;
        Digest = RoundDigests.Cohort(descriptorDigest, advertisements);
        Members = PartySet.Of(descriptor.Roster.Length, advertisements.Select(entry => entry.Sender));
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
    public PartySet Members { get; }

    /// <summary>Number of members.</summary>
    public int Count => Advertisements.Length;

    /// <summary>The position of a member.</summary>
    public int PositionOf(ushort index) => _positions[index];

    /// <summary>The Shamir evaluation point of a holder.</summary>
    public ushort EvaluationPointOf(ushort index) => checked((ushort)(1 + _positions[index]));

    /// <summary>The advertisement of a member.</summary>
    public ProtocolMessage.KeyAdvertisement Of(ushort index) => Advertisements[_positions[index]];

    /// <summary>The leaves of a dealer's share tree, in cohort order.</summary>
    public Digest[] LeavesOf(ushort dealer, ImmutableArray<DealtShare> shares)
    {
        Digest[] leaves = new Digest[shares.Length];
        for (int position = 0; position < leaves.Length; position++)
        {
            leaves[position] = ShareTree.Leaf(Digest, dealer, Advertisements[position].Sender, shares[position]);
        }

        return leaves;
    }
}
