using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Writes the fields of one line in the one way they are written. spec 06-security#audit-1</summary>
internal sealed class AuditFieldWriter
{
    private readonly ArrayBufferWriter<byte> _line = new(512);

    public ReadOnlySpan<byte> Written => _line.WrittenSpan;

    public void Raw(string ascii) => Encoding.UTF8.GetBytes(ascii, _line);

    public void Text(string field, string value)
    {
        Begin(field);
        Quoted(value);
    }

    public void Number(string field, long value)
    {
        Begin(field);
        Raw(value.ToString(CultureInfo.InvariantCulture));
    }

    public void Number(string field, ulong value)
    {
        Begin(field);
        Raw(value.ToString(CultureInfo.InvariantCulture));
    }

    public void NumberOrNull(string field, long? value)
    {
        Begin(field);
        Raw(value?.ToString(CultureInfo.InvariantCulture) ?? "null");
    }

    // JSON has no infinity: null says that nothing is promised.
    public void RealOrNull(string field, double? value)
    {
        Begin(field);
        Raw(value is { } real && double.IsFinite(real) ? real.ToString("R", CultureInfo.InvariantCulture) : "null");
    }

    public void Flag(string field, bool value)
    {
        Begin(field);
        Raw(value ? "true" : "false");
    }

    public void Enum<T>(string field, T value)
        where T : struct, Enum => Text(field, value.ToString());

    public void Hex(string field, ReadOnlySpan<byte> value) => Text(field, Convert.ToHexStringLower(value));

    public void Digest(string field, Digest value) => Text(field, value.ToString());

    public void DigestOrNull(string field, Digest? value) => TextOrNull(field, value?.ToString());

    public void Name(string field, ParticipantId value) => Text(field, value.ToString());

    public void NameOrNull(string field, ParticipantId? value) => TextOrNull(field, value?.ToString());

    public void Names(string field, ImmutableArray<ParticipantId> values)
    {
        Begin(field);
        Raw("[");
        for (int i = 0; i < values.Length; i++)
        {
            Raw(i == 0 ? string.Empty : ",");
            Quoted(values[i].ToString());
        }

        Raw("]");
    }

    public void Attempt(AuditAttempt attempt)
    {
        Name("federation", attempt.Federation);
        Number("round", attempt.Round);
        Number("attempt", attempt.Attempt);
    }

    private void TextOrNull(string field, string? value)
    {
        Begin(field);
        if (value is null)
        {
            Raw("null");
        }
        else
        {
            Quoted(value);
        }
    }

    private void Begin(string field)
    {
        Raw(_line.WrittenCount == 0 ? "{\"" : ",\"");
        Raw(field);
        Raw("\":");
    }

    // No byte below 32 is in a line, so a line ends where the first of them is.
    private void Quoted(string value)
    {
        Raw("\"");
        foreach (Rune rune in value.EnumerateRunes())
        {
            Raw(
                rune.Value switch
                {
                    '"' => "\\\"",
                    '\\' => "\\\\",
                    < 32 or 127 => string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                    _ => rune.ToString(),
                }
            );
        }

        Raw("\"");
    }
}

/// <summary>Reads the fields of one line; <see cref="Failed"/> after anything that is not there or not what it should be. Never throws.</summary>
/// <remarks>It is lenient about form: whoever reads a line writes it again and compares the bytes.</remarks>
internal sealed class AuditFieldReader(JsonElement line)
{
    public bool Failed { get; private set; }

    public string Text(string field) =>
        TryGet(field, JsonValueKind.String) is { } value ? value.GetString()! : Fail(string.Empty);

    public long Number(string field) =>
        TryGet(field, JsonValueKind.Number) is { } value && value.TryGetInt64(out long number) && number >= 0
            ? number
            : Fail(0L);

    public int Count(string field) => Number(field) is <= int.MaxValue and var number ? (int)number : Fail(0);

    public long? NumberOrNull(string field) => IsNull(field) ? null : Number(field);

    public double? RealOrNull(string field) =>
        IsNull(field) ? null
        : TryGet(field, JsonValueKind.Number) is { } value && value.TryGetDouble(out double real) ? real
        : Fail(0.0);

    public bool Flag(string field) =>
        line.TryGetProperty(field, out JsonElement value)
        && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.ValueKind == JsonValueKind.True
            : Fail(false);

    public T Enum<T>(string field)
        where T : struct, Enum =>
        System.Enum.TryParse(Text(field), ignoreCase: false, out T value) ? value : Fail(default(T));

    public byte[] Hex(string field)
    {
        string text = Text(field);
        byte[] bytes = new byte[text.Length / 2];
        return
            text.Length % 2 == 0
            && Convert.FromHexString(text, bytes, out _, out int written) == OperationStatus.Done
            && written == bytes.Length
            ? bytes
            : Fail<byte[]>([]);
    }

    public Digest Digest(string field)
    {
        byte[] bytes = Hex(field);
        return bytes.Length == Core.Digest.SizeInBytes ? Core.Digest.FromBytes(bytes) : Fail(default(Digest));
    }

    public Digest? DigestOrNull(string field) => IsNull(field) ? null : Digest(field);

    public ParticipantId Name(string field) =>
        ParticipantId.TryParse(Text(field), out ParticipantId name) ? name : Fail(default(ParticipantId));

    public ParticipantId? NameOrNull(string field) => IsNull(field) ? null : Name(field);

    public ImmutableArray<ParticipantId> Names(string field)
    {
        if (TryGet(field, JsonValueKind.Array) is not { } values)
        {
            return Fail(ImmutableArray<ParticipantId>.Empty);
        }

        ImmutableArray<ParticipantId>.Builder names = ImmutableArray.CreateBuilder<ParticipantId>();
        foreach (JsonElement value in values.EnumerateArray())
        {
            if (
                value.ValueKind != JsonValueKind.String
                || !ParticipantId.TryParse(value.GetString(), out ParticipantId name)
                || names.Count == MessageLimits.MaximumRosterSize
            )
            {
                return Fail(ImmutableArray<ParticipantId>.Empty);
            }

            names.Add(name);
        }

        return names.ToImmutable();
    }

    public AuditAttempt Attempt()
    {
        ParticipantId federation = Name("federation");
        ulong round =
            TryGet("round", JsonValueKind.Number) is { } r && r.TryGetUInt64(out ulong first) ? first : Fail(0UL);
        uint attempt =
            TryGet("attempt", JsonValueKind.Number) is { } a && a.TryGetUInt32(out uint next) ? next : Fail(0U);
        return new AuditAttempt(federation, round, attempt);
    }

    private bool IsNull(string field) =>
        line.TryGetProperty(field, out JsonElement value) && value.ValueKind == JsonValueKind.Null;

    private JsonElement? TryGet(string field, JsonValueKind kind) =>
        line.TryGetProperty(field, out JsonElement value) && value.ValueKind == kind ? value : null;

    private T Fail<T>(T nothing)
    {
        Failed = true;
        return nothing;
    }
}
