using System.Text.RegularExpressions;
using SecureFed.Tests.Shared;

namespace SecureFed.ArchitectureTests;

/// <summary>
/// The specification and the code point at each other: a citation resolves, and a normative statement is cited where
/// it is carried out or tested.
/// </summary>
public sealed partial class SpecAnchorTests
{
    [Fact]
    public void Every_citation_in_code_resolves_to_a_statement()
    {
        HashSet<string> anchors = [.. Anchors().Select(anchor => anchor.Id)];

        IEnumerable<string> dangling = Citations()
            .Where(citation => !anchors.Contains(citation.Id))
            .Select(citation => $"{citation.Place}: spec {citation.Id} does not exist");

        Findings.None(dangling);
    }

    [Fact]
    public void Every_normative_statement_is_cited_in_code()
    {
        HashSet<string> cited = [.. Citations().Select(citation => citation.Id)];

        IEnumerable<string> uncited = Anchors()
            .Where(anchor => !anchor.IsInformative && !cited.Contains(anchor.Id))
            .Select(anchor => $"{anchor.Place}: {anchor.Id} is cited nowhere in src, tests or tools");

        Findings.None(uncited);
    }

    [Fact]
    public void No_statement_id_is_used_twice() =>
        Findings.None(
            Anchors().GroupBy(anchor => anchor.Id).Where(group => group.Count() > 1).Select(group => group.Key)
        );

    [Fact]
    public void Every_link_between_chapters_resolves()
    {
        HashSet<string> anchors = [.. Anchors().Select(anchor => anchor.Id)];

        IEnumerable<string> dangling =
            from file in RepositoryText.Files
            where file.Path.EndsWith(".md", StringComparison.Ordinal)
            from line in file.Lines.Select((text, index) => (text, number: index + 1))
            from Match link in ChapterLink().Matches(line.text)
            let id = $"{link.Groups["chapter"].Value}#{link.Groups["anchor"].Value}"
            where !anchors.Contains(id)
            select $"{file.Path}:{line.number}: {id} does not exist";

        Findings.None(dangling);
    }

    [Fact]
    public void The_scan_reads_both_kinds_of_citation()
    {
        string[] found = [.. Cited("// spec 01-updates" + "#ring-1 and 03-masking" + "#survivors-4.")];

        Assert.Equal(["01-updates" + "#ring-1", "03-masking" + "#survivors-4"], found);
    }

    private static IEnumerable<(string Id, string Place, bool IsInformative)> Anchors() =>
        from path in Directory.EnumerateFiles(RepositoryFolders.InRoot("spec"), "*.md").Order(StringComparer.Ordinal)
        let chapter = Path.GetFileNameWithoutExtension(path)
        from line in File.ReadLines(path).Select((text, index) => (text, number: index + 1))
        from Match anchor in Anchor().Matches(line.text)
        select (
            $"{chapter}#{anchor.Groups[1].Value}",
            $"spec/{chapter}.md:{line.number}",
            line.text.Contains("informative", StringComparison.OrdinalIgnoreCase)
        );

    private static IEnumerable<(string Id, string Place)> Citations() =>
        from file in RepositoryText.Files
        where file.Path.EndsWith(".cs", StringComparison.Ordinal)
        from line in file.Lines.Select((text, index) => (text, number: index + 1))
        from id in Cited(line.text)
        select (id, $"{file.Path}:{line.number}");

    private static IEnumerable<string> Cited(string line) =>
        Citation().Matches(line).Select(match => $"{match.Groups[1].Value}#{match.Groups[2].Value}");

    [GeneratedRegex("""<a id="([a-z0-9-]+)"></a>""")]
    private static partial Regex Anchor();

    // A comment may list several: "spec 03-masking" with its anchor, then further ids without the word.
    [GeneratedRegex(@"(?<![\w/.-])([0-9]{2}-[a-z]+)#([a-z0-9-]+)")]
    private static partial Regex Citation();

    [GeneratedRegex(@"\]\((?:\.\./)*(?:spec/)?(?<chapter>[0-9]{2}-[a-z]+)\.md#(?<anchor>[a-z0-9-]+)\)")]
    private static partial Regex ChapterLink();
}
