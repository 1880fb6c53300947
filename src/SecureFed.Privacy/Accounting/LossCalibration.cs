using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>The search for the least noise by losses.</summary>
internal static class LossCalibration
{
    /// <summary>The least z whose losses are added.</summary>
    public const double LeastMultiplier = 0.01;

    /// <summary>The largest z whose losses are added.</summary>
    public const double MostMultiplier = 1e6;

    private const double Precision = 2e-4;

    /// <inheritdoc cref="LossAccountant.NoiseMultiplier"/>
    public static double NoiseMultiplier(double epsilon, double delta, double samplingRate, long steps)
    {
        Domain.Epsilon(epsilon);
        Domain.Positive(epsilon, nameof(epsilon), "No noise promises ε = 0.");

        // ε falls with z. Between two multipliers ln ε is nearly linear in ln z: the next guess is a little on the safe side
        // of where it meets the budget, and the middle when that closes in from one side only.
        double fits = 1;
        double of = Upper(fits);
        while (of > epsilon)
        {
            fits = fits < MostMultiplier ? Math.Min(fits * 4, MostMultiplier) : throw Refused();
            of = Upper(fits);
        }

        double fails = fits;
        double over = of;
        while (over <= epsilon)
        {
            if (fails <= LeastMultiplier)
            {
                return LeastMultiplier;
            }

            (fits, of) = (fails, over);
            fails = Math.Max(fails / 2, LeastMultiplier);
            over = Upper(fails);
        }

        for (int i = 0; fits > fails * (1 + Precision); i++)
        {
            double width = Math.Log(fits / fails);
            double share = of > 0 && i % 3 != 2 ? Math.Log(over / epsilon) / Math.Log(over / of) : 0.5;
            share = Math.Clamp(share + (i % 2 == 0 ? Precision / width / 3 : -Precision / width / 3), 0.02, 0.98);
            double guess = fails * Math.Exp(share * width);
            double found = Upper(guess);
            if (found <= epsilon)
            {
                (fits, of) = (guess, found);
            }
            else
            {
                (fails, over) = (guess, found);
            }
        }

        return fits;

        double Upper(double noiseMultiplier) =>
            new LossAccountant(NeighbouringRelation.AddOrRemoveOne)
                .Compose(PrivacyEvent.PoissonSampledGaussian(noiseMultiplier, samplingRate), steps)
                .Epsilon(delta)
                .Upper;

        PrivacyDomainException Refused() =>
            new(
                nameof(epsilon),
                epsilon,
                "so large that some noise multiplier up to 1000000 fits",
                "Ask for fewer steps or a larger ε."
            );
    }
}
