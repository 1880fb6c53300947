using System.Text.RegularExpressions;

namespace SecureFed.ArchitectureTests;

/// <summary>What may not stand in any text file, and how long a source file may be.</summary>
public sealed class RepositoryTextTests
{
    private const int MaximumLinesOfASourceFile = 500;

    // Patterns are put together from parts, so that this file passes its own test.
    private static readonly (string What, Regex Pattern)[] s_banned =
    [
        ("a path of one machine", Pattern(@"(?<![\w.~-])/" + @"(work|tmp|root|home)/\w")),
        ("a path of one machine", Pattern(@"\b[A-Z]:" + @"\\Users\\")),
        (
            "an address of one network",
            Pattern(@"https?://" + @"(\d+\.\d+\.\d+\.\d+|[\w.-]+\.(internal|local|lan|corp))\b")
        ),
        ("unfinished work", Pattern(@"\b(TO" + "DO|FIX" + "ME|HA" + "CK|XX" + @"X)\b")),
        ("a number of a tracker", Pattern(@"\b[Ii]ssue " + @"#?\d+")),
    ];

    [Fact]
    public void No_text_file_has_a_banned_word()
    {
        IEnumerable<string> found =
            from file in RepositoryText.Files
            from line in file.Lines.Select((text, index) => (text, number: index + 1))
            from banned in s_banned
            where banned.Pattern.IsMatch(line.text)
            select $"{file.Path}:{line.number}: {banned.What}: {line.text.Trim()}";

        Findings.None(found);
    }

    [Theory]
    [InlineData("see /wo" + "rk/x", true)]
    [InlineData("https://10.0" + ".0.1/feed", true)]
    [InlineData("// TO" + "DO later", true)]
    [InlineData("src/SecureFed.Core", false)]
    [InlineData("https://www.rfc-editor.org/rfc/rfc5869", false)]
    public void The_word_list_finds_what_it_should_and_nothing_else(string line, bool isBanned) =>
        Assert.Equal(isBanned, s_banned.Any(banned => banned.Pattern.IsMatch(line)));

    [Fact]
    public void No_source_file_is_longer_than_500_lines()
    {
        IEnumerable<string> tooLong = SourceProjects
            .SourceFiles.Where(path => File.ReadLines(path).Count() > MaximumLinesOfASourceFile)
            .Select(path => $"{path}: {File.ReadLines(path).Count()} lines");

        Findings.None(tooLong);
    }

    private static Regex Pattern(string pattern) =>
        new(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
}
