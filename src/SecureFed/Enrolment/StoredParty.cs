using System.Text.Json.Serialization;

namespace SecureFed;

/// <summary>A line of the stored list of parties.</summary>
internal sealed record StoredParty(string Id, string PublicKey, DateTimeOffset Since, DateTimeOffset? LeftAt);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(StoredParty[]))]
internal sealed partial class RosterJson : JsonSerializerContext;
