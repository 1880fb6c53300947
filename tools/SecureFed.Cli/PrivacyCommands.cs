using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SecureFed.Privacy;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>securefed privacy: what noise promises.</summary>
internal static class PrivacyCommands
{
    public static Command Create(DemoScreen screen) =>
        new("privacy", "Calculators for differential privacy.")
        {
            Calculator(
                screen,
                "calibrate",
                "The least noise for a promise: σ of one Gaussian, exact and never below.",
                Epsilon(),
                Delta(),
                AnalyticGaussian.Sigma,
                "σ",
                sigma => new { Sigma = sigma }
            ),
            Calculator(
                screen,
                "delta",
                "δ of one Gaussian, exact and never below.",
                Sigma(),
                Epsilon(),
                AnalyticGaussian.Delta,
                "δ",
                delta => new { Delta = delta }
            ),
            Calculator(
                screen,
                "epsilon",
                "ε of one Gaussian, exact and never below.",
                Sigma(),
                Delta(),
                AnalyticGaussian.Epsilon,
                "ε",
                epsilon => new { Epsilon = epsilon }
            ),
            Table(screen),
        };

    private static Command Table(DemoScreen screen)
    {
        Argument<string> file = new("file") { Description = "A JSON table of questions." };
        Option<string> answers = new("--out") { Description = "Where the answers go, as JSON.", Required = true };
        Command command = new("table", "Answers every row of a table, for another program to check.") { file, answers };
        command.SetAction(parsed =>
            DemoHost.Run(
                screen,
                _ =>
                {
                    string path = parsed.GetValue(answers)!;
                    (string kind, JsonObject found) = PrivacyTable.Answer(parsed.GetValue(file)!);
                    Write(path, found.ToJsonString());
                    if (screen.IsJson)
                    {
                        DemoHost.WriteJson(
                            screen,
                            new
                            {
                                Table = kind,
                                Rows = found.Count,
                                Answers = path,
                            }
                        );
                    }
                    else
                    {
                        screen.Line($"{found.Count} rows of {kind} answered in {path}");
                    }

                    return DemoExit.Success;
                }
            )
        );
        return command;
    }

    private static void Write(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new DemoException(
                DemoExit.Output,
                "answers-not-written",
                $"'{path}' cannot be written: {failure.Message}",
                "Give a path in a folder that exists and can be written.",
                failure
            );
        }
    }

    private static Command Calculator(
        DemoScreen screen,
        string name,
        string description,
        Option<double> first,
        Option<double> second,
        Func<double, double, double, double> compute,
        string symbol,
        Func<double, object> json
    )
    {
        Option<double> sensitivity = new("--sensitivity")
        {
            Description = "Δ, the L2 sensitivity of the query, in the unit of σ.",
            DefaultValueFactory = _ => 1,
        };
        Command command = new(name, description) { first, second, sensitivity };
        command.SetAction(parsed =>
            DemoHost.Run(
                screen,
                _ =>
                {
                    double answer = Within(() =>
                        compute(parsed.GetValue(first), parsed.GetValue(second), parsed.GetValue(sensitivity))
                    );
                    if (screen.IsJson)
                    {
                        DemoHost.WriteJson(screen, json(answer));
                    }
                    else
                    {
                        screen.Line(string.Create(CultureInfo.InvariantCulture, $"{symbol} = {answer:R}"));
                    }

                    return DemoExit.Success;
                }
            )
        );
        return command;
    }

    private static Option<double> Epsilon() => Number("--epsilon", "ε, 0 to 100000.");

    private static Option<double> Delta() => Number("--delta", "δ, 1e-300 to below 1.");

    private static Option<double> Sigma() =>
        Number("--sigma", "σ, the standard deviation of the noise in each coordinate.");

    private static Option<double> Number(string name, string description) =>
        new(name) { Description = description, Required = true };

    private static double Within(Func<double> compute)
    {
        try
        {
            return compute();
        }
        catch (PrivacyDomainException refused)
        {
            throw new DemoException(
                DemoExit.Usage,
                "usage",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"--{refused.ParamName} must be {refused.Domain}; got {refused.Value:R}."
                ),
                "Add --help to the command to see its options."
            );
        }
    }
}
