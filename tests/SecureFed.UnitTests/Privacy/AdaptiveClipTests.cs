using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;
using static SecureFed.UnitTests.Privacy.DpTables;

namespace SecureFed.UnitTests.Privacy;

/// <summary>An adaptive clip norm finds the quantile of the norms, through noise, and its noise is paid for. spec 02-privacy#clip-1</summary>
public sealed class AdaptiveClipTests(ITestOutputHelper output)
{
    [SharedFact(Folder)]
    public void Splits_and_trajectories_are_those_of_the_table() =>
        ForEachRow(
            "h_adaptive_clipping",
            least: 30,
            row =>
            {
                if (row.GetProperty("kind").GetString() == "split")
                {
                    Split(row);
                    return;
                }

                double[] norms = [.. row.GetProperty("norms").EnumerateArray().Select(norm => norm.GetDouble())];
                AdaptiveClip clip = AdaptiveClip.Start(
                    Of(row, "initial_clip"),
                    Of(row, "target_quantile"),
                    Of(row, "learning_rate")
                );
                foreach (JsonElement expected in row.GetProperty("clip_after_round").EnumerateArray())
                {
                    clip = clip.Next(norms.Count(clip.Covers), norms.Length);
                    decimal exact = decimal.Parse(expected.GetString()!, CultureInfo.InvariantCulture);
                    Assert.InRange((decimal)clip.Value / exact, 1 - 1e-14m, 1 + 1e-14m);
                }
            }
        );

    private static void Split(JsonElement row)
    {
        double countSigma =
            row.GetProperty("count_stddev").ValueKind == JsonValueKind.Null
                ? AdaptiveClip.UsualCountSigma((int)Of(row, "clients"))
                : Of(row, "count_stddev");
        if (row.TryGetProperty("error", out _))
        {
            Assert.Throws<PrivacyDomainException>(() =>
                AdaptiveClip.ValueNoiseMultiplier(Of(row, "noise_multiplier"), countSigma)
            );
            return;
        }

        double multiplier = AdaptiveClip.ValueNoiseMultiplier(Of(row, "noise_multiplier"), countSigma);
        Assert.InRange((decimal)multiplier / Exactly(row, "value_noise_multiplier"), 1m - 1e-15m, 1m + 1e-14m);
    }

    // Norms with a long tail, like those of real updates: the log-logistic distribution of median 1 at its percentiles.
    private static readonly double[] s_norms =
    [
        .. Enumerable.Range(0, 200).Select(i => Math.Sqrt((i + 0.5) / (199.5 - i))),
    ];

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.1)]
    [InlineData(0.9)]
    [InlineData(1.1)]
    [InlineData(10.0)]
    [InlineData(100.0)]
    public void Sixty_rounds_with_noise_lead_within_a_fifth_of_the_median_and_with_the_sign_flipped_do_not(
        double factor
    )
    {
        for (int seed = 0; seed < 100; seed++)
        {
            Assert.InRange(After60Rounds(factor, seed, isFlipped: false), 0.8, 1.25);
            Assert.NotInRange(After60Rounds(factor, seed, isFlipped: true), 0.5, 2.0);
        }
    }

    // The count has noise of a fiftieth of the parties; flipped, the clipped share is counted instead.
    private static double After60Rounds(double start, int seed, bool isFlipped)
    {
        Random random = new(seed);
        AdaptiveClip clip = AdaptiveClip.Start(start, quantile: 0.5, rate: 0.2);
        for (int round = 0; round < 60; round++)
        {
            int within = s_norms.Count(clip.Covers);
            int counted = isFlipped ? s_norms.Length - within : within;
            double normal =
                Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            double noise = s_norms.Length / 50.0 * normal;
            clip = clip.Next(counted + noise, s_norms.Length);
        }

        return clip.Value;
    }

    [Fact]
    public void A_round_moves_the_right_way_by_the_formula_and_by_no_more_than_e()
    {
        Gen<(double Clip, double Quantile, double Rate, int Parties, double Count)> cases =
            from clip in Draw.Logarithmic(1e-12, 1e12)
            from quantile in Gen.Choose(1, 99)
            from rate in Gen.Choose(1, 100)
            from parties in Gen.Choose(1, 100_000)
            from share in Gen.Choose(-5000, 5000)
            select (clip, quantile / 100.0, rate / 100.0, parties, parties * (share / 1000.0));
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    AdaptiveClip before = AdaptiveClip.Start(input.Clip, input.Quantile, input.Rate);
                    AdaptiveClip after = before.Next(input.Count, input.Parties);
                    double exponent = input.Rate * (input.Quantile - (input.Count / input.Parties));
                    double expected = input.Clip * Math.Exp(Math.Clamp(exponent, -1, 1));
                    bool isAsExpected = Math.Abs((after.Value / expected) - 1) < 1e-13;
                    bool moreShrinks = before.Next(input.Count + 1, input.Parties).Value <= after.Value;
                    return (isAsExpected && moreShrinks && before.Value.Equals(input.Clip)).Label(
                        $"{before} to {after}, expected {expected:R}"
                    );
                }
            )
            .Holds(output, 500);
    }

    [Fact]
    public void No_noise_takes_the_clip_norm_to_nothing_or_beyond_what_a_plan_may_have()
    {
        AdaptiveClip low = AdaptiveClip.Start(1, 0.5, 1);
        AdaptiveClip high = low;
        for (int round = 0; round < 100; round++)
        {
            low = low.Next(double.MaxValue, 1);
            high = high.Next(-double.MaxValue, int.MaxValue);
        }

        Assert.Equal(AdaptiveClip.SmallestValue, low.Value);
        Assert.Equal(AdaptiveClip.LargestValue, high.Value);
        Assert.InRange(low.Next(0, 1).Value, AdaptiveClip.SmallestValue * 1.6, AdaptiveClip.SmallestValue * 1.7);
        Assert.Equal(100, low.StepCount);
    }

    // Computed in 400-bit arithmetic by another program: the state in steps of 2^-120 after three rounds.
    [Theory]
    [InlineData(0.1, 0.5, 0.2, 13.625, 20, "00000000000000000016F648276165F1ED10F5DBA332AE04")]
    [InlineData(1.0, 0.5, 0.2, 20.0, 20, "000000000000000000BDA6434E1BE026636518F16A248242")]
    [InlineData(2.5, 0.25, 1.0, -7.5, 3, "00000000000000003236BE5E973A8EDF13DAF6D0A2BE918A")]
    [InlineData(1e-18, 0.9, 0.5, 123.456, 1000, "000000000000000000000000000000003B20C1E1BC41BAC8")]
    [InlineData(3e+18, 0.1, 0.01, 0.001, 65535, "0029C229D8CB050BFA5703719484C5704874CD37020F0869")]
    [InlineData(1.0, 0.5, 0.2, 1e-300, 7, "000000000000000001599058C8C1A95BE467DF38965EA2F8")]
    public void The_state_is_correctly_rounded(
        double initial,
        double quantile,
        double rate,
        double count,
        int participants,
        string state
    )
    {
        AdaptiveClip clip = AdaptiveClip.Start(initial, quantile, rate);
        for (int round = 0; round < 3; round++)
        {
            clip = clip.Next(count, participants);
        }

        byte[] bytes = clip.ToBytes();
        byte[] scaled = bytes[^48..^24];
        Array.Reverse(scaled);
        Assert.Equal(state, Convert.ToHexString(scaled));
    }

    [Fact]
    public void A_clip_norm_survives_its_encoding_and_damage_does_not()
    {
        AdaptiveClip clip = AdaptiveClip.Start(0.1, 0.7, 0.3).Next(-3.25, 20).Next(1e-300, 20);
        byte[] bytes = clip.ToBytes();
        Assert.Equal(clip, AdaptiveClip.FromBytes(bytes));
        Assert.Equal(clip.GetHashCode(), AdaptiveClip.FromBytes(bytes).GetHashCode());
        Assert.Equal("C = 0.1 after 0 rounds, quantile 0.5, rate 0.2", AdaptiveClip.Start(0.1).ToString());
        Assert.NotEqual(clip, clip.Next(14, 20));

        Assert.Throws<FormatException>(() => AdaptiveClip.FromBytes(bytes.AsSpan(1)));
        Assert.Throws<FormatException>(() => AdaptiveClip.FromBytes([.. bytes, 0]));
        Assert.All(
            (Action<byte[]>[])
                [
                    damaged => damaged[0] ^= 1,
                    damaged => damaged.AsSpan(^48..^24).Clear(),
                    damaged => damaged.AsSpan(^48..^24).Fill(0xFF),
                    damaged => BinaryPrimitives.WriteDoubleLittleEndian(damaged.AsSpan(^24..), 0),
                    damaged => BinaryPrimitives.WriteDoubleLittleEndian(damaged.AsSpan(^16..), double.NaN),
                    damaged => BinaryPrimitives.WriteInt64LittleEndian(damaged.AsSpan(^8..), -1),
                ],
            damage =>
            {
                byte[] damaged = [.. bytes];
                damage(damaged);
                Assert.Throws<FormatException>(() => AdaptiveClip.FromBytes(damaged));
            }
        );
    }

    [Fact]
    public void The_split_costs_what_the_whole_costs()
    {
        Gen<(double Multiplier, double Ratio)> cases =
            from multiplier in Draw.Logarithmic(1e-3, 1e6)
            from excess in Draw.Logarithmic(1e-9, 1e6)
            select (multiplier, 1 + excess);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    double countSigma = input.Multiplier / 2 * input.Ratio;
                    double value = AdaptiveClip.ValueNoiseMultiplier(input.Multiplier, countSigma);
                    BigReal whole = Reciprocal(input.Multiplier);
                    BigReal left = Reciprocal(value);
                    BigReal right = whole - Reciprocal(2 * countSigma);
                    bool isSafe = !(left > right);
                    bool isTight = left * BigReal.Of(1 + 2e-14) > right;
                    return (isSafe && isTight).Label($"{value:R}");
                }
            )
            .Holds(output, 500);

        static BigReal Reciprocal(double value) => BigReal.Of(1) / (BigReal.Of(value) * BigReal.Of(value));
    }

    [Theory]
    [InlineData(0.0, 0.5, 0.2, "initial")]
    [InlineData(8e-19, 0.5, 0.2, "initial")]
    [InlineData(5e18, 0.5, 0.2, "initial")]
    [InlineData(double.NaN, 0.5, 0.2, "initial")]
    [InlineData(double.PositiveInfinity, 0.5, 0.2, "initial")]
    [InlineData(1.0, 0.0, 0.2, "quantile")]
    [InlineData(1.0, 1.0, 0.2, "quantile")]
    [InlineData(1.0, double.NaN, 0.2, "quantile")]
    [InlineData(1.0, 0.5, 0.0, "rate")]
    [InlineData(1.0, 0.5, 1.01, "rate")]
    [InlineData(1.0, 0.5, double.NaN, "rate")]
    public void A_start_out_of_range_is_refused_by_name(
        double initial,
        double quantile,
        double rate,
        string parameter
    ) =>
        Assert.Equal(
            parameter,
            Assert.Throws<PrivacyDomainException>(() => AdaptiveClip.Start(initial, quantile, rate)).ParamName
        );

    [Fact]
    public void Reports_and_splits_out_of_range_are_refused_by_name()
    {
        AdaptiveClip clip = AdaptiveClip.Start(1);
        Assert.True(clip.Covers(1));
        Assert.False(clip.Covers(Math.BitIncrement(1.0)));
        Refused("norm", () => clip.Covers(double.NaN));
        Refused("norm", () => clip.Covers(-1));
        Refused("noisyCount", () => clip.Next(double.NaN, 1));
        Refused("noisyCount", () => clip.Next(double.PositiveInfinity, 1));
        Refused("noiseMultiplier", () => AdaptiveClip.ValueNoiseMultiplier(0, 1));
        Refused("countSigma", () => AdaptiveClip.ValueNoiseMultiplier(1, double.NaN));
        Refused("countSigma", () => AdaptiveClip.ValueNoiseMultiplier(1, 0.5));
        Refused("countSigma", () => AdaptiveClip.ValueNoiseMultiplier(1, 1e301));
        Assert.Throws<ArgumentOutOfRangeException>(() => clip.Next(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => AdaptiveClip.UsualCountSigma(0));

        static void Refused(string parameter, Func<object> call) =>
            Assert.Equal(parameter, Assert.Throws<PrivacyDomainException>(call).ParamName);
    }
}
