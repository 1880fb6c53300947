using System.Text.Json;
using SecureFed.Cli;
using SecureFed.Core;
using SecureFed.Crypto;

namespace SecureFed.UnitTests.Samples;

/// <summary>securefed audit, on the logs of a server and a site that keep each other's heads.</summary>
public sealed class AuditCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("securefed-audit-").FullName;

    public AuditCommandTests()
    {
        using EcdsaP256Signer server = EcdsaP256Signer.Generate();
        using EcdsaP256Signer site = EcdsaP256Signer.Generate();
        using AuditLog first = AuditLog.Open(
            PathOf("server"),
            ParticipantId.Parse("server"),
            server,
            P256Suite.Instance
        );
        using AuditLog second = AuditLog.Open(PathOf("site"), ParticipantId.Parse("site"), site, P256Suite.Instance);
        AuditAttempt attempt = new(ParticipantId.Parse("trial"), 1, 1);
        foreach (AuditLog log in (AuditLog[])[first, second])
        {
            log.Append(new AuditEvent.Survivors(attempt, [ParticipantId.Parse("site")]));
            log.Append(new AuditEvent.Completed(attempt, Digest.Of("sum"u8), Digest.Of("k"u8), 1, 1, 0));
            log.Sign();
        }

        Assert.True(first.TryRecordHead(second.Head, site.PublicKey.Span));
        Assert.True(second.TryRecordHead(first.Head, server.PublicKey.Span));
        first.Close();
        second.Close();
        File.WriteAllText(
            Roster,
            $$"""{"server":"{{Convert.ToHexString(server.PublicKey.Span)}}","site":"{{Convert.ToHexStringLower(site.PublicKey.Span)}}"}"""
        );
    }

    private string Roster => Path.Combine(_folder, "roster.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Logs_of_a_folder_are_verified_together()
    {
        (int exit, JsonElement answer) = Json("audit", "verify", _folder, "--roster", Roster);

        Assert.Equal(0, exit);
        Assert.True(answer.GetProperty("intact").GetBoolean());
        Assert.Equal(2, answer.GetProperty("headsCompared").GetInt32());
        JsonElement server = answer.GetProperty("logs")[0];
        Assert.Equal("server", server.GetProperty("owner").GetString());
        Assert.Equal((8, 7), (server.GetProperty("events").GetInt32(), server.GetProperty("signedEvents").GetInt32()));
        Assert.True(server.GetProperty("pinned").GetBoolean() && server.GetProperty("closed").GetBoolean());
        (exit, string text, string error) = Run("audit", "verify", PathOf("server"), PathOf("site"));
        Assert.Equal((0, string.Empty), (exit, error));
        Assert.Contains("signed by a key that is not pinned: intact", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_that_was_altered_or_cut_ends_with_1_and_its_line()
    {
        string[] lines = File.ReadAllLines(PathOf("server"));
        File.WriteAllText(PathOf("server"), string.Join('\n', lines[..3]) + "\n");

        (int exit, JsonElement answer) = Json("audit", "verify", _folder, "--roster", Roster);
        (int alone, _) = Json("audit", "verify", PathOf("server"));

        Assert.Equal((1, 0), (exit, alone));
        JsonElement finding = answer.GetProperty("logs")[0].GetProperty("findings")[0];
        Assert.Equal(
            ("Truncated", 4),
            (finding.GetProperty("kind").GetString(), finding.GetProperty("line").GetInt32())
        );
        lines[2] = lines[2].Replace("trial", "trail", StringComparison.Ordinal);
        File.WriteAllText(PathOf("server"), string.Join('\n', lines) + "\n");
        (exit, string text, string error) = Run("audit", "verify", PathOf("server"), "--roster", Roster);
        Assert.Equal(1, exit);
        Assert.Contains("line 3: Altered.", text, StringComparison.Ordinal);
        Assert.StartsWith("missed: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_is_shown_as_far_as_it_is_sound()
    {
        (int exit, JsonElement answer) = Json("audit", "show", PathOf("site"));
        (_, string text, _) = Run("audit", "show", PathOf("site"));

        Assert.Equal(0, exit);
        string[] names =
        [
            .. answer.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("event").GetString()!),
        ];
        Assert.Equal(["opened", "signed", "survivors", "completed", "signed", "headSeen", "closed", "signed"], names);
        Assert.Contains("survivors     \"federation\":\"trial\",\"round\":1", text, StringComparison.Ordinal);
        File.AppendAllText(PathOf("site"), "something else\n");
        Failure(3, "audit-not-intact", "audit", "show", PathOf("site"));
        (_, text, _) = Run("audit", "show", PathOf("site"));
        Assert.Contains("closed", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_read_is_an_error_with_a_code()
    {
        string empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;
        Failure(3, "data-missing", "audit", "verify", empty);
        Failure(3, "data-missing", "audit", "verify", Path.Combine(_folder, "nothing"));
        Failure(3, "data-missing", "audit", "show", _folder);
        Failure(3, "data-missing", "audit", "verify", _folder, "--roster", Path.Combine(_folder, "nothing"));
        Failure(3, "data-malformed", "audit", "verify", _folder, "--roster", PathOf("server"));
        Failure(2, "usage", "audit", "verify");
        using DiskFile locked = DiskFile.Open(PathOf("server"));
        Failure(3, "data-unreadable", "audit", "verify", _folder);
        Failure(3, "data-unreadable", "audit", "show", PathOf("server"));
    }

    private string PathOf(string owner) => Path.Combine(_folder, $"{owner}.jsonl");

    private static void Failure(int exit, string code, params string[] args)
    {
        (int got, JsonElement answer) = Json(args);
        Assert.Equal(exit, got);
        JsonElement error = answer.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.NotEmpty(error.GetProperty("remedy").GetString()!);
    }

    private static (int Exit, JsonElement Answer) Json(params string[] args)
    {
        (int exit, string output, _) = Run([.. args, "--json"]);
        Assert.Equal(1, output.Count(c => c == '\n'));
        return (exit, JsonElement.Parse(output));
    }

    private static (int Exit, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" };
        using StringWriter error = new() { NewLine = "\n" };
        int exit = SecureFedCommand.Run(args, output, error);
        return (exit, output.ToString(), error.ToString());
    }
}
