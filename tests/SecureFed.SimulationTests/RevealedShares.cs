using SecureFed.Protocol;

namespace SecureFed.SimulationTests;

/// <summary>What a server that sees everything has been given of the dealers' two secrets, and what follows from it.</summary>
/// <remarks>The invariants of spec 06-security: never both kinds of share of one dealer from t parties, and no small sum.</remarks>
internal sealed class RevealedShares(int parties, int threshold)
{
    private readonly HashSet<int>[] _key = [.. Enumerable.Range(0, parties).Select(_ => new HashSet<int>())];
    private readonly HashSet<int>[] _seed = [.. Enumerable.Range(0, parties).Select(_ => new HashSet<int>())];

    private HashSet<int>[]? _neighbours;

    public int Messages { get; private set; }

    /// <summary>The graph, once the cohort is fixed; until then everybody masks with everybody.</summary>
    public MaskGraph? Graph
    {
        get;
        set
        {
            field = value;
            _neighbours = value is null
                ? null
                :
                [
                    .. Enumerable
                        .Range(0, parties)
                        .Select(party => new HashSet<int>(
                            value.Members.Contains(party)
                                ? value.NeighboursOf((ushort)party).Select(other => (int)other)
                                : []
                        )),
                ];
        }
    }

    private int Threshold => Graph?.Threshold ?? threshold;

    public void Add(ProtocolMessage.UnmaskShares message)
    {
        Messages++;
        foreach (ushort dealer in message.Dealers.Members)
        {
            (message.Survivors.Contains(dealer) ? _seed : _key)[dealer].Add(message.Sender);
        }
    }

    /// <summary>Corrupt clients reveal all they hold: they count towards both kinds.</summary>
    public void AddCorrupt(int corrupt)
    {
        for (int dealer = 0; dealer < parties; dealer++)
        {
            if (_neighbours is { } neighbours && !neighbours[dealer].Contains(corrupt))
            {
                continue;
            }

            _key[dealer].Add(corrupt);
            _seed[dealer].Add(corrupt);
        }
    }

    public bool KnowsSeed(int dealer) => _seed[dealer].Count >= Threshold;

    public bool KnowsKey(int dealer) => _key[dealer].Count >= Threshold;

    public void AssertNeverBoth(IEnumerable<int> honest)
    {
        foreach (int dealer in honest)
        {
            Assert.False(KnowsKey(dealer) && KnowsSeed(dealer), $"both secrets of party {dealer} can be reconstructed");
        }
    }

    /// <summary>
    /// The honest terms of every sum that the masks allow: connected components of honest inputs under unknown pair masks,
    /// in which every self mask is known. (Any other linear combination leaves an unknown mask in.)
    /// </summary>
    public IReadOnlyList<int[]> LearnableSums(IReadOnlyCollection<int> honestInputs)
    {
        List<int[]> sums = [];
        HashSet<int> left = [.. honestInputs];
        while (left.Count > 0)
        {
            Stack<int> open = new([left.First()]);
            HashSet<int> component = [open.Peek()];
            while (open.TryPop(out int party))
            {
                foreach (int other in honestInputs)
                {
                    if (
                        other != party
                        && (_neighbours is null || _neighbours[party].Contains(other))
                        && !KnowsKey(party)
                        && !KnowsKey(other)
                        && component.Add(other)
                    )
                    {
                        open.Push(other);
                    }
                }
            }

            left.ExceptWith(component);
            if (component.All(KnowsSeed))
            {
                sums.Add([.. component.Order()]);
            }
        }

        return sums;
    }
}
