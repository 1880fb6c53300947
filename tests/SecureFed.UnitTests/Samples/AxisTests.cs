using FsCheck;
using FsCheck.Fluent;
using SecureFed.Samples.Shared;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Samples;

public sealed class AxisTests(ITestOutputHelper output)
{
    [Fact]
    public void An_axis_holds_every_value_and_has_few_ticks_that_its_labels_tell_apart() =>
        Prop.ForAll(
                // A centre and a spread of very different sizes, as thousandths and powers of ten, shrinking to zero.
                ArbMap.Default.ArbFor<(short Centre, byte Spread, sbyte Power)>(),
                drawn =>
                {
                    double unit = Math.Pow(10, drawn.Power % 4);
                    double[] values =
                    [
                        drawn.Centre / 1000.0 * unit,
                        ((drawn.Centre / 1000.0) + (drawn.Spread / 10.0)) * unit,
                    ];
                    Axis axis = Axis.Over(values, from: 300, to: 10);
                    double slack = 1e-6 * (axis.High - axis.Low);
                    string[] labels = [.. axis.Ticks.Select(axis.Label)];
                    bool holds = values.All(value => value >= axis.Low - slack && value <= axis.High + slack);
                    bool isDrawn = values.All(value => axis.Place(value) is >= 10 - 1e-3 and <= 300 + 1e-3);
                    return (holds && isDrawn && labels.Length is >= 2 and <= 7)
                        .And(labels.Distinct(StringComparer.Ordinal).Count() == labels.Length)
                        .Classify(drawn.Spread == 0, "one value");
                }
            )
            .Holds(output);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0.9999, 1)]
    [InlineData(0.5, 1)]
    [InlineData(0, 1)]
    public void A_share_is_never_drawn_on_an_axis_beyond_one(double least, double largest)
    {
        Axis capped = Axis.Over([least, largest], 0, 100, most: 1);

        Assert.Equal(1, capped.High, 1e-12);
        Assert.Equal(100, capped.Place(1), 1e-9);
        Assert.InRange(capped.Place(least), 0, 100);
        Assert.True(Axis.Over([least, largest + 0.3], 0, 100).High > 1);
    }

    [Fact]
    public void An_axis_of_nothing_that_is_finite_runs_from_zero_to_one()
    {
        Axis axis = Axis.Over([double.NaN, double.PositiveInfinity], 0, 100);

        Assert.Equal((0, 1), (axis.Low, axis.High));
    }
}
