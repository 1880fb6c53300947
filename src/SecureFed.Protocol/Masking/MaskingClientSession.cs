using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The client of pairwise-masked aggregation with active security, on both graphs. spec 03-masking</summary>
/// <remarks>
/// Bonawitz et al., CCS 2017, active variant, and on the sparse graph Bell et al., CCS 2020, with the departures listed in
/// spec 03-masking#departures. One switch over
/// (phase, message); each phase record holds only what that phase may know, and needs values that only the earlier
/// checks produce. Never resumed: a crash is a dropout. Not thread-safe.
/// </remarks>
public sealed class MaskingClientSession : ClientSession
{
    private ClientPhase _state = new ClientPhase.NotStarted();

    /// <summary>Creates the session with its input. Nothing leaves before <see cref="RoundEvent.Started"/>.</summary>
    /// <exception cref="ArgumentException">The setup brings another suite than the descriptor names.</exception>
    public MaskingClientSession(ClientSetup setup)
        : base(setup) { }

    /// <inheritdoc/>
    public override RoundPhase Phase => HasEnded ? RoundPhase.Ended : _state.Phase;

    private protected override Digest CurrentSession => _state.FixedCohort?.Digest ?? DescriptorDigest;

    private protected override bool Runs(SchemeKind scheme) =>
        scheme is SchemeKind.MaskedComplete or SchemeKind.MaskedSparse;

    private ProtocolSuite Suite => Setup.Suite;

    private protected override Step<ClientReceipt> OnMessage(ProtocolMessage message, Digest request) =>
        (_state, message) switch
        {
            (ClientPhase.AwaitingCohort state, ProtocolMessage.CohortAnnouncement cohort) => OnCohort(
                state,
                cohort,
                request
            ),
            (ClientPhase.AwaitingShares state, ProtocolMessage.ShareDelivery delivery) => OnShares(
                state,
                delivery,
                request
            ),
            (ClientPhase.AwaitingSurvivors state, ProtocolMessage.SurvivorAnnouncement survivors) => OnSurvivors(
                state,
                survivors,
                request
            ),
            (ClientPhase.AwaitingSignatures state, ProtocolMessage.UnmaskRequest unmask) => OnUnmaskRequest(
                state,
                unmask,
                request
            ),
            (ClientPhase.AwaitingResult state, ProtocolMessage.ResultAnnouncement result) => OnResult(
                state.Cohort,
                state.Survivors,
                result
            ),

            // A survivor whose signature came too late for U4: its input is in the sum although nobody asked it to unmask.
            (ClientPhase.AwaitingSignatures state, ProtocolMessage.ResultAnnouncement result) => OnResult(
                state.Cohort,
                state.Survivors,
                result
            ),
            (_, _) => Fault(PeerFaultKind.WrongPhase),
        };

    private protected override Step<ClientReceipt> Join()
    {
        // spec 03-masking#keys-1: two key pairs and a seed, fresh for this attempt.
        AgreementKeyPair? channel = null;
        AgreementKeyPair? mask = null;
        SecretBytes? seed = null;
        ProtocolMessage.KeyAdvertisement advertisement;
        try
        {
            channel = Suite.GenerateKeyPair(Setup.Random);
            mask = Suite.GenerateKeyPair(Setup.Random);
            seed = SecretBytes.Generate(ProtocolSuite.SecretSizeInBytes, Setup.Random);
            advertisement = Advertise(channel, mask, seed);
        }
        catch
        {
            channel?.Dispose();
            mask?.Dispose();
            seed?.Dispose();
            throw;
        }

        _state = new ClientPhase.AwaitingCohort(channel, mask, seed, advertisement);

        // spec 03-masking#durability-3: joined is durable before the keys leave.
        DurableRecord joined = ClientHistory.Joined(Descriptor, DescriptorDigest);
        Digest invitation = Digest.Of(
            MessageCodec.Encode(new ProtocolMessage.RoundInvitation(DescriptorDigest, Descriptor))
        );
        return Answer(MessageType.RoundInvitation, invitation, advertisement, joined, []);
    }

    private ProtocolMessage.KeyAdvertisement Advertise(
        AgreementKeyPair channel,
        AgreementKeyPair mask,
        SecretBytes seed
    )
    {
        Digest commitment = RoundDigests.SeedCommitment(
            DescriptorDigest,
            SelfIndex,
            seed.Reveal(SecretAccess.ForPrimitive)
        );
        ProtocolMessage.KeyAdvertisement Build(ReadOnlyMemory<byte> signature) =>
            new(DescriptorDigest, SelfIndex, channel.PublicKey, mask.PublicKey, commitment, signature);
        return Build(Sign(MessageCodec.SignedContent(Build(default))));
    }

    private Step<ClientReceipt> OnCohort(
        ClientPhase.AwaitingCohort state,
        ProtocolMessage.CohortAnnouncement announcement,
        Digest request
    )
    {
        if (
            CohortChecks.Check(Setup, SelfIndex, state.Advertisement, announcement, out CohortView? cohort) is
            { } refused
        )
        {
            return Leave(refused.Reason, refused.Named);
        }

        Invariant.Check(cohort is not null, "a cohort that is not refused is fixed");
        if (ChannelKeys.TryAgree(Suite, cohort, SelfIndex, state.Channel, out ushort refusedKey) is not { } channels)
        {
            return Leave(AbortReason.InvalidPoint, refusedKey);
        }

        HeldShare? ownShare = null;
        ImmutableArray<DealtShare> dealt;
        try
        {
            dealt = ShareDealing.Deal(
                Suite,
                cohort,
                SelfIndex,
                channels,
                state.Mask,
                state.Seed,
                Setup.Random,
                out ownShare
            );
        }
        catch
        {
            channels.Dispose();
            throw;
        }

        // Both directions of every channel are derived: the channel's private key has done its work.
        state.Channel.Dispose();
        _state = new ClientPhase.AwaitingShares(cohort, channels, state.Mask, state.Seed, ownShare);
        Digest root = ShareTree.Root(cohort.LeavesOf(SelfIndex, dealt));
        ProtocolMessage.EncryptedShares reply = new(
            cohort.Digest,
            SelfIndex,
            dealt,
            Sign(MessageCodec.SignedContentOfShares(cohort.Digest, SelfIndex, root))
        );
        return Answer(announcement.Type, request, reply, null, []);
    }

    private Step<ClientReceipt> OnShares(
        ClientPhase.AwaitingShares state,
        ProtocolMessage.ShareDelivery delivery,
        Digest request
    )
    {
        if (DeliveryChecks.Check(Setup, SelfIndex, state.Cohort, delivery) is { } refused)
        {
            return Leave(refused.Reason, refused.Named);
        }

        // The next phase owns the shares from here on, so that every way out of this method wipes them.
        Dictionary<ushort, HeldShare> held = [];
        if (state.OwnShare is { } own)
        {
            held.Add(SelfIndex, own);
        }

        _state = new ClientPhase.AwaitingSurvivors(state.Cohort, delivery.Sharers, held);
        ImmutableArray<ShareComplaint> complaints;
        ReadOnlyMemory<byte>? packed;
        try
        {
            complaints = DeliveryChecks.OpenAll(Suite, state.Cohort, SelfIndex, state.Channels, delivery, held);
            packed = Mask(state, delivery.Sharers);
        }
        finally
        {
            // spec 03-masking#keys-1: the keys have done their work.
            state.Channels.Dispose();
            state.Mask.Dispose();
            state.Seed.Dispose();
        }

        if (packed is not { } vector)
        {
            return Leave(AbortReason.InvalidPoint);
        }

        ProtocolMessage.MaskedInput Build(ReadOnlyMemory<byte> signature) =>
            new(state.Cohort.Digest, SelfIndex, delivery.Sharers, complaints, vector, signature);
        ProtocolMessage.MaskedInput reply = Build(Sign(MessageCodec.SignedContent(Build(default))));

        // spec 03-masking#durability-4: the charge is durable before the masked vector leaves.
        DurableRecord charged = new(DurableRecordKind.ClientCharged, state.Cohort.Digest, DescriptorDigest.ToArray());
        return Answer(
            delivery.Type,
            request,
            reply,
            charged,
            [
                .. complaints.Select(complaint => new PeerFault(
                    Descriptor.Roster[complaint.Dealer].Id,
                    RoundPhase.ShareKeys,
                    complaint.Kind
                )),
            ]
        );
    }

    /// <summary>y = x + PRG(b_u) + Σ ± PRG(s_uv) over the neighbours in U2, packed. spec 03-masking#masks-1</summary>
    private ReadOnlyMemory<byte>? Mask(ClientPhase.AwaitingShares state, PartySet sharers)
    {
        using MaskStreams streams = new(sharers.Count);
        streams.Add(MaskKeys.Self(Suite, state.Cohort.Digest, state.Seed, SelfIndex), add: true);
        foreach (ushort peer in state.Cohort.Graph.NeighboursOf(SelfIndex).Where(peer => sharers.Contains(peer)))
        {
            MaskKeystream? stream = MaskKeys.TryPair(
                Suite,
                state.Cohort.Digest,
                state.Mask,
                SelfIndex,
                peer,
                state.Cohort.Of(peer).MaskKey.Span
            );
            if (stream is null)
            {
                return null;
            }

            streams.Add(stream, MaskKeys.OwnAdds(SelfIndex, peer));
        }

        RingVector masked = Setup.Update.Values.Copy();
        streams.ApplyOnce(masked, Setup.Splitter);
        byte[] packed = new byte[RingPacking.PackedSizeInBytes(masked.Ring, masked.Length)];
        RingPacking.Pack(masked, packed);
        return packed;
    }

    private Step<ClientReceipt> OnSurvivors(
        ClientPhase.AwaitingSurvivors state,
        ProtocolMessage.SurvivorAnnouncement announcement,
        Digest request
    )
    {
        if (
            (
                SurvivorChecks.CheckSet(Setup, SelfIndex, state.Cohort, state.Sharers, announcement.Survivors)
                ?? CohortGuard.Check(Setup, announcement.Survivors)
            ) is
            { } refused
        )
        {
            return Leave(refused.Reason, refused.Named);
        }

        ProtocolMessage.ConsistencySignature Build(ReadOnlyMemory<byte> signature) =>
            new(state.Cohort.Digest, SelfIndex, state.Sharers, announcement.Survivors, signature);
        ProtocolMessage.ConsistencySignature reply = Build(Sign(MessageCodec.SignedContent(Build(default))));
        _state = new ClientPhase.AwaitingSignatures(state.Cohort, state.Sharers, announcement.Survivors, state.Held);

        // spec 03-masking#durability-5: the survivor set is durable before the consistency signature leaves.
        DurableRecord signed = SignedCohort.ToRecord(
            Descriptor,
            state.Cohort.Digest,
            state.Sharers,
            announcement.Survivors
        );
        return Answer(announcement.Type, request, reply, signed, []);
    }

    private Step<ClientReceipt> OnUnmaskRequest(
        ClientPhase.AwaitingSignatures state,
        ProtocolMessage.UnmaskRequest unmask,
        Digest request
    )
    {
        if (SurvivorChecks.CheckSignatures(Setup, state.Cohort, state.Sharers, state.Survivors, unmask) is { } refused)
        {
            return Leave(refused.Reason, refused.Named);
        }

        // spec 03-masking#unmask-3: for a survivor the seed share, for a dropped dealer the key share, never both.
        ushort[] dealers = [.. state.Sharers.Members.Where(state.Held.ContainsKey)];
        ImmutableArray<RevealedShare> revealed =
        [
            .. dealers.Select(dealer =>
                state
                    .Held[dealer]
                    .RevealOnce(state.Survivors.Contains(dealer) ? ShareKind.SelfMaskSeed : ShareKind.MaskKey)
            ),
        ];
        // spec 03-masking#unmask-2: one answer; the shares are gone before it leaves.
        ClientPhase.DisposeAll(state.Held.Values);
        PartySet dealerSet = PartySet.Of(Descriptor.Roster.Length, dealers);
        byte[] layerSeed = OpenLayers(state.Survivors);
        ProtocolMessage.UnmaskShares Build(ReadOnlyMemory<byte> signature) =>
            new(state.Cohort.Digest, SelfIndex, state.Survivors, dealerSet, revealed, signature, layerSeed);
        ProtocolMessage.UnmaskShares reply = Build(Sign(MessageCodec.SignedContent(Build(default))));
        _state = new ClientPhase.AwaitingResult(state.Cohort, state.Survivors);
        return Answer(unmask.Type, request, reply, null, []);
    }

    // spec 02-privacy#layers-4: only here, where t signatures on the survivors have been seen. Whoever may name the
    // drop-outs takes noise away.
    private byte[] OpenLayers(PartySet survivors)
    {
        if (Descriptor.Noise?.Terms.Layers is not { } layers || LayerSeed is not { } first)
        {
            return [];
        }

        int layer = layers.FirstRemoved(survivors.Count);
        if (layer > layers.Removable)
        {
            return [];
        }

        using SecretBytes seed = LayerSeeds.SeedOf(Suite, first, layer);
        first.Dispose();
        return seed.Reveal(SecretAccess.ForProtocolReveal).ToArray();
    }

    private Step<ClientReceipt> OnResult(
        CohortView cohort,
        PartySet survivors,
        ProtocolMessage.ResultAnnouncement result
    ) =>
        result.Survivors.Equals(survivors)
            ? Complete(
                new ClientReceipt(
                    cohort.Digest,
                    [.. survivors.Members.Select(index => Descriptor.Roster[index].Id)],
                    result.SumDigest,
                    cohort.Graph.EffectiveCohort
                )
            )
            : Leave(AbortReason.SurvivorSetConflict);

    private ReadOnlyMemory<byte> Sign(byte[] content) => Setup.Signer.Sign(content);

    private protected override void WipeSecrets()
    {
        _state.Dispose();
        LayerSeed?.Dispose();
    }

    private protected override void AppendState(List<byte> state) => _state.Append(state);
}
