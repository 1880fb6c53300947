using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SecureFed.Benchmarks.Measuring;

/// <summary>Prints results: one JSON object on one line, or a few lines for people. Progress goes to standard error.</summary>
internal static class Report
{
    private const int Succeeded = 0;
    private const int Failed = 1;
    private const int WrongUse = 2;

    private static readonly JsonSerializerOptions s_oneLine = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Lists the rows.</summary>
    public static int List(IReadOnlyList<BenchmarkRow> rows, bool asJson, bool wasAskedFor)
    {
        if (asJson)
        {
            JsonArray list = [.. rows.Select(row => (JsonNode)Describe(row))];
            Console.WriteLine(new JsonObject { ["rows"] = list }.ToJsonString(s_oneLine));
        }
        else
        {
            foreach (BenchmarkRow row in rows)
            {
                Console.WriteLine($"{row.Name, -12} {row.What}; target {row.Target}");
            }
        }

        return wasAskedFor ? Succeeded : WrongUse;
    }

    /// <summary>Runs one row and prints it.</summary>
    /// <param name="row">The row.</param>
    /// <param name="asJson">One JSON object on one line.</param>
    /// <param name="svgPath">Where its drawing goes; null for nowhere.</param>
    public static int Run(BenchmarkRow row, bool asJson, string? svgPath)
    {
        if (svgPath is not null && !row.HasChart)
        {
            return Fail(asJson, "no-chart", $"'{row.Name}' has no drawing", "leave --svg out", WrongUse);
        }

        BenchmarkResult result;
        try
        {
            result = row.Run();
        }
        catch (InvalidOperationException failure)
        {
            return Fail(asJson, "measurement-failed", failure.Message, "install the yardstick that is missing", Failed);
        }

        JsonObject json = Describe(row);
        if (result.Ratio is { } ratio)
        {
            json["ratio"] = Math.Round(ratio, 3);
        }

        if (result.Value is { } value)
        {
            json["value"] = Math.Round(value, 4);
        }

        json["unit"] = result.Unit;
        json["met"] = result.Met;
        json["details"] = new JsonObject(
            result.Details.Select(entry =>
                KeyValuePair.Create<string, JsonNode?>(entry.Key, Math.Round(entry.Value, 4))
            )
        );
        if (result.Note is { } note)
        {
            json["note"] = note;
        }

        if (result.Table is { } table)
        {
            json["table"] = table;
        }

        if (svgPath is not null && result.Chart is { } chart)
        {
            File.WriteAllText(svgPath, chart);
        }

        Console.WriteLine(asJson ? json.ToJsonString(s_oneLine) : Text(row, result));
        return Succeeded;
    }

    /// <summary>Says how the program is used.</summary>
    public static int Usage(bool asJson) =>
        Fail(asJson, "usage", "--svg needs a path", "for example: growth --svg growth.svg", WrongUse);

    /// <summary>Says that there is no such row.</summary>
    public static int Unknown(string name, IReadOnlyList<BenchmarkRow> rows, bool asJson) =>
        Fail(
            asJson,
            "unknown-row",
            $"there is no row '{name}'",
            $"choose one of {string.Join(", ", rows.Select(row => row.Name))}",
            WrongUse
        );

    private static JsonObject Describe(BenchmarkRow row) =>
        new()
        {
            ["name"] = row.Name,
            ["what"] = row.What,
            ["target"] = row.Target,
        };

    private static int Fail(bool asJson, string code, string message, string remedy, int exitCode)
    {
        if (asJson)
        {
            JsonObject error = new()
            {
                ["code"] = code,
                ["message"] = message,
                ["remedy"] = remedy,
            };
            Console.WriteLine(new JsonObject { ["error"] = error }.ToJsonString(s_oneLine));
        }

        Console.Error.WriteLine($"{message}; {remedy}");
        return exitCode;
    }

    private static string Text(BenchmarkRow row, BenchmarkResult result)
    {
        IEnumerable<string> lines =
        [
            $"{row.Name}: {row.What}",
            string.Create(
                CultureInfo.InvariantCulture,
                $"  {result.Ratio ?? result.Value:0.###} {result.Unit}, target {row.Target}: {(result.Met ? "met" : "not met")}"
            ),
            .. result.Details.Select(entry =>
                string.Create(CultureInfo.InvariantCulture, $"  {entry.Key} = {entry.Value:0.####}")
            ),
        ];
        lines = result.Note is { } note ? lines.Append("  " + note) : lines;
        return string.Join('\n', result.Table is { } table ? lines.Append("\n" + table) : lines);
    }
}
