using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Who masks with whom and who holds whose shares, once the cohort is fixed. spec 03-masking#graph-2</summary>
/// <remarks>
/// Everybody with everybody on the complete graph; on the sparse one (Bell et al., CCS 2020) each member with its k
/// neighbours on a ring in an order drawn from K, which every party draws for itself. Immutable and thread-safe.
/// </remarks>
internal sealed class MaskGraph
{
    private const int BlockWords = Digest.SizeInBytes / sizeof(uint);

    // The ring: which member stands at a place, and where each member stands. Empty on the complete graph.
    private readonly ushort[] _memberAt;
    private readonly ushort[] _placeOf;

    // Sorted once each: the places of holders are looked up for every share. Threads that race write the same list.
    private readonly ImmutableArray<ushort>[] _neighbours;

    private MaskGraph(
        PartySet members,
        int threshold,
        int effectiveCohort,
        int lyingNeighbours,
        int neighbours,
        ushort[] memberAt,
        ushort[] placeOf
    )
    {
        (Members, Threshold, EffectiveCohort) = (members, threshold, effectiveCohort);
        LyingNeighbours = lyingNeighbours;
        (Neighbours, _memberAt, _placeOf) = (neighbours, memberAt, placeOf);
        _neighbours = new ImmutableArray<ushort>[memberAt.Length];
    }

    /// <summary>U1.</summary>
    public PartySet Members { get; }

    /// <summary>t: how many holders rebuild a dealer's secret.</summary>
    public int Threshold { get; }

    /// <summary>The least number of honest inputs in what a lying server learns: t − c, on a sparse graph t − t1.</summary>
    public int EffectiveCohort { get; }

    /// <summary>How many neighbours of one party lie at most: c, on a sparse graph a smaller bound. spec 03-masking#blame-1</summary>
    public int LyingNeighbours { get; }

    /// <summary>k, the number of parties that each member masks with.</summary>
    public int Neighbours { get; }

    /// <summary>The position in the cohort of the member at each place of the ring; empty on the complete graph.</summary>
    public IReadOnlyList<ushort> Ring => _memberAt;

    private bool IsComplete => _memberAt.Length == 0;

    /// <summary>Derives the graph of a cohort; null when the cohort is too small or too thin for a sparse one (A6).</summary>
    /// <param name="descriptor">A descriptor that passed <see cref="DescriptorRules.Check"/>.</param>
    /// <param name="k">K.</param>
    /// <param name="members">U1.</param>
    public static MaskGraph? TryCreate(RoundDescriptor descriptor, Digest k, PartySet members)
    {
        if (descriptor.Scheme != SchemeKind.MaskedSparse)
        {
            return new MaskGraph(
                members,
                descriptor.Threshold,
                DescriptorRules.EffectiveCohort(descriptor.Threshold, descriptor.CollusionBound),
                descriptor.CollusionBound,
                members.Count - 1,
                [],
                []
            );
        }

        // spec 03-masking#graph-1
        GraphParameters? size = GraphSizing.ForRound(
            members.Count,
            descriptor.CollusionBound,
            descriptor.MinimumSurvivors
        );
        if (size is null)
        {
            return null;
        }

        ushort[] memberAt = Shuffle(k, members.Count);
        ushort[] placeOf = new ushort[memberAt.Length];
        for (int place = 0; place < memberAt.Length; place++)
        {
            placeOf[memberAt[place]] = (ushort)place;
        }

        return new MaskGraph(
            members,
            size.Threshold,
            size.EffectiveCohort,
            GraphSizing.LyingNeighbours(members.Count, descriptor.CollusionBound, size.Neighbours),
            size.Neighbours,
            memberAt,
            placeOf
        );
    }

    /// <summary>The members that a member masks with, ascending, itself not among them.</summary>
    public ImmutableArray<ushort> NeighboursOf(ushort member)
    {
        if (IsComplete)
        {
            return Members.Members.Remove(member);
        }

        int position = PositionOf(member);
        if (_neighbours[position].IsDefault)
        {
            _neighbours[position] = Around(_placeOf[position]);
        }

        return _neighbours[position];
    }

    // spec 03-masking#graph-3: the k/2 places on either side.
    private ImmutableArray<ushort> Around(int place)
    {
        ushort[] neighbours = new ushort[Neighbours];
        for (int i = 0; i < neighbours.Length; i++)
        {
            int step = (i / 2) + 1;
            int other = (place + ((i & 1) == 0 ? step : _memberAt.Length - step)) % _memberAt.Length;
            neighbours[i] = Members.Members[_memberAt[other]];
        }

        Array.Sort(neighbours);
        return ImmutableCollectionsMarshal.AsImmutableArray(neighbours);
    }

    /// <summary>
    /// The holders of a dealer's shares, ascending: its neighbours, and on the complete graph itself. The relation is
    /// symmetric: these are also the dealers whose shares it holds. spec 03-masking#shares-2
    /// </summary>
    public ImmutableArray<ushort> HoldersOf(ushort dealer) => IsComplete ? Members.Members : NeighboursOf(dealer);

    /// <summary>The holder's place in the dealer's list of holders; its evaluation point is one more.</summary>
    /// <returns>Negative when the party holds no share of the dealer.</returns>
    public int PlaceOf(ushort holder, ushort dealer) => HoldersOf(dealer).AsSpan().BinarySearch(holder);

    private int PositionOf(ushort member)
    {
        int position = Members.Members.AsSpan().BinarySearch(member);
        Invariant.Check(position >= 0, "a graph is asked about members of its cohort only");
        return position;
    }

    // spec 03-masking#graph-2: Fisher-Yates from the last place down, each draw uniform by rejection.
    private static ushort[] Shuffle(Digest k, int count)
    {
        ushort[] order = new ushort[count];
        for (int i = 0; i < count; i++)
        {
            order[i] = (ushort)i;
        }

        GraphWords words = new(k);
        for (int i = count - 1; i > 0; i--)
        {
            int j = words.Below((uint)i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }

    /// <summary>The public numbers that order the ring: 8 words from each block H(label, K, block number).</summary>
    private sealed class GraphWords(Digest k)
    {
        private readonly byte[] _block = new byte[Digest.SizeInBytes];
        private uint _blocks;
        private int _used = BlockWords;

        public int Below(uint bound)
        {
            // The largest multiple of the bound among the 2^32 values of a word; words from there on are thrown away.
            ulong limit = (1UL << 32) / bound * bound;
            uint word;
            do
            {
                word = Next();
            } while (word >= limit);

            return (int)(word % bound);
        }

        private uint Next()
        {
            if (_used == BlockWords)
            {
                WireWriter writer = new(stackalloc byte[64]);
                writer.Label(Labels.Graph);
                writer.Digest(k);
                writer.U32(_blocks++);
                SHA256.HashData(writer.Written, _block);
                _used = 0;
            }

            return BinaryPrimitives.ReadUInt32LittleEndian(_block.AsSpan(sizeof(uint) * _used++));
        }
    }
}
