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

        Bound(option, least, most);
        return option;
    }

    /// <summary>The rounds of a demonstration; null when the option is absent.</summary>
    public static Option<int?> Rounds(string whenAbsent)
    {
        Option<int?> option = new("--rounds")
        {
            Description = $"Rounds of training, at most {DemoArguments.MaximumRounds}; {whenAbsent} without it.",
        };
        Bound(option, 1, DemoArguments.MaximumRounds);
        return option;
    }

    private static void Bound(Option option, int least, int most) =>
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
                result.AddError($"{option.Name} is a whole number from {least}{upper}; got {text}.");
            }
        });

    /// <summary>A fraction in [0, 1), exact as written in decimals; required.</summary>
    public static Option<decimal> Fraction(string name, string description) =>
        new(name)
        {
            Description = description,
            Required = true,
            CustomParser = result =>
            {
                string text = result.Tokens is [{ Value: string only }] ? only : string.Empty;
                if (
                    !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
                    || number is < 0 or >= 1
                )
                {
                    result.AddError($"{name} is a fraction from 0 to below 1, for example 0.1; got {text}.");
                }

                return number;
            },
        };

    /// <summary>A value that is out of range.</summary>
    public static DemoException Usage(string name, string expected, double got) =>
        new(
            DemoExit.Usage,
            "usage",
            string.Create(CultureInfo.InvariantCulture, $"{name} is {expected}; got {got}."),
            "Add --help to the command to see its options."
        );
}
