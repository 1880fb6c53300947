using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy;

/// <summary>
/// The discrete Gaussian itself, and the exact privacy of one whole number that it is added to: Canonne, Kamath and
/// Steinke, NeurIPS 2020, theorem 7. spec 02-privacy#integer-1
/// </summary>
/// <remarks>
/// δ and ε are rounded to the safe side; probabilities and the variance are within 10^-12. Pure and thread-safe. A call sums
/// about 80σ terms where it sums any.
/// </remarks>
public static class DiscreteGaussian
{
    /// <summary>The smallest σ²: 10^-4, below which a sample is zero but for events of probability e^-5000.</summary>
    public const double SmallestVariance = 1e-4;

    /// <summary>The largest σ² of the exact privacy of one number: 2^24. Above it the continuous Gaussian is as good.</summary>
    public const double LargestExactVariance = 1 << 24;

    // Of a sum of positive terms, each within a few units in the last place of its exponent, which is below 1,000.
    private const double RelativeError = 1e-11;

    // Where the terms are summed one by one instead of by Poisson's formula: the two meet at e^(−2π²·2).
    private const double DirectBelow = 2;

    /// <summary>P[X = k] = e^(−k²/2σ²)/Σ_j e^(−j²/2σ²).</summary>
    /// <param name="variance">σ², 10^-4 or more: the parameter, not the smaller variance.</param>
    /// <param name="k">The sample.</param>
    /// <exception cref="PrivacyDomainException">σ² is outside its domain.</exception>
    public static double Probability(double variance, long k)
    {
        RequireVariance(variance, double.MaxValue);
        double value = k;
        return Math.Exp(-(value * value) / (2 * variance)) / Total(variance);
    }

    /// <summary>The true variance, which is below σ².</summary>
    /// <param name="variance">σ², 10^-4 or more.</param>
    /// <exception cref="PrivacyDomainException">σ² is outside its domain.</exception>
    public static double Variance(double variance)
    {
        RequireVariance(variance, double.MaxValue);
        if (variance < DirectBelow)
        {
            double sum = 0;
            for (int k = 1; k < 64; k++)
            {
                sum += 2.0 * k * k * Math.Exp(-(k * k) / (2 * variance));
            }

            return sum / Total(variance);
        }

        // The derivative of Poisson's formula: σ²·(1 − 4π²σ²·Σ m²q_m/Σ q_m), q_m = e^(−2π²σ²m²).
        double first = Math.Exp(-2 * Math.PI * Math.PI * variance);
        double second = Math.Exp(-8 * Math.PI * Math.PI * variance);
        double share = 2 * (first + (4 * second)) / (1 + (2 * (first + second)));
        return variance * (1 - (4 * Math.PI * Math.PI * variance * share));
    }

    /// <summary>The smallest δ for which a number that one unit changes by at most Δ is (ε, δ)-private.</summary>
    /// <param name="variance">σ², 10^-4 to 2^24.</param>
    /// <param name="epsilon">ε, 0 to 100,000.</param>
    /// <param name="sensitivity">Δ, 1 to 2^31.</param>
    /// <returns>δ, never below the true one and never below 10^-300.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    public static double Delta(double variance, double epsilon, long sensitivity = 1)
    {
        RequireVariance(variance, LargestExactVariance);
        Domain.Epsilon(epsilon);
        RequireSensitivity(sensitivity);
        return Math.Clamp(DeltaFromAbove(variance, epsilon, sensitivity), Domain.MinimumDelta, 1);
    }

    /// <summary>The smallest ε for which the number is (ε, δ)-private.</summary>
    /// <param name="variance">σ², 10^-4 to 2^24.</param>
    /// <param name="delta">δ, 10^-300 to below 1.</param>
    /// <param name="sensitivity">Δ, 1 to 2^31.</param>
    /// <returns>ε, never below the true one; 0 when the noise is already (0, δ)-private.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain, or ε is above 100,000.</exception>
    public static double Epsilon(double variance, double delta, long sensitivity = 1)
    {
        RequireVariance(variance, LargestExactVariance);
        Domain.Delta(delta);
        RequireSensitivity(sensitivity);
        if (DeltaFromAbove(variance, 0, sensitivity) <= delta)
        {
            return 0;
        }

        double refused = 0;
        double allowed = 1;
        while (DeltaFromAbove(variance, allowed, sensitivity) > delta)
        {
            (refused, allowed) = (allowed, 2 * allowed);
            if (refused > Domain.MaximumEpsilon)
            {
                throw TooLittleNoise(variance);
            }
        }

        const double Precision = 1e-11;
        while (allowed - refused > Precision * (1 + allowed))
        {
            double middle = refused + ((allowed - refused) / 2);
            (refused, allowed) =
                DeltaFromAbove(variance, middle, sensitivity) <= delta ? (refused, middle) : (middle, allowed);
        }

        return allowed <= Domain.MaximumEpsilon ? allowed : throw TooLittleNoise(variance);
    }

    private static PrivacyDomainException TooLittleNoise(double variance) =>
        new(
            nameof(variance),
            variance,
            "large enough for an ε of at most 100000",
            "So little noise promises nothing; add more."
        );

    // spec 02-privacy#integer-2: δ = Σ (P(k) − e^ε·P(k + Δ)) over the k where that is positive, each term without cancellation.
    private static double DeltaFromAbove(double variance, double epsilon, long sensitivity)
    {
        const double Reach = 40;
        double shift = sensitivity;
        double first = Math.Floor((epsilon * variance / shift) - (shift / 2));
        double sigma = Math.Sqrt(variance);
        double k = Math.Max(first - 2 - (8 * NearOne.UnitRoundoff * first), Math.Floor(-Reach * sigma));
        k = Math.Floor(k);
        double sum = 0;
        while (true)
        {
            // Two numbers that may be nearly equal: the difference is taken as low as its rounding errors allow.
            double loss = ((2 * k * shift) + (shift * shift)) / (2 * variance);
            double excess = epsilon - loss - (8 * NearOne.UnitRoundoff * (epsilon + Math.Abs(loss)));
            double term = Math.Exp(-(k * k) / (2 * variance)) * -NearOne.ExpMinusOne(excess);
            if (excess < 0)
            {
                sum += term;
                if (k > 0 && (term <= sum * 1e-18 || term == 0))
                {
                    break;
                }
            }

            k++;
        }

        return sum / Total(variance) * (1 + RelativeError);
    }

    // Σ_j e^(−j²/2σ²), directly or by Poisson's formula.
    private static double Total(double variance)
    {
        double sum = 0;
        if (variance < DirectBelow)
        {
            for (int k = 1; k < 64; k++)
            {
                sum += 2 * Math.Exp(-(k * k) / (2 * variance));
            }

            return 1 + sum;
        }

        for (int m = 1; m < 4; m++)
        {
            sum += 2 * Math.Exp(-2 * Math.PI * Math.PI * variance * m * m);
        }

        return Math.Sqrt(2 * Math.PI * variance) * (1 + sum);
    }

    private static void RequireVariance(double variance, double largest)
    {
        if (!(variance >= SmallestVariance && variance <= largest))
        {
            throw new PrivacyDomainException(
                nameof(variance),
                variance,
                largest < double.MaxValue ? "from 0.0001 to 2^24" : "0.0001 or more, and finite",
                "For more noise the Gaussian of AnalyticGaussian promises the same but for one part in σ²."
            );
        }
    }

    private static void RequireSensitivity(long sensitivity)
    {
        if (sensitivity is < 1 or > 1L << 31)
        {
            throw new PrivacyDomainException(
                nameof(sensitivity),
                sensitivity,
                "from 1 to 2^31",
                "It is how much one unit can change the number."
            );
        }
    }
}
