using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Testing;
using Xunit.Abstractions;
using static SecureFed.Tests.Shared.PropertyChecks;

namespace SecureFed.UnitTests.Audit;

/// <summary>
/// Everything that can be done to a recorded log is named with the first line in which it shows: the first in which the
/// file differs from the one that was written. spec 06-security#audit-8
/// </summary>
public sealed class AuditVerifierTests(ITestOutputHelper output)
{
    private static readonly RecordedRound s_recorded = RecordedRound.Instance;
    private static readonly byte[] s_server = s_recorded.Logs[0];
    private static readonly List<byte[]> s_lines = RecordedRound.Lines(s_server);

    private static IReadOnlyList<AuditLine> Parsed { get; } = [.. s_lines.Select(RecordedRound.Read)];

    /// <summary>The last line of the server whose head a client recorded, from 0.</summary>
    private static long LastSeen { get; } =
        s_recorded
            .Logs.Skip(1)
            .SelectMany(RecordedRound.Lines)
            .Select(line => RecordedRound.Read(line).Event)
            .OfType<AuditEvent.HeadSeen>()
            .Max(seen => seen.Head.Seq);

    [Fact]
    public void The_recorded_logs_are_intact_and_their_heads_agree()
    {
        AuditReport report = RecordedRound.Verify(s_recorded.Roster, s_recorded.Logs);

        Assert.True(report.IsIntact);
        Assert.Equal((18, 0), (report.HeadsCompared, report.HeadsNotCompared));
        Assert.All(report.Logs, log => Assert.True(log is { IsClosed: true, IsPinned: true }));
        Assert.All(report.Logs, log => Assert.Equal(log.Events - 1, log.SignedEvents));
        Assert.Equal(s_lines.Count, report.Logs[0].Events);
    }

    [Fact]
    public void Any_altered_byte_is_named_with_its_line() =>
        Prop.ForAll(
                Alteration.Arbitrary(s_server.Length),
                alteration =>
                {
                    byte[] altered = [.. s_server];
                    altered[alteration.Position] ^= (byte)alteration.Change;

                    return IsNamed(altered, LineOf(alteration.Position));
                }
            )
            .Holds(output, count: 2000);

    [Fact]
    public void Any_bit_of_the_last_lines_is_named_with_its_line()
    {
        for (int position = s_server.Length - 220; position < s_server.Length; position++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] altered = [.. s_server];
                altered[position] ^= (byte)(1 << bit);

                Assert.Equal(LineOf(position), s_recorded.FirstFinding(altered, withOthers: false)?.Line);
            }
        }
    }

    [Fact]
    public void Any_removed_line_but_the_last_is_named() =>
        Prop.ForAll(
                Places.Arbitrary(s_lines.Count - 1, s_lines.Count - 1),
                places =>
                {
                    List<byte[]> lines = [.. s_lines];
                    lines.RemoveAt(places.First);

                    return IsNamed(RecordedRound.Join(lines), places.First + 1, AuditFindingKind.Removed);
                }
            )
            .Holds(output);

    [Fact]
    public void Any_two_swapped_lines_are_named_by_the_first() =>
        Prop.ForAll(
                Places.Arbitrary(s_lines.Count, s_lines.Count),
                places =>
                {
                    List<byte[]> lines = [.. s_lines];
                    (lines[places.First], lines[places.Second]) = (lines[places.Second], lines[places.First]);

                    return places.First == places.Second
                        || IsNamed(
                            RecordedRound.Join(lines),
                            Math.Min(places.First, places.Second) + 1,
                            AuditFindingKind.Reordered
                        );
                }
            )
            .Holds(output);

    [Fact]
    public void Any_line_that_stands_twice_is_named_where_the_file_differs() =>
        Prop.ForAll(
                Places.Arbitrary(s_lines.Count, s_lines.Count + 1),
                places =>
                {
                    List<byte[]> lines = [.. s_lines];
                    lines.Insert(places.Second, s_lines[places.First]);

                    int differs = Enumerable
                        .Range(0, lines.Count)
                        .First(i => i == s_lines.Count || !lines[i].SequenceEqual(s_lines[i]));
                    return IsNamed(RecordedRound.Join(lines), differs + 1);
                }
            )
            .Holds(output);

    [Fact]
    public void A_line_of_another_log_is_named() =>
        Prop.ForAll(
                Places.Arbitrary(s_lines.Count, s_lines.Count),
                places =>
                {
                    List<byte[]> other = RecordedRound.Lines(s_recorded.Logs[1]);
                    List<byte[]> lines = [.. s_lines];
                    lines[places.First] = other[places.Second % other.Count];

                    // Another log's first line in the place of the first: nothing before it tells, the line after it does.
                    bool isFirst = places.First == 0 && places.Second % other.Count == 0;
                    return IsNamed(RecordedRound.Join(lines), isFirst ? 2 : places.First + 1);
                }
            )
            .Holds(output);

    [Fact]
    public void A_log_cut_at_a_line_is_named_by_the_heads_that_others_keep() =>
        Prop.ForAll(
                Places.Arbitrary(s_lines.Count, 1),
                places =>
                {
                    byte[] cut = RecordedRound.Join(s_lines.Take(places.First));
                    AuditFinding? finding = s_recorded.FirstFinding(cut, withOthers: true);

                    return places.First > LastSeen
                        ? finding is null
                        : finding is { Kind: AuditFindingKind.Truncated } && finding.Line == places.First + 1;
                }
            )
            .Holds(output);

    [Fact]
    public void A_log_cut_within_a_line_is_named_by_itself()
    {
        for (int size = 1; size < s_server.Length; size += 5)
        {
            if (s_server[size - 1] == '\n')
            {
                continue;
            }

            AuditFinding? finding = s_recorded.FirstFinding(s_server[..size], withOthers: false);

            Assert.Equal((AuditFindingKind.Incomplete, LineOf(size - 1)), (finding!.Kind, finding.Line));
        }
    }

    [Fact]
    public void What_is_written_anew_without_the_key_fails_at_the_next_signature() =>
        Prop.ForAll(
                Places.Arbitrary(s_lines.Count - 2, 1),
                places =>
                {
                    AuditAttempt elsewhere = new(ParticipantId.Parse("elsewhere"), 1, 1);
                    byte[] rewritten = RecordedRound.Rewrite(
                        s_server,
                        places.First,
                        _ => new AuditEvent.Survivors(elsewhere, [])
                    );
                    int expected =
                        places.First == 0
                            ? 1
                            : Enumerable
                                .Range(places.First + 1, s_lines.Count)
                                .First(i => Parsed[i].Event is AuditEvent.Signed) + 1;

                    return IsNamed(
                        rewritten,
                        expected,
                        places.First == 0 ? AuditFindingKind.WrongOwner : AuditFindingKind.BadSignature
                    );
                }
            )
            .Holds(output);

    [Fact]
    public void A_signature_of_another_log_or_another_line_is_refused()
    {
        int[] signed = [.. Enumerable.Range(0, s_lines.Count).Where(i => Parsed[i].Event is AuditEvent.Signed)];
        AuditEvent[] foreign =
        [
            .. s_recorded
                .Logs.SelectMany(RecordedRound.Lines)
                .Select(line => RecordedRound.Read(line).Event)
                .Where(happened => happened is AuditEvent.Signed),
        ];

        foreach (int at in signed)
        {
            foreach (AuditEvent signature in foreign.Where(other => !other.Equals(Parsed[at].Event)))
            {
                byte[] rewritten = RecordedRound.Rewrite(s_server, at, _ => signature);
                AuditFinding? finding = s_recorded.FirstFinding(rewritten, withOthers: false);

                // The same signature in other memory is the same signature.
                bool isSame = ((AuditEvent.Signed)signature).Signature.Span.SequenceEqual(
                    ((AuditEvent.Signed)Parsed[at].Event).Signature.Span
                );
                Assert.Equal(isSame ? null : (AuditFindingKind.BadSignature, at + 1L), Named(finding));
            }
        }
    }

    [Fact]
    public void An_owner_that_writes_its_log_anew_is_caught_by_the_heads_that_others_keep()
    {
        byte[] rewritten = RecordedRound.Rewrite(
            s_server,
            from: 4,
            line => new AuditEvent.Survivors(AuditOf(line), []),
            s_recorded.Signers[0]
        );

        Assert.Null(s_recorded.FirstFinding(rewritten, withOthers: false));
        AuditFinding? finding = s_recorded.FirstFinding(rewritten, withOthers: true);
        Assert.Equal(AuditFindingKind.Forked, finding?.Kind);
        Assert.Contains(
            finding!.Line,
            s_recorded
                .Logs.Skip(1)
                .SelectMany(RecordedRound.Lines)
                .Select(line => RecordedRound.Read(line).Event)
                .OfType<AuditEvent.HeadSeen>()
                .Select(seen => seen.Head.Seq + 1)
        );
        // Both copies side by side are a fork too, without any witness.
        AuditReport both = RecordedRound.Verify(s_recorded.Roster, s_server, rewritten);
        Assert.All(both.Logs, log => Assert.Contains(log.Findings, found => found.Kind == AuditFindingKind.Forked));
    }

    [Fact]
    public void Two_heads_of_an_absent_log_that_differ_are_a_fork()
    {
        byte[] rewritten = RecordedRound.Rewrite(
            s_server,
            from: 4,
            line => new AuditEvent.Survivors(AuditOf(line), []),
            s_recorded.Signers[0]
        );
        AuditHead other = HeadAt(rewritten, (int)LastSeen);
        List<byte[]> client = RecordedRound.Lines(s_recorded.Logs[2]);
        int seen = client.FindLastIndex(line =>
            RecordedRound.Read(line).Event is AuditEvent.HeadSeen head && head.Head.Seq == LastSeen
        );

        byte[] lied = RecordedRound.Rewrite(
            s_recorded.Logs[2],
            seen,
            _ => new AuditEvent.HeadSeen(other),
            s_recorded.Signers[2]
        );
        AuditReport report = RecordedRound.Verify(s_recorded.Roster, s_recorded.Logs[1], lied);

        AuditFinding finding = Assert.Single(report.Logs[1].Findings);
        Assert.Equal((AuditFindingKind.Forked, seen + 1L), (finding.Kind, finding.Line));
    }

    [Fact]
    public void A_log_of_an_unknown_owner_or_another_key_is_refused_and_without_a_roster_it_vouches_for_itself()
    {
        AuditRoster stranger = AuditRoster.Empty.With(
            AuditedFederation.Server,
            new TestSigner("somebody else").PublicKey
        );
        AuditRoster without = AuditRoster.Empty.With(ParticipantId.FromIndex(0), new TestSigner("x").PublicKey);

        AuditLogReport alone = RecordedRound.Verify(AuditRoster.Empty, s_server).Logs[0];

        Assert.Equal(
            (AuditFindingKind.WrongOwner, 1L),
            Named(RecordedRound.Verify(stranger, s_server).Logs[0].Findings[0])
        );
        Assert.Equal(
            (AuditFindingKind.WrongOwner, 1L),
            Named(RecordedRound.Verify(without, s_server).Logs[0].Findings[0])
        );
        Assert.Empty(alone.Findings);
        Assert.False(alone.IsPinned);
    }

    [Fact]
    public void A_line_without_end_is_refused_in_bounded_memory_and_an_empty_log_is_none()
    {
        byte[] endless = new byte[AuditLine.MaximumSizeInBytes * 8];
        endless.AsSpan().Fill((byte)' ');

        AuditReport report = RecordedRound.Verify(s_recorded.Roster, [.. s_server, .. endless], []);

        Assert.Equal((AuditFindingKind.TooLong, s_lines.Count + 1L), Named(report.Logs[0].Findings[0]));
        Assert.Equal((AuditFindingKind.Truncated, 1L), Named(report.Logs[1].Findings[0]));
    }

    private static (AuditFindingKind Kind, long Line)? Named(AuditFinding? finding) =>
        finding is null ? null : (finding.Kind, finding.Line);

    private static AuditAttempt AuditOf(AuditLine line) => new(ParticipantId.Parse("elsewhere"), (ulong)line.Seq, 1);

    private static AuditHead HeadAt(byte[] log, int seq)
    {
        AuditLine line = RecordedRound.Read(RecordedRound.Lines(log)[seq]);
        return AuditHead.Sign(AuditedFederation.Server, seq, line.Hash, s_recorded.Signers[0]);
    }

    private static bool IsNamed(byte[] log, long line, AuditFindingKind? kind = null)
    {
        AuditFinding? finding = s_recorded.FirstFinding(log, withOthers: false);
        return finding?.Line == line && (kind is null || finding.Kind == kind);
    }

    private static long LineOf(int position) => s_server.AsSpan(0, position).Count((byte)'\n') + 1;

    /// <summary>A byte and how it changes. Shrinks to the first bytes and to one bit.</summary>
    private sealed record Alteration(int Position, int Change)
    {
        public static Arbitrary<Alteration> Arbitrary(int length) =>
            Arb.From(
                from position in Gen.Choose(0, length - 1)
                from change in Gen.Choose(1, 255)
                select new Alteration(position, change),
                large =>
                    new[]
                    {
                        large with
                        {
                            Position = large.Position / 2,
                        },
                        large with
                        {
                            Position = Math.Max(0, large.Position - 1),
                        },
                        large with
                        {
                            Change = Math.Max(1, large.Change / 2),
                        },
                    }.Where(small => small != large)
            );
    }

    /// <summary>Two lines. Shrinks to the first ones.</summary>
    private sealed record Places(int First, int Second)
    {
        public static Arbitrary<Places> Arbitrary(int first, int second) =>
            Arb.From(
                from one in Gen.Choose(0, first - 1)
                from other in Gen.Choose(0, second - 1)
                select new Places(one, other),
                large =>
                    new[]
                    {
                        large with
                        {
                            First = large.First / 2,
                        },
                        large with
                        {
                            First = Math.Max(0, large.First - 1),
                        },
                        large with
                        {
                            Second = large.Second / 2,
                        },
                        large with
                        {
                            Second = Math.Max(0, large.Second - 1),
                        },
                    }.Where(small => small != large)
            );
    }
}
