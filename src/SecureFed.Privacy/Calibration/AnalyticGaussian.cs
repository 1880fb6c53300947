using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy;

/// <summary>
/// The exact privacy of one Gaussian mechanism: what noise of standard deviation σ on a query of L2 sensitivity Δ
/// promises. Balle and Wang, ICML 2018, theorem 8. spec 02-privacy#gaussian-1
/// </summary>
/// <remarks>
/// Every number is rounded to the safe side (spec 02-privacy#domain-2): δ, ε and σ are never below the true value. σ is
/// within 10^-9 of it and δ within 10^-8, ε within 10^-9·(1 + ε). Pure and thread-safe; a call takes microseconds. Nothing here knows what a unit of privacy or a
/// neighbouring relation is: Δ is the bound for the relation that the caller means.
/// </remarks>
public static class AnalyticGaussian
{
    private const double UnitRoundoff = 1.1102230246251565e-16;

    // Below it the two tails are so close together that their difference is integrated instead.
    private const double NarrowBelow = 1e-2;

    /// <summary>The smallest σ that is (ε, δ)-private.</summary>
    /// <param name="epsilon">ε, 0 to 100,000.</param>
    /// <param name="delta">δ, 10^-300 to below 1.</param>
    /// <param name="sensitivity">Δ &gt; 0, in the unit of the query.</param>
    /// <returns>σ in the unit of the query, never below the true one.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain, or σ is no finite double.</exception>
    public static double Sigma(double epsilon, double delta, double sensitivity = 1)
    {
        Domain.Epsilon(epsilon);
        Domain.Delta(delta);
        Domain.Sensitivity(sensitivity);

        // δ grows with μ = Δ/σ: the largest μ whose δ, rounded up, is still allowed. The search is over log2 μ.
        const double LeastExponent = -1000;
        const double LargestExponent = 10;
        double allowed = LeastExponent;
        double refused = LargestExponent;
        while (true)
        {
            double middle = allowed + ((refused - allowed) / 2);
            if (middle <= allowed || middle >= refused)
            {
                break;
            }

            (allowed, refused) =
                DeltaFromAbove(Math.Pow(2, middle), epsilon) <= delta ? (middle, refused) : (allowed, middle);
        }

        double sigma = Math.BitIncrement(sensitivity / Math.Pow(2, allowed));
        return double.IsFinite(sigma)
            ? sigma
            : throw new PrivacyDomainException(
                nameof(sensitivity),
                sensitivity,
                "small enough for a finite σ",
                "Measure the query in a larger unit."
            );
    }

    /// <summary>The smallest δ for which σ is (ε, δ)-private.</summary>
    /// <param name="sigma">σ &gt; 0, in the unit of the query.</param>
    /// <param name="epsilon">ε, 0 to 100,000.</param>
    /// <param name="sensitivity">Δ &gt; 0, in the unit of the query.</param>
    /// <returns>δ, never below the true one and never below 10^-300.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain, or the noise is so small that nothing is promised.</exception>
    public static double Delta(double sigma, double epsilon, double sensitivity = 1)
    {
        Domain.Epsilon(epsilon);
        double ratio = RatioFromAbove(sigma, sensitivity);
        return Math.Clamp(DeltaFromAbove(ratio, epsilon), Domain.MinimumDelta, 1);
    }

    /// <summary>The smallest ε for which σ is (ε, δ)-private.</summary>
    /// <param name="sigma">σ &gt; 0, in the unit of the query.</param>
    /// <param name="delta">δ, 10^-300 to below 1.</param>
    /// <param name="sensitivity">Δ &gt; 0, in the unit of the query.</param>
    /// <returns>ε, never below the true one; 0 when σ is already (0, δ)-private.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain, or ε is above 100,000.</exception>
    public static double Epsilon(double sigma, double delta, double sensitivity = 1)
    {
        Domain.Delta(delta);
        double ratio = RatioFromAbove(sigma, sensitivity);
        if (DeltaFromAbove(ratio, 0) <= delta)
        {
            return 0;
        }

        double refused = 0;
        double allowed = Domain.MaximumEpsilon;
        if (DeltaFromAbove(ratio, allowed) > delta)
        {
            throw new PrivacyDomainException(
                nameof(sigma),
                sigma,
                "large enough for an ε of at most 100000",
                "So little noise promises nothing; add more."
            );
        }

        while (true)
        {
            double middle = refused + ((allowed - refused) / 2);
            if (middle <= refused || middle >= allowed)
            {
                return allowed;
            }

            (refused, allowed) = DeltaFromAbove(ratio, middle) <= delta ? (refused, middle) : (middle, allowed);
        }
    }

    private static double RatioFromAbove(double sigma, double sensitivity)
    {
        Domain.Sigma(sigma);
        Domain.Sensitivity(sensitivity);
        double ratio = Math.BitIncrement(sensitivity / sigma);
        return ratio is >= 1e-300 and <= 1e6
            ? ratio
            : throw new PrivacyDomainException(
                nameof(sigma),
                sigma,
                "between 1e-6 and 1e300 times the sensitivity",
                "Check that both are in one unit."
            );
    }

    /// <summary>δ of the mechanism with μ = Δ/σ, and so much more that rounding cannot have made it too small.</summary>
    /// <remarks>
    /// With a = ε/μ − μ/2 and b = ε/μ + μ/2: δ = Φ(−a) − e^ε·Φ(−b) = ½·e^(−a²/2)·(erfcx(a/√2) − erfcx(b/√2)), because
    /// b² = a² + 2ε (spec 02-privacy#gaussian-2). The second form has no e^ε that could overflow and keeps its precision however small δ is.
    /// </remarks>
    internal static double DeltaFromAbove(double ratio, double epsilon)
    {
        double far = epsilon / ratio;
        if (!double.IsFinite(far) || far > 1e8)
        {
            return 0;
        }

        double a = far - (ratio / 2);
        double b = far + (ratio / 2);
        double first;
        double second;
        double difference;
        double factor;
        if (ratio < NarrowBelow)
        {
            (difference, first) = Narrow(a * NormalTail.InverseSqrt2, ratio * NormalTail.InverseSqrt2);
            (second, factor) = (0, 0.5 * Math.Exp(-a * a / 2));
        }
        else if (a > 0)
        {
            first = NormalTail.ScaledErfc(a * NormalTail.InverseSqrt2);
            second = NormalTail.ScaledErfc(b * NormalTail.InverseSqrt2);
            (difference, factor) = (first - second, 0.5 * Math.Exp(-a * a / 2));
        }
        else
        {
            first = NormalTail.Cumulative(-a);
            second = 0.5 * Math.Exp(-a * a / 2) * NormalTail.ScaledErfc(b * NormalTail.InverseSqrt2);
            (difference, factor) = (first - second, 1);
        }

        // What the functions, the exponent, and the rounding of a and b can be wrong by.
        double error =
            ((first + second) * (NormalTail.RelativeError + (8 * UnitRoundoff * (1 + b))))
            + (difference * 8 * UnitRoundoff * (1 + (b * b)));
        return factor * (Math.Max(difference, 0) + error);
    }

    // erfcx(z) − erfcx(z + width) = ∫ 2/√π − 2t·erfcx(t) dt, by the rule of Gauss and Legendre with three points: the
    // integrand changes so little over the width that its error is far below rounding. Also its two parts, for the error.
    private static (double Difference, double Size) Narrow(double z, double width)
    {
        const double TwoOverSqrtPi = 1.1283791670955125739;
        const double Node = 0.77459666924148337704;
        double sum = 0;
        foreach (
            (double node, double weight) in ((double, double)[])[(-Node, 5.0 / 18), (0, 4.0 / 9), (Node, 5.0 / 18)]
        )
        {
            double t = z + (width / 2 * (1 + node));
            sum += weight * (TwoOverSqrtPi - (2 * t * NormalTail.ScaledErfc(t)));
        }

        return (sum * width, 2 * TwoOverSqrtPi * width);
    }
}
