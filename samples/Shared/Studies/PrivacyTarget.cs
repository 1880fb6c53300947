using SecureFed.Core;
using SecureFed.Privacy;

namespace SecureFed.Samples.Shared;

/// <summary>What a training with differential privacy may cost, as a user asks for it.</summary>
/// <param name="Epsilon">ε.</param>
/// <param name="Delta">δ.</param>
public sealed record PrivacyTarget(double Epsilon, double Delta)
{
    /// <summary>δ when only ε is asked for: below a tenth of one over the patients of the data that come with the sample.</summary>
    public const double UsualDelta = 1e-5;

    /// <summary>Reads what was asked for.</summary>
    /// <param name="epsilon">ε; null when no noise is asked for.</param>
    /// <param name="delta">δ; null for the usual one.</param>
    /// <returns>Null without ε.</returns>
    /// <exception cref="DemoException">A number is outside its domain, or δ comes alone.</exception>
    public static PrivacyTarget? Of(double? epsilon, double? delta)
    {
        if (epsilon is not { } asked)
        {
            return delta is null
                ? null
                : throw new DemoException(
                    DemoExit.Usage,
                    "usage",
                    "--delta says how ε is meant; there is no --epsilon.",
                    "Add --epsilon, for example --epsilon 3."
                );
        }

        PrivacyTarget target = new(asked, delta ?? UsualDelta);
        try
        {
            _ = new PrivacyBudget(
                target.Epsilon,
                target.Delta,
                PrivacyUnit.Record,
                NeighbouringRelation.AddOrRemoveOne
            );
            return target;
        }
        catch (PrivacyDomainException refused)
        {
            throw new DemoException(DemoExit.Usage, "usage", $"--{refused.Message}", "See --help.", refused);
        }
    }
}
