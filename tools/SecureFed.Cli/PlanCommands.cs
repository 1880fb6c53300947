using System.CommandLine;
using System.Globalization;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>securefed plan: calculators for plans.</summary>
internal static class PlanCommands
{
    public static Command Create(DemoScreen screen) =>
        new("plan", "Calculators for plans.") { RingOf(screen), GraphCommand.Create(screen) };

    private static Command RingOf(DemoScreen screen)
    {
        Option<int> clients = Options.Int("--clients", "n, the most clients in a sum.", least: 1, value: null);
        Option<double> clip = new("--clip")
        {
            Description = "C, the L2 norm to which an update is clipped.",
            Required = true,
        };
        Option<int> fractionBits = Options.Int("--fraction-bits", "f, the grid is 2^-f.", least: 0, value: null);
        Option<long> maximumWeight = new("--max-weight")
        {
            Description = "W, the largest weight; 0 without weights.",
            DefaultValueFactory = _ => 0,
        };
        Option<double> noise = new("--noise-stddev")
        {
            Description =
                "Standard deviation of the noise in a coordinate of the sum, all clients' shares together, in the unit of the clip norm. The sum then wraps with probability below 1e-20.",
            DefaultValueFactory = _ => 0,
        };
        Command command = new("ring", "How many bits a value of the sum needs on the wire.")
        {
            clients,
            clip,
            fractionBits,
            maximumWeight,
            noise,
        };
        command.SetAction(parsed =>
            DemoHost.Run(
                screen,
                _ =>
                {
                    RingWidth width = RingWidth.Of(
                        parsed.GetValue(clients),
                        parsed.GetValue(clip),
                        parsed.GetValue(fractionBits),
                        parsed.GetValue(maximumWeight),
                        parsed.GetValue(noise)
                    );
                    Report(screen, width);
                    return DemoExit.Success;
                }
            )
        );
        return command;
    }

    private static void Report(DemoScreen screen, RingWidth width)
    {
        if (screen.IsJson)
        {
            DemoHost.WriteJson(
                screen,
                new
                {
                    width.RingBits,
                    width.LaneBits,
                    width.BytesPerMillion,
                    width.CoordinateBound,
                    NoiseTail = (double)width.NoiseTail,
                }
            );
            return;
        }

        screen.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{width.RingBits} bits a value, in {width.LaneBits}-bit lanes; 1,000,000 values are {width.BytesPerMillion:N0} bytes."
            )
        );
        screen.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"One coordinate is at most {width.CoordinateBound:N0} grid steps; the noise tail adds {width.NoiseTail:N0} to the sum."
            )
        );
    }
}
