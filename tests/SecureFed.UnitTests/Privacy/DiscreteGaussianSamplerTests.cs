using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;
using SecureFed.Reference;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;
using DiscreteGaussian = SecureFed.Reference.DiscreteGaussian;
using SeededRandomSource = SecureFed.Testing.SeededRandomSource;

namespace SecureFed.UnitTests.Privacy;

/// <summary>Exact noise: word for word against a reference on big integers, whose every choice is enumerated for small σ.</summary>
public sealed class DiscreteGaussianSamplerTests(ITestOutputHelper output)
{
    [Fact]
    public void The_samples_of_the_vectors_come_from_the_words_of_the_vectors()
    {
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllText(RepositoryFolders.InRoot("spec", "vectors", "noise", "samples.json"))
        );
        Assert.Equal("securefed/noise-samples/1", document.RootElement.GetProperty("schema").GetString());
        JsonElement cases = document.RootElement.GetProperty("cases");
        Assert.Equal(7, cases.GetArrayLength());
        Assert.All(
            cases.EnumerateArray(),
            one =>
            {
                long[] expected =
                [
                    .. one.GetProperty("samples")
                        .EnumerateArray()
                        .Select(sample => long.Parse(sample.GetString()!, CultureInfo.InvariantCulture)),
                ];
                string id = one.GetProperty("id").GetString()!;
                using DiscreteGaussianSampler sampler = new(
                    long.Parse(one.GetProperty("variance").GetString()!, CultureInfo.InvariantCulture),
                    new WordSource(index => VectorWord(id, index))
                );
                long[] samples = new long[expected.Length];
                sampler.Fill(samples);
                Assert.Equal(expected, samples);
            }
        );
    }

    [Fact]
    public void On_any_words_the_sampler_draws_what_the_reference_draws()
    {
        Gen<(long Variance, ulong Seed)> cases =
            from exponent in Gen.Choose(0, 57)
            from low in Gen.Choose(0, int.MaxValue)
            from seed in Gen.Choose(0, int.MaxValue)
            select ((1L << exponent) + (low % (1L << Math.Min(exponent, 30))), (ulong)seed);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    WordSource words = HostileWords(input.Seed);
                    using DiscreteGaussianSampler sampler = new(input.Variance, words);
                    long[] samples = new long[40];
                    sampler.Fill(samples);

                    int next = 0;
                    WordSource again = HostileWords(input.Seed);
                    WordChoices choices = new(() => again.Word(next++));
                    long[] expected = new long[samples.Length];
                    for (int i = 0; i < expected.Length; )
                    {
                        if (DiscreteGaussian.TryDraw(input.Variance, choices) is { } sample)
                        {
                            expected[i++] = (long)sample;
                        }
                    }

                    return samples
                        .SequenceEqual(expected)
                        .Label($"{string.Join(' ', samples)} against {string.Join(' ', expected)}");
                }
            )
            .Holds(output, 400);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Every_choice_enumerated_gives_the_distribution_itself(int variance)
    {
        Dictionary<BigInteger, double> drawn = [];
        Enumeration.Run(
            choices => DiscreteGaussian.TryDraw(variance, choices),
            (sample, probability) =>
            {
                if (sample is { } value)
                {
                    drawn[value] = drawn.GetValueOrDefault(value) + probability;
                }
            }
        );
        double accepted = drawn.Values.Sum();
        double total = Enumerable.Range(-60, 121).Sum(k => Math.Exp(-(double)k * k / (2 * variance)));
        for (int k = -6; k <= 6; k++)
        {
            double expected = Math.Exp(-(double)k * k / (2 * variance)) / total;
            Assert.InRange((drawn[k] / accepted) - expected, -1e-12, 1e-12);
        }

        // A σ² that is off by a hundredth would be seen.
        double wrong = 2 * variance * 1.01;
        double wrongTotal = Enumerable.Range(-60, 121).Sum(k => Math.Exp(-k * k / wrong));
        Assert.True(Math.Abs((drawn[0] / accepted) - (1 / wrongTotal)) > 1e-4);
    }

    [Theory]
    [InlineData(62)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(70)]
    public void Far_tails_where_the_square_no_longer_fits_are_refused_as_the_reference_refuses_them(int laps)
    {
        // The largest rest, e^−1 as often as asked for, and three more times before the refusal.
        List<uint> script =
        [
            uint.MaxValue - 9,
            uint.MaxValue,
            .. Enumerable.Repeat(0u, laps),
            uint.MaxValue,
            0,
            0,
            0,
            uint.MaxValue,
        ];
        using SeededRandomSource after = new(7, "after the script");
        List<uint> words = [.. script, .. Enumerable.Range(0, 8192).Select(_ => (uint)(after.NextUInt64() >> 32))];
        using DiscreteGaussianSampler sampler = new(
            DiscreteGaussianSampler.MaximumVariance,
            new WordSource(index => words[index])
        );
        long[] samples = new long[20];
        sampler.Fill(samples);

        int next = 0;
        WordChoices choices = new(() => words[next++]);
        Assert.Null(DiscreteGaussian.TryDraw(DiscreteGaussianSampler.MaximumVariance, choices));
        Assert.Equal(script.Count, next);
        foreach (long sample in samples)
        {
            BigInteger? expected = null;
            while (expected is null)
            {
                expected = DiscreteGaussian.TryDraw(DiscreteGaussianSampler.MaximumVariance, choices);
            }

            Assert.Equal(expected, sample);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData((1L << 58) + 1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void A_variance_outside_the_domain_is_refused(long variance) =>
        Assert.Equal(
            "variance",
            Assert
                .Throws<PrivacyDomainException>(() =>
                    new DiscreteGaussianSampler(variance, SystemRandomSource.Instance)
                )
                .ParamName
        );

    [Theory]
    [InlineData(1L)]
    [InlineData(40_000L)]
    [InlineData(1L << 58)]
    public void Mean_variance_and_fourth_moment_are_those_of_the_distribution(long variance)
    {
        const int Count = 400_000;
        using SeededRandomSource random = new(2026, $"moments of {variance}");
        using DiscreteGaussianSampler sampler = new(variance, random);
        long[] samples = new long[Count];
        sampler.Fill(samples);
        double sigma = Math.Sqrt(variance);
        double mean = samples.Average(sample => sample / sigma);
        double second = samples.Average(sample => sample / sigma * (sample / sigma));
        double fourth = samples.Average(sample => Math.Pow(sample / sigma, 4));

        // Six deviations of each estimate; for σ = 1 the true variance is below σ² by 2·10^-7 only.
        Assert.InRange(mean, -6 / Math.Sqrt(Count), 6 / Math.Sqrt(Count));
        Assert.InRange(second - 1, -6 * Math.Sqrt(2.0 / Count), 6 * Math.Sqrt(2.0 / Count));
        Assert.InRange(fourth - 3, -6 * Math.Sqrt(96.0 / Count), 6 * Math.Sqrt(96.0 / Count));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(400)]
    public void DP_01_Ten_million_samples_have_the_distribution_by_chi_square_and_Kolmogorov(int variance)
    {
        const int Count = 10_000_000;
        const int Batch = 100_000;
        using SeededRandomSource random = new(1, $"ten million of {variance}");
        using DiscreteGaussianSampler sampler = new(variance, random);
        int reach = (int)(12 * Math.Sqrt(variance)) + 12;
        long[] counts = new long[(2 * reach) + 1];
        long[] samples = new long[Batch];
        double second = 0;
        for (int i = 0; i < Count / Batch; i++)
        {
            sampler.Fill(samples);
            foreach (long sample in samples)
            {
                counts[sample + reach]++;
                second += sample * sample;
            }
        }

        double[] weights =
        [
            .. Enumerable.Range(-reach, counts.Length).Select(k => Math.Exp(-(double)k * k / (2 * variance))),
        ];
        double total = weights.Sum();
        double exactVariance = weights.Select((weight, i) => weight * (i - reach) * (i - reach)).Sum() / total;
        Assert.InRange(second / Count / exactVariance, 0.997, 1.003);

        double statistic = 0;
        int bins = 0;
        double distance = 0;
        double below = 0;
        long drawnBelow = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            double expected = weights[i] / total * Count;
            below += expected;
            drawnBelow += counts[i];
            distance = Math.Max(distance, Math.Abs(drawnBelow - below) / Count);
            if (expected >= 20)
            {
                statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
                bins++;
            }
        }

        // Both bounds are passed by a true sampler but once in a million: Laurent and Massart; Massart's constant of DKW.
        const double LogOfMillion = 13.8155;
        Assert.InRange(statistic, 0, bins + (2 * Math.Sqrt(bins * LogOfMillion)) + (2 * LogOfMillion));
        Assert.InRange(distance, 0, Math.Sqrt((LogOfMillion + Math.Log(2)) / (2.0 * Count)));
    }

    [Fact]
    public void After_disposal_no_word_drawn_before_is_used()
    {
        int fills = 0;
        DiscreteGaussianSampler sampler = new(
            9,
            new FillingSource(bytes =>
            {
                fills++;
                RandomNumberGenerator.Fill(bytes);
            })
        );
        sampler.Fill(new long[1]);
        sampler.Fill(new long[1]);
        Assert.Equal(1, fills);
        sampler.Dispose();
        sampler.Fill(new long[1]);
        Assert.Equal(2, fills);
    }

    [Fact]
    public void A_source_that_fails_or_repeats_itself_gives_no_sample()
    {
        using DiscreteGaussianSampler failing = new(9, new FillingSource(_ => throw new CryptographicException("off")));
        Assert.Throws<CryptographicException>(() => failing.Fill(new long[1]));
        using DiscreteGaussianSampler stuck = new(9, new FillingSource(bytes => bytes.Fill(0x5a)));
        Assert.Contains(
            "over and over",
            Assert.Throws<CryptographicException>(() => stuck.Fill(new long[1])).Message,
            StringComparison.Ordinal
        );
    }

    // Words near the places where comparisons are close: the digits of small fractions, all zeros and all ones.
    private static WordSource HostileWords(ulong seed)
    {
        using SeededRandomSource random = new(seed, "hostile words");
        uint[] words = new uint[1 << 15];
        for (int i = 0; i < words.Length; i++)
        {
            ulong draw = random.NextUInt64();
            ulong denominator = ((draw >> 8) % 12) + 1;
            words[i] = (draw & 7) switch
            {
                0 => (uint)Math.Min(uint.MaxValue, ((draw >> 16) % (denominator + 1) << 32) / denominator),
                1 when (draw & 8) != 0 => 0x5e2d58d8,
                1 => 0xb3bcdf1a,
                2 when (draw & 0xf0) == 0 => 0,
                2 when (draw & 0xf0) == 0x10 => uint.MaxValue,
                _ => (uint)(draw >> 32),
            };
        }

        return new WordSource(index => words[index]);
    }

    private static uint VectorWord(string id, int index)
    {
        byte[] input = [.. Encoding.ASCII.GetBytes(id + "/words"), 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(input.AsSpan(input.Length - 4), index / 8);
        return BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(input).AsSpan(index % 8 * 4));
    }

    private sealed class WordSource(Func<int, uint> word) : RandomSource
    {
        private int _next;

        public uint Word(int index) => word(index);

        public override void Fill(Span<byte> destination)
        {
            for (int i = 0; i < destination.Length; i += 4)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(destination[i..], word(_next++));
            }
        }
    }

    private delegate void Filling(Span<byte> destination);

    private sealed class FillingSource(Filling fill) : RandomSource
    {
        public override void Fill(Span<byte> destination) => fill(destination);
    }

    // Runs an algorithm once for each sequence of choices that is not too improbable.
    private sealed class Enumeration : IChoices
    {
        private const double Negligible = 1e-16;
        private readonly List<(int Option, int Options)> _path = [];
        private int _position;
        private double _probability;

        public static void Run(Func<IChoices, BigInteger?> algorithm, Action<BigInteger?, double> result)
        {
            Enumeration choices = new();
            do
            {
                (choices._position, choices._probability) = (0, 1);
                try
                {
                    BigInteger? outcome = algorithm(choices);
                    result(outcome, choices._probability);
                }
                catch (NegligibleException)
                {
                    // Everything below this choice weighs nothing.
                }
            } while (choices.Advance());
        }

        public int Below(int bound) => Choose([.. Enumerable.Repeat(1.0 / bound, bound)]);

        public bool Happens(BigInteger numerator, BigInteger denominator)
        {
            double probability = (double)numerator / (double)denominator;
            return Choose([probability, 1 - probability]) == 0;
        }

        public bool HappensByInverseE() => Choose([Math.Exp(-1), 1 - Math.Exp(-1)]) == 0;

        private int Choose(double[] probabilities)
        {
            if (_position == _path.Count)
            {
                _path.Add((0, probabilities.Length));
            }

            int option = _path[_position++].Option;
            _probability *= probabilities[option];
            return _probability < Negligible ? throw new NegligibleException() : option;
        }

        private bool Advance()
        {
            _path.RemoveRange(_position, _path.Count - _position);
            while (_path.Count > 0)
            {
                (int option, int options) = _path[^1];
                _path.RemoveAt(_path.Count - 1);
                if (option + 1 < options)
                {
                    _path.Add((option + 1, options));
                    return true;
                }
            }

            return false;
        }

        private sealed class NegligibleException : Exception;
    }
}
