using System.Collections.Immutable;
using System.Xml.Linq;
using static SecureFed.Samples.Shared.PageMarkup;

namespace SecureFed.Samples.Shared;

/// <summary>What was compared: pooled, plain, secure, each hospital alone; both models.</summary>
internal static class ComparisonSection
{
    private const string Title = "AUC of every training";

    public static XElement Of(HospitalDemoResult result) =>
        El(
            "section",
            El("h2", "What was compared"),
            El(
                "p",
                "Each way of training was measured on the same held-out patients of all hospitals. AUC is 0.5 for a coin and 1 for a model that is never wrong about an order. Loss says how far the stated probabilities are from the truth; lower is better."
            ),
            El("div", Is("class", "scroll"), Table(result)),
            El(
                "div",
                Is("class", "pair beside"),
                El(
                    "figure",
                    Charts.Dots("compared", Title, Description(result), "AUC", Rows(result)),
                    El(
                        "figcaption",
                        $"{Title} on held-out patients. Filled dot: logistic regression. Open diamond: neural network."
                    )
                ),
                El("p", Cost(result))
            )
        );

    private static string Cost(HospitalDemoResult result) =>
        Text(
            $"The protection moved the AUC by {Fixed(result.Gap, 5)} for the logistic regression and by {Fixed(result.Network.Gap, 5)} for the neural network of {HiddenLayerNetwork.HiddenUnits} hidden units; at most {HospitalDemo.AllowedGap} is allowed. Protected and unprotected training had the same hospitals, the same dropouts and the same order of rows; what is left between them is the rounding to whole numbers that masks need."
        );

    private static XElement Table(HospitalDemoResult result) =>
        El(
            "table",
            El("caption", "AUC and loss on held-out patients"),
            El(
                "thead",
                El(
                    "tr",
                    El("th", Is("scope", "col"), "training"),
                    Number("th", "logistic AUC"),
                    Number("th", "loss"),
                    Number("th", "network AUC"),
                    Number("th", "loss"),
                    El("th", Is("scope", "col"), "who sees what")
                )
            ),
            El(
                "tbody",
                Row(
                    "pooled",
                    result.Baselines.Pooled.Evaluation,
                    result.Network.Baselines.Pooled.Evaluation,
                    "one place sees every patient row"
                ),
                Row(
                    "plain FedAvg",
                    result.Baselines.Plain.Evaluation,
                    result.Network.Baselines.Plain.Evaluation,
                    "the server sees every hospital’s update"
                ),
                Row(
                    "secure FedAvg",
                    result.Secure.Evaluation,
                    result.Network.Secure.Evaluation,
                    "the server sees only sums",
                    isMain: true
                ),
                result.Baselines.Alone.Select(
                    (alone, i) =>
                        Row(
                            Text($"{alone.Hospital} alone ({alone.TrainingRows} rows)"),
                            alone.Evaluation,
                            result.Network.Baselines.Alone[i].Evaluation,
                            "nothing leaves the hospital"
                        )
                ),
                El(
                    "tr",
                    El("th", Is("scope", "row"), "alone, mean"),
                    Number("td", Fixed(result.Baselines.MeanAloneAuc, 4)),
                    Number("td", string.Empty),
                    Number("td", Fixed(result.Network.Baselines.MeanAloneAuc, 4)),
                    Number("td", string.Empty),
                    El("td", "nothing leaves the hospital")
                )
            )
        );

    private static XElement Row(
        string name,
        Evaluation logistic,
        Evaluation network,
        string who,
        bool isMain = false
    ) =>
        El(
            "tr",
            isMain ? Is("class", "main") : null,
            El("th", Is("scope", "row"), name),
            Number("td", Fixed(logistic.Auc!.Value, 4)),
            Number("td", Fixed(logistic.Loss, 4)),
            Number("td", Fixed(network.Auc!.Value, 4)),
            Number("td", Fixed(network.Loss, 4)),
            El("td", who)
        );

    private static XElement Number(string cell, string text) =>
        El(cell, cell == "th" ? Is("scope", "col") : null, Is("class", "n"), text);

    private static ImmutableArray<DotRow> Rows(HospitalDemoResult result) =>
        [
            Dots("pooled", "pooled", result.Baselines.Pooled, result.Network.Baselines.Pooled),
            Dots("plain", "plain FedAvg", result.Baselines.Plain, result.Network.Baselines.Plain),
            Dots("secure", "secure FedAvg", result.Secure, result.Network.Secure),
            .. result.Baselines.Alone.Select(
                (alone, i) =>
                    new DotRow(
                        "alone",
                        $"{alone.Hospital} alone",
                        alone.Evaluation.Auc!.Value,
                        result.Network.Baselines.Alone[i].Evaluation.Auc!.Value
                    )
            ),
        ];

    private static DotRow Dots(string kind, string label, TrainingResult logistic, TrainingResult network) =>
        new(kind, label, logistic.Evaluation.Auc!.Value, network.Evaluation.Auc!.Value);

    private static string Description(HospitalDemoResult result) =>
        string.Join(
            "; ",
            Rows(result).Select(row => $"{row.Label}: logistic {Fixed(row.Value, 4)}, network {Fixed(row.Second, 4)}")
        );
}
