namespace SecureFed.Tests.Shared;

/// <summary>A fact that needs files of the shared folder and is skipped, with a message, where they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedFactAttribute : FactAttribute
{
    /// <summary>Names the files or folders the test reads, relative to the shared folder.</summary>
    public SharedFactAttribute(params string[] relativePaths)
    {
        RelativePaths = relativePaths;
        Skip = SharedFolder.SkipReason(relativePaths)!;
    }

    /// <summary>What the test reads.</summary>
    public string[] RelativePaths { get; }
}

/// <summary>A theory that needs files of the shared folder and is skipped, with a message, where they are absent.</summary>
/// <remarks>Member data must return at least one row where the file is absent, or xunit reports an error before the skip.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedTheoryAttribute : TheoryAttribute
{
    /// <summary>Names the files or folders the test reads, relative to the shared folder.</summary>
    public SharedTheoryAttribute(params string[] relativePaths)
    {
        RelativePaths = relativePaths;
        Skip = SharedFolder.SkipReason(relativePaths)!;
    }

    /// <summary>What the test reads.</summary>
    public string[] RelativePaths { get; }
}
