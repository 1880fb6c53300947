using System.Text.RegularExpressions;
using SecureFed.Tests.Shared;

namespace SecureFed.ArchitectureTests;

/// <summary>What the pages for readers point at exists.</summary>
public sealed partial class LinkTests
{
    // How a path in code marks begins when it is one of this repository; others are of the reader's own folders.
    private static readonly string[] s_beginnings =
    [
        "src/",
        "spec/",
        "samples/",
        "tests/",
        "tools/",
        ".ci/",
        "../spec/",
        "SecureFed",
    ];

    public static TheoryData<string> Pages =>
        [
            "README.md",
            "SECURITY.md",
            "src/README.md",
            .. Directory
                .EnumerateFiles(RepositoryFolders.InRoot("spec"), "*.md")
                .Select(path => $"spec/{Path.GetFileName(path)}")
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_relative_link_resolves(string page) =>
        Findings.None(
            Links(page).Where(link => !Resolves(page, link)).Select(link => $"{page}: {link} does not exist")
        );

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_path_in_code_marks_exists(string page)
    {
        string folder = FolderOf(page);

        IEnumerable<string> missing = CodePath()
            .Matches(Read(page))
            .Select(match => match.Groups[1].Value)
            .Where(path => s_beginnings.Any(beginning => path.StartsWith(beginning, StringComparison.Ordinal)))
            .Where(path => !Path.Exists(RepositoryFolders.InRoot(path)) && !Path.Exists(Path.Combine(folder, path)))
            .Select(path => $"{page}: {path} does not exist");

        Findings.None(missing);
    }

    [Theory]
    [InlineData("README.md", "spec/06-security.md#law-1", true)]
    [InlineData("README.md", "spec/model/", true)]
    [InlineData("README.md", "#tests-and-data", true)]
    [InlineData("README.md", "#no-such-heading", false)]
    [InlineData("spec/README.md", "06-security.md", true)]
    [InlineData("README.md", "06-security.md", false)]
    [InlineData("spec/README.md", "06-security.md#no-such-anchor", false)]
    public void A_link_counts_from_its_page(string page, string link, bool resolves) =>
        Assert.Equal(resolves, Resolves(page, link));

    private static IEnumerable<string> Links(string page) =>
        Link()
            .Matches(Read(page))
            .Select(match => match.Groups[1].Value)
            .Where(link => !link.Contains("://", StringComparison.Ordinal));

    private static bool Resolves(string page, string link)
    {
        string[] parts = link.Split('#', 2);
        string target = parts[0].Length == 0 ? RepositoryFolders.InRoot(page) : Path.Combine(FolderOf(page), parts[0]);
        return Path.Exists(target) && (parts.Length == 1 || HasAnchor(target, parts[1]));
    }

    private static bool HasAnchor(string path, string anchor)
    {
        string text = File.ReadAllText(path);
        return text.Contains($"<a id=\"{anchor}\"></a>", StringComparison.Ordinal)
            || Heading().Matches(text).Any(heading => SlugOf(heading.Groups["text"].Value) == anchor);
    }

    // As hosts of Markdown make them: lower case, punctuation dropped, spaces to hyphens.
    private static string SlugOf(string heading) =>
        NotOfASlug().Replace(heading.Trim().ToLowerInvariant(), string.Empty).Replace(' ', '-');

    private static string FolderOf(string page) => Path.GetDirectoryName(RepositoryFolders.InRoot(page))!;

    private static string Read(string page) => File.ReadAllText(RepositoryFolders.InRoot(page));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`([\w.-]+(?:/[\w.-]+)+/?)`")]
    private static partial Regex CodePath();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotOfASlug();
}
