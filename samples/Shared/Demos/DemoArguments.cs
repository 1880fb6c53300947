using System.Globalization;

namespace SecureFed.Samples.Shared;

/// <summary>The arguments of the sample programs. The command line has a parser of its own.</summary>
public sealed record DemoArguments
{
    /// <summary>A folder with the user's data; null for what comes with the sample.</summary>
    public string? Data { get; private init; }

    /// <summary>Seeds the split of the rows and the order of mini-batches. Keys, masks and rounding are never seeded.</summary>
    public int Seed { get; private init; } = 1;

    /// <summary>Rounds of training; null for the plan's own number.</summary>
    public int? Rounds { get; private init; }

    /// <summary>Whether results go out as one JSON object.</summary>
    public bool IsJson { get; private init; }

    /// <summary>Whether only the help is asked for.</summary>
    public bool IsHelp { get; private init; }

    /// <summary>Reads arguments.</summary>
    /// <exception cref="DemoException">An argument is unknown, or its value is missing or out of range.</exception>
    public static DemoArguments Parse(IReadOnlyList<string> args)
    {
        ArgumentNullException.ThrowIfNull(args);
        DemoArguments parsed = new();
        for (int i = 0; i < args.Count; i++)
        {
            string name = args[i];
            string Value() => i + 1 < args.Count ? args[++i] : throw Usage($"{name} needs a value.");
            parsed = name switch
            {
                "--data" => parsed with { Data = Value() },
                "--seed" => parsed with { Seed = Number(name, Value(), 0) },
                "--rounds" => parsed with { Rounds = Number(name, Value(), 1) },
                "--json" => parsed with { IsJson = true },
                "--help" or "-h" or "-?" => parsed with { IsHelp = true },
                _ => throw Usage($"'{name}' is not an argument of this sample."),
            };
        }

        return parsed;
    }

    private static int Number(string name, string text, int least) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least
            ? value
            : throw Usage($"{name} takes a whole number from {least}; got '{text}'.");

    private static DemoException Usage(string message) => new(DemoExit.Usage, "usage", message, "See --help.");
}
