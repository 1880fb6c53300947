using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The server of pairwise-masked aggregation with active security. It is not trusted with any input. spec 03-masking</summary>
/// <remarks>
/// Memory: one vector for the running sum, whatever the number of clients, plus the dealt shares. Every decision
/// (U1, U2, U3 with the sum, U4, result) is stored before it is announced, and the session can be rebuilt from the
/// stored decisions. Not thread-safe.
/// </remarks>
public sealed partial class MaskingServerSession : ServerSession
{
    private readonly SortedDictionary<ushort, ProtocolMessage.KeyAdvertisement> _advertisements = [];
    private readonly SortedDictionary<ushort, ProtocolMessage.EncryptedShares> _dealt = [];
    private readonly SortedDictionary<ushort, SurvivorSignature> _signatures = [];
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<ushort, ImmutableArray<ImmutableArray<Digest>>> _paths = [];
    private readonly ShareBlame _blame = new();
    private RingVector? _maskedSum;
    private ShareCollection? _revealed;
    private CohortView? _cohort;
    private PartySet _sharers;
    private PartySet _survivors;
    private PartySet _signers;
    private ProtocolMessage.ResultAnnouncement? _result;

    /// <summary>Creates the session of a new attempt.</summary>
    /// <exception cref="ArgumentException">The descriptor breaks a rule of the protocol, or names another suite or scheme.</exception>
    public MaskingServerSession(ServerSetup setup)
        : base(setup)
    {
        if (setup.Descriptor.Scheme != SchemeKind.MaskedComplete)
        {
            throw new ArgumentException(
                $"This session runs {SchemeKind.MaskedComplete}; the descriptor names {setup.Descriptor.Scheme}.",
                nameof(setup)
            );
        }

        _sharers = _survivors = _signers = PartySet.Of(RosterSize, []);
    }

    private protected override Digest CurrentSession => _cohort?.Digest ?? DescriptorDigest;

    private protected override RoundPhase FirstPhase => RoundPhase.AdvertiseKeys;

    private protected override MessageType ExpectedType =>
        CurrentPhase switch
        {
            RoundPhase.AdvertiseKeys => MessageType.KeyAdvertisement,
            RoundPhase.ShareKeys => MessageType.EncryptedShares,
            RoundPhase.MaskedInput => MessageType.MaskedInput,
            RoundPhase.Consistency => MessageType.ConsistencySignature,
            RoundPhase.Unmask => MessageType.UnmaskShares,
            _ => MessageType.None,
        };

    private protected override PartySet Expected =>
        CurrentPhase switch
        {
            RoundPhase.AdvertiseKeys => Everyone,
            RoundPhase.ShareKeys => Cohort.Members,
            RoundPhase.MaskedInput => _sharers,
            RoundPhase.Consistency => _survivors,
            RoundPhase.Unmask => _signers,
            _ => PartySet.Of(RosterSize, []),
        };

    private CohortView Cohort
    {
        get
        {
            Invariant.Check(_cohort is not null, "the cohort is fixed after AdvertiseKeys");
            return _cohort;
        }
    }

    private protected override bool HasEnough => CurrentPhase == RoundPhase.Unmask && _revealed is { IsComplete: true };

    private protected override byte[]? SignedContentOf(ProtocolMessage.FromClient message)
    {
        if (message is not ProtocolMessage.EncryptedShares shares)
        {
            return base.SignedContentOf(message);
        }

        // The signature covers the root of the share tree; without one leaf for each holder there is no tree.
        return HasShareListForm(shares)
            ? MessageCodec.SignedContentOfShares(
                Cohort.Digest,
                shares.Sender,
                ShareTree.Root(Cohort.LeavesOf(shares.Sender, shares.Shares))
            )
            : null;
    }

    private protected override PeerFaultKind? Accept(ProtocolMessage.FromClient message, List<PeerFault> faults) =>
        message switch
        {
            ProtocolMessage.KeyAdvertisement advertisement => AcceptKeys(advertisement),
            ProtocolMessage.EncryptedShares shares => AcceptShares(shares),
            ProtocolMessage.MaskedInput input => AcceptInput(input, faults),
            ProtocolMessage.ConsistencySignature signature => AcceptSignature(signature),
            ProtocolMessage.UnmaskShares shares => AcceptUnmaskShares(shares, faults),
            _ => PeerFaultKind.WrongPhase,
        };

    private protected override Step<AggregateResult> Decide(IEnumerable<PeerFault> faults) =>
        CurrentPhase switch
        {
            RoundPhase.AdvertiseKeys => DecideCohort(faults),
            RoundPhase.ShareKeys => DecideSharers(faults),
            RoundPhase.MaskedInput => DecideSurvivors(faults),
            RoundPhase.Consistency => DecideSigners(faults),
            RoundPhase.Unmask => DecideResult(faults),
            _ => new() { Faults = [.. faults] },
        };

    private protected override IEnumerable<OutgoingMessage> Announcements() =>
        CurrentPhase switch
        {
            RoundPhase.AdvertiseKeys => ToAll(
                Everyone,
                new ProtocolMessage.RoundInvitation(DescriptorDigest, Descriptor)
            ),
            RoundPhase.ShareKeys => ToAll(
                Cohort.Members,
                new ProtocolMessage.CohortAnnouncement(DescriptorDigest, Cohort.Advertisements)
            ),
            RoundPhase.MaskedInput => _sharers.Members.Select(index => To(index, DeliveryFor(index))),
            RoundPhase.Consistency => ToAll(
                _survivors,
                new ProtocolMessage.SurvivorAnnouncement(Cohort.Digest, _survivors)
            ),
            RoundPhase.Unmask => ToAll(
                _signers,
                new ProtocolMessage.UnmaskRequest(Cohort.Digest, _survivors, [.. _signatures.Values])
            ),
            _ => _result is null ? [] : ToAll(_survivors, _result),
        };

    // One receiver's delivery is made for one receiver: a repeated message must not cost a delivery to everybody.
    private protected override IEnumerable<OutgoingMessage> AnnouncementsTo(ushort index) =>
        CurrentPhase != RoundPhase.MaskedInput ? base.AnnouncementsTo(index)
        : _sharers.Contains(index) ? [To(index, DeliveryFor(index))]
        : [];

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
        if (shares.Shares.Length != Cohort.Count || !Cohort.Members.Contains(shares.Sender))
        {
            return false;
        }

        for (int position = 0; position < Cohort.Count; position++)
        {
            bool own = Cohort.Advertisements[position].Sender == shares.Sender;
            if (shares.Shares[position].Ciphertext.Length != (own ? 0 : sealedSize))
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

        if (input.Complaints.Any(complaint => complaint.Dealer == input.Sender || !_sharers.Contains(complaint.Dealer)))
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
        if (!shares.Survivors.Equals(_survivors) || !shares.Dealers.IsSubsetOf(_sharers))
        {
            return PeerFaultKind.SetMismatch;
        }

        if (shares.Shares.Length != shares.Dealers.Count)
        {
            return PeerFaultKind.InvalidShareList;
        }

        Invariant.Check(_revealed is not null, "shares are collected in the Unmask phase");
        ushort[] wrong = [.. _revealed.Add(shares)];
        if (wrong.Length > 0)
        {
            faults.Add(new(IdOf(shares.Sender), CurrentPhase, PeerFaultKind.ShareCommitmentMismatch));
        }

        // A share may be missing only where its holder complained in time: otherwise the dealer is not to blame.
        ushort[] withheld =
        [
            .. _sharers.Except(shares.Dealers).Members.Where(dealer => !_blame.HasComplained(dealer, shares.Sender)),
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

    private Step<AggregateResult> DecideCohort(IEnumerable<PeerFault> faults)
    {
        if (_advertisements.Count < Math.Max(Descriptor.Threshold, Descriptor.MinimumSurvivors))
        {
            return Abort(AbortReason.NotEnoughPeers, faults);
        }

        ProtocolMessage.CohortAnnouncement announcement = new(DescriptorDigest, [.. _advertisements.Values]);
        FixCohort(announcement);
        return Enter(
            RoundPhase.ShareKeys,
            new(DurableRecordKind.ServerCohort, DescriptorDigest, MessageCodec.Encode(announcement)),
            faults
        );
    }

    private void FixCohort(ProtocolMessage.CohortAnnouncement announcement) =>
        _cohort = new CohortView(Descriptor, DescriptorDigest, announcement.Advertisements);

    private Step<AggregateResult> DecideSharers(IEnumerable<PeerFault> faults)
    {
        PartySet sharers = Answered();
        if (sharers.Count < Math.Max(Descriptor.Threshold, Descriptor.MinimumSurvivors))
        {
            return Abort(AbortReason.NotEnoughPeers, faults);
        }

        _sharers = sharers;
        return Enter(
            RoundPhase.MaskedInput,
            new(
                DurableRecordKind.ServerSharers,
                Cohort.Digest,
                ServerRecords.Pack(_dealt.Values.Select(shares => (ReadOnlyMemory<byte>)MessageCodec.Encode(shares)))
            ),
            faults
        );
    }

    private Step<AggregateResult> DecideSurvivors(IEnumerable<PeerFault> faults)
    {
        PartySet survivors = Answered();
        if (survivors.Count < Descriptor.MinimumSurvivors)
        {
            return Abort(AbortReason.NotEnoughSurvivors, faults);
        }

        if (AbortIfDoomed(survivors, faults) is { } doomed)
        {
            return doomed;
        }

        _survivors = survivors;
        Invariant.Check(_maskedSum is not null, "survivors have sent vectors");
        byte[] packed = new byte[Encoding.PackedSizeInBytes];
        RingPacking.Pack(_maskedSum, packed);

        // spec 03-masking#durability-7: the set and the sum of its vectors are one record.
        DurableRecord record = new(
            DurableRecordKind.ServerSurvivors,
            Cohort.Digest,
            ServerRecords.PackSurvivors(survivors, _blame.Complaints, packed)
        );
        return Enter(RoundPhase.Consistency, record, faults);
    }

    // spec 03-masking#consistency-2: no round reaches unmasking without signatures on one survivor set.
    private Step<AggregateResult> DecideSigners(IEnumerable<PeerFault> faults)
    {
        PartySet signers = Answered();
        if (signers.Count < Descriptor.Threshold)
        {
            return Abort(AbortReason.NotEnoughSignatures, faults);
        }

        if (AbortIfDoomed(signers, faults) is { } doomed)
        {
            return doomed;
        }

        FixSigners(signers);
        ProtocolMessage.UnmaskRequest request = new(Cohort.Digest, _survivors, [.. _signatures.Values]);
        return Enter(
            RoundPhase.Unmask,
            new(DurableRecordKind.ServerSigners, Cohort.Digest, MessageCodec.Encode(request)),
            faults
        );
    }

    // spec 03-masking#unmask-6: when the complaints already leave a dealer short of holders, no share has to be revealed.
    private Step<AggregateResult>? AbortIfDoomed(PartySet holders, IEnumerable<PeerFault> faults) =>
        _blame.FirstDoomed(_sharers, holders, Descriptor.Threshold) is { } dealer
            ? Abort(AbortReason.NotEnoughShares, faults, _blame.Named(dealer, Descriptor.CollusionBound))
            : null;

    private void FixSigners(PartySet signers)
    {
        _signers = signers;
        _revealed = new ShareCollection(Cohort, Descriptor.Threshold, _sharers, _survivors, _dealt);
    }

    private Step<AggregateResult> DecideResult(IEnumerable<PeerFault> faults)
    {
        Invariant.Check(_revealed is not null && _maskedSum is not null, "unmasking has shares and a sum");
        if (_revealed.FirstShort() is { } dealer)
        {
            // spec 03-masking#blame-1: a signer that stays silent withholds every share.
            PartySet silent = _signers.Except(Answered());
            return Answered().Count < Descriptor.Threshold
                ? Abort(AbortReason.NotEnoughPeers, faults, [.. silent.Members])
                : Abort(
                    AbortReason.NotEnoughShares,
                    faults,
                    [.. _blame.Named(dealer, Descriptor.CollusionBound).Union(silent.Members)]
                );
        }

        UnmaskOutcome outcome = Unmasking.Run(Setup, Cohort, _revealed, _sharers, _survivors, _maskedSum);
        _revealed.Dispose();
        if (outcome.Inconsistent is { } liar)
        {
            return Abort(AbortReason.ShareInconsistent, faults, liar);
        }

        if (!Unmasking.IsInRange(Encoding, _maskedSum, _survivors.Count))
        {
            return Abort(AbortReason.AggregateOutOfRange, faults);
        }

        byte[] packed = new byte[Encoding.PackedSizeInBytes];
        RingPacking.Pack(_maskedSum, packed);
        FixResult(packed);
        return new()
        {
            // spec 03-masking#durability-8: the result is durable before anybody hears of it.
            StoreFirst = new(
                DurableRecordKind.ServerResult,
                Cohort.Digest,
                ServerRecords.PackSurvivors(_survivors, new Dictionary<ushort, SortedSet<ushort>>(), packed)
            ),
            Send = [.. Announcements()],
            Faults = [.. faults],
            Ended = CompletedEnding(_maskedSum),
        };
    }

    private void FixResult(ReadOnlySpan<byte> packedSum)
    {
        _result = new ProtocolMessage.ResultAnnouncement(Cohort.Digest, _survivors, Digest.Of(packedSum));
        CurrentPhase = RoundPhase.Ended;
    }

    private RoundEnding<AggregateResult>.Completed CompletedEnding(RingVector sum) =>
        new(
            new AggregateResult(
                new RingSum(Encoding, sum, [.. _survivors.Members.Select(IdOf)]),
                Cohort.Digest,
                SchemeKind.MaskedComplete,
                DescriptorRules.EffectiveCohort(Descriptor.Threshold, Descriptor.CollusionBound),
                [.. Everyone.Except(_survivors).Members.Select(IdOf)]
            )
        );

    private ProtocolMessage.ShareDelivery DeliveryFor(ushort receiver)
    {
        int position = Cohort.PositionOf(receiver);
        ImmutableArray<ShareEnvelope>.Builder envelopes = ImmutableArray.CreateBuilder<ShareEnvelope>(
            _sharers.Count - 1
        );
        foreach (ushort dealer in _sharers.Members)
        {
            if (dealer == receiver)
            {
                continue;
            }

            ProtocolMessage.EncryptedShares dealt = _dealt[dealer];
            if (!_paths.TryGetValue(dealer, out ImmutableArray<ImmutableArray<Digest>> paths))
            {
                // Each dealer's tree is hashed once, for all receivers and all repeats.
                _paths[dealer] = paths = ShareTree.Paths(Cohort.LeavesOf(dealer, dealt.Shares));
            }

            envelopes.Add(new(dealer, dealt.Shares[position], paths[position], dealt.Signature));
        }

        return new(Cohort.Digest, receiver, _sharers, envelopes.MoveToImmutable());
    }

    private protected override void AppendState(List<byte> state)
    {
        state.AddRange(_sharers.Bitmap);
        state.AddRange(_survivors.Bitmap);
        state.AddRange(_signers.Bitmap);
        state.AddRange(BitConverter.GetBytes(_revealed?.Count ?? 0));
        if (_maskedSum is { } sum)
        {
            byte[] packed = new byte[Encoding.PackedSizeInBytes];
            RingPacking.Pack(sum, packed);
            state.AddRange(Digest.Of(packed).ToArray());
        }
    }

    private protected override void ForgetResult()
    {
        _result = null;
        WipeState();
    }

    private protected override void WipeState()
    {
        _revealed?.Dispose();
        if (_result is null)
        {
            // spec 06-security#law-1: an aborted round leaves no sum behind.
            _maskedSum?.Clear();
            _maskedSum = null;
        }
    }
}
