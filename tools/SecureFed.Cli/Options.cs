using System.CommandLine;
using System.Globalization;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>Options with ranges.</summary>
internal static class Options
{
    /// <summary>A whole number from <paramref name="least"/> on; required when there is no <paramref name="value"/>.</summary>
    public static Option<int> Int(string name, string description, int least, int? value)
    {
        Option<int> option = new(name) { Description = description, Required = value is null };
        if (value is { } usual)
        {
            option.DefaultValueFactory = _ => usual;
        }

        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && result.GetValueOrDefault<int>() < least)
            {
                result.AddError($"{name} is a whole number from {least}; got {result.Tokens[0].Value}.");
            }
        });
        return option;
    }

    /// <summary>A value that is out of range.</summary>
    public static DemoException Usage(string name, string expected, double got) =>
        new(
            DemoExit.Usage,
            "usage",
            string.Create(CultureInfo.InvariantCulture, $"{name} is {expected}; got {got}."),
            "Add --help to the command to see its options."
        );
}
