using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <content>What the server takes from a client in each phase, and what it finds wrong with it.</content>
public sealed partial class MaskingServerSession
{
    private PeerFaultKind? AcceptKeys(ProtocolMessage.KeyAdvertisement advertisement)
    {
        if (
            !Setup.Suite.IsValidAgreementPublicKey(advertisement.ChannelKey.Span)
            || !Setup.Suite.IsValidAgreementPublicKey(advertisement.MaskKey.Span)
        )
        {
            return PeerFaultKind.InvalidPoint;
        }

        // spec 03-masking#keys-2: a key serves one party and one purpose.
        string channel = Convert.ToHexString(advertisement.ChannelKey.Span);
        string mask = Convert.ToHexString(advertisement.MaskKey.Span);
        if (channel == mask || _keys.Contains(channel) || _keys.Contains(mask))
        {
            return PeerFaultKind.KeyReused;
        }

        _keys.Add(channel);
        _keys.Add(mask);
        _advertisements.Add(advertisement.Sender, advertisement);
        return null;
    }

    private bool HasShareListForm(ProtocolMessage.EncryptedShares shares)
    {
        int sealedSize = SealedShare.PlaintextSizeInBytes + Setup.Suite.SealTagSizeInBytes;
        if (!Cohort.Members.Contains(shares.Sender))
        {
            return false;
        }

        ImmutableArray<ushort> holders = Cohort.Graph.HoldersOf(shares.Sender);
        if (shares.Shares.Length != holders.Length)
        {
            return false;
        }

        for (int place = 0; place < holders.Length; place++)
        {
            bool own = holders[place] == shares.Sender;
            if (shares.Shares[place].Ciphertext.Length != (own ? 0 : sealedSize))
            {
                return false;
            }
        }

        return true;
    }

    private PeerFaultKind? AcceptShares(ProtocolMessage.EncryptedShares shares)
    {
        _dealt.Add(shares.Sender, shares);
        return null;
    }

    private PeerFaultKind? AcceptInput(ProtocolMessage.MaskedInput input, List<PeerFault> faults)
    {
        if (!input.Sharers.Equals(_sharers))
        {
            return PeerFaultKind.SetMismatch;
        }

        if (input.Complaints.Any(complaint => !MayComplain(input.Sender, complaint.Dealer)))
        {
            return PeerFaultKind.UnknownIdentity;
        }

        // spec 03-masking#server-2, all or nothing: a vector of the wrong length or with non-zero padding leaves the sum untouched.
        RingVector sum = _maskedSum ?? new RingVector(Encoding.Ring, Encoding.RingLength);
        if (!RingPacking.TryUnpackAdd(input.PackedVector.Span, sum))
        {
            return PeerFaultKind.LengthMismatch;
        }

        _maskedSum = sum;

        foreach (ShareComplaint complaint in input.Complaints)
        {
            faults.Add(new(IdOf(input.Sender), CurrentPhase, PeerFaultKind.ShareComplaint, IdOf(complaint.Dealer)));
            _blame.AddComplaint(complaint.Dealer, input.Sender);
        }

        return null;
    }

    // Only a holder of a dealer's shares has something to say about them.
    private bool MayComplain(ushort holder, ushort dealer) =>
        dealer != holder && _sharers.Contains(dealer) && Cohort.Graph.PlaceOf(holder, dealer) >= 0;

    private PeerFaultKind? AcceptSignature(ProtocolMessage.ConsistencySignature signature)
    {
        if (!signature.Sharers.Equals(_sharers) || !signature.Survivors.Equals(_survivors))
        {
            return PeerFaultKind.SetMismatch;
        }

        _signatures.Add(signature.Sender, new SurvivorSignature(signature.Sender, signature.Signature));
        return null;
    }

    private PeerFaultKind? AcceptUnmaskShares(ProtocolMessage.UnmaskShares shares, List<PeerFault> faults)
    {
        ushort[] dealers = [.. Cohort.Graph.HoldersOf(shares.Sender).Where(dealer => _sharers.Contains(dealer))];
        if (!shares.Survivors.Equals(_survivors) || !shares.Dealers.IsSubsetOf(PartySet.Of(RosterSize, dealers)))
        {
            return PeerFaultKind.SetMismatch;
        }

        if (shares.Shares.Length != shares.Dealers.Count || shares.LayerSeed.IsEmpty == OpensLayers)
        {
            return PeerFaultKind.InvalidShareList;
        }

        Invariant.Check(_revealed is not null, "shares are collected in the Unmask phase");
        if (OpensLayers)
        {
            _layerSeeds.Add(shares.Sender, SecretBytes.CopyFrom(shares.LayerSeed.Span));
        }

        ushort[] wrong = [.. _revealed.Add(shares)];
        if (wrong.Length > 0)
        {
            faults.Add(new(IdOf(shares.Sender), CurrentPhase, PeerFaultKind.ShareCommitmentMismatch));
        }

        // A share may be missing only where its holder complained in time: otherwise the dealer is not to blame.
        ushort[] withheld =
        [
            .. dealers.Where(dealer =>
                !shares.Dealers.Contains(dealer) && !_blame.HasComplained(dealer, shares.Sender)
            ),
        ];
        if (withheld.Length > 0)
        {
            faults.Add(new(IdOf(shares.Sender), CurrentPhase, PeerFaultKind.InvalidShareList));
        }

        foreach (ushort dealer in wrong.Concat(withheld))
        {
            _blame.AddFailure(dealer, shares.Sender);
        }

        return null;
    }
}
