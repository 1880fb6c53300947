using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>What may be said about the privacy of everything a ledger has charged, to be handed out and signed with a model. spec 02-privacy#statement-1</summary>
/// <remarks>Immutable; public. The same ledger and plan give the same text.</remarks>
public sealed class PrivacyStatement
{
    // spec 07-registry#other-labels
    private const string Label = "SecureFed/1 privacy statement";

    private PrivacyStatement(ImmutableArray<(string Name, string Value)> lines) => Lines = lines;

    /// <summary>Name and value of every line, in order.</summary>
    public ImmutableArray<(string Name, string Value)> Lines { get; }

    /// <summary>The lines as text.</summary>
    public string Text => string.Concat(Lines.Select(line => $"{line.Name}: {line.Value}\n"));

    /// <summary>Writes the statement of a ledger.</summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="plan">The plan of the rounds, for noise, clip and cohort; null leaves these lines out.</param>
    public static PrivacyStatement Of(PrivacyLedger ledger, AggregationPlan? plan = null)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        PrivacyBudget budget = ledger.Budget;
        ImmutableArray<(string, string)>.Builder lines = ImmutableArray.CreateBuilder<(string, string)>();
        lines.Add(("ledger", Invariant($"{ledger.Owner}, {ledger.Entries} entries, chain {ledger.Head}")));
        lines.Add(
            ("unit", budget.Unit == PrivacyUnit.Record ? "one record of a party" : "one party with all it holds")
        );
        lines.Add(
            (
                "neighbouring data sets",
                budget.Relation == NeighbouringRelation.AddOrRemoveOne
                    ? "differ by one unit added or removed"
                    : "differ by one unit replaced"
            )
        );
        lines.Add(
            (
                "promise",
                double.IsFinite(ledger.Spent)
                    ? Invariant($"({ledger.Spent:R}, {budget.Delta:R})-differential privacy for all charges together")
                    : Invariant($"none at δ = {budget.Delta:R}: the noise of all charges together is too small")
            )
        );
        lines.Add(
            (
                "accountant",
                "Rényi divergences at fixed orders, rounded up; converted by the best order (spec 02-privacy, renyi-1 to renyi-10)"
            )
        );
        lines.Add(("budget", Invariant($"ε = {budget.Epsilon:R} at the same δ, fixed before the first charge")));
        foreach (
            IGrouping<PrivacyEvent, LedgerLine> group in ledger
                .Lines.Where(line => !line.IsWithheld)
                .GroupBy(line => line.Charge.Release)
        )
        {
            lines.Add(("releases", Invariant($"{group.Sum(line => line.Charge.Count)} times {group.Key}")));
        }

        AddPlan(lines, plan);
        lines.Add(
            (
                "holds against",
                "whoever sees all messages, sums and models, the server included, together with as many parties as the plans allow to collude"
            )
        );
        lines.Add(
            (
                "does not cover",
                "what was computed from the data and not charged here; more colluding parties; a look inside a party; a restored or copied ledger; one person's data counted as several units"
            )
        );
        return new PrivacyStatement(lines.ToImmutable());
    }

    /// <summary>The bytes that a party signs with its own key.</summary>
    public byte[] SignedContent() => Encoding.UTF8.GetBytes($"{Label}\n{Text}");

    /// <summary>Signs the statement.</summary>
    /// <param name="signer">The party's own key.</param>
    public ReadOnlyMemory<byte> Sign(ISigner signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        return signer.Sign(SignedContent());
    }

    /// <summary>The text.</summary>
    public override string ToString() => Text;

    private static void AddPlan(ImmutableArray<(string, string)>.Builder lines, AggregationPlan? plan)
    {
        if (plan?.Encoding.Noise is not { } noise)
        {
            return;
        }

        UpdateEncoding encoding = plan.Encoding;
        AddNoise(lines, plan, noise);
        lines.Add(("clip", Invariant($"every unit's vector to L2 norm {encoding.ClipNorm:R}, checked on integers")));
        lines.Add(
            (
                "numbers",
                Invariant(
                    $"integers on the grid 2^-{encoding.FractionBits} in a ring of {encoding.RingBits} bits{(encoding.IsCompressed ? ", of vectors that a public rotation spread over their coordinates" : string.Empty)}; noise sampled exactly; no floating-point number is noised"
                )
            )
        );
        lines.Add(("sampling", plan.Privacy.ToString()!));
        lines.Add(
            (
                "cohort",
                Invariant(
                    $"at least {plan.MinimumSurvivors} of {plan.MaximumParticipants} parties in a sum, {plan.CollusionBound} may collude, effective cohort {plan.EffectiveCohort}"
                )
            )
        );
    }

    // σ is what an accountant is given: the least of all drop-outs where layers are removed. spec 02-privacy#layers-6
    private static void AddNoise(ImmutableArray<(string, string)>.Builder lines, AggregationPlan plan, SumNoise noise)
    {
        if (noise.Layers is not { } layers)
        {
            double sigma = Math.Sqrt((double)noise.ShareVariance * plan.HonestShares) * plan.Encoding.GridStep;
            lines.Add(("mechanism", "a share of discrete Gaussian noise from every party, added before masking"));
            lines.Add(
                (
                    "noise",
                    Invariant(
                        $"σ = {sigma:R} in the unit of the update by the {plan.HonestShares} honest shares that are counted; {noise.ShareVariance} squared grid units each"
                    )
                )
            );
            return;
        }

        BigInteger least = NoiseRules.LeastHonestVariance(layers, plan.CollusionBound);
        double kept = Math.Sqrt((double)least) * plan.Encoding.GridStep;
        lines.Add(
            (
                "mechanism",
                Invariant(
                    $"discrete Gaussian noise in {layers.Removable + 1} layers from every party, added before masking; parties that stay open the layers that no drop-out needs, up to {layers.Removable}, and these are taken out of the sum"
                )
            )
        );
        lines.Add(
            (
                "noise",
                Invariant(
                    $"σ = {kept:R} in the unit of the update at least, by the layers of honest parties that stay in the sum, whoever drops out; {noise.ShareVariance} squared grid units from each party before the removal, {layers.Variance} from all after it"
                )
            )
        );
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
