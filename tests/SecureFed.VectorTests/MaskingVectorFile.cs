using System.Text.Json;
using System.Text.Json.Serialization;
using SecureFed.Tests.Shared;

namespace SecureFed.VectorTests;

/// <summary>A vector file that cannot be run, with what is wrong and what is known.</summary>
internal sealed class VectorFileException(string message) : Exception(message);

/// <summary>Reads files of spec/vectors/masking. A field or schema that this reader does not know is an error, never ignored.</summary>
internal static class MaskingVectorFile
{
    public const string Rounds = "securefed/masking-rounds/1";
    public const string RefusalCases = "securefed/masking-refusals/1";
    public const string Graphs = "securefed/masking-graphs/1";

    private static readonly JsonSerializerOptions s_strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    public static string Folder { get; } = RepositoryFolders.InRoot("spec", "vectors", "masking");

    public static RoundFile ReadRounds() => Parse<RoundFile>(Text("rounds.json"), Rounds, "rounds.json");

    public static RefusalFile ReadRefusals() =>
        Parse<RefusalFile>(Text("refusals.json"), RefusalCases, "refusals.json");

    public static GraphFile ReadGraphs() => Parse<GraphFile>(Text("graphs.json"), Graphs, "graphs.json");

    /// <summary>The schema a text names.</summary>
    /// <exception cref="VectorFileException">It is none that this reader knows.</exception>
    public static string SchemaOf(string text, string name)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        string? schema =
            document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("schema", out JsonElement field)
            && field.ValueKind == JsonValueKind.String
                ? field.GetString()
                : null;
        return schema is Rounds or RefusalCases or Graphs
            ? schema
            : throw new VectorFileException(
                $"{name} has the schema '{schema ?? "none"}'; known are {Rounds}, {RefusalCases} and {Graphs}. Update the reader, or the file."
            );
    }

    /// <exception cref="VectorFileException">Another schema, an unknown or missing field, no case, or one id twice.</exception>
    public static TFile Parse<TFile>(string text, string schema, string name)
        where TFile : class, IVectorFile
    {
        string found = SchemaOf(text, name);
        if (found != schema)
        {
            throw new VectorFileException($"{name} has the schema '{found}'; {schema} is expected there.");
        }

        TFile file;
        try
        {
            file =
                JsonSerializer.Deserialize<TFile>(text, s_strict) ?? throw new VectorFileException($"{name} is empty.");
        }
        catch (JsonException wrong)
        {
            throw new VectorFileException($"{name}: {wrong.Message}");
        }

        string[] ids = [.. file.Ids];
        return ids.Length == 0 ? throw new VectorFileException($"{name} has no case: nothing would be checked.")
            : ids.Distinct(StringComparer.Ordinal).Count() != ids.Length
                ? throw new VectorFileException($"{name} has two cases of one id.")
            : file;
    }

    private static string Text(string name) => File.ReadAllText(Path.Combine(Folder, name));
}

internal interface IVectorFile
{
    IEnumerable<string> Ids { get; }
}

internal sealed record RoundFile(string Schema, RoundVector[] Cases) : IVectorFile
{
    public IEnumerable<string> Ids => Cases.Select(round => round.Id);
}

internal sealed record RoundVector(
    string Id,
    string What,
    string Descriptor,
    string D,
    string K,
    PartyVector[] Parties,
    string[] ShareTreeRoots,
    Dictionary<string, string> Messages,
    StepVector[] Steps
);

internal sealed record PartyVector(
    string Name,
    string SigningKey,
    string ChannelKey,
    string MaskKey,
    string Seed,
    string MaskKeyPolynomial,
    string SeedPolynomial,
    string Salts,
    string[] Input,
    bool Honest
);

internal sealed record StepVector(JsonElement At, string Event, SendVector[] Sends, FaultVector[] Faults)
{
    public string? Message { get; init; }

    public int? From { get; init; }

    public StoreVector? Store { get; init; }

    public EndVector? Ended { get; init; }

    /// <summary>The party at which it happens; null for the server.</summary>
    public int? Party => At.PartyOrServer();
}

internal sealed record SendVector(JsonElement To, string Message);

internal sealed record FaultVector(JsonElement Peer, int Kind)
{
    public int? About { get; init; }
}

internal sealed record StoreVector(int Kind, string Session, string ContentDigest);

internal sealed record EndVector
{
    public int? Aborted { get; init; }

    public int[]? Named { get; init; }

    public int[]? Survivors { get; init; }

    public string[]? Sum { get; init; }

    public string? SumDigest { get; init; }
}

internal sealed record RefusalFile(
    string Schema,
    RefusalVector[] Cases,
    ExplainedNumber[] ReasonsWithoutCase,
    ExplainedNumber[] FaultsWithoutCase
) : IVectorFile
{
    public IEnumerable<string> Ids => Cases.Select(refusal => refusal.Id);
}

internal sealed record ExplainedNumber(int Number, string Why);

internal sealed record RefusalVector(
    string Id,
    string Base,
    int After,
    Dictionary<string, string> Messages,
    StepVector Step
)
{
    public string? Descriptor { get; init; }

    public PolicyVector? Policy { get; init; }

    public RecordVector[]? History { get; init; }
}

internal sealed record PolicyVector
{
    public int[]? AcceptedSuites { get; init; }

    public int? MinimumCohort { get; init; }

    public int? MinimumEffectiveCohort { get; init; }

    public int? CollusionBoundAtLeast { get; init; }

    public bool? WithoutPrivacyNoise { get; init; }
}

internal sealed record RecordVector(int Kind, string Session, string Content);

internal sealed record GraphFile(string Schema, GraphVector[] Cases) : IVectorFile
{
    public IEnumerable<string> Ids => Cases.Select(graph => graph.Id);
}

internal sealed record GraphVector(string Id, int Cohort, int CollusionBound, int MinimumSurvivors, string K)
{
    public int? Refused { get; init; }

    public int? Neighbours { get; init; }

    public int? Threshold { get; init; }

    public int? CorruptNeighbours { get; init; }

    public int[]? Ring { get; init; }

    public string? RingDigest { get; init; }

    public int[]? NeighboursOfPosition0 { get; init; }
}

internal static class ActorNames
{
    public static int? PartyOrServer(this JsonElement actor) =>
        actor.ValueKind == JsonValueKind.Number ? actor.GetInt32()
        : actor.GetString() == "server" ? null
        : throw new VectorFileException($"'{actor}' is neither a party nor the server.");
}
