using System.Reflection;
using SecureFed.Tests.Shared;

namespace SecureFed.ArchitectureTests;

/// <summary>
/// The public surface of each project stands in PublicApi.txt beside its project file. A change of the surface changes
/// the file in the same commit: run this test with SECUREFED_UPDATE_API=1 and read the diff.
/// </summary>
public sealed class PublicApiTests
{
    private const string UpdateVariable = "SECUREFED_UPDATE_API";

    public static TheoryData<string> Projects => [.. SourceProjects.Names];

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_public_surface_is_the_one_written_down(string project)
    {
        string path = Path.Combine(SourceProjects.FolderOf(project), "PublicApi.txt");
        string actual = PublicApiText.Of(Assembly.Load(project));
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllText(path, actual);
        }

        string written = File.Exists(path) ? File.ReadAllText(path) : string.Empty;

        Assert.True(
            written == actual,
            $"{project}: the public surface differs from PublicApi.txt. Run with {UpdateVariable}=1.\n{Difference(written, actual)}"
        );
    }

    [Fact]
    public void The_text_shows_what_a_caller_can_see()
    {
        string text = PublicApiText.Of(typeof(SecureFed.Core.Digest).Assembly);

        Assert.Contains(
            "public readonly struct SecureFed.Core.Digest : IEquatable<Digest>\n",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("    const int SizeInBytes = 32\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "    static bool TryParse(string? name, out ParticipantId id)\n",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("    None = 0\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("_bytes", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_difference_names_the_lines() =>
        Assert.Equal("- old\n+ new", Difference("same\nold\n", "same\nnew\n"));

    private static string Difference(string written, string actual)
    {
        string[] before = written.Split('\n');
        string[] after = actual.Split('\n');
        return string.Join(
            '\n',
            [.. before.Except(after).Select(line => $"- {line}"), .. after.Except(before).Select(line => $"+ {line}")]
        );
    }
}
