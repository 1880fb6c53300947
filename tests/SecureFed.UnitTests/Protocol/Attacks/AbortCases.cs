using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>
/// For each abort reason one scenario. Run with the attack it ends in that reason; run without, the nearest honest
/// scenario goes on, and the result is null.
/// </summary>
internal static class AbortCases
{
    private static readonly TestFederation s_five = TestFederation.Of(5);
    private static readonly RoundPlan s_plan = new();

    public static IReadOnlyDictionary<AbortReason, Func<bool, AbortReason?>> ByReason { get; } =
        new Dictionary<AbortReason, Func<bool, AbortReason?>>
        {
            [AbortReason.NotEnoughPeers] = attack => Cohort((_, cohort) => Keep(cohort, attack ? 3 : 4)),
            [AbortReason.OwnKeyAltered] = attack =>
                Cohort(
                    (round, cohort) =>
                        attack
                            ? Forge.Replace(
                                cohort,
                                Forge.Keys(
                                    round.Federation.Signers[0],
                                    cohort.Advertisements[0],
                                    mask: Inside.FreshKey()
                                )
                            )
                            : cohort
                ),
            [AbortReason.KeyReused] = attack =>
                Cohort(
                    (round, cohort) =>
                        SignedBy(round, cohort, 1, attack ? cohort.Advertisements[2].MaskKey : Inside.FreshKey())
                ),
            [AbortReason.BadSignature] = attack =>
                Cohort(
                    (round, cohort) =>
                        attack
                            ? Forge.Replace(cohort, WithMaskKey(cohort.Advertisements[1], Inside.FreshKey()))
                            : SignedBy(round, cohort, 1, Inside.FreshKey())
                ),
            [AbortReason.CohortTooSmall] = attack =>
                Cohort(
                    (_, cohort) => Keep(cohort, attack ? 4 : 5),
                    s_plan with
                    {
                        MinimumSurvivors = 5,
                    },
                    minimumCohort: 5
                ),
            [AbortReason.GraphMismatch] = attack =>
                Offer(s_plan with { Scheme = attack ? SchemeKind.MaskedSparse : SchemeKind.MaskedComplete }),
            [AbortReason.RoundParametersChanged] = attack =>
                Offer(s_plan with { RingBits = s_plan.EncodingFor(5).RingBits + (attack ? 1 : 0) }),
            [AbortReason.InvalidShare] = attack =>
                Answer<ProtocolMessage.ShareDelivery>(
                    MessageType.ShareDelivery,
                    (_, delivery) =>
                        new ProtocolMessage.ShareDelivery(
                            delivery.Session,
                            delivery.Receiver,
                            delivery.Sharers,
                            attack ? delivery.Envelopes[1..] : delivery.Envelopes
                        )
                ),
            [AbortReason.RequestChanged] = RequestChanged,
            [AbortReason.SurvivorSetConflict] = attack =>
                Answer<ProtocolMessage.UnmaskRequest>(
                    MessageType.UnmaskRequest,
                    (round, request) =>
                        new ProtocolMessage.UnmaskRequest(
                            request.Session,
                            attack ? round.Set(0, 1, 2, 3) : request.Survivors,
                            request.Signatures
                        )
                ),
            [AbortReason.NotEnoughSignatures] = attack =>
                Answer<ProtocolMessage.UnmaskRequest>(
                    MessageType.UnmaskRequest,
                    (_, request) =>
                        new ProtocolMessage.UnmaskRequest(
                            request.Session,
                            request.Survivors,
                            request.Signatures[..(attack ? 3 : 4)]
                        )
                ),
            [AbortReason.InputRefused] = attack =>
                Offer(
                    s_plan,
                    new RoundOptions { EncodingFor = _ => (s_plan with { Length = attack ? 18 : 17 }).EncodingFor(5) }
                ),
            [AbortReason.OverflowRisk] = attack =>
                Offer(s_plan with { RingBits = s_plan.EncodingFor(5).RingBits - (attack ? 1 : 0) }),
            [AbortReason.ShareInconsistent] = attack =>
                WholeRound(round =>
                    Dealer(round, honest => attack ? Inside.DealInconsistently(round, 1, honest, 0, 2, 3, 4) : honest)
                ),
            [AbortReason.NotEnoughSurvivors] = attack =>
                Answer<ProtocolMessage.SurvivorAnnouncement>(
                    MessageType.SurvivorAnnouncement,
                    (round, announced) =>
                        new ProtocolMessage.SurvivorAnnouncement(
                            announced.Session,
                            attack ? round.Set(0, 1, 2) : round.Set(0, 1, 2, 3)
                        )
                ),
            [AbortReason.RoundReplayed] = attack =>
                Offer(
                    s_plan with
                    {
                        Attempt = 2,
                    },
                    new RoundOptions { HistoryFor = _ => JoinedBefore(s_plan with { Attempt = attack ? 2u : 1u }) }
                ),
            [AbortReason.OwnKeyReflected] = attack =>
                Cohort(
                    (round, cohort) =>
                        SignedBy(round, cohort, 1, attack ? cohort.Advertisements[0].MaskKey : Inside.FreshKey())
                ),
            [AbortReason.UnknownIdentity] = attack =>
                Answer<ProtocolMessage.SurvivorAnnouncement>(
                    MessageType.SurvivorAnnouncement,
                    (round, announced) =>
                        new ProtocolMessage.SurvivorAnnouncement(
                            announced.Session,
                            attack ? round.Everyone : announced.Survivors
                        ),
                    silentDealer: 4
                ),
            [AbortReason.DuplicateIdentity] = attack =>
                Answer<ProtocolMessage.UnmaskRequest>(
                    MessageType.UnmaskRequest,
                    (_, request) =>
                        new ProtocolMessage.UnmaskRequest(
                            request.Session,
                            request.Survivors,
                            attack ? [.. request.Signatures, request.Signatures[1]] : request.Signatures
                        )
                ),
            [AbortReason.InvalidPoint] = attack =>
                Cohort(
                    (round, cohort) =>
                        SignedBy(
                            round,
                            cohort,
                            1,
                            attack ? Forge.FlipBit(cohort.Advertisements[1].MaskKey, 500) : Inside.FreshKey()
                        )
                ),
            [AbortReason.NotInSurvivorSet] = attack =>
                Answer<ProtocolMessage.SurvivorAnnouncement>(
                    MessageType.SurvivorAnnouncement,
                    (round, announced) =>
                        new ProtocolMessage.SurvivorAnnouncement(
                            announced.Session,
                            attack ? round.Set(1, 2, 3, 4) : round.Set(0, 1, 2, 3)
                        )
                ),
            [AbortReason.ThresholdTooLow] = attack =>
                Offer(s_plan with { Threshold = attack ? 3 : 4, MinimumSurvivors = 4 }),
            [AbortReason.SuiteMismatch] = attack =>
                Offer(
                    s_plan,
                    Policy(round => new ClientPolicy
                    {
                        PinnedRoster = round.Roster,
                        Federation = "test",
                        WithoutPrivacyNoise = LocalConsent.Given("test data"),
                        AcceptedSuites = attack ? [SuiteId.X25519CC20V1] : [SuiteId.P256A256V1],
                    })
                ),
            [AbortReason.ModelMismatch] = attack =>
                Offer(s_plan, new RoundOptions { ExpectedModelFor = _ => attack ? Digest.Of([9]) : s_plan.Model }),
            [AbortReason.RosterMismatch] = attack => Offer(s_plan with { Roster = WithOtherKey(attack) }),
            [AbortReason.EffectiveCohortTooSmall] = attack =>
                Offer(
                    s_plan,
                    Policy(round => new ClientPolicy
                    {
                        PinnedRoster = round.Roster,
                        Federation = "test",
                        WithoutPrivacyNoise = LocalConsent.Given("test data"),
                        MinimumEffectiveCohort = attack ? 4 : 3,
                    })
                ),
            [AbortReason.UnprotectedRefused] = attack =>
                Offer(
                    RoundPlan.Plain,
                    Policy(round => new ClientPolicy
                    {
                        PinnedRoster = round.Roster,
                        Federation = "test",
                        WithoutPrivacyNoise = LocalConsent.Given("test data"),
                        Unprotected = attack ? LocalConsent.Refused : LocalConsent.Given("test data"),
                    })
                ),
            [AbortReason.PrivacyTooWeak] = attack =>
                Offer(
                    s_plan,
                    Policy(round => new ClientPolicy
                    {
                        PinnedRoster = round.Roster,
                        Federation = "test",
                        WithoutPrivacyNoise = attack ? LocalConsent.Refused : LocalConsent.Given("test data"),
                    })
                ),
            [AbortReason.NotEnoughShares] = attack =>
                WholeRound(round =>
                    Dealer(
                        round,
                        honest =>
                            Inside.Redeal(
                                round,
                                1,
                                honest,
                                (holder, share) =>
                                    holder == 2 || (attack && holder == 3) ? Inside.Unreadable(share) : share
                            )
                    )
                ),
            [AbortReason.AbortedByServer] = attack =>
                Answer<ProtocolMessage.ShareDelivery>(
                    MessageType.ShareDelivery,
                    (round, delivery) =>
                        attack
                            ? new ProtocolMessage.RoundAborted(
                                delivery.Session,
                                AbortReason.AbortedByServer,
                                round.Set()
                            )
                            : delivery,
                    leaves: false
                ),
            [AbortReason.CohortDifferencing] = attack =>
                Answer<ProtocolMessage.SurvivorAnnouncement>(
                    MessageType.SurvivorAnnouncement,
                    (_, announced) => announced,
                    s_plan with
                    {
                        Round = 2,
                    },
                    new RoundOptions { HistoryFor = _ => SignedBefore(s_plan, attack ? [0, 1, 2, 3] : [0, 1, 2]) }
                ),
            [AbortReason.FederationMismatch] = attack => Offer(s_plan with { Federation = attack ? "other" : "test" }),
            [AbortReason.AggregateOutOfRange] = attack =>
                WholeRound(
                    _ => { },
                    new RoundOptions
                    {
                        Corrupt = (party, values) =>
                        {
                            if (attack && party == 3)
                            {
                                values[0] = 1UL << (values.Ring.Bits - 1);
                            }
                        },
                    }
                ),
        };

    /// <summary>What the first client does with an offer; nothing may leave it when it refuses.</summary>
    private static AbortReason? Offer(RoundPlan shown, RoundOptions? options = null)
    {
        RoundOptions used = options ?? new RoundOptions();
        using MessageRound round = new(s_five, s_plan, used with { DescriptorFor = _ => shown.Build(s_five) });
        Step<ClientReceipt> step = round.ToClient(0, new RoundEvent.Started());
        Assert.Equal(step.Ended is null ? 1 : 0, step.Send.Length);
        Assert.Equal(step.Ended is null, step.StoreFirst is not null);
        return Inside.ReasonOf(step.Ended);
    }

    /// <summary>What the first client does with a message of the server; when it leaves, nothing but its withdrawal does.</summary>
    private static AbortReason? Answer<T>(
        MessageType type,
        Func<MessageRound, T, ProtocolMessage> change,
        RoundPlan? plan = null,
        RoundOptions? options = null,
        int? silentDealer = null,
        bool leaves = true
    )
        where T : ProtocolMessage
    {
        using MessageRound round = new(s_five, plan ?? s_plan, options);
        round.Hook = sent => sent.Type == MessageType.EncryptedShares && sent.From == silentDealer ? [] : [sent];
        T honest = Forge.Read<T>(round.Take(type, to: 0).Bytes);
        List<SecretBytes> secrets = Inside.SecretsOf(round.Clients[0]);
        Step<ClientReceipt> step = round.ToClient(0, Forge.Bytes(change(round, honest)));
        if (step.Ended is not null && leaves)
        {
            Inside.AssertLeft(step, secrets);
        }

        Assert.Empty(step.Faults);
        return Inside.ReasonOf(step.Ended);
    }

    private static AbortReason? Cohort(
        Func<MessageRound, ProtocolMessage.CohortAnnouncement, ProtocolMessage> change,
        RoundPlan? plan = null,
        int minimumCohort = 3
    ) =>
        Answer(
            MessageType.CohortAnnouncement,
            change,
            plan,
            Policy(round => new ClientPolicy
            {
                PinnedRoster = round.Roster,
                Federation = "test",
                WithoutPrivacyNoise = LocalConsent.Given("test data"),
                MinimumCohort = minimumCohort,
            })
        );

    private static AbortReason? WholeRound(Action<MessageRound> arrange, RoundOptions? options = null)
    {
        using MessageRound round = new(s_five, s_plan, options);
        arrange(round);
        round.Run();
        if (round.Ending is RoundEnding<AggregateResult>.Completed)
        {
            round.AssertExact(0, 1, 2, 3, 4);
        }

        return Inside.ReasonOf(round.Ending);
    }

    private static AbortReason? RequestChanged(bool attack)
    {
        using MessageRound round = new(s_five, s_plan);
        ReadOnlyMemory<byte> first = round.Take(MessageType.SurvivorAnnouncement, to: 0).Bytes;
        Digest k = Forge.Read<ProtocolMessage.SurvivorAnnouncement>(first).Session;
        Step<ClientReceipt> answer = round.ToClient(0, first);
        List<SecretBytes> secrets = Inside.SecretsOf(round.Clients[0]);
        ProtocolMessage other = new ProtocolMessage.SurvivorAnnouncement(k, round.Set(0, 1, 2, 3));
        Step<ClientReceipt> step = round.ToClient(0, attack ? Forge.Bytes(other) : first);
        if (attack)
        {
            Inside.AssertLeft(step, secrets);
        }
        else
        {
            Assert.Equal(answer.Send.Single().Bytes.ToArray(), step.Send.Single().Bytes.ToArray());
        }

        return Inside.ReasonOf(step.Ended);
    }

    private static void Dealer(
        MessageRound round,
        Func<ProtocolMessage.EncryptedShares, ProtocolMessage.EncryptedShares> change
    ) =>
        round.Hook = sent =>
            sent is { Type: MessageType.EncryptedShares, From: 1 }
                ? [sent.With(change(Forge.Read<ProtocolMessage.EncryptedShares>(sent.Bytes)))]
                : [sent];

    private static RoundOptions Policy(Func<TestFederation, ClientPolicy> policy) =>
        new() { PolicyFor = _ => policy(s_five) };

    private static ClientHistory JoinedBefore(RoundPlan plan)
    {
        using MessageRound earlier = new(s_five, plan);
        return ClientHistory.FromRecords([earlier.ToClient(0, new RoundEvent.Started()).StoreFirst!]);
    }

    private static ClientHistory SignedBefore(RoundPlan plan, params int[] survivors)
    {
        PartySet set = Forge.Set(5, survivors);
        return ClientHistory.FromRecords([SignedCohort.ToRecord(plan.Build(s_five), Digest.Of([7]), set, set)]);
    }

    private static ProtocolMessage.CohortAnnouncement Keep(ProtocolMessage.CohortAnnouncement cohort, int count) =>
        new(cohort.Session, cohort.Advertisements[..count]);

    private static ProtocolMessage.KeyAdvertisement WithMaskKey(
        ProtocolMessage.KeyAdvertisement entry,
        ReadOnlyMemory<byte> maskKey
    ) => new(entry.Session, entry.Sender, entry.ChannelKey, maskKey, entry.SeedCommitment, entry.Signature);

    private static ProtocolMessage.CohortAnnouncement SignedBy(
        MessageRound round,
        ProtocolMessage.CohortAnnouncement cohort,
        int party,
        ReadOnlyMemory<byte> maskKey
    ) =>
        Forge.Replace(cohort, Forge.Keys(round.Federation.Signers[party], cohort.Advertisements[party], mask: maskKey));

    private static ImmutableArray<RosterEntry> WithOtherKey(bool attack) =>
        attack
            ? s_five.Roster.SetItem(2, s_five.Roster[2] with { SigningKey = TestFederation.Of(6).Roster[5].SigningKey })
            : s_five.Roster;
}
