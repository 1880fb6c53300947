using System.Buffers.Binary;
using System.Text;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>What a client has joined before, read back from its durable records. spec 03-masking#durability-2</summary>
/// <remarks>Immutable. A client never resumes a session: a crash is a dropout, and the attempt it joined is spent.</remarks>
public sealed class ClientHistory
{
    private readonly Dictionary<string, (ulong Round, uint Attempt)> _latest;

    private ClientHistory(Dictionary<string, (ulong Round, uint Attempt)> latest) => _latest = latest;

    /// <summary>A client that has joined nothing.</summary>
    public static ClientHistory Empty { get; } = new(new(StringComparer.Ordinal));

    /// <summary>Reads the joined marks; records of other kinds are passed over.</summary>
    /// <exception cref="FormatException">A joined mark is damaged: the client must not join anything before an operator looks.</exception>
    public static ClientHistory FromRecords(IEnumerable<DurableRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        Dictionary<string, (ulong Round, uint Attempt)> latest = new(StringComparer.Ordinal);
        foreach (DurableRecord record in records.Where(record => record.Kind == DurableRecordKind.ClientJoined))
        {
            (string federation, ulong round, uint attempt) = ReadJoined(record.Content.Span);
            if (
                !latest.TryGetValue(federation, out (ulong Round, uint Attempt) known)
                || known.CompareTo((round, attempt)) < 0
            )
            {
                latest[federation] = (round, attempt);
            }
        }

        return new ClientHistory(latest);
    }

    /// <summary>Refuses an attempt that is not later than the latest joined one; null when it may be joined.</summary>
    public DescriptorRefusal? Examine(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return
            _latest.TryGetValue(descriptor.Federation, out (ulong Round, uint Attempt) latest)
            && (descriptor.Round, descriptor.Attempt).CompareTo(latest) <= 0
            ? new(
                AbortReason.RoundReplayed,
                $"round {descriptor.Round}, attempt {descriptor.Attempt} is not later than round {latest.Round}, attempt {latest.Attempt}, which this client joined"
            )
            : null;
    }

    internal static DurableRecord Joined(RoundDescriptor descriptor, Digest session)
    {
        byte[] federation = Encoding.UTF8.GetBytes(descriptor.Federation);
        byte[] content = new byte[12 + federation.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(content, descriptor.Round);
        BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(8), descriptor.Attempt);
        federation.CopyTo(content, 12);
        return new DurableRecord(DurableRecordKind.ClientJoined, session, content);
    }

    private static (string Federation, ulong Round, uint Attempt) ReadJoined(ReadOnlySpan<byte> content)
    {
        if (
            content.Length < 13
            || !ParticipantId.TryParse(Encoding.UTF8.GetString(content[12..]), out ParticipantId federation)
        )
        {
            throw new FormatException(
                "A ClientJoined record is damaged. Restore the client's journal, or enrol the client under a new identity."
            );
        }

        return (
            federation.ToString(),
            BinaryPrimitives.ReadUInt64LittleEndian(content),
            BinaryPrimitives.ReadUInt32LittleEndian(content[8..])
        );
    }
}
