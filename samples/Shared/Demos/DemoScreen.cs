using Spectre.Console;

namespace SecureFed.Samples.Shared;

/// <summary>A column of a table on the screen.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Width">Characters in plain output; negative for text that is aligned to the left.</param>
public readonly record struct DemoColumn(string Title, int Width);

/// <summary>Where a demonstration writes: live tables on a terminal, plain lines elsewhere, and one JSON line when asked.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class DemoScreen
{
    private readonly bool _isLive;

    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="isJson">Whether results go out as one JSON object on one line, and nothing else does.</param>
    /// <param name="isLive">Whether output is a terminal that can redraw; then it is the process's console.</param>
    public DemoScreen(TextWriter output, TextWriter error, bool isJson = false, bool isLive = false)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        (Output, Error, IsJson, _isLive) = (output, error, isJson, isLive && !isJson);
    }

    /// <summary>Standard output.</summary>
    public TextWriter Output { get; }

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether results go out as one JSON object on one line, and nothing else does.</summary>
    public bool IsJson { get; }

    /// <summary>The console of this process; live when it is a terminal.</summary>
    /// <param name="isJson">Whether results go out as JSON.</param>
    public static DemoScreen OfConsole(bool isJson) =>
        new(Console.Out, Console.Error, isJson, isLive: !Console.IsOutputRedirected);

    /// <summary>A line for people; nothing with JSON.</summary>
    public void Line(string text = "")
    {
        if (!IsJson)
        {
            Output.WriteLine(text);
        }
    }

    /// <summary>A table that grows while work goes on; nothing is drawn with JSON, the work is done all the same.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="work">Does the work and hands over each row, one text per column, when it is known.</param>
    public void Table(IReadOnlyList<DemoColumn> columns, Action<Action<string[]>> work)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(work);
        if (IsJson)
        {
            work(_ => { });
        }
        else if (_isLive)
        {
            Table table = new Table().Border(TableBorder.Rounded);
            foreach (DemoColumn column in columns)
            {
                table.AddColumn(new TableColumn(Markup.Escape(column.Title)) { Alignment = Alignment(column) });
            }

            AnsiConsole
                .Live(table)
                .Start(live =>
                    work(cells =>
                    {
                        table.AddRow([.. cells.Select(Markup.Escape)]);
                        live.Refresh();
                    })
                );
        }
        else
        {
            Row(columns, [.. columns.Select(column => column.Title)]);
            work(cells => Row(columns, cells));
        }
    }

    private static Justify Alignment(DemoColumn column) => column.Width < 0 ? Justify.Left : Justify.Right;

    private void Row(IReadOnlyList<DemoColumn> columns, string[] cells)
    {
        IEnumerable<string> padded = cells.Select(
            (cell, i) => columns[i].Width < 0 ? cell.PadRight(-columns[i].Width) : cell.PadLeft(columns[i].Width)
        );
        Output.WriteLine("  " + string.Join("  ", padded).TrimEnd());
        Output.Flush();
    }
}
