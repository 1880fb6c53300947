using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SecureFed.Core;
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

    /// <summary>The probability that a sum wraps: n vectors of norm C, each coordinate of each rounded up by one step at most.</summary>
    public static double Wrap(JsonElement row)
    {
        double gamma = Number(row, "gamma");
        double largest = Number(row, "n") * ((Number(row, "l2_clip") / gamma) + 1);
        return WrapProbability.OfGaussian(
            Math.ScaleB(1, (int)Number(row, "bits") - 1) - largest,
            Number(row, "central_stddev") / gamma,
            (long)Number(row, "dim")
        );
    }

    /// <summary>The variance of a share, and of what stays unknown.</summary>
    public static JsonObject Shares(JsonElement row)
    {
        int parties = (int)Number(row, "n");
        NoiseShares shares = NoiseShares.Create(
            Exactly(row, "target_central_var"),
            parties,
            parties - (int)Number(row, "max_dropout"),
            (int)Number(row, "colluding")
        );
        return new()
        {
            ["share_var"] = shares.ShareVariance.ToString(),
            ["honest_unknown_var"] = shares.HonestVariance((int)Number(row, "dropped")).ToString(),
        };
    }

    /// <summary>The variances of the layers of a party, and of what stays when those that are not needed are removed.</summary>
    public static JsonObject Layers(JsonElement row)
    {
        int parties = (int)Number(row, "n");
        RemovableNoise noise = RemovableNoise.Create(
            Exactly(row, "target_central_var"),
            parties,
            parties - (int)Number(row, "max_dropout"),
            colluding: 0
        );
        return new()
        {
            ["components"] = new JsonArray([
                .. noise.Components.Select(component => (JsonNode)JsonValue.Create(component.ToString())),
            ]),
            ["var_after_removal"] = noise.VarianceAfterRemoval((int)Number(row, "dropped")).ToString(),
        };
    }

    /// <summary>A vector of floats, clipped. The grid has no part in it.</summary>
    public static JsonObject Clip(JsonElement row)
    {
        const int FractionBits = 20;
        float[] values =
        [
            .. row.GetProperty("vector_hex").EnumerateArray().Select(text => (float)HexFloat.Parse(text.GetString()!)),
        ];
        UpdateEncoding encoding = UpdateEncoding.Create(
            values.Length,
            maximumParticipants: 1,
            HexFloat.Parse(row.GetProperty("clip_hex").GetString()!),
            FractionBits
        );
        JsonArray clipped = [];
        foreach (float value in ClippedUpdate.Clip(LocalUpdate.Create(values), encoding).Values)
        {
            clipped.Add(HexFloat.Format(value));
        }

        return new() { ["vector_hex"] = clipped };
    }

    private static Rational Exactly(JsonElement row, string field)
    {
        JsonElement value = row.GetProperty(field);
        return Rational.Parse(
            value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : value.GetInt64().ToString(CultureInfo.InvariantCulture)
        );
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
