using SecureFed.Tests.Shared;

namespace SecureFed.ArchitectureTests;

/// <summary>The text files of the repository, without build output.</summary>
internal static class RepositoryText
{
    private static readonly string[] s_buildFolders =
    [
        "bin",
        "obj",
        "artifacts",
        "TestResults",
        "out",
        "node_modules",
        ".git",
        ".vs",
        ".idea",
    ];

    private static readonly string[] s_extensions =
    [
        ".cs",
        ".md",
        ".csproj",
        ".props",
        ".targets",
        ".json",
        ".xml",
        ".sln",
        ".txt",
        ".py",
        ".sh",
        ".pml",
        ".c",
        ".editorconfig",
        ".yml",
        ".proto",
    ];

    /// <summary>All text files, as (path relative to the repository, lines).</summary>
    public static IEnumerable<(string Path, string[] Lines)> Files =>
        Directory
            .EnumerateFiles(RepositoryFolders.Root, "*", SearchOption.AllDirectories)
            .Where(path => !IsBuildOutput(path))
            .Where(path =>
                s_extensions.Contains(Path.GetExtension(path))
                || Path.GetRelativePath(RepositoryFolders.Root, path).StartsWith(".ci", StringComparison.Ordinal)
            )
            .Select(path =>
                (Path.GetRelativePath(RepositoryFolders.Root, path).Replace('\\', '/'), File.ReadAllLines(path))
            );

    /// <summary>Whether a path lies in a folder that the build writes.</summary>
    public static bool IsBuildOutput(string path) =>
        Path.GetRelativePath(RepositoryFolders.Root, path)
            .Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar)
            .Any(part => s_buildFolders.Contains(part));
}
