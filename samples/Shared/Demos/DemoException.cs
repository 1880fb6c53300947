using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Samples.Shared;

/// <summary>How a demonstration or a command ends, as the process's exit code.</summary>
public enum DemoExit
{
    /// <summary>It did what it promises.</summary>
    Success = 0,

    /// <summary>It ran, and a result is not what it promises, for example a gap above its bound.</summary>
    PromiseMissed = 1,

    /// <summary>The command line was not understood.</summary>
    Usage = 2,

    /// <summary>A data file is missing or malformed.</summary>
    Data = 3,

    /// <summary>A plan was refused: its numbers do not fit.</summary>
    Plan = 4,

    /// <summary>A round gave no sum.</summary>
    Round = 5,

    /// <summary>The results are there; a file for them could not be written.</summary>
    Output = 6,
}

/// <summary>A failure that the user can do something about: a code for programs, a message and a remedy for people.</summary>
public sealed class DemoException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="exit">How the process ends.</param>
    /// <param name="code">Stable, in kebab-case.</param>
    /// <param name="message">What is wrong, without a line break.</param>
    /// <param name="remedy">What to do.</param>
    /// <param name="inner">The cause, when there is one.</param>
    public DemoException(DemoExit exit, string code, string message, string remedy, Exception? inner = null)
        : base(message, inner) => (Exit, Code, Remedy) = (exit, code, remedy);

    /// <summary>How the process ends.</summary>
    public DemoExit Exit { get; }

    /// <summary>Stable, in kebab-case.</summary>
    public string Code { get; }

    /// <summary>What to do.</summary>
    public string Remedy { get; }

    /// <summary>The failure that an exception stands for; null for one that is a mistake of this program.</summary>
    public static DemoException? From(Exception exception) =>
        exception switch
        {
            DemoException demo => demo,
            DataFileException data => new DemoException(
                DemoExit.Data,
                data.Fault == DataFileFault.Missing ? "data-missing" : "data-malformed",
                Place(data),
                data.Remedy,
                data
            ),
            PlanRefusedException plan => OfPlan(plan),
            GraphRefusedException graph => new DemoException(
                DemoExit.Plan,
                "plan-refused",
                graph.Finding,
                graph.Remedy,
                graph
            ),
            RoundAbortedException round => new DemoException(
                DemoExit.Round,
                "round-aborted",
                round.Message,
                round.Named.IsEmpty
                    ? "Start the round again."
                    : $"Start the round again without {string.Join(", ", round.Named)}.",
                round
            ),
            _ => null,
        };

    // What is wrong is the first sentence; where more than a range is to be said, the remedy follows it.
    private static DemoException OfPlan(PlanRefusedException plan)
    {
        int end = plan.Message.IndexOf(". ", StringComparison.Ordinal) + 1;
        (string problem, string remedy) =
            end > 0
                ? (plan.Message[..end], plan.Message[(end + 1)..])
                : (plan.Message, "Choose a number in that range.");
        return new DemoException(DemoExit.Plan, "plan-refused", problem, remedy, plan);
    }

    private static string Place(DataFileException data)
    {
        string line = data.Line > 0 ? $", line {data.Line}" : string.Empty;
        string column = data.Column is { } name ? $", column {name}" : string.Empty;
        return $"{data.FileName}{line}{column}: found {data.Found}, expected {data.Expected}.";
    }
}
