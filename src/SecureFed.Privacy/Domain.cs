namespace SecureFed.Privacy;

/// <summary>The domains that every function here shares. spec 02-privacy#domain-1. Subnormal numbers are refused: their precision is gone.</summary>
internal static class Domain
{
    /// <summary>The largest ε for which anything is computed; no promise is left far below.</summary>
    public const double MaximumEpsilon = 100_000;

    /// <summary>The smallest δ: below it, doubles lose precision.</summary>
    public const double MinimumDelta = 1e-300;

    private const double Least = 2.2250738585072014e-308;

    /// <summary>0 &lt; value &lt; ∞.</summary>
    public static void Positive(double value, string parameter, string remedy)
    {
        if (!(value >= Least && double.IsFinite(value)))
        {
            throw new PrivacyDomainException(parameter, value, "a positive, finite and normal number", remedy);
        }
    }

    /// <summary>0 &lt; σ &lt; ∞.</summary>
    public static void Sigma(double sigma) =>
        Positive(sigma, nameof(sigma), "It is the standard deviation of the noise.");

    /// <summary>0 &lt; Δ &lt; ∞.</summary>
    public static void Sensitivity(double sensitivity) =>
        Positive(sensitivity, nameof(sensitivity), "It is the clip norm when one unit is added or removed.");

    /// <summary>0 ≤ ε ≤ 100,000.</summary>
    public static void Epsilon(double epsilon)
    {
        if (!(epsilon is 0 or (>= Least and <= MaximumEpsilon)))
        {
            throw new PrivacyDomainException(
                nameof(epsilon),
                epsilon,
                "from 0 to 100000",
                "A useful budget lies between 0.1 and 10."
            );
        }
    }

    /// <summary>10^-300 ≤ δ &lt; 1.</summary>
    public static void Delta(double delta)
    {
        if (!(delta is >= MinimumDelta and < 1))
        {
            throw new PrivacyDomainException(
                nameof(delta),
                delta,
                "from 1e-300 to below 1",
                "Choose at most a tenth of one over the number of units, for example 1e-6."
            );
        }
    }
}
