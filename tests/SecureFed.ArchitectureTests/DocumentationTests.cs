using System.Xml.Linq;

namespace SecureFed.ArchitectureTests;

/// <summary>What the documentation at the cursor must say.</summary>
public sealed class DocumentationTests
{
    public static TheoryData<string> Projects => [.. SourceProjects.Names];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_public_type_has_a_summary(string project)
    {
        Dictionary<string, XElement> documented = Read(project);

        IEnumerable<string> missing = PublicTypes(project)
            .Where(type => !documented.TryGetValue(IdOf(type), out XElement? text) || IsEmpty(text))
            .Select(type => type.FullName!);

        Findings.None(missing);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_public_struct_says_what_its_default_value_is(string project)
    {
        Dictionary<string, XElement> documented = Read(project);

        IEnumerable<string> silent = PublicTypes(project)
            .Where(type => type is { IsValueType: true, IsEnum: false })
            .Where(type => !documented[IdOf(type)].Value.Contains("default", StringComparison.OrdinalIgnoreCase))
            .Select(type => type.FullName!);

        Findings.None(silent);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_zero_of_a_public_enum_is_None_or_has_no_name(string project)
    {
        IEnumerable<string> meaningful = PublicTypes(project)
            .Where(type => type.IsEnum && Enum.GetName(type, Activator.CreateInstance(type)!) is not (null or "None"))
            .Select(type => $"{type.FullName}: its default is a choice nobody made");

        Findings.None(meaningful);
    }

    private static IEnumerable<Type> PublicTypes(string project) =>
        SourceProjects.Assemblies.Single(assembly => assembly.GetName().Name == project).GetExportedTypes();

    private static Dictionary<string, XElement> Read(string project) =>
        XDocument
            .Load(SourceProjects.DocumentationOf(project))
            .Descendants("member")
            .ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal);

    private static string IdOf(Type type) => "T:" + type.FullName!.Replace('+', '.');

    private static bool IsEmpty(XElement text) =>
        string.IsNullOrWhiteSpace(text.Element("summary")?.Value) && text.Element("inheritdoc") is null;
}
