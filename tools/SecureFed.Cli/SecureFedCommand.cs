using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>The command <c>securefed</c>, callable in process.</summary>
public static class SecureFedCommand
{
    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <param name="output">Standard output: with --json one JSON object on one line and nothing else.</param>
    /// <param name="error">Standard error: one line when the command fails.</param>
    /// <param name="isLive">Whether output is a terminal that can redraw.</param>
    /// <returns>The exit code, see <see cref="DemoExit"/>.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error, bool isLive = false)
    {
        ArgumentNullException.ThrowIfNull(args);
        // Before parsing: a command line that cannot be parsed has to answer in the form it asked for.
        DemoScreen screen = new(output, error, args.Contains("--json", StringComparer.Ordinal), isLive);
        ParseResult parsed = Root(screen).Parse(args);
        return parsed.Action is ParseErrorAction
            ? DemoHost.Fail(
                screen,
                new DemoException(
                    DemoExit.Usage,
                    "usage",
                    string.Join(" ", parsed.Errors.Select(problem => problem.Message)),
                    "Add --help to the command to see its options."
                )
            )
            : parsed.Invoke(
                new InvocationConfiguration
                {
                    Output = output,
                    Error = error,
                    EnableDefaultExceptionHandler = false,
                }
            );
    }

    private static Command Root(DemoScreen screen)
    {
        // Not a RootCommand: that one is called like the executable, which depends on how the program was started.
        Command root = new("securefed", "Secure aggregation for federated learning: demonstrations and calculators.")
        {
            DemoCommands.Create(screen),
            PlanCommands.Create(screen),
            PrivacyCommands.Create(screen),
            LedgerCommands.Create(screen),
            AuditCommands.Create(screen),
            CryptoCommands.Create(screen),
        };
        root.Options.Add(new HelpOption());
        root.Options.Add(new VersionOption());
        root.Options.Add(
            new Option<bool>("--json")
            {
                Description = "Print one JSON object on one line, and nothing else, on standard output.",
                Recursive = true,
            }
        );
        return root;
    }
}
