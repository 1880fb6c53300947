using System.Globalization;
using System.Numerics;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>
/// Noise that the server adds to the exact sum it holds, before it gives a mean out: it protects from those who see the
/// mean, and not from the server. spec 02-privacy#central-1
/// </summary>
/// <remarks>
/// Needs less noise than shares do where parties drop out, and a server that is trusted with every sum: the clients consent
/// to a plan without noise and read its reason. The unit is a party. Thread-safe as far as the ledger is.
/// </remarks>
public static class CentralNoise
{
    /// <summary>The same, given out at a deadline that is counted from this call, whatever the draw takes. spec 02-privacy#release-1</summary>
    /// <param name="sum">The exact sum of a plan without noise.</param>
    /// <param name="noiseMultiplier">z, as in <see cref="Release"/>.</param>
    /// <param name="divisor">A public constant, positive and finite.</param>
    /// <param name="ledger">The server's, whose unit is a client.</param>
    /// <param name="reference">Names the release.</param>
    /// <param name="random">The system's generator outside of tests.</param>
    /// <param name="after">More than zero, at most 30 days: longer than charge, draw and sum take. A second is plenty for a million values.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="cancellationToken">Ends the wait. The charge stays.</param>
    /// <returns>float[d], and whether it was ready in time.</returns>
    /// <inheritdoc cref="Release" path="/exception"/>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is given out.</exception>
    public static async Task<(float[] Mean, NoiseRelease Timing)> ReleaseAsync(
        UpdateSum sum,
        double noiseMultiplier,
        double divisor,
        IPrivacyLedger ledger,
        Digest reference,
        RandomSource random,
        TimeSpan after,
        TimeProvider? time = null,
        CancellationToken cancellationToken = default
    )
    {
        ReleaseDeadline deadline = ReleaseDeadline.FromNow(after, time);
        float[] mean = Release(sum, noiseMultiplier, divisor, ledger, reference, random);
        return (mean, await deadline.WaitAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Charges a ledger, draws the noise and gives the mean out, in this order and at once: whoever sees the moment sees how long the draw took. <see cref="ReleaseAsync"/> hides that.</summary>
    /// <param name="sum">The exact sum of a plan without noise.</param>
    /// <param name="noiseMultiplier">z: the noise over what one party can change.</param>
    /// <param name="divisor">What the mean is divided by: a public constant, positive and finite.</param>
    /// <param name="ledger">The server's, whose unit is a client.</param>
    /// <param name="reference">Names the release: the digest of the round's descriptor. A second release of one sum needs another.</param>
    /// <param name="random">The system's generator outside of tests.</param>
    /// <returns>float[d]. Nothing else that depends on the sum may be given out.</returns>
    /// <exception cref="BudgetExceededException">The ledger does not allow it. Nothing was drawn.</exception>
    /// <exception cref="ChargeRefusedException">The charge does not belong into the ledger, or was made before.</exception>
    /// <exception cref="PrivacyDomainException">A number is outside its domain, or the noise does not fit the sampler.</exception>
    /// <exception cref="ArgumentException">The sum has noise already.</exception>
    public static float[] Release(
        UpdateSum sum,
        double noiseMultiplier,
        double divisor,
        IPrivacyLedger ledger,
        Digest reference,
        RandomSource random
    )
    {
        ArgumentNullException.ThrowIfNull(sum);
        ArgumentNullException.ThrowIfNull(ledger);
        if (sum.Encoding.Noise is not null)
        {
            throw new ArgumentException(
                "The parties of this sum have added their noise; give out its mean.",
                nameof(sum)
            );
        }

        if (!(divisor > 0 && double.IsFinite(divisor)))
        {
            throw PrivacyDomainException.Of(
                nameof(divisor),
                divisor,
                "positive and finite",
                "Use the number of parties that is expected."
            );
        }

        PrivacyBudget budget = ledger.Current.Budget;
        using DiscreteGaussianSampler sampler = new(VarianceOf(sum.Encoding, noiseMultiplier, budget.Relation), random);
        ledger.Charge(
            new PrivacyCharge(
                "central noise on a sum",
                reference,
                PrivacyEvent.DiscreteGaussian(noiseMultiplier),
                count: 1,
                PrivacyUnit.Client,
                budget.Relation
            )
        );

        long[] noise = new long[sum.Length];
        sampler.Fill(noise);
        double factor = sum.Encoding.GridStep / divisor;
        return [.. sum.Integers().Zip(noise, (value, sample) => (float)((double)((Int128)value + sample) * factor))];
    }

    private static long VarianceOf(UpdateEncoding encoding, double noiseMultiplier, NeighbouringRelation relation)
    {
        if (!(noiseMultiplier > 0 && double.IsFinite(noiseMultiplier)))
        {
            throw PrivacyDomainException.Of(
                nameof(noiseMultiplier),
                noiseMultiplier,
                "positive and finite",
                "It is the noise over what one party can change."
            );
        }

        BigInteger variance = NoiseRules.LeastShareVariance(
            encoding.SquaredNormBound,
            noiseMultiplier,
            honestShares: 1,
            relation
        );
        return variance <= DiscreteGaussianSampler.MaximumVariance
            ? (long)variance
            : throw PrivacyDomainException.Of(
                nameof(noiseMultiplier),
                noiseMultiplier,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"such that σ² is at most 2^58 squared grid units; on the grid 2^-{encoding.FractionBits} it is not"
                ),
                "Use fewer fraction bits."
            );
    }
}
