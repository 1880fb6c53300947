using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using SecureFed.Core;

namespace SecureFed;

/// <summary>One line of an audit log, whose hash is its own. spec 06-security#audit-1</summary>
/// <param name="Seq">Its number, from 0.</param>
/// <param name="Time">When it was written, by the owner's clock; UTC, whole milliseconds.</param>
/// <param name="Event">What happened.</param>
/// <param name="Previous">The hash of the line before; zeros in the first line.</param>
/// <param name="Hash">SHA-256 over a label and the line's bytes before its hash.</param>
public sealed record AuditLine(long Seq, DateTimeOffset Time, AuditEvent Event, Digest Previous, Digest Hash)
{
    /// <summary>The longest line, in bytes: 4,096 names of 64 characters fit.</summary>
    public const int MaximumSizeInBytes = 1 << 19;

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    // ,"hash":" and 64 digits and "}
    private const int HashFieldSizeInBytes = 9 + (2 * Digest.SizeInBytes) + 2;

    // spec 07-registry#other-labels
    private static ReadOnlySpan<byte> Label => "SecureFed/1 audit line"u8;

    private static ReadOnlySpan<byte> HashField => ",\"hash\":\""u8;

    internal static AuditLine Create(
        long seq,
        DateTimeOffset time,
        AuditEvent happened,
        Digest previous,
        out byte[] bytes
    )
    {
        AuditFieldWriter fields = new();
        fields.Number("seq", seq);
        fields.Text("time", time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
        fields.Text("event", happened.Name);
        happened.Write(fields);
        fields.Digest("prev", previous);
        Digest hash = HashOf(fields.Written);
        fields.Digest("hash", hash);
        fields.Raw("}");
        bytes = fields.Written.ToArray();
        Invariant.Check(bytes.Length <= MaximumSizeInBytes, "a line of the audit log is not longer than its bound");
        return new AuditLine(seq, time, happened, previous, hash);
    }

    /// <summary>Reads a line without its line break. Never throws.</summary>
    /// <param name="bytes">The line.</param>
    /// <param name="problem">What is wrong with it when the result is null: Altered or Malformed.</param>
    internal static AuditLine? TryRead(ReadOnlyMemory<byte> bytes, out AuditFindingKind problem)
    {
        problem = AuditFindingKind.Malformed;
        int end = bytes.Length - HashFieldSizeInBytes;
        if (end <= 0 || bytes.Length > MaximumSizeInBytes || !bytes.Span[end..].StartsWith(HashField))
        {
            return null;
        }

        Span<byte> text = stackalloc byte[2 * Digest.SizeInBytes];
        Convert.TryToHexStringLower(HashOf(bytes.Span[..end]).ToArray(), text, out _);
        if (!bytes.Span.Slice(end + HashField.Length, text.Length).SequenceEqual(text))
        {
            problem = AuditFindingKind.Altered;
            return null;
        }

        AuditLine? line = Parse(bytes);
        if (line is null)
        {
            return null;
        }

        // One text for each content: what this library would not have written is not a line.
        Create(line.Seq, line.Time, line.Event, line.Previous, out byte[] canonical);
        problem = AuditFindingKind.None;
        if (!bytes.Span.SequenceEqual(canonical))
        {
            problem = AuditFindingKind.Malformed;
            return null;
        }

        return line;
    }

    /// <summary>Whether bytes without a line break may be the beginning of a line that was not written to its end. spec 06-security#audit-5</summary>
    internal static bool IsTorn(ReadOnlyMemory<byte> tail, long seq)
    {
        // The length of a file can be on the disk before its content is: zeros at its end.
        ReadOnlyMemory<byte> written = tail[..(tail.Span.LastIndexOfAnyExcept((byte)0) + 1)];
        byte[] beginning = System.Text.Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{{\"seq\":{seq},\"time\":\"")
        );
        int common = Math.Min(beginning.Length, written.Length);
        if (
            !written.Span[..common].SequenceEqual(beginning.AsSpan(0, common))
            || written.Length > MaximumSizeInBytes
            || written.Span.ContainsAnyInRange((byte)0, (byte)31)
        )
        {
            return false;
        }

        // A line ends with its hash: only its line break may be missing behind it.
        int hash = written.Span.IndexOf(HashField);
        return hash < 0
            || written.Length < hash + HashFieldSizeInBytes
            || (written.Length == hash + HashFieldSizeInBytes && TryRead(written, out _) is not null);
    }

    private static AuditLine? Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 3 });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            AuditFieldReader fields = new(document.RootElement);
            bool hasTime = DateTimeOffset.TryParseExact(
                fields.Text("time"),
                TimeFormat,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out DateTimeOffset time
            );
            AuditEvent? happened = ReadEvent(fields.Text("event"), fields);
            AuditLine? line = happened is null
                ? null
                : new(fields.Number("seq"), time, happened, fields.Digest("prev"), fields.Digest("hash"));
            return hasTime && !fields.Failed ? line : null;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // The second: a text with half a surrogate pair.
            return null;
        }
    }

    private static AuditEvent? ReadEvent(string name, AuditFieldReader fields) =>
        name switch
        {
            "opened" => AuditEvent.Opened.Read(fields),
            "tailCut" => AuditEvent.TailCut.Read(fields),
            "roundOffered" => AuditEvent.RoundOffered.Read(fields),
            "phaseEntered" => AuditEvent.PhaseEntered.Read(fields),
            "partyFault" => AuditEvent.PartyFault.Read(fields),
            "survivors" => AuditEvent.Survivors.Read(fields),
            "charged" => AuditEvent.Charged.Read(fields),
            "completed" => AuditEvent.Completed.Read(fields),
            "aborted" => AuditEvent.Aborted.Read(fields),
            "headSeen" => AuditEvent.HeadSeen.Read(fields),
            "signed" => AuditEvent.Signed.Read(fields),
            "closed" => new AuditEvent.Closed(),
            _ => null,
        };

    private static Digest HashOf(ReadOnlySpan<byte> bytes)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Label);
        hash.AppendData(bytes);
        return Digest.FromBytes(hash.GetHashAndReset());
    }
}
