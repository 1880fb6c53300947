using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Crypto.BouncyCastle;
using SecureFed.Protocol;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>securefed audit: whether audit logs are whole, and what they say.</summary>
internal static class AuditCommands
{
    // What a folder's logs are called; a file that is named is read whatever it is called.
    private const string Pattern = "*.jsonl";

    private const int MaximumRosterFileSizeInBytes = 4 << 20;

    private static IReadOnlyCollection<ProtocolSuite> Suites { get; } = [P256Suite.Instance, Curve25519Suite.Instance];

    public static Command Create(DemoScreen screen) =>
        new("audit", "Audit logs of servers and parties.") { Verify(screen), Show(screen) };

    private static Command Verify(DemoScreen screen)
    {
        Argument<string[]> paths = new("path")
        {
            Description =
                $"Logs, or folders whose {Pattern} are logs. Logs that belong together are verified together.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> rosterFile = new("--roster")
        {
            Description = "The pinned keys: a JSON object that gives each owner its public key in hexadecimal.",
        };
        Command command = new("verify", "Names the first line that is not what it was, and what is missing.")
        {
            paths,
            rosterFile,
        };
        command.SetAction(parsed =>
            DemoHost.Run(
                screen,
                _ =>
                {
                    AuditRoster roster = parsed.GetValue(rosterFile) is { } file ? ReadRoster(file) : AuditRoster.Empty;
                    AuditSource[] logs = [.. parsed.GetValue(paths)!.SelectMany(FilesOf).Select(AuditSource.OfFile)];
                    AuditReport report = Reading(() => AuditVerifier.Verify(logs, Suites, roster));
                    if (screen.IsJson)
                    {
                        DemoHost.WriteJson(screen, ToJson(report));
                    }
                    else
                    {
                        Print(screen, report);
                    }

                    return DemoHost.Judge(
                        screen,
                        [
                            .. report.Logs.SelectMany(log =>
                                log.Findings.Take(1)
                                    .Select(finding =>
                                        $"{log.Name} is not intact from line {finding.Line} on ({finding.Kind})"
                                    )
                            ),
                        ]
                    );
                }
            )
        );
        return command;
    }

    private static Command Show(DemoScreen screen)
    {
        Argument<string> file = new("file") { Description = "The log." };
        Command command = new("show", "The events of a log, as far as it is sound.") { file };
        command.SetAction(parsed =>
            DemoHost.Run(
                screen,
                _ =>
                {
                    string path = FilesOf(parsed.GetValue(file)!, isFolderAllowed: false).Single();
                    List<JsonElement> events = [];
                    AuditFinding? finding = Reading(() =>
                        AuditSource
                            .OfFile(path)
                            .ReadLines(
                                Suites,
                                AuditRoster.Empty,
                                (line, bytes) =>
                                {
                                    if (screen.IsJson)
                                    {
                                        events.Add(JsonElement.Parse(bytes.Span));
                                    }
                                    else
                                    {
                                        Print(screen, line, bytes);
                                    }
                                }
                            )
                    );
                    if (finding is not null)
                    {
                        throw new DemoException(
                            DemoExit.Data,
                            "audit-not-intact",
                            $"'{path}' is not sound from line {finding.Line} on ({finding.Kind}): {finding.Explanation}",
                            "Run audit verify with the logs of the others, and believe nothing from that line on."
                        );
                    }

                    if (screen.IsJson)
                    {
                        DemoHost.WriteJson(screen, new { Events = events });
                    }

                    return DemoExit.Success;
                }
            )
        );
        return command;
    }

    private static IEnumerable<string> FilesOf(string path) => FilesOf(path, isFolderAllowed: true);

    private static string[] FilesOf(string path, bool isFolderAllowed)
    {
        string[] files =
            File.Exists(path) ? [path]
            : isFolderAllowed && Directory.Exists(path)
                ? Reading(() => Directory.GetFiles(path, Pattern).Order(StringComparer.Ordinal).ToArray())
            : [];
        return files.Length > 0
            ? files
            : throw new DemoException(
                DemoExit.Data,
                "data-missing",
                $"There is no audit log '{path}'.",
                $"Give the path of a log, or to verify of a folder with {Pattern}."
            );
    }

    private static AuditRoster ReadRoster(string path)
    {
        if (!File.Exists(path))
        {
            throw new DemoException(
                DemoExit.Data,
                "data-missing",
                $"There is no roster file '{path}'.",
                "Give the path of a file with the pinned keys."
            );
        }

        return
            Reading(() =>
                new FileInfo(path).Length > MaximumRosterFileSizeInBytes
                    ? null
                    : AuditRoster.TryRead(File.ReadAllBytes(path))
            )
                is { Count: > 0 } roster
            ? roster
            : throw new DemoException(
                DemoExit.Data,
                "data-malformed",
                $"'{path}' is no roster file.",
                "It is a JSON object that gives each owner its public key in hexadecimal, each owner once."
            );
    }

    private static T Reading<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DemoException(
                DemoExit.Data,
                "data-unreadable",
                $"A file cannot be read: {failure.Message}",
                "A log is locked while its owner runs: stop it, or read a copy.",
                failure
            );
        }
    }

    private static object ToJson(AuditReport report) =>
        new
        {
            Intact = report.IsIntact,
            report.HeadsCompared,
            report.HeadsNotCompared,
            Logs = report.Logs.Select(log => new
            {
                File = log.Name,
                Owner = log.Owner?.ToString(),
                log.Events,
                log.SignedEvents,
                Pinned = log.IsPinned,
                Closed = log.IsClosed,
                Intact = log.Findings.IsEmpty,
                Findings = log.Findings.Select(finding => new
                {
                    Kind = finding.Kind.ToString(),
                    finding.Line,
                    finding.Explanation,
                }),
            }),
        };

    private static void Print(DemoScreen screen, AuditReport report)
    {
        foreach (AuditLogReport log in report.Logs)
        {
            string whose = log.Owner is { } owner ? $"log of {owner}" : "a log of nobody";
            screen.Line(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{log.Name}: {whose}, {log.Events} events, {log.SignedEvents} of them signed{(log.IsPinned ? string.Empty : " by a key that is not pinned")}{(log.IsClosed ? string.Empty : ", not closed")}: {(log.Findings.IsEmpty ? "intact" : "NOT intact")}"
                )
            );
            foreach (AuditFinding finding in log.Findings)
            {
                screen.Line(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"  line {finding.Line}: {finding.Kind}. {finding.Explanation}"
                    )
                );
            }
        }

        screen.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"heads that others recorded: {report.HeadsCompared} compared, {report.HeadsNotCompared} not"
            )
        );
    }

    // The fields of the event as they stand in the line, between its name and its place in the chain.
    private static void Print(DemoScreen screen, AuditLine line, ReadOnlyMemory<byte> bytes)
    {
        string text = Encoding.UTF8.GetString(bytes.Span);
        string name = $"\"event\":\"{line.Event.Name}\"";
        int begin = text.IndexOf(name, StringComparison.Ordinal) + name.Length;
        int end = text.LastIndexOf(",\"prev\":", StringComparison.Ordinal);
        screen.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{line.Seq + 1, 6}  {line.Time:yyyy-MM-dd HH:mm:ss.fff}  {line.Event.Name, -13} {text[begin..end].TrimStart(',')}"
            )
        );
    }
}
