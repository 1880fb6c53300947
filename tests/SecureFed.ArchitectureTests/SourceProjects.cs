using System.Reflection;
using SecureFed.Tests.Shared;

namespace SecureFed.ArchitectureTests;

/// <summary>The projects under src and what was built from them.</summary>
internal static class SourceProjects
{
    /// <summary>All project names under src, sorted: a folder with a csproj of its name.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Directory
            .EnumerateFiles(RepositoryFolders.InRoot("src"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetFileNameWithoutExtension(path)!)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Projects without clock, socket, file, thread or ambient randomness.</summary>
    public static IReadOnlyList<string> SansIo { get; } =
    [
        .. new[] { "SecureFed.Core", "SecureFed.Privacy", "SecureFed.Protocol", "SecureFed.Homomorphic" }.Intersect(
            Names
        ),
    ];

    /// <summary>The built assembly of every project; a project that this test project does not reference is an error.</summary>
    public static IReadOnlyList<Assembly> Assemblies { get; } = [.. Names.Select(name => Assembly.Load(name))];

    /// <summary>Every type of every source assembly that a human wrote.</summary>
    public static IEnumerable<Type> WrittenTypes =>
        Assemblies
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => !type.FullName!.Contains('<', StringComparison.Ordinal))
            .Where(type => type.FullName!.StartsWith("SecureFed", StringComparison.Ordinal));

    /// <summary>The path of a project's built assembly.</summary>
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, name + ".dll");

    /// <summary>The path of a project's XML documentation, which the build copies beside the assembly.</summary>
    public static string DocumentationOf(string name) => Path.Combine(AppContext.BaseDirectory, name + ".xml");

    /// <summary>The folder of a project.</summary>
    public static string FolderOf(string name) => RepositoryFolders.InRoot("src", name);

    /// <summary>All C# files under src, without build output.</summary>
    public static IEnumerable<string> SourceFiles =>
        Directory
            .EnumerateFiles(RepositoryFolders.InRoot("src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !RepositoryText.IsBuildOutput(path));
}
