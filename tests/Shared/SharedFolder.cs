namespace SecureFed.Tests.Shared;

/// <summary>Finds the folder of reference tables and data sets that lies beside a checkout and is not part of it.</summary>
public static class SharedFolder
{
    /// <summary>Names the folder; without it, <c>../shared</c> from the repository root is tried.</summary>
    public const string PathVariable = "SECUREFED_SHARED";

    /// <summary>Set to 1, a missing file is a failure and not a skip.</summary>
    public const string RequireVariable = "SECUREFED_REQUIRE_SHARED";

    /// <summary>The repository root: the nearest folder above the test binaries that holds the solution.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>The folder, whether or not it exists.</summary>
    public static string Root { get; } =
        Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } named
            ? Path.GetFullPath(named)
            : Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared"));

    /// <summary>Whether missing files must fail the run.</summary>
    public static bool IsRequired => Environment.GetEnvironmentVariable(RequireVariable) == "1";

    /// <summary>The full path of a file or folder in the shared folder.</summary>
    public static string PathOf(string relativePath) =>
        Path.GetFullPath(Path.Combine(Root, relativePath.Replace('/', Path.DirectorySeparatorChar)));

    /// <summary>Why a test that needs these files is skipped, or null when it can run.</summary>
    public static string? SkipReason(params string[] relativePaths)
    {
        if (IsRequired)
        {
            return null;
        }

        foreach (string relativePath in relativePaths)
        {
            string path = PathOf(relativePath);
            if (!File.Exists(path) && !Directory.Exists(path))
            {
                return $"Needs '{relativePath}' in the shared folder ({PathVariable}, default ../shared beside the repository).";
            }
        }

        return null;
    }

    private static string FindRepositoryRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SecureFed.sln")))
            {
                return folder.FullName;
            }
        }

        return Directory.GetCurrentDirectory();
    }
}
