using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;
using SeededRandomSource = SecureFed.Testing.SeededRandomSource;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Rounds with noise whose vectors are rotated and added in a ring of 20 or 24 bits.</summary>
public sealed class CompressedRoundTests(ITestOutputHelper output)
{
    private const int Length = 3000;
    private const int Parties = 8;
    private const double Multiplier = 1;

    private static readonly Digest s_model = Digest.Of("model"u8);

    private static AggregationPlan Wide(PrivacyPlan privacy, int length = Length, int parties = Parties) =>
        AggregationPlan.Create(
            length,
            parties,
            clipNorm: 1,
            fractionBits: 20,
            privacy,
            AggregationScheme.PairwiseMasked(parties - 1, collusionBound: 1)
        );

    private static AggregationPlan Plan(CompressedBits bits, int length = Length) =>
        Wide(PrivacyPlan.ForParties(Multiplier, Parties), length).WithCompression(bits);

    [Theory]
    [InlineData(CompressedBits.Twenty)]
    [InlineData(CompressedBits.TwentyFour)]
    public void A_round_gives_the_mean_with_the_noise_of_the_plan_in_20_or_24_bits_a_value(CompressedBits bits)
    {
        AggregationPlan plan = Plan(bits);
        Assert.Equal((int)bits, plan.RingBits);
        Assert.Equal(Length * (int)bits / 8, plan.VectorBytesPerUpload);

        using SeededRandomSource random = new(21, $"compressed round {bits}");
        using InProcessRound round = InProcessRound.Start(plan, random);
        double[] exact = new double[Length];
        for (int party = 0; party < Parties; party++)
        {
            float[] update = Update(random, Length);
            round.Contribute(ParticipantId.FromIndex(party), update);
            AddTo(exact, update);
        }

        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(round.Complete());
        float[] mean = done.Sum.Average();
        Assert.Equal(Length, mean.Length);
        Assert.Equal(Length, done.Sum.Length);
        Assert.Equal(Length, done.Sum.Integers().Length);
        Assert.True(done.Sum.IsWithinPlan);
        double deviation = NoiseDeviation(plan.Encoding) / Parties;
        double[] error = [.. mean.Zip(exact, (noisy, sum) => noisy - (sum / Parties))];
        double ratio = error.Sum(e => e * e) / Length / (deviation * deviation);

        // Six deviations of a chi-square of 3,000 coordinates.
        Assert.InRange(ratio, 1 - (6 * Math.Sqrt(2.0 / Length)), 1 + (6 * Math.Sqrt(2.0 / Length)));
        Assert.Equal(
            mean.Select(value => value * (double)Parties),
            done.Sum.SumAsDoubles(),
            (a, b) => Math.Abs(a - b) < 1e-4
        );
        Assert.Equal(plan.Cost, RoundCost.Of(done.Descriptor));
    }

    // The noise is known here, so that what the narrow ring adds to the error is seen by itself.
    [Theory]
    [InlineData(CompressedBits.Twenty, 1e-3)]
    [InlineData(CompressedBits.TwentyFour, 1e-5)]
    public void Rounding_and_wrapping_add_less_than_a_thousandth_to_the_error(CompressedBits bits, double promised)
    {
        const int Long = 40_000;
        UpdateEncoding encoding = Plan(bits, Long).Encoding.RotatedBy(s_model);
        using SeededRandomSource random = new(22, $"extra noise {bits}");
        RingVector sum = new(encoding.Ring, encoding.RingLength);
        double[] exact = new double[Long];
        double[] noise = new double[Long];
        float[] common = Update(random, Long);
        for (int party = 0; party < Parties; party++)
        {
            // All parties agree and lie on the clip norm: the largest sum that there is.
            EncodedUpdate encoded = EncodedUpdate.Encode(
                ClippedUpdate.Clip(LocalUpdate.Create(common), encoding),
                random
            );
            using SeededRandomSource same = random.Fork($"share {party}");
            using SeededRandomSource again = random.Fork($"share {party}");
            using NoiseVector share = NoiseShare.Draw(encoding, same);
            encoded.AddNoise(share);
            long[] samples = new long[Long];
            using DiscreteGaussianSampler sampler = new(encoding.Noise!.ShareVariance, again);
            sampler.Fill(samples);
            for (int i = 0; i < Long; i++)
            {
                noise[i] += samples[i] * encoding.GridStep;
            }

            sum.Add(encoded.Values);
            AddTo(exact, common);
        }

        RingSum ring = new(encoding, sum, [.. Enumerable.Range(0, Parties).Select(ParticipantId.FromIndex)]);
        float[] read = ring.Decode().Sum();
        float[] rotatedBack = [.. noise.Select(value => (float)value)];
        HadamardRotation.RotateBack(rotatedBack, s_model);
        double extra = 0;
        for (int i = 0; i < read.Length; i++)
        {
            extra += Math.Pow(read[i] - exact[i] - rotatedBack[i], 2);
        }

        double variance = read.Length * Math.Pow(NoiseDeviation(encoding), 2);
        double growth = Math.Sqrt(1 + (extra / variance)) - 1;
        output.WriteLine($"{bits}: f = {encoding.FractionBits}, extra noise {growth:E2} of the deviation");
        Assert.InRange(growth, 0, promised);
    }

    [Fact]
    public void One_unit_moves_the_integers_by_no_more_than_the_bound_however_it_is_made()
    {
        Gen<(int Length, int Kind, double Scale, CompressedBits Bits, int Seed)> cases =
            from length in Gen.Choose(1, 300)
            from kind in Gen.Choose(0, 2)
            from exponent in Gen.Choose(-30, 100)
            from bits in Gen.Elements(CompressedBits.Twenty, CompressedBits.TwentyFour)
            from seed in Gen.Choose(0, int.MaxValue)
            select (length, kind, Math.Pow(2, exponent), bits, seed);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    UpdateEncoding encoding = Wide(
                            PrivacyPlan.ForRecords(Multiplier, 5, 10, SamplingClaim.Nothing),
                            input.Length
                        )
                        .WithCompression(input.Bits)
                        .Encoding.RotatedBy(Digest.Of(BitConverter.GetBytes(input.Seed)));
                    long[] without = Integers(encoding, input.Kind, input.Scale, input.Seed, records: 2);
                    long[] with = Integers(encoding, input.Kind, input.Scale, input.Seed, records: 3);
                    BigInteger moved = with.Zip(without, (a, b) => Signed(a - b, encoding.RingBits))
                        .Aggregate(BigInteger.Zero, (sum, x) => sum + ((BigInteger)x * x));
                    return (
                        moved <= (BigInteger)encoding.SquaredNormBound
                        && (input.Scale < 1_000_000 || moved >= (BigInteger)encoding.SquaredNormBound * 99 / 100)
                    ).Label($"{moved} of {encoding.SquaredNormBound}");
                }
            )
            .Holds(output, 300);
    }

    [Fact]
    public void The_grid_is_the_finest_that_keeps_six_deviations_inside_the_ring()
    {
        Gen<(int Length, int Parties, int Hundredths, CompressedBits Bits)> cases =
            from length in Gen.Choose(1, 1 << 20)
            from parties in Gen.Choose(4, 60)
            from hundredths in Gen.Choose(30, 500)
            from bits in Gen.Elements(CompressedBits.Twenty, CompressedBits.TwentyFour)
            select (length, parties, hundredths, bits);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    double multiplier = input.Hundredths / 100.0;
                    AggregationPlan plan = Wide(
                            PrivacyPlan.ForParties(multiplier, input.Parties),
                            input.Length,
                            input.Parties
                        )
                        .WithCompression(input.Bits);
                    double Reach(int fractionBits)
                    {
                        double steps = Math.ScaleB(1, fractionBits);
                        double share = steps * steps * multiplier * multiplier / plan.HonestShares;
                        double signal =
                            input.Parties * steps * input.Parties * steps / HadamardRotation.WindowLength(input.Length);
                        return 6 * Math.Sqrt(signal + (input.Parties * share)) / Math.ScaleB(1, (int)input.Bits - 1);
                    }

                    int f = plan.Encoding.FractionBits;
                    double realised = NoiseRules.NoiseMultiplier(
                        plan.Encoding.SquaredNormBound,
                        plan.Encoding.Noise!,
                        plan.HonestShares,
                        plan.CollusionBound,
                        NeighbouringRelation.AddOrRemoveOne
                    );
                    return (
                        Reach(f) <= 1.001
                        && Reach(f + 1) > 0.999
                        && realised >= multiplier * (1 - 1e-14)
                        && realised <= multiplier * (1 + 1e-2)
                    ).Label($"{plan}: {Reach(f)}, {Reach(f + 1)}, z = {realised:R}");
                }
            )
            .Holds(output, 200);
    }

    [Fact]
    public void A_ring_that_is_too_narrow_is_refused_with_the_remedy()
    {
        void Refused(PlanFault fault, AggregationPlan plan, double? norm = null)
        {
            PlanRefusedException refusal = Assert.Throws<PlanRefusedException>(() =>
                plan.WithCompression(CompressedBits.Twenty, norm)
            );
            Assert.Equal(fault, refusal.Fault);
            Assert.Contains("24 bits", refusal.Message, StringComparison.Ordinal);
        }

        // A thousand aligned records and few coordinates, over which no rotation can spread them.
        AggregationPlan many = Wide(PrivacyPlan.ForRecords(0.1, 1000, 1000, SamplingClaim.Nothing), length: 2);
        Refused(PlanFault.NoiseOutOfRange, many);
        Assert.Equal(24, many.WithCompression(CompressedBits.TwentyFour).RingBits);
        Assert.Equal(20, many.WithCompression(CompressedBits.Twenty, expectedNormOfSum: 50).RingBits);
        Refused(PlanFault.GridTooCoarse, Wide(PrivacyPlan.ForParties(100, Parties), length: 1 << 20));
        Refused(PlanFault.RingTooWide, many, norm: 1e12);

        AggregationPlan exact = Wide(PrivacyPlan.None("a test"));
        Assert.Throws<InvalidOperationException>(() => exact.WithCompression(CompressedBits.Twenty));
        AggregationPlan noisy = Wide(PrivacyPlan.ForParties(1, Parties));
        Assert.Throws<ArgumentOutOfRangeException>(() => noisy.WithCompression(CompressedBits.None));
        Assert.Throws<ArgumentOutOfRangeException>(() => noisy.WithCompression((CompressedBits)19));
        Assert.Throws<ArgumentOutOfRangeException>(() => noisy.WithCompression(CompressedBits.Twenty, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => noisy.WithCompression(CompressedBits.Twenty, 0));
        Assert.NotEqual(noisy.Digest, noisy.WithCompression(CompressedBits.Twenty).Digest);
        Assert.NotEqual(
            noisy.WithCompression(CompressedBits.Twenty).Digest,
            noisy.WithCompression(CompressedBits.TwentyFour).Digest
        );
    }

    [Fact]
    public void Ten_thousand_records_of_a_million_coordinates_take_20_bits_of_32()
    {
        AggregationPlan plain = AggregationPlan.Create(
            1_000_000,
            Parties,
            clipNorm: 1,
            fractionBits: 16,
            PrivacyPlan.ForRecords(Multiplier, 2500, 10_000, SamplingClaim.Nothing),
            AggregationScheme.PairwiseMasked(Parties - 1, collusionBound: 1)
        );
        Assert.Equal(4_000_000, plain.VectorBytesPerUpload);
        Assert.Equal(2_500_000, plain.WithCompression(CompressedBits.Twenty).VectorBytesPerUpload);

        // The same grid as the plain plan's, in three quarters of its bits.
        AggregationPlan fine = plain.WithCompression(CompressedBits.TwentyFour);
        Assert.Equal(3_000_000, fine.VectorBytesPerUpload);
        Assert.Equal(16, fine.Encoding.FractionBits);
    }

    [Theory]
    [InlineData(20, 20, 15, 1000, null)]
    [InlineData(24, 24, 15, 1000, null)]
    [InlineData(19, 19, 15, 1000, AbortReason.OverflowRisk)]
    [InlineData(32, 32, 15, 1000, AbortReason.OverflowRisk)]
    [InlineData(255, 20, 15, 1000, AbortReason.OverflowRisk)]
    [InlineData(20, 21, 15, 1000, AbortReason.RoundParametersChanged)]
    [InlineData(24, 20, 15, 1000, AbortReason.OverflowRisk)]
    [InlineData(20, 20, 15, 99, AbortReason.OverflowRisk)]
    [InlineData(20, 20, 29, 1000, null)]
    [InlineData(20, 20, 30, 1000, AbortReason.OverflowRisk)]
    [InlineData(20, 20, 4, 1000, AbortReason.OverflowRisk)]
    public void Clients_accept_20_and_24_bits_and_no_grid_on_which_the_norm_would_not_be_exact(
        int compression,
        int ringBits,
        int fractionBits,
        long variance,
        AbortReason? expected
    )
    {
        // With 4 fraction bits the squared norm, 256, is not enough for more than 1,024 coordinates.
        RoundDescriptor descriptor = Described(
            new SumNoise(variance, 1, Parties) { Compression = (CompressedBits)compression },
            ringBits,
            fractionBits,
            length: fractionBits == 4 ? 1025 : 600
        );
        Assert.Equal(expected, DescriptorRules.Check(descriptor)?.Reason);
    }

    [Fact]
    public void An_update_for_another_attempt_and_one_without_rotation_are_refused()
    {
        AggregationPlan plan = Plan(CompressedBits.Twenty);
        LocalUpdate update = LocalUpdate.Create(new float[Length]);
        Assert.Throws<ArgumentException>(() => ClippedUpdate.Clip(update, plan.Encoding));
        Assert.Throws<ArgumentException>(() => new ExampleSum(plan.Encoding, SystemRandomSource.Instance));

        using InProcessFederation federation = InProcessFederation.Create(
            "north",
            Enumerable.Range(0, Parties).Select(ParticipantId.FromIndex),
            SystemRandomSource.Instance,
            _ => new OpenGate()
        );
        using InProcessRound round = federation.StartRound(plan);
        Assert.Equal(plan.EncodingFor("north", 1, 1, new InProcessOptions().ModelDigest), round.Encoding);
        ClippedUpdate other = ClippedUpdate.Clip(
            update,
            plan.EncodingFor("north", 1, 2, new InProcessOptions().ModelDigest)
        );
        Assert.Throws<ArgumentException>(() => round.Contribute(ParticipantId.FromIndex(0), other));
        round.Contribute(ParticipantId.FromIndex(0), ClippedUpdate.Clip(update, round.Encoding));

        RoundDescriptor descriptor = plan.DescribeFor(
            federation.Members.Select(member => member.Enrolment),
            federation.Name,
            round: 7,
            attempt: 2,
            s_model,
            SuiteId.P256A256V1
        );
        Assert.Equal(plan.EncodingFor("north", 7, 2, s_model), DescriptorRules.EncodingOf(descriptor));
        Assert.Null(SessionWith(plan.EncodingFor("north", 7, 2, s_model), descriptor, federation.Members[0]));
        foreach (
            UpdateEncoding wrong in (UpdateEncoding[])
                [
                    plan.EncodingFor("south", 7, 2, s_model),
                    plan.EncodingFor("north", 8, 2, s_model),
                    plan.EncodingFor("north", 7, 3, s_model),
                    plan.EncodingFor("north", 7, 2, Digest.Of("another"u8)),
                    Plan(CompressedBits.Twenty, Length - 1).EncodingFor("north", 7, 2, s_model),
                    Plan(CompressedBits.TwentyFour).EncodingFor("north", 7, 2, s_model),
                ]
        )
        {
            Assert.Equal(AbortReason.InputRefused, SessionWith(wrong, descriptor, federation.Members[0]));
        }
    }

    [Fact]
    public void A_histogram_of_records_comes_out_within_its_noise()
    {
        HistogramQuery query = HistogramQuery.Create([0, 1, 2, 3, 4, 5]);
        AggregationPlan plan = Wide(PrivacyPlan.ForRecords(Multiplier, 100, 400, SamplingClaim.Nothing), query.Length)
            .WithCompression(CompressedBits.Twenty);
        using SeededRandomSource random = new(23, "compressed histogram");
        using InProcessRound round = InProcessRound.Start(plan, random);
        for (int party = 0; party < Parties; party++)
        {
            ExampleSum examples = new(round.Encoding, random);
            for (int i = 0; i < 50; i++)
            {
                examples.Add(query.VectorOf(2.5));
            }

            round.Contribute(ParticipantId.FromIndex(party), examples);
        }

        double[] counts = [.. query.Read(round.Complete().SumOrThrow()).Counts];
        double deviation = NoiseDeviation(plan.Encoding);
        double[] expected = [0, 0, 400, 0, 0];
        Assert.All(
            counts.Zip(expected),
            pair => Assert.InRange(pair.First - pair.Second, -6 * deviation, 6 * deviation)
        );
    }

    private static RoundDescriptor Described(SumNoise terms, int ringBits, int fractionBits, int length)
    {
        TestFederation federation = TestFederation.Of(Parties);
        return new()
        {
            Suite = SuiteId.P256A256V1,
            Scheme = SchemeKind.MaskedComplete,
            UnprotectedBecause = string.Empty,
            Length = length,
            ClipNorm = 1,
            FractionBits = fractionBits,
            MaximumParticipants = Parties,
            MaximumWeight = 0,
            RingBits = ringBits,
            Threshold = 6,
            MinimumSurvivors = 7,
            CollusionBound = 1,
            NoPrivacyBecause = string.Empty,
            Noise = new RoundNoise(terms, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne, 1),
            ModelDigest = s_model,
            Federation = "test",
            Round = 1,
            Attempt = 1,
            Roster = federation.Roster,
        };
    }

    private static AbortReason? SessionWith(UpdateEncoding encoding, RoundDescriptor descriptor, FederationMember self)
    {
        EncodedUpdate update = EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create(new float[encoding.Length]), encoding),
            SystemRandomSource.Instance
        );
        using NoiseVector share = NoiseShare.Draw(encoding, SystemRandomSource.Instance);
        update.AddNoise(share);
        using MaskingClientSession session = new(
            new ClientSetup
            {
                Descriptor = descriptor,
                Self = self.Id,
                Signer = self.Signer,
                Suite = P256Suite.Instance,
                Random = SystemRandomSource.Instance,
                Policy = new ClientPolicy { PinnedRoster = descriptor.Roster, Federation = descriptor.Federation },
                History = ClientHistory.Empty,
                ExpectedModel = s_model,
                Update = update,
                Gate = self.Gate,
            }
        );
        return (session.Advance(new RoundEvent.Started()).Ended as RoundEnding<ClientReceipt>.Aborted)?.Reason;
    }

    // Random, one coordinate only, or all of it in one coordinate after the rotation.
    private static long[] Integers(UpdateEncoding encoding, int kind, double scale, int seed, int records)
    {
        using SeededRandomSource data = new((ulong)seed, "records");
        ExampleSum sum = new(encoding, new SeededRandomSource((ulong)seed, "rounding"));
        for (int record = 0; record < records; record++)
        {
            float[] values = new float[encoding.Length];
            switch (kind)
            {
                case 0:
                    values = [.. values.Select(_ => (float)((data.NextFloat() - 0.5) * scale))];
                    break;
                case 1:
                    values[seed % encoding.Length] = (float)scale;
                    break;
                default:
                    values[seed % values.Length] = (float)scale;
                    HadamardRotation.RotateBack(values, encoding.Rotation!.Value);
                    break;
            }

            values[0] += values.All(value => value == 0) ? 1 : 0;
            sum.Add(values);
        }

        RingVector vector = sum.Take().Values;
        return [.. Enumerable.Range(0, vector.Length).Select(i => (long)vector[i])];
    }

    private static long Signed(long element, int bits) => element << (64 - bits) >> (64 - bits);

    private static double NoiseDeviation(UpdateEncoding encoding) =>
        Math.Sqrt((double)encoding.Noise!.ShareVariance * Parties) * encoding.GridStep;

    // Of norm 1 up to the rounding of floats, but never above it.
    private static float[] Update(SeededRandomSource random, int length)
    {
        float[] values = [.. Enumerable.Range(0, length).Select(_ => (float)(random.NextFloat() - 0.3))];
        double norm = Math.Sqrt(values.Sum(value => (double)value * value)) * (1 + 1e-6);
        return [.. values.Select(value => (float)(value / norm))];
    }

    private static void AddTo(double[] sum, float[] values)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += values[i];
        }
    }

    private sealed class OpenGate : PrivacyGate
    {
        public override DescriptorRefusal? Examine(RoundDescriptor descriptor) => null;

        public override bool IsCharged(RoundDescriptor descriptor) => false;

        public override void Charge(RoundDescriptor descriptor) { }
    }
}
