using System.Text.RegularExpressions;
using SecureFed.Tests.Shared;

namespace SecureFed.ArchitectureTests;

/// <summary>
/// Every law and promise of the security chapter says which statements carry it out and which tests show it, and those
/// tests exist: spec 06-security#law-1, spec 06-security#law-2, spec 06-security#law-3, spec 06-security#promise-1, spec 06-security#promise-2, spec 06-security#promise-3,
/// spec 06-security#promise-4, spec 06-security#promise-5, spec 06-security#promise-6, spec 06-security#promise-7,
/// spec 06-security#promise-8, spec 06-security#promise-9.
/// </summary>
public sealed partial class PromiseTests
{
    private static string Chapter => RepositoryFolders.InRoot("spec", "06-security.md");

    private static IReadOnlyList<string[]> Evidence =>
        MarkdownTable.Read(Chapter, "statement", "carried out by", "tests");

    [Fact]
    public void Every_law_and_promise_has_a_row_of_evidence()
    {
        IEnumerable<string> promised = StatementAnchor()
            .Matches(File.ReadAllText(Chapter))
            .Select(match => match.Groups[1].Value);

        Assert.Equal(promised, Evidence.Select(row => row[0]));
    }

    [Fact]
    public void Every_row_of_evidence_names_a_statement_and_a_test()
    {
        IEnumerable<string> empty = Evidence
            .Where(row => !row[1].Contains('#', StringComparison.Ordinal) || !QuotedName().IsMatch(row[2]))
            .Select(row => $"{row[0]} lacks a statement or a test");

        Findings.None(empty);
    }

    [Fact]
    public void Every_test_that_a_row_names_exists()
    {
        HashSet<string> classes =
        [
            .. Directory
                .EnumerateFiles(RepositoryFolders.InRoot("tests"), "*Tests.cs", SearchOption.AllDirectories)
                .Where(path => !RepositoryText.IsBuildOutput(path))
                .Select(path => Path.GetFileNameWithoutExtension(path)!),
        ];

        IEnumerable<string> missing =
            from row in Evidence
            from Match name in QuotedName().Matches(row[2])
            where !classes.Contains(name.Groups[1].Value)
            select $"{row[0]}: there is no {name.Groups[1].Value}";

        Findings.None(missing);
    }

    [GeneratedRegex("""<a id="((?:law|promise)-[0-9]+)"></a>""")]
    private static partial Regex StatementAnchor();

    [GeneratedRegex("`([A-Za-z]+)`")]
    private static partial Regex QuotedName();
}
