using System.Collections.Immutable;
using System.Xml.Linq;
using static SecureFed.Samples.Shared.PageMarkup;

namespace SecureFed.Samples.Shared;

/// <summary>Loss and AUC of both models, round by round.</summary>
internal static class CurveSection
{
    public static XElement Of(HospitalDemoResult result) =>
        El(
            "section",
            El("h2", "Round by round"),
            El(
                "p",
                "Thin solid line: secure FedAvg. Wide pale line under it: plain FedAvg. Dashed line: pooled. Where the thin line runs inside the wide one, protection changes nothing. A cross marks a round that gave no sum."
            ),
            Pair("logistic", "Logistic regression", result.Secure, result.Baselines),
            Pair("network", "Neural network", result.Network.Secure, result.Network.Baselines),
            Reported(result)
        );

    // Part of the release, unlike the curves above: what the server itself reads from the sums of the rounds.
    private static object?[] Reported(HospitalDemoResult result) =>
        [
            El("h3", "What came out of the masked sums beside the model"),
            El(
                "p",
                "In every round each hospital also sends, inside the same masked vector, the loss of the round’s starting model on its own training rows, histograms of its scores and whether its update was clipped. Only the totals come out: "
                    + HospitalReport.MetricText(result)
            ),
            result.Metrics.Any(reading => reading is null)
                ? null
                : El(
                    "div",
                    Is("class", "pair"),
                    ReportedFigure(result, "reported-loss", "Training loss by masked sums", "loss (nats)", r => r.Loss),
                    ReportedFigure(result, "reported-auc", "Training AUC by masked sums", "AUC", r => r.Auc, most: 1)
                ),
        ];

    private static XElement ReportedFigure(
        HospitalDemoResult result,
        string id,
        string title,
        string quantity,
        Func<MetricReading, double> of,
        double most = double.PositiveInfinity
    )
    {
        ImmutableArray<double> values = [.. result.Metrics.Select(reading => of(reading!))];
        string description =
            $"From {Fixed(values[0], 4)} before round 1 to {Fixed(values[^1], 4)} before round {values.Length}.";
        return El(
            "figure",
            Charts.Lines(id, title, description, quantity, [new Curve("secure", values)], lost: [], most),
            El("figcaption", $"{title}, the hospitals’ own rows. {description}")
        );
    }

    private static object?[] Pair(string id, string name, TrainingResult secure, HospitalBaselines baselines) =>
        [
            El("h3", $"{name}, {secure.Model.Length} weights"),
            El(
                "div",
                Is("class", "pair"),
                Figure($"{id}-loss", $"{name}: loss per round", "loss (nats)", secure, baselines, e => e.Loss),
                Figure($"{id}-auc", $"{name}: AUC per round", "AUC", secure, baselines, e => e.Auc!.Value, most: 1)
            ),
        ];

    private static XElement Figure(
        string id,
        string title,
        string quantity,
        TrainingResult secure,
        HospitalBaselines baselines,
        Func<Evaluation, double> of,
        double most = double.PositiveInfinity
    )
    {
        Curve Line(string kind, TrainingResult training) =>
            new(kind, [.. training.Rounds.Select(round => of(round.Evaluation))]);
        ImmutableArray<Curve> curves =
        [
            Line("plain", baselines.Plain),
            Line("pooled", baselines.Pooled),
            Line("secure", secure),
        ];
        ImmutableArray<double> values = curves[^1].Values;
        string description =
            $"Secure FedAvg from {Fixed(values[0], 4)} after round 1 to {Fixed(values[^1], 4)} after round {secure.Rounds.Length}; plain FedAvg ends at {Fixed(curves[0].Values[^1], 4)}, pooled training at {Fixed(curves[1].Values[^1], 4)}.";
        return El(
            "figure",
            Charts.Lines(
                id,
                title,
                description,
                quantity,
                curves,
                [.. secure.Rounds.Where(round => round.AbortedBecause is not null).Select(round => round.Round)],
                most
            ),
            El("figcaption", $"{title}, held-out patients. {description}")
        );
    }
}
