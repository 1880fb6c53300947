using System.Globalization;

namespace SecureFed.Samples.Shared;

/// <summary>The arguments of the sample programs. The command line has a parser of its own.</summary>
public sealed record DemoArguments
{
    /// <summary>The most rounds of a demonstration: it keeps a record of every one.</summary>
    public const int MaximumRounds = 10_000;

    /// <summary>A folder with the user's data; null for what comes with the sample.</summary>
    public string? Data { get; private init; }

    /// <summary>Seeds the split of the rows and the order of mini-batches. Keys, masks and rounding are never seeded.</summary>
    public int Seed { get; private init; } = 1;

    /// <summary>Rounds of training; null for the plan's own number.</summary>
    public int? Rounds { get; private init; }

    /// <summary>Where the report page goes; null when none is written.</summary>
    public string? Report { get; private init; }

    /// <summary>What a training with differential privacy may cost; null when none is asked for.</summary>
    public PrivacyTarget? Privacy => PrivacyTarget.Of(Epsilon, Delta);

    private double? Epsilon { get; init; }

    private double? Delta { get; init; }

    /// <summary>Whether results go out as one JSON object.</summary>
    public bool IsJson { get; private init; }

    /// <summary>Whether only the help is asked for.</summary>
    public bool IsHelp { get; private init; }

    /// <summary>Reads arguments.</summary>
    /// <param name="args">The program's arguments.</param>
    /// <param name="takesData">Whether the sample reads a folder of the user.</param>
    /// <param name="report">Where the sample writes its report page by itself; null for a sample that has none.</param>
    /// <exception cref="DemoException">An argument is unknown, or its value is missing or out of range.</exception>
    public static DemoArguments Parse(IReadOnlyList<string> args, bool takesData = true, string? report = null)
    {
        ArgumentNullException.ThrowIfNull(args);
        DemoArguments parsed = new() { Report = report };
        for (int i = 0; i < args.Count; i++)
        {
            string name = args[i];
            // An argument that follows is not a value: a folder of that name can be given as ./--name.
            string Value() =>
                i + 1 < args.Count && args[i + 1].Length > 0 && !args[i + 1].StartsWith("--", StringComparison.Ordinal)
                    ? args[++i]
                    : throw Usage($"{name} needs a value.");
            parsed = name switch
            {
                "--data" when takesData => parsed with { Data = Value() },
                "--report" when report is not null => parsed with { Report = Value() },
                "--no-report" when report is not null => parsed with { Report = null },
                "--epsilon" when takesData => parsed with { Epsilon = Real(name, Value()) },
                "--delta" when takesData => parsed with { Delta = Real(name, Value()) },
                "--seed" => parsed with { Seed = Number(name, Value(), 0, int.MaxValue) },
                "--rounds" => parsed with { Rounds = Number(name, Value(), 1, MaximumRounds) },
                "--json" => parsed with { IsJson = true },
                "--help" or "-h" or "-?" => parsed with { IsHelp = true },
                _ => throw Usage($"'{name}' is not an argument of this sample."),
            };
        }

        return parsed;
    }

    private static int Number(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
        && value >= least
        && value <= most
            ? value
            : throw Usage($"{name} takes a whole number from {least} to {most}; got '{text}'.");

    private static double Real(string name, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw Usage($"{name} takes a number; got '{text}'.");

    private static DemoException Usage(string message) => new(DemoExit.Usage, "usage", message, "See --help.");
}
