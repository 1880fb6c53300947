using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The server of pairwise-masked aggregation with active security, on both graphs. It is not trusted with any input. spec 03-masking</summary>
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
    private readonly Dictionary<ushort, IReadOnlyList<ImmutableArray<Digest>>> _paths = [];
    private readonly ShareBlame _blame = new();
    private readonly SortedDictionary<ushort, SecretBytes> _layerSeeds = [];
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
        if (setup.Descriptor.Scheme is not (SchemeKind.MaskedComplete or SchemeKind.MaskedSparse))
        {
            throw new ArgumentException(
                $"This session runs rounds with pairwise masks; the descriptor names {setup.Descriptor.Scheme}.",
                nameof(setup)
            );
        }

        if (Layers is not null && setup.Sampling is null)
        {
            throw new ArgumentException(
                "The round's noise has layers that are removed, and nothing samples them. Set Sampling.",
                nameof(setup)
            );
        }

        _sharers = _survivors = _signers = PartySet.Of(RosterSize, []);
    }

    private NoiseLayers? Layers => Descriptor.Noise?.Terms.Layers;

    private bool OpensLayers => Layers is { } layers && layers.FirstRemoved(_survivors.Count) <= layers.Removable;

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

    // spec 02-privacy#layers-5: every party that is still there opens its surplus layers; no share is waited for beyond t.
    private protected override bool HasEnough =>
        CurrentPhase == RoundPhase.Unmask && !OpensLayers && _revealed is { IsComplete: true };

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

    private Step<AggregateResult> DecideCohort(IEnumerable<PeerFault> faults)
    {
        if (_advertisements.Count < Math.Max(Descriptor.Threshold, Descriptor.MinimumSurvivors))
        {
            return Abort(AbortReason.NotEnoughPeers, faults);
        }

        ProtocolMessage.CohortAnnouncement announcement = new(DescriptorDigest, [.. _advertisements.Values]);
        if (!TryFixCohort(announcement))
        {
            return Abort(AbortReason.GraphMismatch, faults);
        }

        return Enter(
            RoundPhase.ShareKeys,
            new(DurableRecordKind.ServerCohort, DescriptorDigest, MessageCodec.Encode(announcement)),
            faults
        );
    }

    private bool TryFixCohort(ProtocolMessage.CohortAnnouncement announcement)
    {
        _cohort = CohortView.TryCreate(Descriptor, DescriptorDigest, announcement.Advertisements);
        return _cohort is not null;
    }

    private Step<AggregateResult> DecideSharers(IEnumerable<PeerFault> faults)
    {
        PartySet sharers = Answered();
        if (sharers.Count < Math.Max(Descriptor.Threshold, Descriptor.MinimumSurvivors))
        {
            return Abort(AbortReason.NotEnoughPeers, faults);
        }

        if (AbortIfDoomed(sharers, sharers, faults) is { } doomed)
        {
            return doomed;
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

        if (AbortIfDoomed(_sharers, survivors, faults) is { } doomed)
        {
            return doomed;
        }

        _survivors = survivors;

        // Deliveries are over: nobody asks for a path again.
        _paths.Clear();
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

        if (AbortIfDoomed(_sharers, signers, faults) is { } doomed)
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

    // spec 03-masking#unmask-6: when a dealer is already short of holders, no share has to be revealed.
    private Step<AggregateResult>? AbortIfDoomed(PartySet dealers, PartySet present, IEnumerable<PeerFault> faults)
    {
        foreach (ushort dealer in dealers.Members)
        {
            ushort[] holders = [.. Cohort.Graph.HoldersOf(dealer).Where(holder => present.Contains(holder))];
            if (holders.Length < Cohort.Graph.Threshold)
            {
                return Abort(AbortReason.NotEnoughPeers, faults);
            }

            if (_blame.ExpectedShares(dealer, holders) < Cohort.Graph.Threshold)
            {
                return Abort(AbortReason.NotEnoughShares, faults, _blame.Named(dealer, Cohort.Graph.LyingNeighbours));
            }
        }

        return null;
    }

    private void FixSigners(PartySet signers)
    {
        _signers = signers;
        _revealed = new ShareCollection(Cohort, _sharers, _survivors, _dealt);
    }

    private Step<AggregateResult> DecideResult(IEnumerable<PeerFault> faults)
    {
        Invariant.Check(_revealed is not null && _maskedSum is not null, "unmasking has shares and a sum");
        if (_revealed.FirstShort() is { } dealer)
        {
            // spec 03-masking#blame-1: a signer that stays silent withholds every share.
            PartySet answered = Answered();
            ImmutableArray<ushort> holders = Cohort.Graph.HoldersOf(dealer);
            ushort[] silent = [.. holders.Where(holder => _signers.Contains(holder) && !answered.Contains(holder))];
            return holders.Count(holder => answered.Contains(holder)) < Cohort.Graph.Threshold
                ? Abort(AbortReason.NotEnoughPeers, faults, silent)
                : Abort(
                    AbortReason.NotEnoughShares,
                    faults,
                    [.. _blame.Named(dealer, Cohort.Graph.LyingNeighbours).Union(silent)]
                );
        }

        UnmaskOutcome outcome = Unmasking.Run(Setup, Cohort, _revealed, _sharers, _survivors, _maskedSum);
        _revealed.Dispose();
        if (outcome.Inconsistent is { } liar)
        {
            return Abort(AbortReason.ShareInconsistent, faults, liar);
        }

        RemoveLayers(_maskedSum);
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

    // spec 02-privacy#layers-5
    private void RemoveLayers(RingVector sum)
    {
        if (Layers is not { } layers || Setup.Sampling is not { } sampling || _layerSeeds.Count == 0)
        {
            return;
        }

        long[] surplus = new long[sum.Length];
        foreach (SecretBytes seed in _layerSeeds.Values)
        {
            LayerSeeds.AddLayers(Setup.Suite, seed, layers.FirstRemoved(_survivors.Count), layers, sampling, surplus);
        }

        sum.Add(surplus, subtract: true);
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
                Descriptor.Scheme,
                Cohort.Graph.EffectiveCohort,
                [.. Everyone.Except(_survivors).Members.Select(IdOf)]
            )
        );

    private ProtocolMessage.ShareDelivery DeliveryFor(ushort receiver)
    {
        ImmutableArray<ShareEnvelope>.Builder envelopes = ImmutableArray.CreateBuilder<ShareEnvelope>(
            Cohort.Graph.Neighbours
        );
        foreach (ushort dealer in Cohort.Graph.NeighboursOf(receiver).Where(dealer => _sharers.Contains(dealer)))
        {
            int place = Cohort.Graph.PlaceOf(receiver, dealer);
            ProtocolMessage.EncryptedShares dealt = _dealt[dealer];
            if (!_paths.TryGetValue(dealer, out IReadOnlyList<ImmutableArray<Digest>>? paths))
            {
                // Each dealer's tree is hashed once, for all receivers and all repeats.
                _paths[dealer] = paths = ShareTree.Paths(Cohort.LeavesOf(dealer, dealt.Shares));
            }

            envelopes.Add(new(dealer, dealt.Shares[place], paths[place], dealt.Signature));
        }

        return new(Cohort.Digest, receiver, _sharers, envelopes.ToImmutable());
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
        foreach (SecretBytes seed in _layerSeeds.Values)
        {
            seed.Dispose();
        }

        if (_result is null)
        {
            // spec 06-security#law-1: an aborted round leaves no sum behind.
            _maskedSum?.Clear();
            _maskedSum = null;
        }
    }
}
