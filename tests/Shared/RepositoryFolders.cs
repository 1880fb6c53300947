namespace SecureFed.Tests.Shared;

/// <summary>Where the repository and the folder of vectors and data beside it are.</summary>
internal static class RepositoryFolders
{
    /// <summary>The folder that holds SecureFed.sln, found upwards from the test assembly.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// The folder with vectors/ and data/: the environment variable SECUREFED_SHARED, or ../shared beside the
    /// repository; null when there is none.
    /// </summary>
    public static string? Shared { get; } = FindShared();

    /// <summary>A file or folder under <see cref="Root"/>.</summary>
    public static string InRoot(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>A file or folder under <see cref="Shared"/>; only for tests marked <see cref="SharedFactAttribute"/>.</summary>
    public static string InShared(params string[] parts) =>
        Shared is { } shared
            ? Path.Combine([shared, .. parts])
            : throw new InvalidOperationException(
                "A test that reads the shared folder is a [SharedFact] or [SharedTheory]."
            );

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SecureFed.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("SecureFed.sln is not above the test assembly.");
    }

    private static string? FindShared()
    {
        string? configured = Environment.GetEnvironmentVariable("SECUREFED_SHARED");
        string folder = string.IsNullOrWhiteSpace(configured) ? Path.Combine(Root, "..", "shared") : configured;
        return Directory.Exists(folder) ? Path.GetFullPath(folder) : null;
    }
}
