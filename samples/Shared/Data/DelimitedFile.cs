using System.Globalization;

namespace SecureFed.Samples.Shared;

/// <summary>One line of a comma-separated file with a fixed number of columns, and typed access to its cells.</summary>
/// <param name="file">The file it comes from.</param>
/// <param name="line">Its line number, from 1.</param>
/// <param name="cells">One text per column, trimmed.</param>
internal readonly struct DelimitedRow(DelimitedFile file, int line, string[] cells)
{
    /// <summary>The text of a cell.</summary>
    public string this[int column] => cells[column];

    /// <summary>A number of the given range, or NaN where the cell is <paramref name="missing"/>.</summary>
    public float Number(int column, double low, double high, string? missing = null)
    {
        string cell = cells[column];
        if (missing is not null && cell == missing)
        {
            return float.NaN;
        }

        string expected = string.Create(
            CultureInfo.InvariantCulture,
            $"a number from {low} to {high}{(missing is null ? string.Empty : $", or '{missing}' where it is missing")}"
        );
        const NumberStyles Style =
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!double.TryParse(cell, Style, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
        {
            throw Fault(
                DataFileFault.NotANumber,
                column,
                expected,
                "Write numbers with a decimal point and without thousands separators."
            );
        }

        return value >= low && value <= high
            ? (float)value
            : throw Fault(DataFileFault.OutOfRange, column, expected, "Correct the cell, or check the column order.");
    }

    /// <summary>One of the given whole numbers; −1 where the cell is <paramref name="missing"/>.</summary>
    /// <returns>The index in <paramref name="codes"/>.</returns>
    public int Code(int column, ReadOnlySpan<int> codes, string? missing = null)
    {
        float value = Number(column, codes[0], codes[^1], missing);
        if (float.IsNaN(value))
        {
            return -1;
        }

        for (int i = 0; i < codes.Length; i++)
        {
            if (codes[i] == value)
            {
                return i;
            }
        }

        throw Fault(
            DataFileFault.OutOfRange,
            column,
            "one of " + string.Join(", ", codes.ToArray()),
            "Correct the cell, or check the column order."
        );
    }

    private DataFileException Fault(DataFileFault fault, int column, string expected, string remedy) =>
        new(fault, file.Name, line, file.Columns[column], $"'{cells[column]}'", expected, remedy);
}

/// <summary>A comma-separated file without quoting, read row by row.</summary>
internal sealed class DelimitedFile
{
    private readonly bool _hasHeader;

    public DelimitedFile(string name, string[] columns, bool hasHeader)
    {
        Name = name;
        Columns = columns;
        _hasHeader = hasHeader;
    }

    /// <summary>The file's name in messages.</summary>
    public string Name { get; }

    /// <summary>The columns' names, in order.</summary>
    public string[] Columns { get; }

    /// <summary>Opens a file of the user.</summary>
    public static StreamReader Open(string path, string remedy)
    {
        try
        {
            return new StreamReader(path);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            string found = cause is FileNotFoundException or DirectoryNotFoundException
                ? "no such file"
                : "a file that cannot be opened";
            throw new DataFileException(DataFileFault.Missing, path, 0, null, found, "a readable file", remedy, cause);
        }
    }

    /// <summary>The data rows; blank lines are skipped.</summary>
    public IEnumerable<DelimitedRow> Read(TextReader text)
    {
        int line = 0;
        bool headerIsDue = _hasHeader;
        bool isEmpty = true;
        while (text.ReadLine() is { } content)
        {
            line++;
            if (string.IsNullOrWhiteSpace(content))
            {
                continue;
            }

            string[] cells = content.Split(',', StringSplitOptions.TrimEntries);
            RequireColumnCount(cells, line);
            if (headerIsDue)
            {
                RequireHeader(cells, line);
                headerIsDue = false;
                continue;
            }

            isEmpty = false;
            yield return new DelimitedRow(this, line, cells);
        }

        if (isEmpty)
        {
            throw new DataFileException(
                DataFileFault.Empty,
                Name,
                0,
                null,
                "no data rows",
                "at least one",
                "Check that the file is complete and is the one meant."
            );
        }
    }

    private void RequireColumnCount(string[] cells, int line)
    {
        if (cells.Length != Columns.Length)
        {
            throw new DataFileException(
                DataFileFault.WrongColumnCount,
                Name,
                line,
                null,
                $"{cells.Length} columns",
                $"{Columns.Length} columns separated by commas",
                "Check the separator and that the line is complete."
            );
        }
    }

    private void RequireHeader(string[] cells, int line)
    {
        for (int i = 0; i < cells.Length; i++)
        {
            if (cells[i] != Columns[i])
            {
                throw new DataFileException(
                    DataFileFault.WrongHeader,
                    Name,
                    line,
                    Columns[i],
                    $"'{cells[i]}'",
                    $"'{Columns[i]}'",
                    "The first line names the columns, in the order of the data set's description."
                );
            }
        }
    }
}
