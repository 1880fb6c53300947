using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace SecureFed.Reference;

/// <summary>Events of one attempt in their order, each with what it must lead to.</summary>
internal sealed class Script
{
    private readonly JsonObject _messages = [];
    private readonly JsonArray _steps = [];

    public int Count => _steps.Count;

    public JsonArray Steps => _steps;

    public JsonObject Messages => _messages;

    public void Add(Step step) => _steps.Add(step.ToJson(_messages));
}

/// <summary>One event at one actor.</summary>
/// <param name="At">A party, or null for the server.</param>
/// <param name="Event">start, message or deadline.</param>
internal sealed record Step(int? At, string Event)
{
    /// <summary>The message's name and bytes.</summary>
    public (string Name, byte[] Bytes)? Message { get; init; }

    /// <summary>At the server: from whom the transport says that the message came.</summary>
    public int? From { get; init; }

    /// <summary>Receiver (null is the server), name and bytes.</summary>
    public List<(int? To, string Name, byte[] Bytes)> Sends { get; init; } = [];

    /// <summary>Whose fault (null is the server), its number, and the party it is about.</summary>
    public List<(int? Peer, int Kind, int? About)> Faults { get; init; } = [];

    /// <summary>The durable record: kind, session, content.</summary>
    public (int Kind, byte[] Session, byte[] Content)? Store { get; init; }

    public JsonObject? Ended { get; init; }

    public static JsonObject Aborted(int reason, params IEnumerable<int> named) =>
        new() { ["aborted"] = reason, ["named"] = Json.Array(named) };

    public JsonObject ToJson(JsonObject messages)
    {
        JsonObject step = new() { ["at"] = Actor(At), ["event"] = Event };
        if (Message is { } message)
        {
            step["message"] = Named(messages, message.Name, message.Bytes);
        }

        if (From is { } from)
        {
            step["from"] = from;
        }

        if (Store is { } store)
        {
            step["store"] = new JsonObject
            {
                ["kind"] = store.Kind,
                ["session"] = Json.Hex(store.Session),
                ["contentDigest"] = Json.Hex(SHA256.HashData(store.Content)),
            };
        }

        step["sends"] = new JsonArray([
            .. Sends.Select(sent => new JsonObject
            {
                ["to"] = Actor(sent.To),
                ["message"] = Named(messages, sent.Name, sent.Bytes),
            }),
        ]);
        step["faults"] = new JsonArray([
            .. Faults.Select(fault =>
            {
                JsonObject entry = new() { ["peer"] = Actor(fault.Peer), ["kind"] = fault.Kind };
                if (fault.About is { } about)
                {
                    entry["about"] = about;
                }

                return entry;
            }),
        ]);
        if (Ended is not null)
        {
            step["ended"] = Ended;
        }

        return step;
    }

    private static JsonNode Actor(int? party) => party is { } index ? index : "server";

    private static string Named(JsonObject messages, string name, byte[] bytes)
    {
        string hex = Convert.ToHexStringLower(bytes);
        if (messages[name] is { } known && known.GetValue<string>() != hex)
        {
            throw new InvalidOperationException($"Two messages are called '{name}'.");
        }

        messages[name] = hex;
        return name;
    }
}

/// <summary>Numbers and bytes as the vectors write them.</summary>
internal static class Json
{
    public static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    public static JsonArray Array(IEnumerable<int> numbers) => new([.. numbers.Select(number => (JsonNode)number)]);

    /// <summary>Decimal text: a ring element may not fit a JSON number.</summary>
    public static JsonArray Integers(IEnumerable<BigInteger> numbers) =>
        new([
            .. numbers.Select(number => (JsonNode)number.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ]);
}
