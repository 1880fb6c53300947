using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Protocol;

/// <summary>What follows from the numbers of a round's noise: the multiplier, the share, the width of the ring.</summary>
public sealed class NoiseRulesTests(ITestOutputHelper output)
{
    [Fact]
    public void The_share_is_the_least_whose_honest_part_is_the_noise_asked_for()
    {
        Gen<(UInt128 Bound, double Multiplier, int Honest, NeighbouringRelation Relation)> cases =
            from bits in Gen.Choose(1, 80)
            from low in Gen.Choose(0, int.MaxValue)
            from thousandths in Gen.Choose(10, 2_000_000)
            from honest in Gen.Choose(1, 4096)
            from relation in Gen.Elements(NeighbouringRelation.AddOrRemoveOne, NeighbouringRelation.ReplaceOne)
            select ((UInt128.One << bits) + (UInt128)(uint)low, thousandths / 997.0, honest, relation);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (UInt128 bound, double multiplier, int honest, NeighbouringRelation relation) = input;
                    BigInteger share = NoiseRules.LeastShareVariance(bound, multiplier, honest, relation);

                    // z = m·2^e: v·h ≥ z²·Δ² and (v − 1)·h < z²·Δ², in whole numbers.
                    (BigInteger significand, int exponent) = Parts(multiplier);
                    BigInteger wanted =
                        significand
                        * significand
                        * (BigInteger)bound
                        * (relation == NeighbouringRelation.ReplaceOne ? 4 : 1);
                    BigInteger Scaled(BigInteger variance) => (variance * honest) << (-2 * exponent);
                    bool isLeast = Scaled(share) >= wanted && Scaled(share - 1) < wanted;
                    if (share > long.MaxValue)
                    {
                        return isLeast.Label($"v = {share}");
                    }

                    double back = NoiseRules.NoiseMultiplier(
                        bound,
                        new SumNoise((long)share, 1, 1),
                        honest,
                        0,
                        relation
                    );
                    (BigInteger m, int e) = Parts(back);
                    BigInteger square =
                        m * m * (BigInteger)bound * (relation == NeighbouringRelation.ReplaceOne ? 4 : 1);
                    bool isBelow = square <= (share * honest) << (-2 * e);
                    bool isClose = back >= multiplier * (1 - 1e-14);
                    return (isLeast && isBelow && isClose).Label($"v = {share}, z = {back:R} for {multiplier:R}");
                }
            )
            .Holds(output, 1000);
    }

    [Fact]
    public void The_ring_holds_all_updates_and_all_noise_but_once_in_1e20_sums()
    {
        Gen<(int Length, int Parties, long Variance, int Examples, int Fraction)> cases =
            from length in Gen.Choose(1, 1 << 20)
            from parties in Gen.Choose(2, 300)
            from exponent in Gen.Choose(7, 40)
            from low in Gen.Choose(0, 100)
            from examples in Gen.Choose(1, 1000)
            from fraction in Gen.Choose(12, 20)
            select (length, parties, (1L << exponent) + low, examples, fraction);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (int length, int parties, long variance, int examples, int fraction) = input;
                    UpdateEncoding encoding = UpdateEncoding.Create(
                        length,
                        parties,
                        clipNorm: 1,
                        fraction,
                        noise: new SumNoise(variance, examples, 1)
                    );
                    BigInteger tail = encoding.NoiseBound;
                    BigInteger largest = ((BigInteger)parties * examples * (1L << fraction)) + tail;
                    bool fits = largest < BigInteger.One << (encoding.RingBits - 1);
                    bool isTight = largest >= BigInteger.One << (encoding.RingBits - 2);

                    // ln of 2d·e^(−T²/2nv), which must be below −20·ln 10, and not by much.
                    double logOfTail = Math.Log(2.0 * length) - ((double)(tail * tail) / (2.0 * parties * variance));
                    bool isRare = logOfTail < -20 * Math.Log(10) && logOfTail > (-20 * Math.Log(10)) - 3;
                    return (fits && isTight && isRare).Label($"{encoding}: T = {tail}, ln p = {logOfTail:R}");
                }
            )
            .Holds(output, 1000);
    }

    [Theory]
    [InlineData(PrivacyUnit.Record, NeighbouringRelation.AddOrRemoveOne, 0.5, 8, SchemeKind.MaskedComplete, true)]
    [InlineData(PrivacyUnit.Record, NeighbouringRelation.ReplaceOne, 1, 8, SchemeKind.MaskedComplete, true)]
    [InlineData(PrivacyUnit.Client, NeighbouringRelation.ReplaceOne, 1, 1, SchemeKind.MaskedComplete, true)]
    [InlineData(PrivacyUnit.Record, NeighbouringRelation.ReplaceOne, 0.5, 8, SchemeKind.MaskedComplete, false)]
    [InlineData(PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne, 0.5, 1, SchemeKind.MaskedComplete, false)]
    [InlineData(PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne, 1, 2, SchemeKind.MaskedComplete, false)]
    [InlineData((PrivacyUnit)3, NeighbouringRelation.AddOrRemoveOne, 1, 1, SchemeKind.MaskedComplete, false)]
    [InlineData(PrivacyUnit.Record, (NeighbouringRelation)3, 1, 1, SchemeKind.MaskedComplete, false)]
    [InlineData(PrivacyUnit.Record, NeighbouringRelation.AddOrRemoveOne, 1.5, 8, SchemeKind.MaskedComplete, false)]
    [InlineData(PrivacyUnit.Record, NeighbouringRelation.AddOrRemoveOne, 1, 8, SchemeKind.Unprotected, false)]
    public void A_round_whose_noise_hides_less_than_it_says_is_refused(
        PrivacyUnit unit,
        NeighbouringRelation relation,
        double samplingRate,
        int examples,
        SchemeKind scheme,
        bool isSound
    )
    {
        SumNoise terms = new(1L << 30, examples, 1);
        TestFederation federation = TestFederation.Of(5);
        bool isMasked = scheme != SchemeKind.Unprotected;
        RoundDescriptor descriptor = new()
        {
            Suite = SuiteId.P256A256V1,
            Scheme = scheme,
            UnprotectedBecause = isMasked ? string.Empty : "a test",
            Length = 10,
            ClipNorm = 1,
            FractionBits = 16,
            MaximumParticipants = 5,
            MaximumWeight = 0,
            RingBits = UpdateEncoding.Create(10, 5, 1, 16, noise: terms).RingBits,
            Threshold = isMasked ? 4 : 0,
            MinimumSurvivors = 4,
            CollusionBound = isMasked ? 1 : 0,
            NoPrivacyBecause = string.Empty,
            Noise = new RoundNoise(terms, unit, relation, samplingRate),
            ModelDigest = Digest.Of("model"u8),
            Federation = "test",
            Round = 1,
            Attempt = 1,
            Roster = federation.Roster,
        };
        Assert.Equal(isSound ? null : AbortReason.PrivacyTooWeak, DescriptorRules.Check(descriptor)?.Reason);
    }

    [Theory]
    [InlineData(99L, 1, 1.0)]
    [InlineData((1L << 58) + 1, 1, 1.0)]
    [InlineData(100L, 0, 1.0)]
    [InlineData(100L, (1 << 24) + 1, 1.0)]
    [InlineData(100L, 1, 0.0)]
    [InlineData(100L, 1, double.NaN)]
    [InlineData(100L, 1, double.PositiveInfinity)]
    [InlineData(100L, 1, -1.0)]
    public void Noise_out_of_range_is_refused_with_the_plan(long variance, int examples, double divisor) =>
        Assert.Equal(
            PlanFault.NoiseOutOfRange,
            Assert
                .Throws<PlanRefusedException>(() =>
                    UpdateEncoding.Create(10, 5, 1, 16, noise: new SumNoise(variance, examples, divisor))
                )
                .Fault
        );

    [Fact]
    public void Noise_that_no_ring_holds_is_refused_with_what_would_fit()
    {
        PlanRefusedException refusal = Assert.Throws<PlanRefusedException>(() =>
            UpdateEncoding.Create(10, 5, 1, 40, noise: new SumNoise(100, 1 << 24, 1))
        );
        Assert.Equal(PlanFault.RingTooWide, refusal.Fault);
        Assert.Contains("fraction bits fewer", refusal.Message, StringComparison.Ordinal);
    }

    private static (BigInteger Significand, int Exponent) Parts(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        return ((bits & ((1L << 52) - 1)) | (1L << 52), (int)((bits >> 52) & 0x7ff) - 1075);
    }
}
