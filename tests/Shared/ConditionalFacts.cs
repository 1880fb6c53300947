namespace SecureFed.Tests.Shared;

/// <summary>A fact that needs vectors or data of the shared folder; skipped with a message where they are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedFactAttribute : FactAttribute
{
    /// <param name="neededPaths">Files or folders relative to the shared folder.</param>
    public SharedFactAttribute(params string[] neededPaths) => Skip = SkipReasons.ForShared(neededPaths)!;
}

/// <summary>A theory that needs vectors or data of the shared folder; skipped with a message where they are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedTheoryAttribute : TheoryAttribute
{
    /// <param name="neededPaths">Files or folders relative to the shared folder.</param>
    public SharedTheoryAttribute(params string[] neededPaths) => Skip = SkipReasons.ForShared(neededPaths)!;
}

/// <summary>A fact that needs another program on this machine; skipped with a message where it is not. CI installs them all.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PeerFactAttribute : FactAttribute
{
    /// <param name="program">The program, looked up in PATH.</param>
    public PeerFactAttribute(string program) => Skip = SkipReasons.ForPeer(program)!;
}

/// <summary>A fact that needs an instruction set of the processor; skipped with a message where it is not live.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class HardwareFactAttribute : FactAttribute
{
    /// <param name="instructions">A class with a static IsSupported or IsHardwareAccelerated property.</param>
    public HardwareFactAttribute(Type instructions) => Skip = SkipReasons.ForHardware(instructions)!;
}

/// <summary>A fact about a runtime switch that turns instructions off; skipped with a message where it is not set to 0.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SwitchedOffFactAttribute : FactAttribute
{
    /// <param name="variable">The environment variable of the switch, read by the runtime when the process starts.</param>
    public SwitchedOffFactAttribute(string variable) => Skip = SkipReasons.ForSwitch(variable)!;
}

/// <summary>The messages of skipped tests. The first word is what the closing count of CI decides by.</summary>
internal static class SkipReasons
{
    /// <summary>Null when every path exists, and where missing files must fail (SECUREFED_REQUIRE_SHARED=1).</summary>
    public static string? ForShared(string[] neededPaths)
    {
        if (Environment.GetEnvironmentVariable("SECUREFED_REQUIRE_SHARED") == "1")
        {
            return null;
        }

        if (RepositoryFolders.Shared is not { } shared)
        {
            return "shared: there is no shared folder; set SECUREFED_SHARED, see README.md";
        }

        string? missing = neededPaths.FirstOrDefault(path => !Path.Exists(Path.Combine(shared, path)));
        return missing is null ? null : $"shared: {missing} is not in the shared folder";
    }

    /// <summary>Null when the program is in PATH.</summary>
    public static string? ForPeer(string program)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        return folders.Any(folder => File.Exists(Path.Combine(folder, program)))
            ? null
            : $"peer: {program} is not installed";
    }

    /// <summary>Null when the switch turns its instructions off.</summary>
    public static string? ForSwitch(string variable) =>
        Environment.GetEnvironmentVariable(variable) == "0"
            ? null
            : $"hardware: {variable} is not 0 in this process; .ci/run sets it";

    /// <summary>Null when the instructions are live.</summary>
    public static string? ForHardware(Type instructions)
    {
        ArgumentNullException.ThrowIfNull(instructions);
        object? live = (
            instructions.GetProperty("IsSupported") ?? instructions.GetProperty("IsHardwareAccelerated")
        )?.GetValue(null);
        return live is true ? null : $"hardware: {instructions.Name} is not live in this process";
    }
}
