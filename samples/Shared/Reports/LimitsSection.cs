using System.Xml.Linq;
using static SecureFed.Samples.Shared.PageMarkup;

namespace SecureFed.Samples.Shared;

/// <summary>What the run does not protect: as much a part of the report as its figures.</summary>
internal static class LimitsSection
{
    public static XElement Of(HospitalDemoResult result)
    {
        AggregationPlan plan = result.Plan;
        string others =
            plan.EffectiveCohort == 2
                ? "the update of the one other is"
                : Text($"the updates of the other {plan.EffectiveCohort - 1} are");
        return El(
            "section",
            El("h2", "What is not protected"),
            El(
                "ul",
                El(
                    "li",
                    "The sum itself, where a run has no noise: the exact sum of every round, and the model made of the sums, are known to all and may tell something about patients, most of all in small cohorts and over many rounds; two models are two sets of sums."
                ),
                El(
                    "li",
                    $"A hospital whose partners all work together. The effective cohort counts the hospital itself: at worst, {others} enough to find its update by subtraction."
                ),
                El(
                    "li",
                    Text(
                        $"More than {plan.CollusionBound} hospital working together with the server, a false enrolment, or a hospital’s computer that is taken over."
                    )
                ),
                El(
                    "li",
                    "The truth of the data: a hospital that trains on wrong rows moves the model, within the clip bound."
                ),
                El("li", "Who takes part, when, and how many bytes are sent."),
                El(
                    "li",
                    $"{HospitalReport.DemoOnly} In real use nobody holds everybody’s held-out rows, and publishing such figures would be a release of its own."
                )
            ),
            El("p", Is("class", "note"), "Why this run has no noise: ", plan.Privacy.Because, ".")
        );
    }
}
