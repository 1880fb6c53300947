using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;
using SeededRandomSource = SecureFed.Testing.SeededRandomSource;

namespace SecureFed.UnitTests.Core.Updates;

/// <summary>Records as the unit, and noise that is used once.</summary>
public sealed class ExampleSumTests(ITestOutputHelper output)
{
    private static readonly UpdateEncoding s_encoding = UpdateEncoding.Create(
        length: 20,
        maximumParticipants: 4,
        clipNorm: 1,
        fractionBits: 12,
        noise: new SumNoise(10_000, MaximumExamples: 5, Divisor: 1)
    );

    [Fact]
    public void One_record_more_moves_the_integers_by_no_more_than_the_bound_however_long_it_is()
    {
        Gen<(int Records, double Scale, int Seed)> cases =
            from records in Gen.Choose(0, 4)
            from exponent in Gen.Choose(-30, 30)
            from seed in Gen.Choose(0, int.MaxValue)
            select (records, Math.Pow(2, exponent), seed);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    long[] without = Integers(input.Records, input.Scale, input.Seed);
                    long[] with = Integers(input.Records + 1, input.Scale, input.Seed);
                    BigInteger moved = with.Zip(without, (a, b) => (BigInteger)(a - b) * (a - b))
                        .Aggregate(BigInteger.Zero, (sum, square) => sum + square);
                    return (moved <= (BigInteger)s_encoding.SquaredNormBound && (input.Scale < 100 || moved > 0)).Label(
                        $"{moved} of {s_encoding.SquaredNormBound}"
                    );
                }
            )
            .Holds(output, 300);
    }

    [Fact]
    public void An_empty_batch_is_zeros_and_one_record_too_many_is_refused_and_changes_nothing()
    {
        Assert.All(Integers(0, 1, 1), value => Assert.Equal(0, value));

        ExampleSum sum = new(s_encoding, SystemRandomSource.Instance);
        for (int i = 0; i < 5; i++)
        {
            sum.Add(new float[20]);
        }

        UpdateRefusedException refusal = Assert.Throws<UpdateRefusedException>(() => sum.Add(new float[20]));
        Assert.Equal(UpdateFault.TooManyExamples, refusal.Fault);
        Assert.Contains("maximumExamples", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(5, sum.Count);
        Assert.Equal(
            UpdateFault.NonFinite,
            Assert
                .Throws<UpdateRefusedException>(() =>
                    new ExampleSum(s_encoding, SystemRandomSource.Instance).Add([.. Enumerable.Repeat(float.NaN, 20)])
                )
                .Fault
        );
        sum.Take();
        Assert.Throws<InvalidOperationException>(() => sum.Take());
        Assert.Throws<InvalidOperationException>(() => sum.Add(new float[20]));
    }

    [Fact]
    public void Without_noise_in_the_plan_records_are_not_added_up_and_no_noise_is_drawn()
    {
        UpdateEncoding plain = UpdateEncoding.Create(20, 4, 1, 12);
        Assert.Throws<ArgumentException>(() => new ExampleSum(plain, SystemRandomSource.Instance));
        Assert.Throws<ArgumentException>(() => NoiseShare.Draw(plain, SystemRandomSource.Instance));
    }

    [Theory]
    [InlineData(12)]
    [InlineData(30)]
    public void Noise_is_added_in_the_ring_once_and_is_then_gone(int fractionBits)
    {
        UpdateEncoding encoding = UpdateEncoding.Create(
            20,
            4,
            clipNorm: 1,
            fractionBits,
            noise: new SumNoise(10_000, MaximumExamples: 5, Divisor: 1)
        );
        Assert.Equal(fractionBits > 20, encoding.Ring.LaneBits == 64);
        using SeededRandomSource random = new(5, "noise once");
        using SeededRandomSource again = new(5, "noise once");
        long[] samples = new long[20];
        using (DiscreteGaussianSampler sampler = new(10_000, again))
        {
            sampler.Fill(samples);
        }

        EncodedUpdate update = new ExampleSum(encoding, random).Take();
        Assert.False(update.HasNoise);
        using NoiseVector noise = NoiseShare.Draw(encoding, random);
        update.AddNoise(noise);
        Assert.True(update.HasNoise);
        Assert.Equal(
            samples.Select(sample => unchecked((ulong)sample) & encoding.Ring.Mask),
            Enumerable.Range(0, 20).Select(i => update.Values[i])
        );

        EncodedUpdate another = new ExampleSum(encoding, random).Take();
        Assert.Throws<ObjectDisposedException>(() => another.AddNoise(noise));
        Assert.False(another.HasNoise);
        using NoiseVector second = NoiseShare.Draw(encoding, random);
        Assert.Throws<InvalidOperationException>(() => update.AddNoise(second));
        using NoiseVector foreign = NoiseShare.Draw(
            UpdateEncoding.Create(20, 4, 1, fractionBits, noise: new SumNoise(10_001, 5, 1)),
            random
        );
        Assert.Throws<ArgumentException>(() => another.AddNoise(foreign));
    }

    // The first records of a seed, rounded with the seed's own randomness.
    private static long[] Integers(int records, double scale, int seed)
    {
        using SeededRandomSource data = new((ulong)seed, "records");
        using SeededRandomSource rounding = new((ulong)seed, "rounding");
        ExampleSum sum = new(s_encoding, rounding);
        for (int i = 0; i < records; i++)
        {
            sum.Add([.. Enumerable.Range(0, 20).Select(_ => (float)(data.NextFloat() * scale))]);
        }

        RingVector values = sum.Take().Values;
        int spare = 64 - s_encoding.RingBits;
        return [.. Enumerable.Range(0, 20).Select(i => unchecked((long)(values[i] << spare) >> spare))];
    }
}
