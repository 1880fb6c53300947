using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SecureFed.Samples.Shared;

/// <summary>Runs a demonstration or a command and turns its failures into one line, a JSON object and an exit code.</summary>
public static class DemoHost
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // The text goes to a terminal or a file, never into a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Runs a command.</summary>
    /// <param name="screen">Where it writes.</param>
    /// <param name="command">The command; what it throws and the user can mend becomes a failure.</param>
    /// <returns>The exit code.</returns>
    public static int Run(DemoScreen screen, Func<DemoScreen, DemoExit> command)
    {
        ArgumentNullException.ThrowIfNull(screen);
        ArgumentNullException.ThrowIfNull(command);
        try
        {
            return (int)command(screen);
        }
        catch (Exception exception) when (DemoException.From(exception) is not null)
        {
            return Fail(screen, DemoException.From(exception)!);
        }
    }

    /// <summary>Runs a sample program: reads its arguments, prints the help when asked, runs it.</summary>
    /// <param name="usage">The help text.</param>
    /// <param name="args">The program's arguments.</param>
    /// <param name="command">The sample.</param>
    /// <param name="takesData">Whether the sample reads a folder of the user.</param>
    /// <param name="report">Where the sample writes its report page by itself; null for a sample that has none.</param>
    /// <returns>The exit code.</returns>
    public static int RunSample(
        string usage,
        string[] args,
        Func<DemoArguments, DemoScreen, DemoExit> command,
        bool takesData = true,
        string? report = null
    )
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(command);
        DemoScreen screen = DemoScreen.OfConsole(isJson: args.Contains("--json", StringComparer.Ordinal));
        return Run(
            screen,
            _ =>
            {
                DemoArguments arguments = DemoArguments.Parse(args, takesData, report);
                if (arguments.IsHelp)
                {
                    screen.Output.WriteLine(usage);
                    return DemoExit.Success;
                }

                return command(arguments, screen);
            }
        );
    }

    /// <summary>Writes one JSON object on one line, camelCase.</summary>
    public static void WriteJson(DemoScreen screen, object value)
    {
        ArgumentNullException.ThrowIfNull(screen);
        screen.Output.WriteLine(JsonSerializer.Serialize(value, s_json));
    }

    /// <summary>Reports a failure: one line on standard error, and the error object on standard output with JSON.</summary>
    /// <returns>The exit code.</returns>
    public static int Fail(DemoScreen screen, DemoException failure)
    {
        ArgumentNullException.ThrowIfNull(screen);
        ArgumentNullException.ThrowIfNull(failure);
        if (screen.IsJson)
        {
            WriteJson(screen, new { Error = ErrorObject(failure) });
        }

        return (int)FailBesideResult(screen, failure);
    }

    /// <summary>Reports on standard error alone a failure that leaves the result whole; with JSON the result's object carries it.</summary>
    /// <returns>How the process ends.</returns>
    public static DemoExit FailBesideResult(DemoScreen screen, DemoException failure)
    {
        ArgumentNullException.ThrowIfNull(screen);
        ArgumentNullException.ThrowIfNull(failure);
        screen.Error.WriteLine($"error {failure.Code}: {OneLine(failure.Message)} {OneLine(failure.Remedy)}");
        return failure.Exit;
    }

    /// <summary>A failure as the JSON object of its code, message and remedy.</summary>
    public static object ErrorObject(DemoException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return new
        {
            failure.Code,
            Message = OneLine(failure.Message),
            Remedy = OneLine(failure.Remedy),
        };
    }

    /// <summary>Says on standard error, in one line, what a result that was printed misses.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="missed">What is missed, one entry per promise; empty when the result is what was promised.</param>
    /// <returns>How the process ends.</returns>
    public static DemoExit Judge(DemoScreen screen, IReadOnlyCollection<string> missed)
    {
        ArgumentNullException.ThrowIfNull(screen);
        ArgumentNullException.ThrowIfNull(missed);
        if (missed.Count == 0)
        {
            return DemoExit.Success;
        }

        screen.Error.WriteLine($"missed: {OneLine(string.Join("; ", missed))}.");
        return DemoExit.PromiseMissed;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
