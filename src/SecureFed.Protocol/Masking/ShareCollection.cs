using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The verified shares a server has been given at unmasking, by dealer. spec 03-masking#unmask-4</summary>
/// <remarks>Holds at most t shares of each dealer: more are not needed and not kept.</remarks>
[Secret]
internal sealed class ShareCollection : IDisposable
{
    private readonly CohortView _cohort;
    private readonly int _threshold;
    private readonly PartySet _sharers;
    private readonly PartySet _survivors;
    private readonly IReadOnlyDictionary<ushort, ProtocolMessage.EncryptedShares> _dealt;
    private readonly Dictionary<ushort, List<(ushort X, SecretBytes Share)>> _shares = [];

    public ShareCollection(
        CohortView cohort,
        PartySet sharers,
        PartySet survivors,
        IReadOnlyDictionary<ushort, ProtocolMessage.EncryptedShares> dealt
    )
    {
        (_cohort, _threshold, _sharers) = (cohort, cohort.Graph.Threshold, sharers);
        (_survivors, _dealt) = (survivors, dealt);
        foreach (ushort dealer in sharers.Members)
        {
            _shares.Add(dealer, []);
        }
    }

    /// <summary>Number of verified shares held.</summary>
    public int Count => _shares.Values.Sum(list => list.Count);

    /// <summary>Whether every dealer has t verified shares.</summary>
    public bool IsComplete => FirstShort() is null;

    /// <summary>The first dealer with fewer than t verified shares; null when there is none.</summary>
    public ushort? FirstShort()
    {
        foreach (ushort dealer in _sharers.Members)
        {
            if (_shares[dealer].Count < _threshold)
            {
                return dealer;
            }
        }

        return null;
    }

    /// <summary>Which of a dealer's two secrets is revealed: the seed of a survivor, the mask key of a dropped party. spec 03-masking#unmask-3</summary>
    public ShareKind KindOf(ushort dealer) => _survivors.Contains(dealer) ? ShareKind.SelfMaskSeed : ShareKind.MaskKey;

    /// <summary>Verifies each share against its dealer's signed commitment and keeps the good ones.</summary>
    /// <returns>The dealers whose share did not match.</returns>
    public IReadOnlyList<ushort> Add(ProtocolMessage.UnmaskShares message)
    {
        List<ushort> mismatches = [];
        for (int i = 0; i < message.Shares.Length; i++)
        {
            ushort dealer = message.Dealers.Members[i];
            RevealedShare revealed = message.Shares[i];
            ShareKind kind = KindOf(dealer);
            int place = _cohort.Graph.PlaceOf(message.Sender, dealer);
            Invariant.Check(place >= 0, "a share is taken from a holder of its dealer");
            DealtShare dealt = _dealt[dealer].Shares[place];
            Digest commitment = RoundDigests.ShareCommitment(
                kind,
                _cohort.Digest,
                dealer,
                message.Sender,
                revealed.Share.Span,
                revealed.Salt.Span
            );
            if (commitment != (kind == ShareKind.MaskKey ? dealt.KeyCommitment : dealt.SeedCommitment))
            {
                mismatches.Add(dealer);
            }
            else if (_shares[dealer].Count < _threshold)
            {
                // spec 03-masking#shares-2: x comes from the authenticated sender's place, never from the message.
                _shares[dealer].Add((checked((ushort)(1 + place)), SecretBytes.CopyFrom(revealed.Share.Span)));
            }
        }

        return mismatches;
    }

    /// <summary>Combines exactly t shares of a dealer.</summary>
    public SecretBytes Combine(CombinerCache combiners, ushort dealer)
    {
        List<(ushort X, SecretBytes Share)> list = _shares[dealer];
        Invariant.Check(list.Count == _threshold, "exactly t verified shares are combined");
        return combiners.Combine(list.Select(entry => entry.X).ToArray(), list.Select(entry => entry.Share).ToArray());
    }

    /// <summary>Prints the type name only.</summary>
    public override string ToString() => nameof(ShareCollection);

    public void Dispose()
    {
        foreach ((_, SecretBytes share) in _shares.Values.SelectMany(list => list))
        {
            share.Dispose();
        }

        foreach (List<(ushort X, SecretBytes Share)> list in _shares.Values)
        {
            list.Clear();
        }
    }
}
