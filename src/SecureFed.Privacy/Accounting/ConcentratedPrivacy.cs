using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy;

/// <summary>
/// Zero-concentrated differential privacy (Bun and Steinke, TCC 2016): one number ρ for a mechanism, which adds up over
/// mechanisms. Noise N(0, σ²), and discrete Gaussian noise of the same parameter on integers, is ρ-private with
/// ρ = Δ²/(2σ²). spec 02-privacy#concentrated-1
/// </summary>
/// <remarks>Every number is rounded to the safe side. Pure and thread-safe; a call takes microseconds.</remarks>
public static class ConcentratedPrivacy
{
    /// <summary>ρ of one Gaussian mechanism, continuous or discrete.</summary>
    /// <param name="sigma">σ &gt; 0, in the unit of the query; of the discrete Gaussian its parameter, not its smaller standard deviation.</param>
    /// <param name="sensitivity">Δ &gt; 0, in the unit of the query.</param>
    /// <returns>ρ, never below the true one.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain, or ρ is outside 10^-300 … 10^300.</exception>
    public static double OfGaussian(double sigma, double sensitivity = 1)
    {
        Domain.Sigma(sigma);
        Domain.Sensitivity(sensitivity);
        double ratio = sensitivity / sigma;
        double rho = ratio * ratio / 2 * (1 + (8 * NearOne.UnitRoundoff));
        return rho is >= 1e-300 and <= 1e300
            ? rho
            : throw new PrivacyDomainException(
                nameof(sigma),
                sigma,
                "so close to the sensitivity that ρ = Δ²/2σ² is a number",
                "Check that both are in one unit."
            );
    }

    /// <summary>The ε of ρ-concentrated privacy at δ, by the best order (Canonne, Kamath and Steinke, NeurIPS 2020, corollary 13).</summary>
    /// <param name="rho">ρ &gt; 0.</param>
    /// <param name="delta">δ, 10^-300 to below 1.</param>
    /// <returns>ε, never below the value of the corollary, and 0 where that is negative.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    public static double Epsilon(double rho, double delta)
    {
        Domain.Positive(rho, nameof(rho), "It is Δ²/(2σ²) for one Gaussian.");
        Domain.Delta(delta);
        return EpsilonFromAbove(rho, delta);
    }

    /// <summary>The largest ρ whose ε at δ is no larger than a budget: how much noise the budget needs.</summary>
    /// <param name="epsilon">ε, 0 to 100,000, not 0.</param>
    /// <param name="delta">δ, 10^-300 to below 1.</param>
    /// <returns>ρ, never above the true one.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    public static double LargestRho(double epsilon, double delta)
    {
        Domain.Epsilon(epsilon);
        Domain.Positive(epsilon, nameof(epsilon), "No ρ promises ε = 0.");
        Domain.Delta(delta);

        // ε grows with ρ and is at most ρ + 2·√(ρ·ln 1/δ). The search is over log2 ρ.
        const double Lowest = -1020;
        double allowed = Lowest;
        double refused = 20;
        while (true)
        {
            double middle = allowed + ((refused - allowed) / 2);
            if (middle <= allowed || middle >= refused)
            {
                // Where the search starts nothing was tried yet.
                return allowed > Lowest
                    ? Math.Pow(2, allowed)
                    : throw new PrivacyDomainException(
                        nameof(epsilon),
                        epsilon,
                        "so large that some ρ promises it",
                        "With a δ so small, ask for more ε."
                    );
            }

            (allowed, refused) =
                EpsilonFromAbove(Math.Pow(2, middle), delta) <= epsilon ? (middle, refused) : (allowed, middle);
        }
    }

    // spec 02-privacy#concentrated-2: every order α > 1 gives a valid ε = αρ + ln(1 − 1/α) − ln(αδ)/(α − 1), so a search that
    // misses the best one by a little is safe. Its derivative in α is ρ + ln(αδ)/(α − 1)², whose one zero is bracketed in
    // ln(α − 1).
    private static double EpsilonFromAbove(double rho, double delta)
    {
        const int Halvings = 100;
        double low = -80;
        double high = 750;
        for (int i = 0; i < Halvings; i++)
        {
            double middle = low + ((high - low) / 2);
            double excess = Math.Exp(middle);
            bool isRising =
                !double.IsFinite(excess * excess * rho)
                || excess * excess * rho > -NearOne.LogOfOnePlus(excess) - Math.Log(delta);
            (low, high) = isRising ? (low, middle) : (middle, high);
        }

        double beyond = Math.Exp(high);
        double linear = (1 + beyond) * rho;
        double middleTerm = -NearOne.LogOfOnePlus(1 / beyond);
        double last = (NearOne.LogOfOnePlus(beyond) + Math.Log(delta)) / beyond;
        double size = linear - middleTerm + ((NearOne.LogOfOnePlus(beyond) - Math.Log(delta)) / beyond);
        return Math.Max(0, linear + middleTerm - last + (16 * NearOne.UnitRoundoff * size));
    }
}
