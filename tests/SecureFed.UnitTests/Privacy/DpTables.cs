using System.Globalization;
using System.Text.Json;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Privacy;

/// <summary>The privacy tables of the shared folder.</summary>
internal static class DpTables
{
    public const string Folder = "vectors/dp";

    /// <summary>Checks every row of a table; a table of a few rows only is not the one that is meant.</summary>
    public static void ForEachRow(string table, int least, Action<JsonElement> check)
    {
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllText(RepositoryFolders.InShared(Folder, table + ".json"))
        );
        JsonElement rows = document.RootElement.GetProperty("rows");
        Assert.True(rows.GetArrayLength() >= least);
        Assert.All(rows.EnumerateArray(), check);
    }

    /// <summary>A number, which some tables write as text and some of those as a fraction.</summary>
    public static double Of(JsonElement row, string field)
    {
        JsonElement value = row.GetProperty(field);
        return value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : value
                .GetString()!
                .Split('/')
                .Select(part => double.Parse(part, CultureInfo.InvariantCulture))
                .Aggregate((numerator, denominator) => numerator / denominator);
    }

    public static decimal Exactly(JsonElement row, string field) =>
        decimal.Parse(row.GetProperty(field).GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture);
}
