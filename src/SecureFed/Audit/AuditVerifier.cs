using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Says whether audit logs are whole, and whether they agree about each other's heads. spec 06-security#audit-8</summary>
/// <remarks>
/// Stateless and thread-safe. Logs are read as streams, twice when heads of them were recorded; beside that it holds a
/// bounded number of heads.
/// </remarks>
public static class AuditVerifier
{
    /// <summary>The most recorded heads that are compared: 1,000,000.</summary>
    public const int MaximumHeads = 1_000_000;

    /// <summary>The most findings of one log; the first one is always among them.</summary>
    public const int MaximumFindings = 16;

    /// <summary>Verifies logs that belong together.</summary>
    /// <param name="logs">The logs, in any order; several may be of one owner.</param>
    /// <param name="suites">The suites whose signatures can be checked.</param>
    /// <param name="roster">The pinned keys; <see cref="AuditRoster.Empty"/> takes each log's own word for its key.</param>
    /// <exception cref="IOException">A log cannot be read.</exception>
    public static AuditReport Verify(
        IEnumerable<AuditSource> logs,
        IReadOnlyCollection<ProtocolSuite> suites,
        AuditRoster roster
    )
    {
        ArgumentNullException.ThrowIfNull(logs);
        ArgumentNullException.ThrowIfNull(suites);
        ArgumentNullException.ThrowIfNull(roster);
        Examination examination = new([.. logs], suites, roster);
        return examination.Run();
    }

    /// <summary>Somebody's word that a log had a line with a hash.</summary>
    private sealed class Word(Digest hash, int witness, long line)
    {
        public Digest Hash { get; } = hash;

        public int Witness { get; } = witness;

        public long Line { get; } = line;

        /// <summary>How many recorded heads say the same.</summary>
        public int Heads { get; set; }

        public bool IsCompared { get; set; }
    }

    private sealed class Log(AuditSource source, AuditChain chain)
    {
        public AuditSource Source { get; } = source;

        public AuditChain Chain { get; } = chain;

        public List<AuditFinding> Findings { get; } = [];

        public bool IsWhole { get; set; }

        public void Add(AuditFinding finding)
        {
            if (Findings.Count < MaximumFindings)
            {
                Findings.Add(finding);
            }
        }
    }

    private sealed class Examination(
        ImmutableArray<AuditSource> sources,
        IReadOnlyCollection<ProtocolSuite> suites,
        AuditRoster roster
    )
    {
        private readonly List<Log> _logs =
        [
            .. sources.Select(source => new Log(
                source,
                new AuditChain(id => suites.FirstOrDefault(suite => suite.Id == id), roster)
            )),
        ];

        private readonly Dictionary<(ParticipantId Owner, long Seq), List<Word>> _words = [];
        private readonly Dictionary<ParticipantId, (ProtocolSuite Suite, ReadOnlyMemory<byte> Key)> _keys = [];
        private int _count;
        private long _dropped;

        public AuditReport Run()
        {
            ReadKeys();
            for (int index = 0; index < _logs.Count; index++)
            {
                ReadLog(index);
            }

            foreach (Log log in _logs)
            {
                Compare(log);
            }

            CompareAbsent();
            IEnumerable<Word> words = _words.Values.SelectMany(list => list);
            return new AuditReport(
                [.. _logs.Select(Report)],
                words.Where(word => word.IsCompared).Sum(word => (long)word.Heads),
                _dropped + words.Where(word => !word.IsCompared).Sum(word => (long)word.Heads)
            );
        }

        private static AuditLogReport Report(Log log) =>
            new(
                log.Source.Name,
                log.Chain.Owner?.Owner,
                log.Chain.Events,
                log.Chain.SignedEvents,
                log.Chain.IsPinned,
                log.Chain.IsClosed,
                [.. log.Findings.OrderBy(finding => finding.Line)]
            );

        // Heads of an owner are checked with the roster's key, or else with the one that the owner's own log begins with.
        private void ReadKeys()
        {
            foreach (Log log in _logs)
            {
                using Stream stream = log.Source.Open();
                if (
                    new AuditLineStream(stream).Next(out ReadOnlyMemory<byte> bytes) == AuditLineStream.State.Line
                    && AuditLine.TryRead(bytes, out _)?.Event is AuditEvent.Opened opened
                    && suites.FirstOrDefault(suite => suite.Id == opened.Suite) is { } suite
                )
                {
                    _keys.TryAdd(opened.Owner, (suite, roster.KeyOf(opened.Owner) ?? opened.PublicKey));
                }
            }
        }

        private void ReadLog(int index)
        {
            Log log = _logs[index];
            AuditFinding? finding = log.Source.Read(
                log.Chain,
                (line, _) =>
                {
                    if (line.Event is AuditEvent.HeadSeen seen)
                    {
                        TakeHead(index, line.Seq + 1, seen.Head);
                    }
                }
            );
            finding ??=
                log.Chain.Events == 0
                    ? new AuditFinding(
                        AuditFindingKind.Truncated,
                        1,
                        "The log has no line, and every log has a first one."
                    )
                    : null;
            if (finding is not null)
            {
                log.Add(finding);
            }

            // Cut short is compared with what others saw; altered is not: its own lines say enough.
            log.IsWhole = finding is null or { Kind: AuditFindingKind.Incomplete };

            // Two copies of one log are compared by the newest signature of each.
            if (log.Chain.SignedHead is { } own)
            {
                Remember(own, index, own.Seq + 1);
            }
        }

        private void TakeHead(int index, long line, AuditHead head)
        {
            if (!_keys.TryGetValue(head.Owner, out (ProtocolSuite Suite, ReadOnlyMemory<byte> Key) known))
            {
                if (roster.KeyOf(head.Owner) is not { } pinned || _logs[index].Chain.Suite is not { } suite)
                {
                    _dropped++;
                    return;
                }

                known = (suite, pinned);
            }

            if (head.IsSignedBy(known.Suite, known.Key.Span))
            {
                if (Remember(head, index, line) is { } word)
                {
                    word.Heads++;
                }
                else
                {
                    _dropped++;
                }
            }
            else
            {
                _logs[index]
                    .Add(
                        new AuditFinding(
                            AuditFindingKind.BadSignature,
                            line,
                            $"The recorded head of '{head.Owner}' is not signed by its key."
                        )
                    );
            }
        }

        private Word? Remember(AuditHead head, int witness, long line)
        {
            if (!_words.TryGetValue((head.Owner, head.Seq), out List<Word>? words))
            {
                _words[(head.Owner, head.Seq)] = words = [];
            }

            Word? word = words.Find(other => other.Hash == head.Hash);
            if (word is null && _count < MaximumHeads)
            {
                word = new Word(head.Hash, witness, line);
                words.Add(word);
                _count++;
            }

            return word;
        }

        private void Compare(Log log)
        {
            if (log.Chain.Owner?.Owner is not { } owner || !_words.Keys.Any(key => key.Owner == owner))
            {
                return;
            }

            // A second chain, since the first has its result; findings of the first reading are not repeated.
            AuditChain again = new(id => suites.FirstOrDefault(suite => suite.Id == id), roster);
            log.Source.Read(
                again,
                (line, _) =>
                {
                    if (_words.TryGetValue((owner, line.Seq), out List<Word>? words))
                    {
                        foreach (Word word in words)
                        {
                            word.IsCompared = true;
                            if (word.Hash != line.Hash)
                            {
                                log.Add(Forked(line.Seq + 1, word));
                            }
                        }
                    }
                }
            );
            if (!log.IsWhole)
            {
                return;
            }

            (long Seq, Word Word)? last = null;
            foreach (((ParticipantId of, long seq), List<Word> words) in _words)
            {
                if (of == owner && seq >= log.Chain.Events && words.Count > 0)
                {
                    words.ForEach(word => word.IsCompared = true);
                    last = last is null || seq > last.Value.Seq ? (seq, words[0]) : last;
                }
            }

            if (last is { } missing)
            {
                log.Add(
                    new AuditFinding(
                        AuditFindingKind.Truncated,
                        log.Chain.Events + 1,
                        $"Lines {log.Chain.Events + 1} to {missing.Seq + 1} are missing at least: {Place(missing.Word)} has the signed head of line {missing.Seq + 1}."
                    )
                );
            }
        }

        // Heads of an owner whose log is not here: two of one line that differ are proof without it.
        private void CompareAbsent()
        {
            HashSet<ParticipantId> present = [];
            foreach (Log log in _logs.Where(log => log.Chain.Owner is not null))
            {
                present.Add(log.Chain.Owner!.Owner);
            }

            foreach (((ParticipantId owner, long seq), List<Word> words) in _words)
            {
                if (present.Contains(owner))
                {
                    continue;
                }

                foreach (Word word in words.Skip(1))
                {
                    (words[0].IsCompared, word.IsCompared) = (true, true);
                    _logs[word.Witness]
                        .Add(
                            new AuditFinding(
                                AuditFindingKind.Forked,
                                word.Line,
                                $"'{owner}' signed another head of its line {seq + 1} than the one in {Place(words[0])}."
                            )
                        );
                }
            }
        }

        private AuditFinding Forked(long line, Word word) =>
            new(
                AuditFindingKind.Forked,
                line,
                $"The owner signed another head of this line, which is in {Place(word)}: there are two logs, or this one was written anew."
            );

        private string Place(Word word) => $"'{_logs[word.Witness].Source.Name}', line {word.Line}";
    }
}
