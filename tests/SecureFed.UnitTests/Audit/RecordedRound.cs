using System.Text;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.UnitTests.Audit;

/// <summary>The closed logs of two rounds of five parties, one of which is silent: what the tests tamper with.</summary>
internal sealed class RecordedRound
{
    public const int Parties = 5;

    private static readonly Lazy<RecordedRound> s_instance = new(() => new RecordedRound());

    private RecordedRound()
    {
        using AuditedFederation federation = new(seed: 1, FrontDoor.Plans.Masked(length: 3, Parties, survivors: 4));
        federation.Network.CutOff(ParticipantId.FromIndex(2));
        Assert.IsType<RoundOutcome.Completed>(federation.Run(round: 1));
        Assert.IsType<RoundOutcome.Completed>(federation.Run(round: 2));
        federation.Close();
        Roster = federation.Roster;
        Logs = [.. federation.Files.Select(file => file.Bytes)];
        Signers = [.. Logs.Select((_, i) => federation.SignerOf(i))];
    }

    public static RecordedRound Instance => s_instance.Value;

    public static IReadOnlyCollection<ProtocolSuite> Suites { get; } = [TestSuite.Instance];

    public AuditRoster Roster { get; }

    /// <summary>The server's first.</summary>
    public byte[][] Logs { get; }

    public ISigner[] Signers { get; }

    public static List<byte[]> Lines(byte[] log) =>
        [.. Encoding.UTF8.GetString(log).Split('\n')[..^1].Select(Encoding.UTF8.GetBytes)];

    public static byte[] Join(IEnumerable<byte[]> lines) =>
        [.. lines.SelectMany(line => (byte[])[.. line, (byte)'\n'])];

    public static AuditLine Read(byte[] line) =>
        AuditLine.TryRead(line, out AuditFindingKind problem)
        ?? throw new InvalidOperationException($"{problem}: {Encoding.UTF8.GetString(line)}");

    public static AuditReport Verify(AuditRoster roster, params byte[][] logs) =>
        AuditVerifier.Verify(
            logs.Select((log, i) => new AuditSource($"log {i}", () => new MemoryStream(log))),
            Suites,
            roster
        );

    /// <summary>What is wrong with the server's log when it is replaced, beside the logs of the others.</summary>
    public AuditFinding? FirstFinding(byte[] server, bool withOthers)
    {
        AuditReport report = Verify(Roster, withOthers ? [server, .. Logs[1..]] : [server]);
        Assert.All(report.Logs.Skip(1), log => Assert.Empty(log.Findings));
        return report.Logs[0].Findings.FirstOrDefault();
    }

    /// <summary>Writes the log anew from a line on, with hashes that fit, as somebody does who does not have the key.</summary>
    public static byte[] Rewrite(byte[] log, int from, Func<AuditLine, AuditEvent> replacement, ISigner? signer = null)
    {
        List<byte[]> lines = Lines(log);
        Digest previous = Read(lines[from]).Previous;
        ParticipantId owner = ((AuditEvent.Opened)Read(lines[0]).Event).Owner;
        for (int i = from; i < lines.Count; i++)
        {
            AuditLine line = Read(lines[i]);
            AuditEvent happened = i == from ? replacement(line) : line.Event;
            if (signer is not null && happened is AuditEvent.Signed)
            {
                happened = new AuditEvent.Signed(AuditHead.Sign(owner, i - 1, previous, signer).Signature);
            }

            previous = AuditLine.Create(i, line.Time, happened, previous, out byte[] bytes).Hash;
            lines[i] = bytes;
        }

        return Join(lines);
    }
}
