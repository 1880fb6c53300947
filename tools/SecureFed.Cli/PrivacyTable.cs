using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SecureFed.Privacy;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>Answers the rows of a table of privacy questions, so that another program can compare them with its own.</summary>
/// <remarks>A table is one JSON object with `table`, its kind, and `rows`, each with an `id`; numbers may be written as strings.</remarks>
internal static class PrivacyTable
{
    /// <summary>The kinds that are answered, and how.</summary>
    private static readonly ImmutableSortedDictionary<
        string,
        (string Field, Func<JsonElement, double> Answer)
    > s_kinds = new Dictionary<string, (string, Func<JsonElement, double>)>(StringComparer.Ordinal)
    {
        ["a_analytic_gaussian_sigma"] = (
            "sigma",
            row => AnalyticGaussian.Sigma(Number(row, "epsilon"), Number(row, "delta"), Number(row, "sensitivity"))
        ),
        ["a_analytic_gaussian_delta"] = (
            "delta",
            row => AnalyticGaussian.Delta(Number(row, "sigma"), Number(row, "epsilon"))
        ),
        ["a_analytic_gaussian_epsilon"] = (
            "epsilon",
            row => AnalyticGaussian.Epsilon(Number(row, "sigma"), Number(row, "delta"))
        ),

        // T Gaussians of one σ are one Gaussian of σ/√T.
        ["a_gaussian_composition_exact"] = (
            "epsilon",
            row =>
                AnalyticGaussian.Epsilon(Number(row, "sigma") / Math.Sqrt(Number(row, "steps")), Number(row, "delta"))
        ),
        ["d_zcdp_to_epsilon"] = (
            "epsilon",
            row => ConcentratedPrivacy.Epsilon(Number(row, "rho"), Number(row, "delta"))
        ),
        ["d_epsilon_to_rho"] = (
            "rho",
            row => ConcentratedPrivacy.LargestRho(Number(row, "epsilon"), Number(row, "delta"))
        ),

        // The noise of those that stayed, over all steps.
        ["h_dropout_degradation"] = (
            "actual_epsilon_exact",
            row =>
                AnalyticGaussian.Epsilon(
                    Number(row, "planned_noise_multiplier")
                        * Math.Sqrt((1 - Number(row, "drop_rate")) / Number(row, "steps")),
                    Number(row, "delta")
                )
        ),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>The answers to all rows of a table: {id: {field: value}}.</summary>
    /// <param name="path">The table's file.</param>
    /// <exception cref="DemoException">The file is missing or is no table, or its kind is not known; the message lists those that are.</exception>
    public static (string Kind, JsonObject Answers) Answer(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            string kind = document.RootElement.GetProperty("table").GetString() ?? string.Empty;
            if (!s_kinds.TryGetValue(kind, out (string Field, Func<JsonElement, double> Answer) known))
            {
                throw new DemoException(
                    DemoExit.Data,
                    "table-unknown",
                    $"Tables of the kind '{kind}' are not answered.",
                    $"Those that are: {string.Join(", ", s_kinds.Keys)}."
                );
            }

            JsonObject answers = [];
            foreach (JsonElement row in document.RootElement.GetProperty("rows").EnumerateArray())
            {
                answers.Add(
                    row.GetProperty("id").GetString() ?? throw new FormatException("An id is null."),
                    new JsonObject { [known.Field] = known.Answer(row) }
                );
            }

            return (kind, answers);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DemoException(
                DemoExit.Data,
                "data-missing",
                $"There is no table '{path}'.",
                "Give the path of a JSON table.",
                failure
            );
        }
        catch (Exception failure)
            when (failure
                    is JsonException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or FormatException
                        or ArgumentException
                        or IOException
                        or UnauthorizedAccessException
            )
        {
            throw new DemoException(
                DemoExit.Data,
                "data-malformed",
                $"'{path}' cannot be answered: {failure.Message}",
                "A table is an object with 'table' and 'rows', and each row has an 'id' and the numbers of its kind.",
                failure
            );
        }
    }

    private static double Number(JsonElement row, string field)
    {
        JsonElement value = row.GetProperty(field);
        return value.ValueKind == JsonValueKind.String
            ? double.Parse(value.GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture)
            : value.GetDouble();
    }
}
