namespace SecureFed.Protocol;

/// <summary>Who said what about whose shares, and who is named when a dealer's secret cannot be rebuilt. spec 03-masking#blame-1</summary>
internal sealed class ShareBlame
{
    private readonly SortedDictionary<ushort, SortedSet<ushort>> _complaints = [];
    private readonly Dictionary<ushort, SortedSet<ushort>> _failures = [];

    /// <summary>Dealers with the holders that complained about them, ascending.</summary>
    public IReadOnlyDictionary<ushort, SortedSet<ushort>> Complaints => _complaints;

    /// <summary>A holder says, signed, that the dealer's sealed share is unusable.</summary>
    public void AddComplaint(ushort dealer, ushort holder)
    {
        if (!_complaints.TryGetValue(dealer, out SortedSet<ushort>? holders))
        {
            _complaints[dealer] = holders = [];
        }

        holders.Add(holder);
    }

    /// <summary>A holder that did not complain has forged or withheld its share of the dealer.</summary>
    public void AddFailure(ushort dealer, ushort holder)
    {
        if (!_failures.TryGetValue(dealer, out SortedSet<ushort>? holders))
        {
            _failures[dealer] = holders = [];
        }

        holders.Add(holder);
    }

    public bool HasComplained(ushort dealer, ushort holder) =>
        _complaints.TryGetValue(dealer, out SortedSet<ushort>? holders) && holders.Contains(holder);

    /// <summary>How many of a dealer's holders can be expected to reveal a share: those that did not complain.</summary>
    public int ExpectedShares(ushort dealer, IEnumerable<ushort> holders) =>
        holders.Count(holder => !HasComplained(dealer, holder));

    /// <summary>
    /// The parties named for a dealer that is short of shares: whoever forged or withheld one, and of a disagreement about
    /// a sealed share the side that must be lying when at most <paramref name="lyingNeighbours"/> neighbours of one party
    /// lie, else both sides.
    /// </summary>
    public ushort[] Named(ushort dealer, int lyingNeighbours)
    {
        SortedSet<ushort> named = [.. _failures.TryGetValue(dealer, out SortedSet<ushort>? failed) ? failed : []];
        if (!_complaints.TryGetValue(dealer, out SortedSet<ushort>? complainants))
        {
            return [.. named];
        }

        // More complaints than that about one dealer cannot all be lies; more dealers than that, blamed by one holder, cannot
        // all have cheated.
        bool dealerLies = complainants.Count > lyingNeighbours;
        ushort[] liars = [.. complainants.Where(holder => ComplaintsBy(holder) > lyingNeighbours)];
        if (dealerLies)
        {
            named.Add(dealer);
            named.UnionWith(liars);
        }
        else if (liars.Length == complainants.Count)
        {
            named.UnionWith(liars);
        }
        else
        {
            named.Add(dealer);
            named.UnionWith(complainants);
        }

        return [.. named];
    }

    private int ComplaintsBy(ushort holder) => _complaints.Values.Count(holders => holders.Contains(holder));
}
