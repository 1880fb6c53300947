using System.Buffers.Binary;
using System.Text;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>What a client joined, signed and got results of, read back from its durable records. spec 03-masking#durability-2</summary>
/// <remarks>Immutable. A client never resumes a session: a crash is a dropout, and the attempt it joined is spent.</remarks>
public sealed class ClientHistory
{
    /// <summary>The most signed survivor sets that are remembered for one federation: 256.</summary>
    public const int MaximumCohortMemory = 256;

    private readonly Dictionary<string, Past> _federations;

    private ClientHistory(Dictionary<string, Past> federations) => _federations = federations;

    /// <summary>A client that has joined nothing.</summary>
    public static ClientHistory Empty { get; } = new(new(StringComparer.Ordinal));

    /// <summary>Reads what was joined and signed, and which rounds gave a result; records of other kinds are passed over.</summary>
    /// <exception cref="FormatException">A record is damaged: the client must not join anything before an operator looks.</exception>
    public static ClientHistory FromRecords(IEnumerable<DurableRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        ClientHistory history = new(new(StringComparer.Ordinal));
        foreach (DurableRecord record in records)
        {
            switch (record.Kind)
            {
                case DurableRecordKind.ClientJoined:
                    (string federation, ulong round, uint attempt) = ReadAttempt(record);
                    Past past = history.PastOf(federation);
                    past.Joined =
                        past.Joined is { } known && known.CompareTo((round, attempt)) > 0 ? known : (round, attempt);
                    break;

                case DurableRecordKind.ClientResult:
                    (federation, round, _) = ReadAttempt(record);
                    past = history.PastOf(federation);
                    past.Result = past.Result is { } earlier && earlier > round ? earlier : round;
                    break;

                // spec 03-masking#guard-3
                case DurableRecordKind.ClientSurvivorSet:
                    SignedCohort cohort = SignedCohort.Read(record);
                    history.PastOf(cohort.Federation).Remember(cohort);
                    break;

                default:
                    break;
            }
        }

        return history;
    }

    /// <summary>Refuses an attempt that is not later than the latest joined one, and one of a round that gave a result; null when it may be joined.</summary>
    public DescriptorRefusal? Examine(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        if (!_federations.TryGetValue(descriptor.Federation, out Past? past))
        {
            return null;
        }

        if (past.Joined is { } joined && (descriptor.Round, descriptor.Attempt).CompareTo(joined) <= 0)
        {
            return new(
                AbortReason.RoundReplayed,
                $"round {descriptor.Round}, attempt {descriptor.Attempt} is not later than round {joined.Round}, attempt {joined.Attempt}, which this client joined"
            );
        }

        // spec 03-masking#guard-4: one result for each round.
        return past.Result is { } result && descriptor.Round <= result
            ? new(
                AbortReason.RoundReplayed,
                $"round {descriptor.Round} is not later than round {result}, which gave this client a result; two sums of one round could be subtracted"
            )
            : null;
    }

    /// <summary>The survivor sets that this client signed last, latest first, at most <paramref name="count"/>.</summary>
    internal IEnumerable<SignedCohort> LatestCohorts(string federation, int count) =>
        _federations.TryGetValue(federation, out Past? past) ? past.Cohorts.Reverse().Take(count) : [];

    internal static DurableRecord Joined(RoundDescriptor descriptor, Digest session) =>
        Attempt(DurableRecordKind.ClientJoined, descriptor, session);

    internal static DurableRecord Result(RoundDescriptor descriptor, Digest session) =>
        Attempt(DurableRecordKind.ClientResult, descriptor, session);

    private static DurableRecord Attempt(DurableRecordKind kind, RoundDescriptor descriptor, Digest session)
    {
        byte[] federation = Encoding.UTF8.GetBytes(descriptor.Federation);
        byte[] content = new byte[12 + federation.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(content, descriptor.Round);
        BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(8), descriptor.Attempt);
        federation.CopyTo(content, 12);
        return new DurableRecord(kind, session, content);
    }

    private static (string Federation, ulong Round, uint Attempt) ReadAttempt(DurableRecord record)
    {
        ReadOnlySpan<byte> content = record.Content.Span;
        if (
            content.Length < 13
            || !ParticipantId.TryParse(Encoding.UTF8.GetString(content[12..]), out ParticipantId federation)
        )
        {
            throw new FormatException(
                $"A {record.Kind} record is damaged. Restore the client's journal, or enrol the client under a new identity."
            );
        }

        return (
            federation.ToString(),
            BinaryPrimitives.ReadUInt64LittleEndian(content),
            BinaryPrimitives.ReadUInt32LittleEndian(content[8..])
        );
    }

    private Past PastOf(string federation)
    {
        if (!_federations.TryGetValue(federation, out Past? past))
        {
            _federations[federation] = past = new Past();
        }

        return past;
    }

    /// <summary>What is known of one federation; written while records are read, never after.</summary>
    private sealed class Past
    {
        public (ulong Round, uint Attempt)? Joined { get; set; }

        public ulong? Result { get; set; }

        public Queue<SignedCohort> Cohorts { get; } = new();

        public void Remember(SignedCohort cohort)
        {
            Cohorts.Enqueue(cohort);
            if (Cohorts.Count > MaximumCohortMemory)
            {
                Cohorts.Dequeue();
            }
        }
    }
}
