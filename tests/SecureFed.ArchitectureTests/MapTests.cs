using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SecureFed.Tests.Shared;

namespace SecureFed.ArchitectureTests;

/// <summary>The map in src/README.md is the rule: these tests read it and compare it with what was built.</summary>
public sealed partial class MapTests
{
    private static string MapPath => RepositoryFolders.InRoot("src", "README.md");

    private static IReadOnlyDictionary<string, (string[] MayUse, string[] ThirdParty)> Allowed { get; } =
        MarkdownTable
            .Read(MapPath, "project", "may use", "third party")
            .ToDictionary(row => row[0].Trim('`'), row => (Names(row[1]), Names(row[2])), StringComparer.Ordinal);

    public static TheoryData<string> Projects => [.. SourceProjects.Names];

    [Fact]
    public void The_map_lists_every_project_of_src_and_no_other() =>
        Assert.Equal(SourceProjects.Names, Allowed.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void An_assembly_references_only_what_the_map_allows(string project)
    {
        (string[] mayUse, string[] thirdParty) = Allowed[project];

        IEnumerable<string> referenced = Assembly
            .Load(project)
            .GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => !name.StartsWith("System", StringComparison.Ordinal));

        Findings.None(referenced.Except(mayUse).Except(thirdParty));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_file_references_only_what_the_map_allows(string project)
    {
        (string[] mayUse, string[] thirdParty) = Allowed[project];
        XDocument file = XDocument.Load(Path.Combine(SourceProjects.FolderOf(project), project + ".csproj"));

        IEnumerable<string> projects = file.Descendants("ProjectReference")
            .Select(element =>
                Path.GetFileNameWithoutExtension(element.Attribute("Include")!.Value.Replace('\\', '/'))
            );
        IEnumerable<string> packages = file.Descendants("PackageReference")
            .Concat(file.Descendants("FrameworkReference"))
            .Select(element => element.Attribute("Include")!.Value);

        Findings.None(projects.Except(mayUse));
        Findings.None(packages.Except(thirdParty));
    }

    // What checks the library must not share its mistakes: spec/vectors/README.md says that it shares no code.
    [Fact]
    public void The_reference_references_nothing()
    {
        XDocument file = XDocument.Load(
            RepositoryFolders.InRoot("tools", "SecureFed.Reference", "SecureFed.Reference.csproj")
        );

        Findings.None(
            file.Descendants()
                .Where(element =>
                    element.Name.LocalName
                        is "ProjectReference"
                            or "PackageReference"
                            or "Reference"
                            or "Compile"
                            or "Import"
                )
                .Select(element => element.ToString())
        );
    }

    [Fact]
    public void The_map_has_no_cycles()
    {
        List<string> placed = [];
        while (placed.Count < Allowed.Count)
        {
            string[] ready =
            [
                .. Allowed
                    .Where(row => !placed.Contains(row.Key))
                    .Where(row => row.Value.MayUse.All(placed.Contains))
                    .Select(row => row.Key),
            ];
            Assert.NotEmpty(ready);
            placed.AddRange(ready);
        }
    }

    [Fact]
    public void Every_type_that_the_data_flow_table_names_is_in_the_project_it_names()
    {
        List<string> wrong = [];
        foreach (string[] row in MarkdownTable.Read(MapPath, "#", "stage", "gives"))
        {
            string project = row[^2].Trim('`');
            foreach (Match name in QuotedName().Matches(row[2]))
            {
                bool exists = Assembly.Load(project).GetExportedTypes().Any(type => type.Name == name.Groups[1].Value);
                if (!exists)
                {
                    wrong.Add($"stage {row[1]}: {name.Groups[1].Value} is not a public type of {project}");
                }
            }
        }

        Findings.None(wrong);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_public_signature_names_no_third_party_type(string project)
    {
        HashSet<Assembly> own = [.. SourceProjects.Assemblies];

        IEnumerable<string> foreign = PublicSignatures
            .Of(Assembly.Load(project))
            .Where(used => !own.Contains(used.Type.Assembly))
            .Where(used => !used.Type.Assembly.GetName().Name!.StartsWith("System", StringComparison.Ordinal))
            .Select(used => $"{used.Member} names {used.Type.FullName}");

        Findings.None(foreign);
    }

    private static string[] Names(string cell) =>
        cell is "–" or "-" or "" ? [] : [.. cell.Split(',').Select(name => name.Trim().Trim('`'))];

    [GeneratedRegex("`([A-Za-z]+)`")]
    private static partial Regex QuotedName();
}
