namespace SecureFed.Samples.Shared;

/// <summary>What is wrong with a data file.</summary>
public enum DataFileFault
{
    /// <summary>No fault; never thrown.</summary>
    None = 0,

    /// <summary>The file does not exist or cannot be opened.</summary>
    Missing = 1,

    /// <summary>The file has no data rows.</summary>
    Empty = 2,

    /// <summary>A row has too few or too many columns.</summary>
    WrongColumnCount = 3,

    /// <summary>The header is not the expected one.</summary>
    WrongHeader = 4,

    /// <summary>A cell is not a number.</summary>
    NotANumber = 5,

    /// <summary>A cell is a number that the column cannot have.</summary>
    OutOfRange = 6,
}

/// <summary>A data file that cannot be used: where, what was found, what was expected and what to do.</summary>
/// <remarks>
/// The message quotes the offending cell of the user's own file, at most 40 characters of it. It is for that user's screen,
/// not for a log that leaves the party.
/// </remarks>
public sealed class DataFileException : Exception
{
    private const int LongestQuote = 40;

    /// <summary>Creates the exception.</summary>
    /// <param name="fault">What is wrong.</param>
    /// <param name="fileName">The file as the user named it.</param>
    /// <param name="line">The line, from 1; 0 when the fault is not in a line.</param>
    /// <param name="column">The column's name; null when the fault is not in one column.</param>
    /// <param name="found">What is there.</param>
    /// <param name="expected">What should be there.</param>
    /// <param name="remedy">What the user can do.</param>
    /// <param name="inner">The cause, when there is one.</param>
    public DataFileException(
        DataFileFault fault,
        string fileName,
        int line,
        string? column,
        string found,
        string expected,
        string remedy,
        Exception? inner = null
    )
        : base(Describe(fileName, line, column, Quote(found), expected, remedy), inner)
    {
        Fault = fault;
        FileName = fileName;
        Line = line;
        Column = column;
        Found = Quote(found);
        Expected = expected;
        Remedy = remedy;
    }

    /// <summary>What is wrong.</summary>
    public DataFileFault Fault { get; }

    /// <summary>The file as the user named it.</summary>
    public string FileName { get; }

    /// <summary>The line, from 1; 0 when the fault is not in a line.</summary>
    public int Line { get; }

    /// <summary>The column's name; null when the fault is not in one column.</summary>
    public string? Column { get; }

    /// <summary>What is there, shortened.</summary>
    public string Found { get; }

    /// <summary>What should be there.</summary>
    public string Expected { get; }

    /// <summary>What the user can do.</summary>
    public string Remedy { get; }

    private static string Describe(
        string fileName,
        int line,
        string? column,
        string found,
        string expected,
        string remedy
    )
    {
        string place = fileName;
        if (line > 0)
        {
            place += $", line {line}";
        }

        if (column is not null)
        {
            place += $", column {column}";
        }

        return $"{place}: found {found}, expected {expected}. {remedy}";
    }

    private static string Quote(string text) =>
        text.Length <= LongestQuote ? text : string.Concat(text.AsSpan(0, LongestQuote), "…");
}
