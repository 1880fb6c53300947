using FsCheck;
using FsCheck.Fluent;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using SecureFed.UnitTests.Core;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Privacy;

/// <summary>Noise that is too small is caught, and noise that is not is not called so. spec 02-privacy#audit-3</summary>
public sealed class NoiseVarianceTestTests(ITestOutputHelper output)
{
    private const double Variance = 10_000;

    [Fact]
    public void Noise_cut_by_a_third_is_caught_in_one_run_and_noise_in_full_is_not_called_too_small()
    {
        int samples = (int)NoiseVarianceTest.SamplesToCatch(0.49, miss: 1e-9);
        Assert.Equal(657, samples);
        Assert.Equal(2611, NoiseVarianceTest.SamplesToCatch(0.7, miss: 1e-9));
        for (int seed = 0; seed < 200; seed++)
        {
            Assert.True(NoiseVarianceTest.IsTooSmall(Sampled(4900, samples, seed), Variance));
            Assert.False(NoiseVarianceTest.IsTooSmall(Sampled(10_000, samples, seed), Variance));
        }
    }

    private static long[] Sampled(long variance, int count, int seed)
    {
        long[] noise = new long[count];
        using DiscreteGaussianSampler sampler = new(variance, new SeededBytes(seed));
        sampler.Fill(noise);
        return noise;
    }

    // P[χ² of 2n degrees ≤ 2x] = P[Poisson(x) ≥ n].
    [Fact]
    public void The_bound_of_the_false_alarm_is_above_the_exact_tail()
    {
        Gen<(int Half, double Alarm)> cases =
            from half in Gen.Choose(50, 2000)
            from alarm in Draw.Logarithmic(1e-12, 1e-2)
            select (half, alarm);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    double threshold = NoiseVarianceTest.Threshold(2 * input.Half, input.Alarm);
                    double tail = LowerTail(input.Half, input.Half * threshold);
                    double later = LowerTail(input.Half, input.Half * Math.Pow(threshold, 0.7));
                    return (tail <= input.Alarm && tail >= input.Alarm / 100 && later > input.Alarm).Label(
                        $"t = {threshold:R}: {tail:R} of {input.Alarm:R}; {later:R}"
                    );
                }
            )
            .Holds(output, 200);
    }

    // Summed outwards from its largest term.
    private static double LowerTail(int half, double x)
    {
        double log = (half * Math.Log(x)) - x;
        for (int k = 2; k <= half; k++)
        {
            log -= Math.Log(k);
        }

        double term = 1;
        double sum = 1;
        for (int k = half + 1; term > 1e-20; k++)
        {
            term *= x / k;
            sum += term;
        }

        return Math.Exp(log) * sum;
    }

    [Fact]
    public void So_many_samples_are_enough_and_one_fewer_is_not()
    {
        Gen<(double Ratio, double Miss, double Alarm)> cases =
            from ratio in Gen.Choose(30, 98)
            from miss in Draw.Logarithmic(1e-12, 1e-2)
            from alarm in Draw.Logarithmic(1e-12, 1e-2)
            select (ratio / 100.0, miss, alarm);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double ratio, double miss, double alarm) = input;
                    long samples = NoiseVarianceTest.SamplesToCatch(ratio, miss, alarm);
                    bool isLeast =
                        samples == NoiseVarianceTest.FewestSamples || !Suffices(samples - 1, ratio, miss, alarm);
                    return (Suffices(samples, ratio, miss, alarm) && isLeast).Label($"{samples}");
                }
            )
            .Holds(output, 200);

        static bool Suffices(long samples, double ratio, double miss, double alarm)
        {
            double t = NoiseVarianceTest.Threshold(samples, alarm) / ratio;
            return t > 1 && Math.Exp(-samples / 2.0 * (t - 1 - Math.Log(t))) <= miss * (1 + 1e-9);
        }
    }

    [Fact]
    public void The_threshold_is_where_the_samples_change_sides()
    {
        double threshold = NoiseVarianceTest.Threshold(1000);
        long side = (long)Math.Sqrt(threshold * 1e12);
        long[] samples = new long[1000];
        Array.Fill(samples, -side);
        Assert.True(NoiseVarianceTest.IsTooSmall(samples, 1e12));
        Array.Fill(samples, side + 1);
        Assert.False(NoiseVarianceTest.IsTooSmall(samples, 1e12));

        // Squares beyond 64 and sums beyond 128 bits.
        Array.Fill(samples, long.MinValue);
        Assert.False(NoiseVarianceTest.IsTooSmall(samples, Math.ScaleB(1, 126)));
        Assert.True(NoiseVarianceTest.IsTooSmall(samples, Math.ScaleB(1, 127)));
    }

    [Fact]
    public void Numbers_out_of_range_are_refused_by_name()
    {
        long[] samples = new long[100];
        Refused("variance", () => NoiseVarianceTest.IsTooSmall(samples, 15.9));
        Refused("variance", () => NoiseVarianceTest.IsTooSmall(samples, double.PositiveInfinity));
        Refused("variance", () => NoiseVarianceTest.IsTooSmall(samples, double.NaN));
        Refused("falseAlarm", () => NoiseVarianceTest.IsTooSmall(samples, 16, 1e-13));
        Refused("falseAlarm", () => NoiseVarianceTest.Threshold(100, 0.5));
        Refused("ratio", () => NoiseVarianceTest.SamplesToCatch(1, 1e-9));
        Refused("ratio", () => NoiseVarianceTest.SamplesToCatch(0, 1e-9));
        Refused("miss", () => NoiseVarianceTest.SamplesToCatch(0.5, 0));
        Refused("falseAlarm", () => NoiseVarianceTest.SamplesToCatch(0.5, 1e-9, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => NoiseVarianceTest.Threshold(99));
        Assert.Throws<ArgumentOutOfRangeException>(() => NoiseVarianceTest.Threshold((1L << 40) + 1));

        static void Refused(string parameter, Func<object> call) =>
            Assert.Equal(parameter, Assert.Throws<PrivacyDomainException>(call).ParamName);
    }
}
