using System.Xml.Linq;
using SecureFed.Crypto;
using SecureFed.Protocol;
using static SecureFed.Samples.Shared.PageMarkup;

namespace SecureFed.Samples.Shared;

/// <summary>The rounds and the phases: who was there, how long it took, how many bytes, under which numbers.</summary>
internal static class ProtocolSection
{
    public static XElement Of(HospitalDemoResult result) =>
        El(
            "section",
            El("h2", "How a round runs"),
            El(
                "p",
                Text(
                    $"Five phases, each a message from every hospital and an answer. Time and bytes are means over the {result.Rounds.Length} rounds of the logistic regression, all hospitals together in one process on one machine, without a network."
                )
            ),
            El("div", Is("class", "scroll keep"), Phases(result)),
            Dropouts(result),
            El("div", Is("class", "scroll"), Rounds(result)),
            El("h3", "The numbers everybody agreed on"),
            Plan(result)
        );

    private static XElement Phases(HospitalDemoResult result)
    {
        double rounds = result.Rounds.Length;
        return El(
            "table",
            El("caption", "Phases of the protocol, mean of a round"),
            El(
                "thead",
                El(
                    "tr",
                    Head("phase"),
                    Head("what happens"),
                    Head("time", isNumber: true),
                    Head("to the server", isNumber: true),
                    Head("from the server", isNumber: true)
                )
            ),
            El(
                "tbody",
                result.Phases.Select(cost =>
                    El(
                        "tr",
                        El("th", Is("scope", "row"), cost.Phase.ToString()),
                        El("td", Meaning(cost.Phase)),
                        Cell(Text($"{Fixed(cost.Seconds * 1000 / rounds, 1)} ms")),
                        Cell($"{Whole((long)Math.Round(cost.BytesToServer / rounds))} B"),
                        Cell($"{Whole((long)Math.Round(cost.BytesFromServer / rounds))} B")
                    )
                )
            )
        );
    }

    private static string Meaning(RoundPhase phase) =>
        phase switch
        {
            RoundPhase.AdvertiseKeys => "signed keys for this round only",
            RoundPhase.ShareKeys => "a spare of each mask’s secret, split among the others and sealed",
            RoundPhase.MaskedInput => "the update, masked",
            RoundPhase.Consistency => "all sign the same list of those who stayed",
            RoundPhase.Unmask => "enough shares to remove the masks from the sum, and from nothing else",
            _ => string.Empty,
        };

    private static XElement Dropouts(HospitalDemoResult result)
    {
        string[] dropped =
        [
            .. result
                .Rounds.Where(round => !round.Record.Dropped.IsEmpty)
                .Select(round => Text($"{string.Join(", ", round.Record.Dropped)} in round {round.Record.Round}")),
        ];
        return El(
            "p",
            dropped.Length == 0
                ? "No hospital fell silent."
                : $"Fell silent in phase {HospitalDemo.DropPhase}, after its keys and before its update: {string.Join("; ", dropped)}. The round ended in the exact sum of those who stayed, without asking anyone to start again."
        );
    }

    private static XElement Rounds(HospitalDemoResult result) =>
        El(
            "table",
            El("caption", "Every round of the logistic regression; bytes are those of the largest sender"),
            El(
                "thead",
                El(
                    "tr",
                    Head("round", isNumber: true),
                    Head("in the sum", isNumber: true),
                    Head("fell silent (phase)"),
                    Head("loss", isNumber: true),
                    Head("AUC", isNumber: true),
                    Head("bytes up", isNumber: true),
                    Head("time", isNumber: true)
                )
            ),
            El("tbody", result.Rounds.Select(Row))
        );

    private static XElement Row(TimedRound timed)
    {
        RoundRecord round = timed.Record;
        int present = round.Cohort.Length - round.Dropped.Length;
        object who =
            round.AbortedBecause is { } reason ? El("span", Is("class", "bad"), $"no sum: {reason}")
            : round.Dropped.IsEmpty ? "nobody"
            : $"{string.Join(", ", round.Dropped)} ({HospitalDemo.DropPhase})";
        return El(
            "tr",
            El("th", Is("scope", "row"), Is("class", "n"), Text($"{round.Round}")),
            Cell(round.AbortedBecause is null ? Text($"{present} of {round.Cohort.Length}") : "none"),
            El("td", who),
            Cell(Fixed(round.Evaluation.Loss, 4)),
            Cell(Fixed(round.Evaluation.Auc!.Value, 4)),
            Cell($"{Whole(round.BytesUpPerParty)} B"),
            Cell($"{Fixed(timed.Seconds * 1000, 0)} ms")
        );
    }

    private static XElement Plan(HospitalDemoResult result)
    {
        AggregationPlan plan = result.Plan;
        AggregationPlan network = result.Network.Plan;
        return El(
            "dl",
            Item(
                "Cohort",
                Text($"n = {plan.MaximumParticipants} hospitals: {string.Join(", ", result.Hospitals.Names)}")
            ),
            Item("May collude", Text($"c = {plan.CollusionBound} hospital may work together with the server")),
            Item(
                "Must unmask",
                Text($"t = {plan.Threshold} hospitals; at least U = {plan.MinimumSurvivors} must stay")
            ),
            Item(
                "Effective cohort",
                Text(
                    $"t − c = {plan.EffectiveCohort}: every sum hides a hospital among at least {plan.EffectiveCohort} honest ones, itself included, even from a lying server"
                )
            ),
            Item(
                "Update",
                Text(
                    $"{plan.Length} weights (network: {network.Length}), clip norm C = {plan.Encoding.ClipNorm}, grid 2^-{plan.Encoding.FractionBits}, weighted by training rows up to W = {plan.Encoding.MaximumWeight}"
                )
            ),
            Item(
                "On the wire",
                Text(
                    $"{plan.RingBits} bits a value, {Whole(plan.VectorBytesPerUpload)} bytes a vector (network: {network.RingBits} bits, {Whole(network.VectorBytesPerUpload)} bytes)"
                )
            ),
            Item("Suite", P256Suite.Instance.Name),
            Digest("Plan digest", plan.Digest),
            Digest("Model digest", result.Secure.Model.Digest),
            Digest("Network plan digest", network.Digest),
            Digest("Network model digest", result.Network.Secure.Model.Digest)
        );
    }

    private static object?[] Digest(string name, Core.Digest digest) =>
        [El("dt", name), El("dd", El("code", digest.ToString()))];

    private static object?[] Item(string name, string text) => [El("dt", name), El("dd", text)];

    private static XElement Head(string text, bool isNumber = false) =>
        El("th", Is("scope", "col"), isNumber ? Is("class", "n") : null, text);

    private static XElement Cell(string text) => El("td", Is("class", "n"), text);
}
