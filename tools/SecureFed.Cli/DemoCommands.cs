using System.CommandLine;
using SecureFed.Protocol;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>securefed demo: the demonstrations of the samples.</summary>
internal static class DemoCommands
{
    private const int PointsPerParty = 200;

    public static Command Create(DemoScreen screen) =>
        new("demo", "Run a demonstration.") { Hospital(screen), Linear(screen) };

    private static Command Hospital(DemoScreen screen)
    {
        Option<string?> data = new("--data")
        {
            Description =
                "A folder with processed.{cleveland,hungarian,switzerland,va}.data; without it, five hospitals share the Wisconsin rows that come with the program.",
        };
        RequireValue(data, "a folder");
        Option<string?> report = new("--report")
        {
            Description = "Writes a page for people to this path: one file of HTML that needs nothing else.",
        };
        RequireValue(report, "a path");
        Option<double?> epsilon = new("--epsilon")
        {
            Description =
                "Trains a third time with differential privacy: all rounds together cost this ε for one patient, and the training stops at that budget.",
        };
        Option<double?> delta = new("--delta") { Description = "δ of --epsilon; 1e-5 without it." };
        Option<int> seed = Options.Int(
            "--seed",
            "Splits the rows and orders mini-batches; keys, masks and rounding are never seeded.",
            least: 0,
            value: 1
        );
        Option<int?> rounds = Options.Rounds("the plan's own number");
        Command command = new("hospital", "Hospitals train one model together through the masked protocol.")
        {
            data,
            seed,
            rounds,
            epsilon,
            delta,
            report,
        };
        command.SetAction(parsed =>
            DemoHost.Run(
                screen,
                _ =>
                {
                    PrivacyTarget? target = PrivacyTarget.Of(parsed.GetValue(epsilon), parsed.GetValue(delta));
                    HospitalFederation hospitals = HospitalDemo.Load(
                        parsed.GetValue(data),
                        parsed.GetValue(seed),
                        parsed.GetValue(rounds)
                    );
                    return HospitalReport.Run(
                        screen,
                        hospitals,
                        HospitalDemo.PlansOf(hospitals),
                        parsed.GetValue(seed),
                        parsed.GetValue(report),
                        target
                    );
                }
            )
        );
        return command;
    }

    private static void RequireValue(Option<string?> option, string expected) =>
        option.Validators.Add(result =>
        {
            // The parser takes any text that follows, an option's name too.
            if (
                result.Tokens is [{ Value: string text }]
                && (string.IsNullOrWhiteSpace(text) || text.StartsWith("--", StringComparison.Ordinal))
            )
            {
                result.AddError($"{option.Name} needs {expected}; got {text}.");
            }
        });

    private static Command Linear(DemoScreen screen)
    {
        Option<int> parties = Options.Int(
            "--parties",
            "How many parties; 2 lowers floors and says so.",
            least: 2,
            value: 5,
            DescriptorRules.MaximumCompleteCohort
        );
        Option<double> noise = new("--noise")
        {
            Description = "Standard deviation of the points around the line, 0 or more.",
            DefaultValueFactory = _ => 1,
        };
        Option<int> seed = Options.Int("--seed", "Makes up the points.", 0, value: 1);
        Option<int?> rounds = Options.Rounds($"{LinearDemo.RoundCount}");
        Command command = new("linear", "Parties fit y = 2x + 1 together through the masked protocol.")
        {
            parties,
            noise,
            seed,
            rounds,
        };
        command.SetAction(parsed =>
            DemoHost.Run(
                screen,
                _ =>
                {
                    double deviation = parsed.GetValue(noise);
                    if (!double.IsFinite(deviation) || deviation < 0)
                    {
                        throw Options.Usage("--noise", "a finite number from 0", deviation);
                    }

                    int count = parsed.GetValue(parties);
                    var task = LinearTask.Create(count, PointsPerParty, deviation, parsed.GetValue(seed));
                    return LinearReport.Run(
                        screen,
                        task,
                        LinearDemo.PlanFor(count),
                        parsed.GetValue(rounds) ?? LinearDemo.RoundCount
                    );
                }
            )
        );
        return command;
    }
}
