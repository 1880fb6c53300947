using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>Attacks on the offer, the unmask request, the order of phases and the inputs, by the id of their case.</summary>
public class RoundAttackTests
{
    private static readonly TestFederation s_five = TestFederation.Of(5);

    public static TheoryData<string, AbortReason> UnmaskLists =>
        new()
        {
            { "one id as survivor and as dropped", AbortReason.SurvivorSetConflict },
            { "an id twice", AbortReason.DuplicateIdentity },
            { "an id outside U2", AbortReason.UnknownIdentity },
            { "me as dropped", AbortReason.NotInSurvivorSet },
            { "fewer than t", AbortReason.NotEnoughSurvivors },
        };

    public static TheoryData<int, int, int, string> BrokenThresholds =>
        new()
        {
            { 3, 4, 1, "2t > n + c" },
            { 4, 4, 4, "t > c" },
            { 4, 4, ushort.MaxValue, "t > c" },
            { 1, 4, 0, "t ≥ 2" },
            { 0, 4, 0, "t ≥ 2" },
            { 6, 6, 1, "t ≤ n" },
            { 4, 3, 1, "U ≥ t" },
            { 4, 6, 1, "U ≤ n" },
        };

    [Theory]
    [MemberData(nameof(UnmaskLists))]
    public void RND_03_A_contradictory_list_of_survivors_or_signers_gets_no_share(string how, AbortReason reason)
    {
        // Sets travel as bitmaps, so a repeat or a double role can only be said with two messages or with signers.
        using MessageRound round = new(s_five, new RoundPlan());
        bool before = reason is AbortReason.NotInSurvivorSet or AbortReason.NotEnoughSurvivors;
        Delivery honest = round.Take(before ? MessageType.SurvivorAnnouncement : MessageType.UnmaskRequest, to: 0);
        Digest k = Forge.Read<ProtocolMessage>(honest.Bytes).Session;
        ProtocolMessage.UnmaskRequest? request = before
            ? null
            : Forge.Read<ProtocolMessage.UnmaskRequest>(honest.Bytes);
        ProtocolMessage attack = how switch
        {
            "one id as survivor and as dropped" => new ProtocolMessage.UnmaskRequest(
                k,
                round.Set(0, 1, 2, 3),
                request!.Signatures
            ),
            "an id twice" => new ProtocolMessage.UnmaskRequest(
                k,
                request!.Survivors,
                [.. request.Signatures, request.Signatures[0]]
            ),
            "an id outside U2" => new ProtocolMessage.UnmaskRequest(
                k,
                request!.Survivors,
                [.. request.Signatures, request.Signatures[0] with { Signer = 5 }]
            ),
            "me as dropped" => new ProtocolMessage.SurvivorAnnouncement(k, round.Set(1, 2, 3, 4)),
            _ => new ProtocolMessage.SurvivorAnnouncement(k, round.Set(0, 1, 2)),
        };
        List<SecretBytes> secrets = Inside.SecretsOf(round.Clients[0]);

        Step<ClientReceipt> step = round.ToClient(0, Forge.Bytes(attack));

        Assert.Equal(reason, Inside.ReasonOf(step.Ended));
        Inside.AssertLeft(step, secrets);
    }

    [Theory]
    [MemberData(nameof(BrokenThresholds))]
    public void RND_10_A_threshold_that_breaks_an_inequality_is_refused_by_client_and_server(
        int threshold,
        int survivors,
        int collusionBound,
        string inequality
    )
    {
        RoundDescriptor broken = new RoundPlan
        {
            Threshold = threshold,
            MinimumSurvivors = survivors,
            CollusionBound = collusionBound,
        }.Build(s_five);

        DescriptorRefusal refusal = DescriptorRules.Check(broken)!;

        Assert.Equal(AbortReason.ThresholdTooLow, refusal.Reason);
        Assert.Contains(inequality, refusal.Explanation, StringComparison.Ordinal);
        using MessageRound round = new(s_five, new RoundPlan(), new RoundOptions { DescriptorFor = _ => broken });
        AssertRefused(round, AbortReason.ThresholdTooLow);
        ArgumentException thrown = Assert.Throws<ArgumentException>(() =>
            new MaskingServerSession(new ServerSetup { Descriptor = broken, Suite = P256Suite.Instance })
        );
        Assert.Contains(inequality, thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue)]
    [InlineData(int.MinValue, int.MinValue, int.MinValue)]
    [InlineData(4, 4, int.MaxValue)]
    [InlineData(int.MaxValue, 4, 1)]
    public void RND_10_Extreme_numbers_are_refused_not_thrown_at(int threshold, int survivors, int collusionBound) =>
        Assert.Equal(
            AbortReason.ThresholdTooLow,
            DescriptorRules.CheckThreshold(5, threshold, survivors, collusionBound)!.Reason
        );

    [Theory]
    [InlineData(3, 1, 3)]
    [InlineData(5, 1, 4)]
    [InlineData(8, 2, 6)]
    [InlineData(10, 3, 7)]
    [InlineData(50, 10, 31)]
    [InlineData(100, 33, 67)]
    public void RND_10_The_least_threshold_of_the_table_holds_and_one_less_does_not(int n, int c, int t)
    {
        Assert.Equal(t, DescriptorRules.LeastThreshold(n, c));
        Assert.Null(DescriptorRules.CheckThreshold(n, t, t, c));
        Assert.NotNull(DescriptorRules.CheckThreshold(n, t - 1, t, c));
    }

    [Fact]
    public void RND_15_After_an_abort_every_message_is_a_fault_and_changes_nothing()
    {
        using MessageRound whole = new(s_five, new RoundPlan());
        whole.Run();
        using MessageRound round = new(s_five, new RoundPlan());
        round.Take(MessageType.ShareDelivery, to: 0);
        round.ToClient(0, Forge.Bytes(new ProtocolMessage.RoundAborted(round.D, AbortReason.Cancelled, round.Set())));
        round.ToServer(new RoundEvent.Stopped(AbortReason.Cancelled));
        Digest client = round.Clients[0].StateFingerprint();
        Digest server = round.Server.StateFingerprint();

        foreach (Delivery recorded in whole.Sent)
        {
            Step<ClientReceipt> atClient = round.Clients[0].Advance(new RoundEvent.Received(null, recorded.Bytes));
            Inside.AssertFault(atClient, PeerFaultKind.WrongPhase);
            Step<AggregateResult> atServer = round.Server.Advance(
                new RoundEvent.Received(s_five.IdOf(recorded.From ?? 0), recorded.Bytes)
            );
            Assert.Single(atServer.Faults);
            Assert.Null(atServer.Ended);
            Assert.All(atServer.Send, message => Assert.Equal(MessageType.RoundAborted, message.Type));
        }

        Assert.Equal(client, round.Clients[0].StateFingerprint());
        Assert.Equal(server, round.Server.StateFingerprint());
    }

    [Fact]
    public void CFG_01_A_suite_off_the_clients_list_is_refused_and_a_reserved_one_by_every_client()
    {
        using MessageRound off = new(
            s_five,
            new RoundPlan(),
            new RoundOptions { PolicyFor = _ => Policy(accepted: [SuiteId.X25519CC20V1]) }
        );
        AssertRefused(off, AbortReason.SuiteMismatch);
        using MessageRound none = new(
            s_five,
            new RoundPlan(),
            new RoundOptions { PolicyFor = _ => Policy(accepted: []) }
        );
        AssertRefused(none, AbortReason.SuiteMismatch);
        foreach (SuiteId suite in new[] { (SuiteId)0, (SuiteId)3, (SuiteId)999, (SuiteId)ushort.MaxValue })
        {
            RoundDescriptor unknown = new RoundPlan { Suite = suite }.Build(s_five);
            DescriptorRefusal? refusal = Policy(accepted: [suite])
                .Examine(unknown, s_five.IdOf(0), unknown.ModelDigest, ClientHistory.Empty);
            Assert.Equal(AbortReason.SuiteMismatch, refusal?.Reason);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(255)]
    public void CFG_01_Another_wire_version_is_a_fault_on_both_sides(byte version)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery cohort = round.Take(MessageType.CohortAnnouncement, to: 0);
        byte[] toClient = cohort.Bytes.ToArray();
        toClient[2] = version;
        byte[] toServer = round.ToClient(0, cohort.Bytes).Send[0].Bytes.ToArray();
        toServer[2] = version;
        Digest client = round.Clients[0].StateFingerprint();
        Digest server = round.Server.StateFingerprint();

        Inside.AssertFault(round.ToClient(0, toClient), PeerFaultKind.UnsupportedVersion);
        Inside.AssertFault(round.ToServer(0, toServer), PeerFaultKind.UnsupportedVersion);

        Assert.Equal(client, round.Clients[0].StateFingerprint());
        Assert.Equal(server, round.Server.StateFingerprint());
    }

    [Fact]
    public void CFG_04_Protection_cannot_be_turned_off_by_what_the_server_sends()
    {
        ClientPolicy strict = new() { PinnedRoster = s_five.Roster, Federation = "test" };
        AssertRefused(Offered(RoundPlan.Plain, Policy()), AbortReason.UnprotectedRefused);
        AssertRefused(Offered(new RoundPlan(), strict), AbortReason.PrivacyTooWeak);
        AssertRefused(
            Offered(RoundPlan.Plain with { MinimumSurvivors = 1 }, Policy(unprotected: true)),
            AbortReason.CohortTooSmall
        );
        AssertRefused(
            Offered(new RoundPlan { CollusionBound = 0, Threshold = 4 }, Policy()),
            AbortReason.ThresholdTooLow
        );
    }

    [Fact]
    public void CFG_04_An_unprotected_round_with_local_consent_says_so_in_its_result()
    {
        using MessageRound round = new(s_five, RoundPlan.Plain);

        round.Run();

        round.AssertExact(0, 1, 2, 3, 4);
        Assert.Equal((SchemeKind.Unprotected, 0), (round.Result.Scheme, round.Result.EffectiveCohort));
        ClientReceipt receipt = Assert.IsType<RoundEnding<ClientReceipt>.Completed>(round.ClientEndings[0]).Result;
        Assert.Equal(0, receipt.EffectiveCohort);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CFG_04_A_session_of_another_scheme_than_the_offer_sends_nothing(bool plainSession)
    {
        using MessageRound masked = new(s_five, new RoundPlan());
        RoundDescriptor offered = (plainSession ? new RoundPlan() : RoundPlan.Plain).Build(s_five);
        ClientSetup setup = new()
        {
            Descriptor = offered,
            Self = s_five.IdOf(0),
            Signer = s_five.Signers[0],
            Suite = P256Suite.Instance,
            Random = new SeededRandomSource(1),
            Policy = Policy(unprotected: true),
            History = ClientHistory.Empty,
            ExpectedModel = offered.ModelDigest,
            Update = masked.UpdateOf(0),
        };
        using ClientSession session = plainSession ? new PlainClientSession(setup) : new MaskingClientSession(setup);

        Step<ClientReceipt> step = session.Advance(new RoundEvent.Started());

        Assert.Equal(AbortReason.GraphMismatch, Inside.ReasonOf(step.Ended));
        Assert.Empty(step.Send);
        Assert.Null(step.StoreFirst);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    [InlineData(97)]
    [InlineData(4099)]
    public void MSK_01_Every_legal_length_gives_the_exact_sum(int length)
    {
        using MessageRound round = new(s_five, new RoundPlan { Length = length, MaximumWeight = length == 97 ? 9 : 0 });

        round.Run();

        round.AssertExact(0, 1, 2, 3, 4);
    }

    [Fact]
    public void MSK_01_A_length_of_zero_or_another_plan_than_the_updates_is_refused()
    {
        RoundDescriptor empty = Changed(new RoundPlan { RingBits = 22 }, length: 0);
        Assert.Equal(AbortReason.OverflowRisk, DescriptorRules.Check(empty)!.Reason);
        foreach (
            RoundPlan other in new[]
            {
                new RoundPlan { Length = 16 },
                new RoundPlan { Length = 18 },
                new RoundPlan { FractionBits = 17 },
                new RoundPlan { ClipNorm = 2 },
                new RoundPlan { MaximumWeight = 5 },
            }
        )
        {
            using MessageRound round = new(
                s_five,
                new RoundPlan(),
                new RoundOptions { EncodingFor = party => (party == 0 ? other : new RoundPlan()).EncodingFor(5) }
            );
            AssertRefused(round, AbortReason.InputRefused);
        }
    }

    [Theory]
    [InlineData(18, 0, 1)]
    [InlineData(18, 0, -1)]
    [InlineData(18, 1000, 1)]
    [InlineData(30, 0, 1)]
    [InlineData(50, 0, -1)]
    public void MSK_02_The_largest_inputs_of_everybody_at_once_do_not_wrap(
        int fractionBits,
        long maximumWeight,
        int sign
    )
    {
        RoundPlan plan = new() { FractionBits = fractionBits, MaximumWeight = maximumWeight };
        long bound = plan.EncodingFor(5).CoordinateBound;

        // The encoder leaves room for rounding; the lattice itself goes one step further, and that is what must fit.
        using MessageRound round = new(
            s_five,
            plan,
            new RoundOptions
            {
                ValuesFor = _ => new float[plan.Length],
                WeightFor = _ => Math.Max(1, maximumWeight),
                Corrupt = (_, values) => values[4] = unchecked((ulong)(sign * bound)),
            }
        );

        round.Run();

        round.AssertExact(0, 1, 2, 3, 4);
        UpdateSum sum = round.Result.Sum.Decode();
        Assert.Equal(1L << fractionBits, bound);
        Assert.Equal(5 * sign * bound, sum.Integers()[4]);
        Assert.Equal(maximumWeight == 0 ? 5 : 5 * maximumWeight, sum.TotalWeight);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void INP_01_A_value_that_is_not_finite_never_reaches_a_session(float value)
    {
        foreach (int position in new[] { 0, 8, 16 })
        {
            float[] values = new float[17];
            values[position] = value;

            UpdateRefusedException refused = Assert.Throws<UpdateRefusedException>(() => LocalUpdate.Create(values));

            Assert.Equal((UpdateFault.NonFinite, position), (refused.Fault, refused.CoordinateIndex));
        }
    }

    [Theory]
    [InlineData(-0f)]
    [InlineData(float.Epsilon)]
    [InlineData(1e38f)]
    [InlineData(-1e38f)]
    public void INP_01_Every_finite_value_is_clipped_and_its_round_is_exact(float value)
    {
        float[] values = new float[17];
        values[0] = values[16] = value;
        using MessageRound round = new(s_five, new RoundPlan(), new RoundOptions { ValuesFor = _ => values });

        round.Run();

        round.AssertExact(0, 1, 2, 3, 4);
        Assert.True(round.Result.Sum.Decode().IsWithinPlan);
    }

    [Fact]
    public void SYB_01_A_round_below_the_clients_own_minimum_is_refused()
    {
        AssertRefused(Offered(new RoundPlan(), Policy(minimumCohort: 6)), AbortReason.CohortTooSmall);
        AssertRefused(Offered(new RoundPlan(), Policy(minimumCohort: 5)), AbortReason.CohortTooSmall);
        AssertRefused(Offered(new RoundPlan(), Policy(minimumEffective: 4)), AbortReason.EffectiveCohortTooSmall);
        using MessageRound neighbour = Offered(new RoundPlan(), Policy(minimumCohort: 4, minimumEffective: 3));
        Assert.Null(neighbour.ToClient(0, new RoundEvent.Started()).Ended);
    }

    [Fact]
    public void MOD_01_A_client_that_is_shown_another_model_refuses()
    {
        RoundPlan other = new() { Model = Digest.Of([4, 5, 6]) };
        using MessageRound round = new(
            s_five,
            new RoundPlan(),
            new RoundOptions { DescriptorFor = _ => other.Build(s_five), ExpectedModelFor = _ => new RoundPlan().Model }
        );

        AssertRefused(round, AbortReason.ModelMismatch);
    }

    [Fact]
    public void MOD_01_Clients_that_believe_in_different_models_do_not_end_up_in_one_cohort()
    {
        // Client 0 was led to believe in another model; both sides see different D, so neither takes the other's keys.
        RoundPlan other = new() { Model = Digest.Of([4, 5, 6]) };
        using MessageRound round = new(
            s_five,
            new RoundPlan(),
            new RoundOptions { DescriptorFor = party => (party == 0 ? other : new RoundPlan()).Build(s_five) }
        );

        round.Run();

        Assert.Contains(
            round.ServerFaults,
            fault => fault.Kind == PeerFaultKind.WrongSession && fault.Who == s_five.IdOf(0)
        );
        round.AssertExact(1, 2, 3, 4);
    }

    [Fact]
    public void MOD_01_Masks_of_two_cohort_digests_do_not_cancel()
    {
        // The same keys under two descriptors: the strongest server imaginable, which got past every signature.
        Digest one = Digest.Of([1]);
        Digest two = Digest.Of([2]);
        P256Suite suite = P256Suite.Instance;
        using AgreementKeyPair low = suite.GenerateKeyPair(new SeededRandomSource(1));
        using AgreementKeyPair high = suite.GenerateKeyPair(new SeededRandomSource(2));
        int[] disagreements = [.. new[] { one, two }.Select(k => Left(k).Count(lane => lane != 0))];

        Assert.Equal(0, disagreements[0]);
        Assert.True(disagreements[1] > 90, "masks of different cohorts nearly cancel");

        uint[] Left(Digest ofHigh)
        {
            uint[] lanes = new uint[100];
            using MaskKeystream mine = MaskKeys.TryPair(suite, one, low, 0, 1, high.PublicKey.Span)!;
            using MaskKeystream theirs = MaskKeys.TryPair(suite, ofHigh, high, 1, 0, low.PublicKey.Span)!;
            mine.AddTo(lanes, 0);
            theirs.SubtractFrom(lanes, 0);
            return lanes;
        }
    }

    private static MessageRound Offered(RoundPlan plan, ClientPolicy policy) =>
        new(
            s_five,
            new RoundPlan(),
            new RoundOptions { DescriptorFor = _ => plan.Build(s_five), PolicyFor = _ => policy }
        );

    private static void AssertRefused(MessageRound round, AbortReason reason)
    {
        Step<ClientReceipt> step = round.ToClient(0, new RoundEvent.Started());
        Assert.Equal(reason, Inside.ReasonOf(step.Ended));
        Assert.Empty(step.Send);
        Assert.Null(step.StoreFirst);
        Assert.Empty(round.Sent);
    }

    private static RoundDescriptor Changed(RoundPlan plan, int length)
    {
        RoundDescriptor sound = plan.Build(s_five);
        return new RoundDescriptor
        {
            Suite = sound.Suite,
            Scheme = sound.Scheme,
            UnprotectedBecause = sound.UnprotectedBecause,
            Length = length,
            ClipNorm = sound.ClipNorm,
            FractionBits = sound.FractionBits,
            MaximumParticipants = sound.MaximumParticipants,
            MaximumWeight = sound.MaximumWeight,
            RingBits = sound.RingBits,
            Threshold = sound.Threshold,
            MinimumSurvivors = sound.MinimumSurvivors,
            CollusionBound = sound.CollusionBound,
            NoPrivacyBecause = sound.NoPrivacyBecause,
            Noise = sound.Noise,
            ModelDigest = sound.ModelDigest,
            Federation = sound.Federation,
            Round = sound.Round,
            Attempt = sound.Attempt,
            Roster = sound.Roster,
        };
    }

    private static ClientPolicy Policy(
        System.Collections.Immutable.ImmutableArray<SuiteId>? accepted = null,
        int minimumCohort = 3,
        int minimumEffective = 2,
        bool unprotected = false
    ) =>
        new()
        {
            PinnedRoster = s_five.Roster,
            Federation = "test",
            WithoutPrivacyNoise = LocalConsent.Given("test data"),
            AcceptedSuites = accepted ?? [SuiteId.P256A256V1],
            MinimumCohort = minimumCohort,
            MinimumEffectiveCohort = minimumEffective,
            Unprotected = unprotected ? LocalConsent.Given("test data") : LocalConsent.Refused,
        };
}
