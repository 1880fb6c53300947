using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using SecureFed.Core;

namespace SecureFed;

/// <summary>Whose signatures count: the pinned public keys of the owners of audit logs. spec 06-security#audit-7</summary>
/// <remarks>Immutable and thread-safe; public.</remarks>
public sealed class AuditRoster
{
    /// <summary>The most owners: those of a roster, and its server.</summary>
    public const int MaximumOwners = Protocol.MessageLimits.MaximumRosterSize + 1;

    private readonly ImmutableDictionary<ParticipantId, ReadOnlyMemory<byte>> _keys;

    private AuditRoster(ImmutableDictionary<ParticipantId, ReadOnlyMemory<byte>> keys) => _keys = keys;

    /// <summary>Nobody is pinned: a log then vouches for itself only.</summary>
    public static AuditRoster Empty { get; } = new(ImmutableDictionary<ParticipantId, ReadOnlyMemory<byte>>.Empty);

    /// <summary>How many owners there are.</summary>
    public int Count => _keys.Count;

    /// <summary>A roster with one owner more.</summary>
    /// <param name="owner">Not in it yet.</param>
    /// <param name="publicKey">The owner's key in its suite's encoding.</param>
    public AuditRoster With(ParticipantId owner, ReadOnlyMemory<byte> publicKey)
    {
        if (owner.IsDefault || publicKey.IsEmpty || _keys.ContainsKey(owner) || _keys.Count == MaximumOwners)
        {
            throw new ArgumentException(
                $"'{owner}' has no name or no key, is in the roster already, or is one too many."
            );
        }

        return new AuditRoster(_keys.Add(owner, publicKey.ToArray()));
    }

    /// <summary>Reads a roster file: a JSON object that gives each owner its public key in hexadecimal. Null when it is none. Never throws.</summary>
    /// <param name="json">For example {"clinic-a": "04…", "server": "04…"}.</param>
    public static AuditRoster? TryRead(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            AuditRoster roster = Empty;
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            foreach (JsonProperty entry in document.RootElement.EnumerateObject())
            {
                string text = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : string.Empty;
                byte[] key = new byte[text.Length / 2];
                if (
                    !ParticipantId.TryParse(entry.Name, out ParticipantId owner)
                    || key.Length == 0
                    || text.Length % 2 != 0
                    || Convert.FromHexString(text, key, out _, out _) != OperationStatus.Done
                    || roster.KeyOf(owner) is not null
                    || roster.Count == MaximumOwners
                )
                {
                    return null;
                }

                roster = roster.With(owner, key);
            }

            return roster;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The pinned key of an owner; null when there is none.</summary>
    public ReadOnlyMemory<byte>? KeyOf(ParticipantId owner) =>
        _keys.TryGetValue(owner, out ReadOnlyMemory<byte> key) ? key : default(ReadOnlyMemory<byte>?);
}
