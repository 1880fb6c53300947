namespace SecureFed.ArchitectureTests;

/// <summary>Reads the tables of a Markdown file, so that a page people read can be the data of a test.</summary>
internal static class MarkdownTable
{
    /// <summary>The rows of the table whose header starts with <paramref name="firstHeader"/>, without header and ruler.</summary>
    /// <exception cref="InvalidOperationException">There is no such table.</exception>
    public static IReadOnlyList<string[]> Read(string path, params string[] firstHeader)
    {
        string[] lines = File.ReadAllLines(path);
        int header = Array.FindIndex(
            lines,
            line => IsRow(line) && Cells(line).Take(firstHeader.Length).SequenceEqual(firstHeader)
        );
        return header < 0
            ? throw new InvalidOperationException(
                $"{path} has no table that starts with '{string.Join(" | ", firstHeader)}'."
            )
            : [.. lines.Skip(header + 2).TakeWhile(IsRow).Select(Cells)];
    }

    private static bool IsRow(string line) => line.StartsWith('|');

    private static string[] Cells(string line) => [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim())];
}
