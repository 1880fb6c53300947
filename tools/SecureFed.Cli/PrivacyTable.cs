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
    /// <summary>The kinds that are answered, and how: the fields of the answer to one row.</summary>
    private static readonly ImmutableSortedDictionary<string, Func<JsonElement, JsonObject>> s_kinds = new Dictionary<
        string,
        Func<JsonElement, JsonObject>
    >(StringComparer.Ordinal)
    {
        ["a_analytic_gaussian_sigma"] = row =>
            new()
            {
                ["sigma"] = AnalyticGaussian.Sigma(
                    Number(row, "epsilon"),
                    Number(row, "delta"),
                    Number(row, "sensitivity")
                ),
            },
        ["a_analytic_gaussian_delta"] = row =>
            new() { ["delta"] = AnalyticGaussian.Delta(Number(row, "sigma"), Number(row, "epsilon")) },
        ["a_analytic_gaussian_epsilon"] = row =>
            new() { ["epsilon"] = AnalyticGaussian.Epsilon(Number(row, "sigma"), Number(row, "delta")) },

        // T Gaussians of one σ are one Gaussian of σ/√T.
        ["a_gaussian_composition_exact"] = row =>
            new()
            {
                ["epsilon"] = AnalyticGaussian.Epsilon(
                    Number(row, "sigma") / Math.Sqrt(Number(row, "steps")),
                    Number(row, "delta")
                ),
            },
        ["b_c_subsampled_gaussian"] = row =>
            new()
            {
                ["eps_rdp"] = RenyiTables.Training(row, PrivacyEvent.PoissonSampledGaussian),
                ["eps_pld"] = LossTables.Training(row),
            },
        ["d_discrete_gaussian_pmf"] = row =>
            new()
            {
                ["pmf"] = DiscreteGaussian.Probability(Number(row, "sigma2"), (long)Number(row, "k")),
                ["variance"] = DiscreteGaussian.Variance(Number(row, "sigma2")),
            },
        ["d_discrete_gaussian_delta"] = row =>
            new()
            {
                ["delta"] = DiscreteGaussian.Delta(
                    Number(row, "sigma2"),
                    Number(row, "epsilon"),
                    (long)Number(row, "sensitivity")
                ),
            },
        ["d_discrete_gaussian_epsilon"] = row =>
            new()
            {
                ["epsilon"] = DiscreteGaussian.Epsilon(
                    Number(row, "sigma2"),
                    Number(row, "delta"),
                    (long)Number(row, "sensitivity")
                ),
            },
        ["d_sum_of_discrete_gaussians"] = row =>
            new() { ["tau"] = DiscreteGaussianShares.Tau(Number(row, "sigma2_share"), (int)Number(row, "n")) },
        ["d_zcdp_to_epsilon"] = row =>
            new() { ["epsilon"] = ConcentratedPrivacy.Epsilon(Number(row, "rho"), Number(row, "delta")) },
        ["d_epsilon_to_rho"] = row =>
            new() { ["rho"] = ConcentratedPrivacy.LargestRho(Number(row, "epsilon"), Number(row, "delta")) },
        ["e_ddgauss_epsilon"] = row => new() { ["epsilon"] = RenyiTables.DistributedDiscreteGaussian(row) },
        ["e_subsampled_ddgauss"] = row =>
            new() { ["epsilon"] = RenyiTables.Training(row, PrivacyEvent.PoissonSampledDiscreteGaussian) },
        ["g_fixed_size_wor_rdp"] = row => new() { ["epsilon"] = RenyiTables.WithoutReplacement(row) },
        ["g_heterogeneous_ledger"] = row =>
            LossTables.Ledger(
                row,
                new()
                {
                    ["eps_rdp_1e-05"] = RenyiTables.Ledger(row, 1e-5),
                    ["eps_rdp_1e-06"] = RenyiTables.Ledger(row, 1e-6),
                }
            ),
        ["g_prefix_sum_mechanisms"] = row =>
            new() { ["sqrt_toeplitz_sens2"] = SquareRootToeplitz.Create((int)Number(row, "steps")).SquaredSensitivity },
        ["g_rdp_per_order"] = row =>
            new()
            {
                ["rdp"] = RenyiPrivacy.Divergence(
                    PrivacyEvent.PoissonSampledGaussian(Number(row, "noise_multiplier"), Number(row, "sampling_prob")),
                    Number(row, "order")
                ),
            },
        ["g_subsampled_discrete_gaussian_rdp"] = row =>
            new()
            {
                ["rdp_remove"] = RenyiPrivacy.Divergence(
                    PrivacyEvent.PoissonSampledDiscreteGaussian(
                        Math.Sqrt(Number(row, "sigma2")) / Number(row, "shift"),
                        Number(row, "sampling_prob")
                    ),
                    Number(row, "order")
                ),
            },
        ["g_subsampled_exact_T1_T2"] = LossTables.OneAndTwoSteps,
        ["h_adaptive_clipping"] = MechanismTables.AdaptiveClipping,
        ["h_audit_clopper_pearson"] = row =>
            new()
            {
                ["epsilon_lower_bound"] = AttackAudit.LowerBound(
                    (int)Number(row, "canaries_in"),
                    (int)Number(row, "true_positives"),
                    (int)Number(row, "canaries_out"),
                    (int)Number(row, "false_positives"),
                    Number(row, "delta"),
                    1 - Number(row, "confidence")
                ),
            },
        ["h_audit_one_run"] = row =>
            new()
            {
                ["epsilon_lower_bound"] = AttackAudit.OneRunLowerBound(
                    (int)Number(row, "canaries"),
                    (int)Number(row, "guesses"),
                    (int)Number(row, "correct"),
                    Number(row, "delta"),
                    1 - Number(row, "confidence")
                ),
            },

        // The noise of those that stayed, over all steps.
        ["h_dropout_degradation"] = row =>
            new()
            {
                ["actual_epsilon_exact"] = AnalyticGaussian.Epsilon(
                    Number(row, "planned_noise_multiplier")
                        * Math.Sqrt((1 - Number(row, "drop_rate")) / Number(row, "steps")),
                    Number(row, "delta")
                ),
            },
        ["h_modular_range"] = row => new() { ["unrotated_wrap_union_bound"] = MechanismTables.Wrap(row) },
        ["h_noise_shares"] = MechanismTables.Shares,
        ["h_xnoise"] = MechanismTables.Layers,
        ["i_clip_adversarial"] = MechanismTables.Clip,
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
            if (!s_kinds.TryGetValue(kind, out Func<JsonElement, JsonObject>? answer))
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
                    answer(row)
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

    /// <summary>A number of a row: a JSON number, or text that may be a fraction.</summary>
    public static double Number(JsonElement row, string field)
    {
        JsonElement value = row.GetProperty(field);
        if (value.ValueKind != JsonValueKind.String)
        {
            return value.GetDouble();
        }

        string[] parts = value.GetString()!.Split('/', 2);
        double number = double.Parse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture);
        return parts.Length == 1
            ? number
            : number / double.Parse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture);
    }
}
