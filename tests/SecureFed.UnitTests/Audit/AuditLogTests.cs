using System.Text;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.UnitTests.Audit;

/// <summary>The file of a log: what a crash leaves is cut and said, and any other damage is refused.</summary>
public sealed class AuditLogTests
{
    private static readonly ParticipantId s_owner = ParticipantId.Parse("site-1");
    private static readonly TestSigner s_signer = new("site-1");
    private static readonly AuditAttempt s_attempt = new(ParticipantId.Parse("trial"), 3, 1);
    private static readonly ManualTimeProvider s_time = new(
        new DateTimeOffset(2031, 2, 3, 4, 5, 6, 789, TimeSpan.Zero)
    );

    // One of each event that callers write.
    private static readonly AuditEvent[] s_events =
    [
        new AuditEvent.RoundOffered(
            s_attempt,
            Digest.Of("d"u8),
            Digest.Of("m"u8),
            SchemeKind.MaskedComplete,
            Parties: 5,
            Threshold: 4,
            MinimumSurvivors: 4,
            IsResumed: false
        ),
        new AuditEvent.PhaseEntered(s_attempt, RoundPhase.AdvertiseKeys, [s_owner, ParticipantId.Parse("site-2")]),
        new AuditEvent.PartyFault(s_attempt, new PeerFault(s_owner, RoundPhase.ShareKeys, PeerFaultKind.TimedOut)),
        new AuditEvent.PartyFault(
            s_attempt,
            new PeerFault(null, RoundPhase.Unmask, PeerFaultKind.ShareComplaint, ParticipantId.Parse("site-2"))
        ),
        new AuditEvent.Survivors(s_attempt, [s_owner]),
        new AuditEvent.Survivors(s_attempt, []),
        new AuditEvent.Charged(s_attempt, 3, 0.1 + 0.2, 1e-5, Digest.Of("l"u8)),
        new AuditEvent.Charged(s_attempt, null, null, null, null),
        new AuditEvent.Completed(s_attempt, Digest.Of("s"u8), Digest.Of("k"u8), 4, 3, 1),
        new AuditEvent.Aborted(s_attempt, AbortReason.NotEnoughSurvivors, [s_owner], 2),
    ];

    internal static IEnumerable<AuditEvent> OneOfEach =>
        s_events
            .Concat([
                new AuditEvent.Opened(s_owner, SuiteId.P256A256V1, s_signer.PublicKey),
                new AuditEvent.TailCut(3),
                new AuditEvent.HeadSeen(AuditHead.Sign(s_owner, 1, default, s_signer)),
                new AuditEvent.Signed(new byte[64]),
                new AuditEvent.Closed(),
            ])
            .DistinctBy(happened => happened.Name);

    // spec 06-security#audit-1
    [Fact]
    public void Every_line_is_canonical_text_and_reads_back()
    {
        MemoryFile file = Written();
        List<byte[]> lines = RecordedRound.Lines(file.Bytes);

        Assert.Equal(s_events.Length + 4, lines.Count);
        for (int i = 0; i < lines.Count; i++)
        {
            AuditLine line = RecordedRound.Read(lines[i]);
            Assert.Equal((i, s_time.GetUtcNow()), (line.Seq, line.Time));
            AuditLine.Create(line.Seq, line.Time, line.Event, line.Previous, out byte[] again);
            Assert.Equal(lines[i], again);
        }

        string text = Encoding.UTF8.GetString(lines[8]);
        Assert.StartsWith(
            """{"seq":8,"time":"2031-02-03T04:05:06.789Z","event":"charged","federation":"trial","round":3,"attempt":1,"charges":3,"epsilon":0.30000000000000004,"delta":1E-05,"ledger":"acac86c0""",
            text,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(' ', text);
    }

    [Theory]
    [InlineData(""" {"seq":0""", """{"seq":0""")]
    [InlineData("""{"seq":0""", """{"seq":00""")]
    [InlineData("""{"seq":0""", """{"seq":0,"seq":0""")]
    [InlineData("""{"seq":0""", """{"seq":0.0""")]
    [InlineData("""event":"opened""", """event":"re-opened""")]
    [InlineData("""owner":"site-1""", """owner":"site-\u0031""")]
    [InlineData("""owner":"site-1""", """owner":"Site 1""")]
    [InlineData("""owner":"site-1""", """note":"free","owner":"site-1""")]
    [InlineData("""suite":"P256A256V1""", """suite":"1""")]
    [InlineData("Z\"", "+00:00\"")]
    public void Text_that_says_the_same_in_another_way_is_no_line(string canonical, string other)
    {
        string line = Encoding.UTF8.GetString(RecordedRound.Lines(Written().Bytes)[0]);
        string content = line[..line.IndexOf(",\"hash\":", StringComparison.Ordinal)];
        content = canonical.StartsWith(' ')
            ? " " + content
            : content.Replace(canonical, other, StringComparison.Ordinal);
        byte[] hashed = [.. "SecureFed/1 audit line"u8, .. Encoding.UTF8.GetBytes(content)];

        AuditLine? read = AuditLine.TryRead(
            Encoding.UTF8.GetBytes($"{content},\"hash\":\"{Digest.Of(hashed)}\"}}"),
            out AuditFindingKind problem
        );

        Assert.Null(read);
        Assert.Equal(AuditFindingKind.Malformed, problem);
    }

    [Fact]
    public void The_longest_line_there_can_be_is_within_the_bound()
    {
        ParticipantId[] everybody =
        [
            .. Enumerable.Range(0, MessageLimits.MaximumRosterSize).Select(i => ParticipantId.Parse($"{i:D64}")),
        ];
        using AuditLog log = Open(new MemoryFile());

        log.Append(new AuditEvent.PhaseEntered(s_attempt, RoundPhase.ShareKeys, [.. everybody]));

        Assert.Equal(3, log.Events);
    }

    // spec 06-security#audit-5
    [Fact]
    public void A_log_torn_at_any_byte_keeps_its_whole_lines_says_how_much_was_cut_and_goes_on()
    {
        byte[] whole = Written().Bytes;
        for (int size = 0; size <= whole.Length; size++)
        {
            foreach (int zeros in (int[])[0, 40])
            {
                MemoryFile file = new() { Bytes = [.. whole[..size], .. new byte[zeros]] };
                int kept = whole.AsSpan(0, size).LastIndexOf((byte)'\n') + 1;

                using (AuditLog log = Open(file))
                {
                    log.Append(s_events[0]);
                }

                List<AuditEvent> events =
                [
                    .. RecordedRound.Lines(file.Bytes).Select(line => RecordedRound.Read(line).Event),
                ];
                int lines = whole.AsSpan(0, kept).Count((byte)'\n');
                Assert.Equal("opened", events[lines].Name);
                long cut = size + zeros - kept;
                Assert.Equal(cut == 0 ? null : cut, (events[lines + 1] as AuditEvent.TailCut)?.Bytes);
                Assert.Equal(lines + (cut == 0 ? 3 : 4), events.Count);
                Assert.Equal(whole[..kept], file.Bytes[..kept]);
            }
        }
    }

    [Fact]
    public void Any_flipped_bit_is_refused_and_the_file_is_left_alone()
    {
        byte[] whole = Written().Bytes;
        for (int bit = 0; bit < whole.Length * 8; bit += whole[bit / 8] == '\n' ? 1 : 7)
        {
            byte[] flipped = [.. whole];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            MemoryFile file = new() { Bytes = [.. flipped] };

            StorageDamagedException damaged = Assert.Throws<StorageDamagedException>(() => Open(file));

            Assert.Equal(flipped, file.Bytes);
            Assert.Equal(whole.AsSpan(0, bit / 8).Count((byte)'\n'), damaged.Record);
        }
    }

    [Fact]
    public void A_crash_at_any_step_loses_at_most_what_was_not_reported()
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            SimulatedDisk disk = new(seed);
            long durable = 0;
            for (int crash = 0; crash < 12; crash++)
            {
                IStorageFile file = disk.Open();
                disk.CrashAfter = crash;
                try
                {
                    using AuditLog log = AuditLog.Open(file, s_owner, s_signer, TestSuite.Instance, s_time);
                    Assert.True(log.Events > durable);
                    durable = log.Events;
                    foreach (AuditEvent happened in s_events)
                    {
                        log.Append(happened);
                        durable = log.Events;
                    }
                }
                catch (SimulatedCrashException)
                {
                    // The next start sees what is left.
                }

                disk.CrashAfter = int.MaxValue;
            }

            using (AuditLog last = AuditLog.Open(disk.Open(), s_owner, s_signer, TestSuite.Instance, s_time))
            {
                Assert.True(last.Events > durable);
            }

            Assert.True(RecordedRound.Verify(AuditRoster.Empty, disk.Durable.ToArray()).IsIntact, $"seed {seed}");
        }
    }

    [Fact]
    public void Two_writers_of_one_file_are_one_too_many()
    {
        string path = Path.GetTempFileName();
        try
        {
            using (AuditLog log = AuditLog.Open(path, s_owner, s_signer, TestSuite.Instance, s_time))
            {
                Assert.Throws<StorageInUseException>(() =>
                    AuditLog.Open(path, s_owner, s_signer, TestSuite.Instance, s_time)
                );
                log.Close();
                Assert.Throws<IOException>(() => log.Append(s_events[0]));
            }

            using AuditLog again = AuditLog.Open(path, s_owner, s_signer, TestSuite.Instance, s_time);
            Assert.Equal(6, again.Events);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Concurrent_appends_are_all_in_the_chain()
    {
        MemoryFile file = new();
        using AuditLog log = Open(file);

        Parallel.For(0, 200, i => log.Append(s_events[i % s_events.Length]));

        Assert.Equal(202, log.Events);
        Assert.True(RecordedRound.Verify(AuditRoster.Empty, file.Bytes).IsIntact);
    }

    [Fact]
    public void A_log_is_of_one_owner_and_one_key()
    {
        MemoryFile file = Written();

        Assert.Throws<ArgumentException>(() =>
            AuditLog.Open(file, ParticipantId.Parse("site-2"), s_signer, TestSuite.Instance, s_time)
        );
        Assert.Throws<ArgumentException>(() =>
            AuditLog.Open(file, s_owner, new TestSigner("new key"), TestSuite.Instance, s_time)
        );
        Assert.Throws<ArgumentException>(() => AuditLog.Open(file, default, s_signer, TestSuite.Instance, s_time));
    }

    [Fact]
    public void What_the_log_writes_itself_nobody_else_writes()
    {
        using AuditLog log = Open(new MemoryFile());

        Assert.Throws<ArgumentException>(() => log.Append(new AuditEvent.Signed(new byte[64])));
        Assert.Throws<ArgumentException>(() => log.Append(new AuditEvent.HeadSeen(log.Head)));
        Assert.Equal(2, log.Events);
    }

    // spec 06-security#audit-6
    [Fact]
    public void A_head_is_recorded_only_when_its_owner_signed_it()
    {
        using AuditLog mine = Open(new MemoryFile());
        TestSigner other = new("site-2");
        using AuditLog others = AuditLog.Open(
            new MemoryFile(),
            ParticipantId.Parse("site-2"),
            other,
            TestSuite.Instance,
            s_time
        );
        AuditHead head = AuditHead.TryRead(others.Head.ToBytes())!;

        Assert.True(mine.TryRecordHead(head, other.PublicKey.Span));
        Assert.False(mine.TryRecordHead(head, s_signer.PublicKey.Span));
        Assert.False(mine.TryRecordHead(mine.Head, s_signer.PublicKey.Span));
        Assert.Equal(3, mine.Events);
    }

    // spec 06-security#audit-4
    [Fact]
    public void A_head_is_read_back_whole_and_any_other_bytes_are_no_head_or_not_signed()
    {
        using AuditLog log = Open(new MemoryFile());
        byte[] bytes = log.Head.ToBytes();

        Assert.Equal(bytes, AuditHead.TryRead(bytes)!.ToBytes());
        for (int size = 0; size < bytes.Length; size++)
        {
            Assert.False(
                AuditHead.TryRead(bytes.AsSpan(0, size))?.IsSignedBy(TestSuite.Instance, s_signer.PublicKey.Span)
                    ?? false
            );
        }

        for (int position = 0; position < bytes.Length; position++)
        {
            byte[] altered = [.. bytes];
            altered[position] ^= 1;
            Assert.False(AuditHead.TryRead(altered)?.IsSignedBy(TestSuite.Instance, s_signer.PublicKey.Span) ?? false);
        }
    }

    // spec 06-security#audit-7
    [Theory]
    [InlineData("""{"server":"0411","clinic-a":"04AB"}""", 2)]
    [InlineData("{}", 0)]
    [InlineData("""{"server":"0411","server":"0411"}""", null)]
    [InlineData("""{"Server 1":"0411"}""", null)]
    [InlineData("""{"server":"041"}""", null)]
    [InlineData("""{"server":""}""", null)]
    [InlineData("""{"server":"zz"}""", null)]
    [InlineData("""{"server":4}""", null)]
    [InlineData("""["server"]""", null)]
    [InlineData("{", null)]
    public void A_roster_file_gives_each_owner_one_key(string json, int? owners) =>
        Assert.Equal(owners, AuditRoster.TryRead(Encoding.UTF8.GetBytes(json))?.Count);

    private static AuditLog Open(MemoryFile file) => AuditLog.Open(file, s_owner, s_signer, TestSuite.Instance, s_time);

    private static MemoryFile Written()
    {
        MemoryFile file = new();
        using AuditLog log = Open(file);
        foreach (AuditEvent happened in s_events)
        {
            log.Append(happened);
        }

        log.Close();
        return file;
    }
}
