using System.CommandLine;
using System.Globalization;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>Options with ranges.</summary>
internal static class Options
{
    /// <summary>A whole number of a range; required when there is no <paramref name="value"/>.</summary>
    public static Option<int> Int(string name, string description, int least, int? value, int most = int.MaxValue)
    {
        Option<int> option = new(name) { Description = description, Required = value is null };
        if (value is { } usual)
        {
            option.DefaultValueFactory = _ => usual;
        }

        option.Validators.Add(result =>
        {
            // What is no number at all is the parser's own error; reading it here would throw.
            if (
                result.Tokens is [{ Value: string text }]
                && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                && (number < least || number > most)
            )
            {
                string upper = most == int.MaxValue ? string.Empty : $" to {most}";
                result.AddError($"{name} is a whole number from {least}{upper}; got {text}.");
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
