using System.Xml.Linq;
using static SecureFed.Samples.Shared.PageMarkup;

namespace SecureFed.Samples.Shared;

/// <summary>The training with differential privacy, when one was asked for: what it promises, round by round, and what it costs.</summary>
internal static class PrivacySection
{
    public static XElement? Of(HospitalDemoResult result) =>
        result.Private is not { } found
            ? null
            : El(
                "section",
                El("h2", "The same with differential privacy"),
                El(
                    "p",
                    Text(
                        $"Here no single patient’s row can be told from the model: whatever anybody learns from all {found.Rounds.Length} sums together is nearly as likely without that patient (ε = {found.Budget.Epsilon:0.####}, δ = {found.Budget.Delta:0.##E+0}, adding or removing one record). Every patient’s gradient is clipped to norm {PrivateTraining.ClipNorm} by itself, and the hospitals add the noise inside the masked sum, {found.NoiseMultiplier:0.###} times as large as what one patient can change, counting only the {found.Plan.HonestShares} hospitals that surely do not work with the server. Every hospital’s own ledger is charged before its vector leaves; {found.Stopped}."
                    )
                ),
                El(
                    "figure",
                    Charts.Lines(
                        "private-auc",
                        "AUC with differential privacy",
                        Cost(found),
                        "AUC",
                        [new Curve("secure", [.. found.Rounds.Select(round => round.Evaluation.Auc!.Value)])],
                        lost: [],
                        most: 1
                    ),
                    El("figcaption", Cost(found))
                ),
                El(
                    "table",
                    El("tr", El("th", "round"), El("th", "ε so far"), El("th", "loss"), El("th", "AUC")),
                    found.Rounds.Select(round =>
                        El(
                            "tr",
                            El("td", Text($"{round.Round}")),
                            El("td", Fixed(round.Epsilon, 3)),
                            El("td", Fixed(round.Evaluation.Loss, 4)),
                            El("td", Fixed(round.Evaluation.Auc!.Value, 4))
                        )
                    )
                ),
                El("p", Is("class", "note"), HospitalReport.DemoOnly)
            );

    private static string Cost(PrivateTrainingResult found) =>
        Text(
            $"AUC {Fixed(found.Evaluation.Auc!.Value, 4)} with noise, {Fixed(found.WithoutNoise.Auc!.Value, 4)} by the same training without."
        );
}
