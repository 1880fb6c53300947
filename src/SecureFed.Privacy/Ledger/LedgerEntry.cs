using System.Text;
using System.Text.Json;
using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>One line of a ledger. Closed family; its one encoding is JSON. spec 02-privacy#ledger-4</summary>
internal abstract record LedgerEntry
{
    private LedgerEntry() { }

    /// <summary>The first one: whose ledger, and its budget.</summary>
    public sealed record Opened(string Owner, PrivacyBudget Budget) : LedgerEntry;

    /// <summary>A charge; from here on it is spent.</summary>
    public sealed record Charged(PrivacyCharge Charge) : LedgerEntry;

    /// <summary>A charge is given back, because nothing of its release left.</summary>
    public sealed record Withheld(long Number) : LedgerEntry;

    public byte[] Encode()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            Write(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Reads an entry; anything but the bytes that <see cref="Encode"/> writes is refused.</summary>
    public static LedgerEntry Decode(int index, ReadOnlySpan<byte> bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes.ToArray());
            LedgerEntry entry = Read(document.RootElement);
            return entry.Encode().AsSpan().SequenceEqual(bytes)
                ? entry
                : throw new LedgerCorruptException(index, "it is not written as a ledger writes it.");
        }
        catch (Exception failure)
            when (failure
                    is JsonException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or FormatException
                        or ArgumentException
                        or DecoderFallbackException
                && failure is not LedgerCorruptException
            )
        {
            throw new LedgerCorruptException(index, "it cannot be read.", failure);
        }
    }

    private void Write(Utf8JsonWriter json)
    {
        switch (this)
        {
            case Opened opened:
                json.WriteString("entry", "opened");
                json.WriteString("owner", opened.Owner);
                json.WriteNumber("epsilon", opened.Budget.Epsilon);
                json.WriteNumber("delta", opened.Budget.Delta);
                json.WriteString("unit", opened.Budget.Unit.ToString());
                json.WriteString("relation", opened.Budget.Relation.ToString());
                break;

            case Charged { Charge: var charge }:
                json.WriteString("entry", "charged");
                json.WriteString("purpose", charge.Purpose);
                json.WriteString("reference", charge.Reference.ToString());
                json.WriteNumber("count", charge.Count);
                json.WriteString("unit", charge.Unit.ToString());
                json.WriteString("relation", charge.Relation.ToString());
                ReleaseCodec.Write(json, charge.Release);
                break;

            case Withheld withheld:
                json.WriteString("entry", "withheld");
                json.WriteNumber("number", withheld.Number);
                break;
        }
    }

    private static LedgerEntry Read(JsonElement json) =>
        Text(json, "entry") switch
        {
            "opened" => new Opened(
                Text(json, "owner"),
                new PrivacyBudget(
                    json.GetProperty("epsilon").GetDouble(),
                    json.GetProperty("delta").GetDouble(),
                    Enum.Parse<PrivacyUnit>(Text(json, "unit")),
                    Enum.Parse<NeighbouringRelation>(Text(json, "relation"))
                )
            ),
            "charged" => new Charged(
                new PrivacyCharge(
                    Text(json, "purpose"),
                    Digest.FromBytes(Convert.FromHexString(Text(json, "reference"))),
                    ReleaseCodec.Read(json),
                    json.GetProperty("count").GetInt64(),
                    Enum.Parse<PrivacyUnit>(Text(json, "unit")),
                    Enum.Parse<NeighbouringRelation>(Text(json, "relation"))
                )
            ),
            "withheld" => new Withheld(json.GetProperty("number").GetInt64()),
            _ => throw new FormatException("The kind of entry is unknown."),
        };

    private static string Text(JsonElement json, string name) =>
        json.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is null.");
}
