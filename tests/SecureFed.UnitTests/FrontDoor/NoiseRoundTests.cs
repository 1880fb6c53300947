using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;
using SecureFed.Protocol;
using SeededRandomSource = SecureFed.Testing.SeededRandomSource;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Rounds in which the parties add noise inside the sum.</summary>
public sealed class NoiseRoundTests
{
    private const int Length = 3000;
    private const int Parties = 5;
    private const int Survivors = 4;
    private const int Collusion = 1;

    private static readonly AggregationPlan s_records = Plan(
        PrivacyPlan.ForRecords(2, maximumExamples: 8, divisor: 20, SamplingClaim.Nothing)
    );

    private static AggregationPlan Plan(PrivacyPlan privacy, int length = Length) =>
        AggregationPlan.Create(
            length,
            maximumParticipants: Parties,
            clipNorm: 1,
            fractionBits: 16,
            privacy,
            AggregationScheme.PairwiseMasked(Survivors, Collusion)
        );

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_sum_is_the_exact_sum_of_the_records_and_noise_of_every_contributor(int dropped)
    {
        using SeededRandomSource random = new(11, $"noise round {dropped}");
        long[] exact = new long[Length];
        RoundOutcome.Completed done = Run(s_records, random, exact, dropped);

        long[] sum = done.Sum.Integers();
        double[] noise = [.. sum.Zip(exact, (noisy, clean) => (double)(noisy - clean))];
        double variance = s_records.Encoding.Noise!.ShareVariance * (double)(Parties - dropped);
        AssertVariance(noise, variance);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => AssertVariance([.. noise.Select(n => n * 0.83)], variance));

        // The honest part alone is what was asked for, whoever dropped out.
        Assert.True(s_records.Encoding.Noise.ShareVariance * (double)s_records.HonestShares >= 4.0 * (1UL << 32));
        Assert.Equal(Survivors - Collusion, s_records.HonestShares);
        Assert.True(done.Sum.IsWithinPlan);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void With_layers_the_noise_of_the_sum_is_the_same_whoever_drops_out(int dropped)
    {
        AggregationPlan layered = Plan(
            PrivacyPlan.ForRecords(2, maximumExamples: 8, divisor: 20, SamplingClaim.Nothing).WithRemovableSurplus()
        );
        using SeededRandomSource random = new(13, $"layers {dropped}");
        long[] exact = new long[Length];
        RoundOutcome.Completed done = Run(layered, random, exact, dropped);
        double[] noise = [.. done.Sum.Integers().Zip(exact, (noisy, clean) => (double)(noisy - clean))];

        // s = z²·Δ²·U/(U − c), with one and with no drop-out.
        double whole = 4.0 * (1UL << 32) * Survivors / (Survivors - Collusion);
        AssertVariance(noise, whole);
        Assert.Equal(Survivors - Collusion, layered.HonestShares);
        Assert.InRange(layered.Encoding.Noise!.Layers!.Variance / whole, 1, 1 + 1e-9);

        // Nothing but what stays in the sum differs from shares: the promise and its cost are the same, to a grid unit.
        Assert.True(done.Sum.IsWithinPlan);
        Assert.NotEqual(s_records.Digest, layered.Digest);
        using InProcessFederation federation = Federation(_ => new RecordingGate());
        RoundDescriptor descriptor = layered.DescribeFor(
            federation.Members.Select(member => member.Enrolment),
            federation.Name,
            1,
            1,
            Digest.Of("model"u8),
            SuiteId.P256A256V1
        );
        Assert.Equal(layered.Cost, RoundCost.Of(descriptor));
        double Spent(AggregationPlan plan) =>
            new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne).Compose(plan.Cost!, 50).Epsilon(1e-5).Epsilon;
        Assert.InRange(Spent(layered) / Spent(s_records), 1 - 1e-8, 1 + 1e-8);
    }

    [Fact]
    public void Layers_need_somebody_who_may_drop_out_a_complete_graph_and_their_plan_to_draw_them()
    {
        PrivacyPlan privacy = PrivacyPlan.ForParties(2, divisor: 5).WithRemovableSurplus();
        Assert.Throws<ArgumentException>(() =>
            AggregationPlan.Create(8, Parties, 1, 16, privacy, AggregationScheme.PairwiseMasked(Parties, Collusion))
        );
        Assert.Throws<ArgumentException>(() =>
            AggregationPlan.Create(8, 1000, 1, 16, privacy, AggregationScheme.PairwiseMasked(900, 10))
        );
        Assert.Equal(
            PlanFault.NoiseOutOfRange,
            Assert
                .Throws<PlanRefusedException>(() =>
                    AggregationPlan.Create(
                        8,
                        Parties,
                        1,
                        40,
                        privacy,
                        AggregationScheme.PairwiseMasked(Survivors, Collusion)
                    )
                )
                .Fault
        );

        AggregationPlan plan = Plan(privacy, length: 8);
        Assert.Throws<ArgumentException>(() => NoiseShare.Draw(plan.Encoding, SystemRandomSource.Instance));
        using NoiseVector drawn = PartyNoise.Draw(plan.Encoding, P256Suite.Instance, SystemRandomSource.Instance);
        Assert.Equal(plan.Encoding, drawn.Encoding);
        Assert.Throws<ArgumentException>(() =>
            PartyNoise.Draw(UpdateEncoding.Create(8, 5, 1, 16), P256Suite.Instance, SystemRandomSource.Instance)
        );
        Assert.Throws<InvalidOperationException>(() => plan.WithCompression(CompressedBits.TwentyFour));
    }

    [Fact]
    public void The_mean_divides_by_the_plans_constant_and_not_by_who_took_part()
    {
        using SeededRandomSource random = new(12, "mean");
        RoundOutcome.Completed done = Run(s_records, random, new long[Length], dropped: 1);
        float[] expected =
        [
            .. done.Sum.Integers().Select(value => (float)(value * (s_records.Encoding.GridStep / 20))),
        ];
        Assert.Equal(expected, done.Sum.Average());
    }

    [Fact]
    public void What_leaves_a_party_has_its_noise_and_no_two_attempts_have_the_same()
    {
        AggregationPlan plan = Plan(PrivacyPlan.ForParties(1, divisor: 5), length: 64);
        float[] update = new float[64];
        long[] First()
        {
            using InProcessRound round = InProcessRound.Start(plan, SystemRandomSource.Instance);
            for (int i = 0; i < Parties; i++)
            {
                round.Contribute(ParticipantId.FromIndex(i), update);
            }

            return round.Complete().SumOrThrow().Integers();
        }

        long[] one = First();
        long[] two = First();
        Assert.True(one.Count(value => value == 0) < 8);
        Assert.NotEqual(one, two);
    }

    [Fact]
    public void A_party_without_account_or_with_a_refusing_one_joins_no_round_with_noise()
    {
        using InProcessFederation none = Federation(_ => null!);
        RoundOutcome.Aborted refused = Assert.IsType<RoundOutcome.Aborted>(RunIn(none));
        Assert.Equal(Parties, refused.ClientAborts.Count);
        Assert.All(refused.ClientAborts.Values, reason => Assert.Equal(AbortReason.PrivacyTooWeak, reason));

        RecordingGate[] gates = Gates();
        gates[3].Refusal = new DescriptorRefusal(AbortReason.PrivacyTooWeak, "the budget is spent");
        using InProcessFederation federation = Federation(id => gates[IndexOf(id)]);
        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(RunIn(federation));
        Assert.Equal(ParticipantId.FromIndex(3), Assert.Single(done.Dropped));
        Assert.Equal(0, gates[3].Charges);
        Assert.Equal([1, 1, 1, 1], gates.Where((_, i) => i != 3).Select(gate => gate.Charges));
    }

    [Fact]
    public void The_charge_is_made_before_the_masked_vector_leaves_and_a_failed_one_keeps_it()
    {
        RecordingGate[] gates = Gates();
        gates[2].Fails = true;
        Watcher watcher = new(gates);
        using InProcessFederation federation = Federation(id => gates[IndexOf(id)]);
        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(
            RunIn(federation, new InProcessOptions { Observer = watcher })
        );

        Assert.Equal(ParticipantId.FromIndex(2), Assert.Single(done.Dropped));
        Assert.Equal(Parties - 1, watcher.Vectors);
        Assert.Equal(AbortReason.StorageFailure, done.ClientAborts[ParticipantId.FromIndex(2)]);
        Assert.Throws<KeyNotFoundException>(() => done.MaskedUploadOf(ParticipantId.FromIndex(2)));
        Assert.Equal(1, gates[2].Charges);
    }

    [Fact]
    public void A_session_refuses_an_update_without_its_share_of_noise()
    {
        using InProcessFederation federation = Federation(_ => new RecordingGate());
        RoundDescriptor descriptor = s_records.DescribeFor(
            federation.Members.Select(member => member.Enrolment),
            federation.Name,
            1,
            1,
            Digest.Of("model"u8),
            SuiteId.P256A256V1
        );
        using SeededRandomSource random = new(3, "no share");
        foreach (bool hasNoise in new[] { false, true })
        {
            EncodedUpdate update = new ExampleSum(s_records.Encoding, random).Take();
            if (hasNoise)
            {
                using NoiseVector share = NoiseShare.Draw(s_records.Encoding, random);
                update.AddNoise(share);
            }

            FederationMember self = federation.Members[0];
            using MaskingClientSession session = new(
                new ClientSetup
                {
                    Descriptor = descriptor,
                    Self = self.Id,
                    Signer = self.Signer,
                    Suite = federation.Suite,
                    Random = random,
                    Policy = new ClientPolicy { PinnedRoster = descriptor.Roster, Federation = federation.Name },
                    History = ClientHistory.Empty,
                    ExpectedModel = Digest.Of("model"u8),
                    Update = update,
                    Gate = self.Gate,
                }
            );
            Step<ClientReceipt> step = session.Advance(new RoundEvent.Started());
            AbortReason? reason = (step.Ended as RoundEnding<ClientReceipt>.Aborted)?.Reason;
            Assert.Equal(hasNoise ? null : AbortReason.InputRefused, reason);
            Assert.Equal(hasNoise, !step.Send.IsEmpty);
        }
    }

    [Fact]
    public void Noise_that_one_session_had_is_refused_by_the_next()
    {
        using SeededRandomSource random = new(4, "claimed once");
        EncodedUpdate update = new ExampleSum(s_records.Encoding, random).Take();
        using NoiseVector share = NoiseShare.Draw(s_records.Encoding, random);
        update.AddNoise(share);
        Assert.True(update.TryClaim(out _));
        Assert.False(update.TryClaim(out _));

        // Without noise an update is worth the same in every attempt.
        EncodedUpdate plain = new ExampleSum(s_records.Encoding, random).Take();
        Assert.True(plain.TryClaim(out _));
        Assert.True(plain.TryClaim(out _));
    }

    [Fact]
    public void A_client_computes_the_noise_itself_and_keeps_its_floors()
    {
        using InProcessFederation federation = Federation(_ => new RecordingGate());
        RoundDescriptor descriptor = s_records.DescribeFor(
            federation.Members.Select(member => member.Enrolment),
            federation.Name,
            1,
            1,
            Digest.Of("model"u8),
            SuiteId.P256A256V1
        );
        double multiplier = NoiseRules.NoiseMultiplier(descriptor);
        Assert.InRange(multiplier, 2 * (1 - 1e-15), 2 * (1 + 1e-6));
        AbortReason? Examine(double least, params PrivacyUnit[] units) =>
            new ClientPolicy
            {
                PinnedRoster = descriptor.Roster,
                Federation = federation.Name,
                NoiseMultiplierAtLeast = least,
                AcceptedUnits = [.. units],
            }
                .Examine(descriptor, descriptor.Roster[0].Id, Digest.Of("model"u8), ClientHistory.Empty)
                ?.Reason;
        Assert.Null(Examine(multiplier, PrivacyUnit.Record));
        Assert.Equal(AbortReason.PrivacyTooWeak, Examine(multiplier * 1.001, PrivacyUnit.Record));
        Assert.Equal(AbortReason.PrivacyTooWeak, Examine(multiplier, PrivacyUnit.Client));
    }

    [Fact]
    public void Records_are_not_contributed_as_one_vector()
    {
        using InProcessRound round = InProcessRound.Start(s_records, SystemRandomSource.Instance);
        ContributionRefusedException refused = Assert.Throws<ContributionRefusedException>(() =>
            round.Contribute(ParticipantId.FromIndex(0), new float[Length])
        );
        Assert.Equal(ContributionFault.UpdateRefused, refused.Fault);
        Assert.Contains("ExampleSum", refused.Message, StringComparison.Ordinal);

        ExampleSum foreign = new(
            Plan(PrivacyPlan.ForRecords(3, 8, 20, SamplingClaim.Nothing)).Encoding,
            SystemRandomSource.Instance
        );
        Assert.Throws<ArgumentException>(() => round.Contribute(ParticipantId.FromIndex(0), foreign));
    }

    [Fact]
    public void Plans_that_hide_nothing_or_fit_nowhere_are_refused_with_what_to_do()
    {
        PrivacyPlan records = PrivacyPlan.ForRecords(1, 8, 20, SamplingClaim.PoissonInsideParties(0.1));
        Assert.Contains(
            "pairwise masks",
            Assert
                .Throws<ArgumentException>(() =>
                    AggregationPlan.Create(3, 5, 1, 16, records, AggregationScheme.Unprotected("a test"))
                )
                .Message,
            StringComparison.Ordinal
        );
        AggregationScheme masked = AggregationScheme.PairwiseMasked(Survivors, Collusion);
        Assert.Equal(
            PlanFault.NoiseOutOfRange,
            Assert.Throws<PlanRefusedException>(() => AggregationPlan.Create(3, 5, 1, 2, records, masked)).Fault
        );
        Assert.Equal(
            PlanFault.NoiseOutOfRange,
            Assert.Throws<PlanRefusedException>(() => AggregationPlan.Create(3, 5, 1, 16, records, masked, 7)).Fault
        );
        Assert.Equal(
            PlanFault.NoiseOutOfRange,
            Assert.Throws<PlanRefusedException>(() => s_records.WithMetrics([MetricBlock.Create("n", 1, 4)])).Fault
        );
        Assert.Throws<PrivacyDomainException>(() => PrivacyPlan.ForParties(0, 1));
        Assert.Throws<PrivacyDomainException>(() => PrivacyPlan.ForParties(double.NaN, 1));
        Assert.Throws<PrivacyDomainException>(() => PrivacyPlan.ForParties(1, double.PositiveInfinity));
        Assert.Throws<PrivacyDomainException>(() => PrivacyPlan.ForRecords(1, 0, 1, SamplingClaim.Nothing));
        Assert.Throws<ArgumentOutOfRangeException>(() => SamplingClaim.PoissonInsideParties(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => SamplingClaim.PoissonInsideParties(double.NaN));
        Assert.Throws<ArgumentException>(() =>
            PrivacyPlan.ForRecords(1, 8, 20, SamplingClaim.PoissonInsideParties(0.1), NeighbouringRelation.ReplaceOne)
        );
    }

    [Fact]
    public void The_cost_of_a_round_is_the_same_for_the_plan_and_for_everybody_who_reads_the_descriptor()
    {
        AggregationPlan sampled = Plan(PrivacyPlan.ForRecords(1.5, 8, 2, SamplingClaim.PoissonInsideParties(0.1)));
        using InProcessFederation federation = Federation(_ => new RecordingGate());
        RoundDescriptor descriptor = sampled.DescribeFor(
            federation.Members.Select(member => member.Enrolment),
            federation.Name,
            1,
            1,
            Digest.Of("model"u8),
            SuiteId.P256A256V1
        );
        Assert.Equal(sampled.Cost, RoundCost.Of(descriptor));
        Assert.Equal(NeighbouringRelation.AddOrRemoveOne, sampled.Cost!.Relation);
        Assert.Null(s_records.Cost!.Relation);
        Assert.NotEqual(sampled.Digest, s_records.Digest);

        double epsilon = new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne)
            .Compose(sampled.Cost, 50)
            .Epsilon(1e-5)
            .Epsilon;
        double exact = new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne)
            .Compose(PrivacyEvent.PoissonSampledDiscreteGaussian(1.5, 0.1), 50)
            .Epsilon(1e-5)
            .Epsilon;
        Assert.InRange(epsilon / exact, 0.999999, 1.000001);
    }

    // Chi-square of a Gaussian of 3,000 coordinates: six deviations either way.
    private static void AssertVariance(double[] noise, double variance)
    {
        double ratio = noise.Sum(value => value * value) / variance / noise.Length;
        double deviation = Math.Sqrt(2.0 / noise.Length);
        Assert.InRange(ratio, 1 - (6 * deviation), 1 + (6 * deviation));
    }

    private static RoundOutcome.Completed Run(
        AggregationPlan plan,
        SeededRandomSource random,
        long[] exact,
        int dropped
    )
    {
        using InProcessRound round = InProcessRound.Start(plan, random);
        using SeededRandomSource data = random.Fork("data");
        for (int party = 0; party < Parties; party++)
        {
            // The rounding of a record is the owner's own: the exact sum is made of the same integers.
            using SeededRandomSource rounding = random.Fork($"rounding {party}");
            using SeededRandomSource again = random.Fork($"rounding {party}");
            ExampleSum examples = new(plan.Encoding, rounding);
            ExampleSum clean = new(plan.Encoding, again);
            for (int record = 0; record < party; record++)
            {
                float[] values = [.. Enumerable.Range(0, Length).Select(_ => data.NextFloat())];
                examples.Add(values);
                clean.Add(values);
            }

            ParticipantId id = ParticipantId.FromIndex(party);
            round.Contribute(id, examples);
            if (party < dropped)
            {
                round.Drop(id, RoundPhase.MaskedInput);
                continue;
            }

            RingVector integers = clean.Take().Values;
            for (int i = 0; i < Length; i++)
            {
                exact[i] += unchecked((long)(integers[i] << (64 - plan.RingBits)) >> (64 - plan.RingBits));
            }
        }

        return Assert.IsType<RoundOutcome.Completed>(round.Complete());
    }

    private static RoundOutcome RunIn(InProcessFederation federation, InProcessOptions? options = null) =>
        federation.RunRound(
            Plan(PrivacyPlan.ForParties(1, divisor: 5), length: 8),
            round =>
            {
                for (int i = 0; i < Parties; i++)
                {
                    round.Contribute(ParticipantId.FromIndex(i), new float[8]);
                }
            },
            maximumAttempts: 1,
            options: options
        );

    private static InProcessFederation Federation(Func<ParticipantId, PrivacyGate> gates) =>
        InProcessFederation.Create(
            "noise",
            Enumerable.Range(0, Parties).Select(ParticipantId.FromIndex),
            SystemRandomSource.Instance,
            gates
        );

    private static int IndexOf(ParticipantId id) =>
        Enumerable.Range(0, Parties).Single(i => ParticipantId.FromIndex(i) == id);

    private static RecordingGate[] Gates() => [.. Enumerable.Range(0, Parties).Select(_ => new RecordingGate())];

    private sealed class RecordingGate : PrivacyGate
    {
        public DescriptorRefusal? Refusal { get; set; }

        public bool Fails { get; set; }

        public int Charges { get; private set; }

        public override DescriptorRefusal? Examine(RoundDescriptor descriptor) => Refusal;

        public override bool IsCharged(RoundDescriptor descriptor) => Charges > 0;

        public override void Charge(RoundDescriptor descriptor)
        {
            Charges++;
            if (Fails)
            {
                throw new IOException("the disk is full");
            }
        }
    }

    private sealed class Watcher(RecordingGate[] gates) : IRoundObserver
    {
        public int Vectors { get; private set; }

        public void OnMessage(RoundMessage message)
        {
            if (message.Type == MessageType.MaskedInput)
            {
                Vectors++;
                Assert.Equal(1, gates[IndexOf(message.From!.Value)].Charges);
            }
        }

        public void OnStored(ParticipantId? owner, DurableRecord record) { }
    }
}
