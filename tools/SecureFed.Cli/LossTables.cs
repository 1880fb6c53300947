using System.Text.Json;
using System.Text.Json.Nodes;
using SecureFed.Core;
using SecureFed.Privacy;
using static SecureFed.Cli.PrivacyTable;

namespace SecureFed.Cli;

/// <summary>Answers by the accountant of privacy losses to rows of <see cref="PrivacyTable"/>.</summary>
internal static class LossTables
{
    /// <summary>A training of equal steps, each on a Poisson sample.</summary>
    public static double Training(JsonElement row) =>
        Steps(row, (long)Number(row, "steps")).Epsilon(Number(row, "delta")).Upper;

    /// <summary>One and two steps in both directions.</summary>
    public static JsonObject OneAndTwoSteps(JsonElement row)
    {
        JsonObject answer = [];
        foreach (int steps in (ReadOnlySpan<int>)[1, 2])
        {
            LossAccountant accountant = Steps(row, steps);
            double epsilon = Number(row, "epsilon");
            answer.Add($"delta{steps}_remove", accountant.Delta(epsilon, LossDirection.Removing).Upper);
            answer.Add($"delta{steps}_add", accountant.Delta(epsilon, LossDirection.Adding).Upper);
        }

        return answer;
    }

    /// <summary>Adds the answers for releases of several kinds; none where one is only counted as its continuous equivalent.</summary>
    public static JsonObject Ledger(JsonElement row, JsonObject answer)
    {
        LossAccountant accountant = new(NeighbouringRelation.AddOrRemoveOne);
        foreach (JsonElement release in row.GetProperty("events").EnumerateArray())
        {
            PrivacyEvent composed = release.GetProperty("type").GetString() switch
            {
                "gauss" => PrivacyEvent.Gaussian(Number(release, "noise_multiplier")),
                "poisson" => PrivacyEvent.PoissonSampledGaussian(
                    Number(release, "noise_multiplier"),
                    Number(release, "sampling_prob")
                ),
                "laplace" => PrivacyEvent.Laplace(Number(release, "scale_over_sensitivity")),
                "epsdelta" => PrivacyEvent.Approximate(Number(release, "epsilon"), Number(release, "delta")),
                "dgauss" => PrivacyEvent.DiscreteGaussian(Number(release, "sigma") / Number(release, "sensitivity")),
                string other => throw new FormatException($"Releases of the type '{other}' are not known."),
                null => throw new FormatException("A type is null."),
            };
            accountant = accountant.Compose(composed, release.GetProperty("count").GetInt64());
        }

        if (!accountant.IsContinuousEquivalent)
        {
            answer.Add("eps_pld_1e-05", accountant.Epsilon(1e-5).Upper);
            answer.Add("eps_pld_1e-06", accountant.Epsilon(1e-6).Upper);
        }

        return answer;
    }

    private static LossAccountant Steps(JsonElement row, long steps) =>
        new LossAccountant(NeighbouringRelation.AddOrRemoveOne).Compose(
            PrivacyEvent.PoissonSampledGaussian(Number(row, "noise_multiplier"), Number(row, "sampling_prob")),
            steps
        );
}
