using System.Text.Json;
using System.Text.Json.Nodes;
using SecureFed.Privacy;
using static SecureFed.Cli.PrivacyTable;

namespace SecureFed.Cli;

/// <summary>Answers about clipping, correlated noise, shares and audits to rows of <see cref="PrivacyTable"/>.</summary>
internal static class MechanismTables
{
    /// <summary>How a noise multiplier is split between count and updates, or C after each of some rounds without noise.</summary>
    public static JsonObject AdaptiveClipping(JsonElement row)
    {
        if (row.GetProperty("kind").GetString() == "split")
        {
            double countSigma =
                row.GetProperty("count_stddev").ValueKind == JsonValueKind.Null
                    ? AdaptiveClip.UsualCountSigma((int)Number(row, "clients"))
                    : Number(row, "count_stddev");
            return OrError(() =>
                new()
                {
                    ["value_noise_multiplier"] = AdaptiveClip.ValueNoiseMultiplier(
                        Number(row, "noise_multiplier"),
                        countSigma
                    ),
                }
            );
        }

        AdaptiveClip clip = AdaptiveClip.Start(
            Number(row, "initial_clip"),
            Number(row, "target_quantile"),
            Number(row, "learning_rate")
        );
        double[] norms = [.. row.GetProperty("norms").EnumerateArray().Select(norm => norm.GetDouble())];
        JsonArray trajectory = [];
        for (int round = row.GetProperty("clip_after_round").GetArrayLength(); round > 0; round--)
        {
            clip = clip.Next(norms.Count(clip.Covers), norms.Length);
            trajectory.Add(clip.Value);
        }

        return new() { ["clip_after_round"] = trajectory };
    }

    private static JsonObject OrError(Func<JsonObject> answer)
    {
        try
        {
            return answer();
        }
        catch (PrivacyDomainException refusal)
        {
            return new() { ["error"] = refusal.Message };
        }
    }
}
