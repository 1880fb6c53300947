using System.Buffers.Binary;
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>securefed privacy: what noise promises.</summary>
internal static class PrivacyCommands
{
    private const long MaximumSamples = 1_000_000_000;
    private const string SeeOptions = "Add --help to the command to see its options.";

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
            Sample(screen),
            Account(screen),
            Table(screen),
        };

    private static Command Sample(DemoScreen screen)
    {
        Option<long> variance = new("--sigma2") { Description = "σ², 1 to 2^58.", Required = true };
        Option<long> count = new("--count") { Description = "How many, 1 to 10^9.", Required = true };
        Option<string> file = new("--out") { Description = "Where they go.", Required = true };
        Command command = new("sample", "Exact samples of the discrete Gaussian, as 64-bit little-endian integers.")
        {
            variance,
            count,
            file,
        };
        command.SetAction(parsed =>
            DemoHost.Run(
                screen,
                _ =>
                {
                    (long sigma2, long samples) = (parsed.GetValue(variance), parsed.GetValue(count));
                    string path = parsed.GetValue(file)!;
                    if (samples is < 1 or > MaximumSamples)
                    {
                        throw new DemoException(
                            DemoExit.Usage,
                            "usage",
                            $"--count must be from 1 to {MaximumSamples}; got {samples}.",
                            SeeOptions
                        );
                    }

                    using DiscreteGaussianSampler sampler = Within(() =>
                        new DiscreteGaussianSampler(sigma2, SystemRandomSource.Instance)
                    );
                    Output(path, () => WriteSamples(path, sampler, samples));
                    if (screen.IsJson)
                    {
                        DemoHost.WriteJson(
                            screen,
                            new
                            {
                                Sigma2 = sigma2,
                                Count = samples,
                                File = path,
                            }
                        );
                    }
                    else
                    {
                        screen.Line($"{samples} samples of N_Z(0, {sigma2}) in {path}");
                    }

                    return DemoExit.Success;
                }
            )
        );
        return command;
    }

    private static void WriteSamples(string path, DiscreteGaussianSampler sampler, long count)
    {
        long[] samples = new long[Math.Min(count, 1 << 16)];
        byte[] bytes = new byte[samples.Length * sizeof(long)];
        using FileStream file = File.Create(path);
        for (long left = count; left > 0; )
        {
            Span<long> batch = samples.AsSpan(0, (int)Math.Min(left, samples.Length));
            sampler.Fill(batch);
            for (int i = 0; i < batch.Length; i++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), batch[i]);
            }

            file.Write(bytes, 0, batch.Length * sizeof(long));
            left -= batch.Length;
        }
    }

    private static Command Account(DemoScreen screen)
    {
        Option<double> multiplier = Number(
            "--noise-multiplier",
            "z, the noise's standard deviation over the clip norm."
        );
        Option<double> rate = new("--sampling-rate")
        {
            Description = "q, the probability with which each unit takes part in a step, unseen by the adversary.",
            DefaultValueFactory = _ => 1,
        };
        Option<long> steps = new("--steps") { Description = "How many steps.", DefaultValueFactory = _ => 1 };
        Option<double> delta = Delta();
        Command command = new(
            "account",
            "ε of Gaussian noise over many steps when one unit is added or removed: a proven bound from below and one from above."
        )
        {
            multiplier,
            rate,
            steps,
            delta,
        };
        command.SetAction(parsed =>
            DemoHost.Run(
                screen,
                _ =>
                {
                    PrivacyEvent step = Within(() =>
                        PrivacyEvent.PoissonSampledGaussian(parsed.GetValue(multiplier), parsed.GetValue(rate))
                    );
                    (long count, double allowed) = (parsed.GetValue(steps), parsed.GetValue(delta));
                    double divergences = Within(() =>
                        new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne)
                            .Compose(step, count)
                            .Epsilon(allowed)
                            .Epsilon
                    );
                    LossBracket losses = Within(() =>
                        new LossAccountant(NeighbouringRelation.AddOrRemoveOne).Compose(step, count).Epsilon(allowed)
                    );
                    if (screen.IsJson)
                    {
                        DemoHost.WriteJson(
                            screen,
                            new
                            {
                                EpsRdp = divergences,
                                EpsPldLower = losses.Lower,
                                EpsPldUpper = losses.Upper,
                            }
                        );
                    }
                    else
                    {
                        screen.Line(
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"ε ≤ {losses.Upper:R} by privacy losses, which no accounting could bring below {losses.Lower:R}; ε ≤ {divergences:R} by divergences"
                            )
                        );
                    }

                    return DemoExit.Success;
                }
            )
        );
        return command;
    }

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
                    Output(path, () => File.WriteAllText(path, found.ToJsonString()));
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

    private static void Output(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new DemoException(
                DemoExit.Output,
                "not-written",
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

    private static string? OptionOf(PrivacyDomainException refused) =>
        refused.ParamName switch
        {
            "variance" => "sigma2",
            "noiseMultiplier" => "noise-multiplier",
            "samplingRate" => "sampling-rate",
            "count" => "steps",
            string other => other,
            null => null,
        };

    private static T Within<T>(Func<T> compute)
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
                    $"--{OptionOf(refused)} must be {refused.Domain}; got {refused.Value:R}."
                ),
                SeeOptions
            );
        }
    }
}
