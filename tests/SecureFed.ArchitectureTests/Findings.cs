namespace SecureFed.ArchitectureTests;

/// <summary>Fails with the whole list: a rule is no use when it hides the places that break it.</summary>
internal static class Findings
{
    public static void None<T>(IEnumerable<T> findings)
    {
        T[] all = [.. findings];
        Assert.True(all.Length == 0, $"{all.Length} found:\n{string.Join('\n', all)}");
    }
}
