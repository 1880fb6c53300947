using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using SecureFed.UnitTests.Core;
using Xunit.Abstractions;
using static SecureFed.UnitTests.Privacy.DpTables;

namespace SecureFed.UnitTests.Privacy;

/// <summary>The probability that a sum wraps is bounded however small it is. spec 02-privacy#wrap-1</summary>
public sealed class WrapProbabilityTests(ITestOutputHelper output)
{
    [SharedFact(Folder)]
    public void The_table_is_met_within_1e_6_and_what_is_below_1e_200_is_answered_as_small() =>
        ForEachRow(
            "h_modular_range",
            least: 30,
            row =>
            {
                double gamma = Of(row, "gamma");
                double largest = Of(row, "n") * ((Of(row, "l2_clip") / gamma) + 1);
                Assert.Equal(1, largest / Of(row, "unrotated_worst_sum_grid"), 1e-9);
                double probability = WrapProbability.OfGaussian(
                    Math.ScaleB(1, (int)Of(row, "bits") - 1) - largest,
                    Of(row, "central_stddev") / gamma,
                    (long)Of(row, "dim")
                );
                string expected = row.GetProperty("unrotated_wrap_union_bound").GetString()!;
                Assert.Equal(row.GetProperty("unrotated_overflow").GetBoolean(), expected == "1");
                if (expected == "1")
                {
                    Assert.Equal(1, probability);
                }
                else if (Of(row, "unrotated_wrap_union_bound") < 1e-200)
                {
                    Assert.InRange(probability, WrapProbability.Smallest, 1e-200);
                }
                else
                {
                    Assert.InRange(probability / Of(row, "unrotated_wrap_union_bound"), 1, 1 + 1e-6);
                }
            }
        );

    // Computed with 60 digits by another program.
    [Theory]
    [InlineData(3.0, 1.0, 1, 0.0026997960632601891, 0.022217993076484613)]
    [InlineData(10.0, 1.0, 1000, 1.5239706048321052e-20, 3.8574996959278356e-19)]
    [InlineData(1000.0, 50.0, 1048576, 5.7747683275833002e-83, 2.9022413688390026e-81)]
    [InlineData(0.001, 1.0, 1, 0.99920211557217787, 1.0)]
    [InlineData(37.0, 1.0, 8388608, 9.6059145123678891e-293, 8.9155272789220531e-291)]
    [InlineData(2147483648.0, 75000000.0, 1000000, 2.601528996348765e-174, 1.8694563208216121e-172)]
    [InlineData(1000000000.0, 50000000.0, 1099511627776, 6.0552834738639866e-77, 3.043220645571726e-75)]
    [InlineData(9.68, 1.0, 1, 3.6671598989517618e-22, 8.9910904178371934e-21)]
    [InlineData(0.5, 1000000.0, 10, 1.0, 1.0)]
    public void Both_bounds_are_those_of_another_program_and_not_below(
        double room,
        double sigma,
        long dimension,
        double gaussian,
        double discrete
    )
    {
        Assert.InRange(WrapProbability.OfGaussian(room, sigma, dimension) / gaussian, 1, 1 + 2e-11);
        Assert.InRange(WrapProbability.OfDiscreteGaussian(room, sigma, dimension) / discrete, 1, 1 + 2e-11);
    }

    [Fact]
    public void More_room_helps_and_more_noise_or_coordinates_do_not()
    {
        Gen<(double Room, double Sigma, int Dimension)> cases =
            from room in Draw.Logarithmic(1e-3, 1e12)
            from sigma in Draw.Logarithmic(1e-2, 1e12)
            from dimension in Gen.Choose(1, int.MaxValue / 2)
            select (room, sigma, dimension);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (double room, double sigma, int dimension) = input;
                    double gaussian = WrapProbability.OfGaussian(room, sigma, dimension);
                    double discrete = WrapProbability.OfDiscreteGaussian(room, sigma, dimension);
                    return (
                        gaussian <= discrete
                        && gaussian is > 0 and <= 1
                        && WrapProbability.OfGaussian(room * 1.001, sigma, dimension) <= gaussian
                        && WrapProbability.OfGaussian(room, sigma * 1.001, dimension) >= gaussian
                        && WrapProbability.OfGaussian(room, sigma, 2L * dimension) >= gaussian
                        && WrapProbability.OfDiscreteGaussian(room * 1.001, sigma, dimension) <= discrete
                    ).Label($"{gaussian:R}, {discrete:R}");
                }
            )
            .Holds(output, 1000);
    }

    [Fact]
    public void Discrete_noise_leaves_its_room_no_more_often_than_the_bound_and_more_often_than_a_tenth_of_it()
    {
        const int Count = 200_000;
        long[] noise = new long[Count];
        using DiscreteGaussianSampler sampler = new(100, new SeededBytes(1));
        sampler.Fill(noise);
        double bound = WrapProbability.OfDiscreteGaussian(25, 10, 1);
        double share = (double)noise.Count(sample => Math.Abs(sample) >= 25) / Count;
        Assert.InRange(share, bound / 10, bound);
    }

    [Fact]
    public void Without_room_nothing_is_promised_and_numbers_out_of_range_are_refused_by_name()
    {
        Assert.Equal(1, WrapProbability.OfGaussian(0, 1, 1));
        Assert.Equal(1, WrapProbability.OfGaussian(-5, 1, 1));
        Assert.Equal(1, WrapProbability.OfDiscreteGaussian(-5, 1, 1));
        Assert.Equal(WrapProbability.Smallest, WrapProbability.OfGaussian(1e300, 1e-300, long.MaxValue));
        Refused("room", () => WrapProbability.OfGaussian(double.NaN, 1, 1));
        Refused("room", () => WrapProbability.OfDiscreteGaussian(double.PositiveInfinity, 1, 1));
        Refused("sigma", () => WrapProbability.OfGaussian(1, 0, 1));
        Refused("sigma", () => WrapProbability.OfDiscreteGaussian(1, double.NaN, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => WrapProbability.OfGaussian(1, 1, 0));

        static void Refused(string parameter, Func<object> call) =>
            Assert.Equal(parameter, Assert.Throws<PrivacyDomainException>(call).ParamName);
    }
}
