using System.Globalization;
using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>
/// One noisy release as an accountant sees it: a mechanism and its noise in the unit of its sensitivity. A closed family.
/// spec 02-privacy#event-1
/// </summary>
/// <remarks>Immutable, compared by value, thread-safe. Made only with numbers of its domain.</remarks>
public abstract record PrivacyEvent
{
    private PrivacyEvent() { }

    /// <summary>
    /// The relation under which the event promises anything; null when that is the caller's choice, because the
    /// sensitivity in the noise multiplier is measured by it.
    /// </summary>
    public virtual NeighbouringRelation? Relation => null;

    /// <summary>Noise N(0, σ²) in every coordinate of a query of L2 sensitivity Δ.</summary>
    /// <param name="noiseMultiplier">z = σ/Δ.</param>
    /// <exception cref="PrivacyDomainException">z is outside its domain.</exception>
    public static PrivacyEvent Gaussian(double noiseMultiplier) => new GaussianNoise(Multiplier(noiseMultiplier));

    /// <summary>Discrete Gaussian noise of parameter σ in every coordinate of a query of integers of L2 sensitivity Δ.</summary>
    /// <param name="noiseMultiplier">z = σ/Δ; σ is the parameter, not the smaller standard deviation.</param>
    /// <exception cref="PrivacyDomainException">z is outside its domain.</exception>
    public static PrivacyEvent DiscreteGaussian(double noiseMultiplier) =>
        new DiscreteGaussianNoise(Multiplier(noiseMultiplier));

    /// <summary>Gaussian noise on a sum over units that each took part independently with probability q, unseen by the adversary.</summary>
    /// <param name="noiseMultiplier">z = σ/Δ, with Δ for adding or removing one unit.</param>
    /// <param name="samplingRate">q, above 0 to 1.</param>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    public static PrivacyEvent PoissonSampledGaussian(double noiseMultiplier, double samplingRate) =>
        new PoissonSampledGaussianNoise(Multiplier(noiseMultiplier), Rate(samplingRate));

    /// <summary>The same with discrete Gaussian noise on integers.</summary>
    /// <param name="noiseMultiplier">z = σ/Δ, with Δ for adding or removing one unit.</param>
    /// <param name="samplingRate">q, above 0 to 1.</param>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    public static PrivacyEvent PoissonSampledDiscreteGaussian(double noiseMultiplier, double samplingRate) =>
        new PoissonSampledDiscreteGaussianNoise(Multiplier(noiseMultiplier), Rate(samplingRate));

    /// <summary>Gaussian noise on a sum over m of N units, drawn without replacement, unseen by the adversary.</summary>
    /// <param name="noiseMultiplier">z = σ/Δ, with Δ for replacing one unit: twice the clip norm.</param>
    /// <param name="sampleSize">m, 1 to N.</param>
    /// <param name="population">N.</param>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    public static PrivacyEvent SampledWithoutReplacement(double noiseMultiplier, long sampleSize, long population)
    {
        if (population < 1)
        {
            throw new PrivacyDomainException(nameof(population), population, "at least 1", "It counts all units.");
        }

        return sampleSize >= 1 && sampleSize <= population
            ? new WithoutReplacement(Multiplier(noiseMultiplier), sampleSize, population)
            : throw new PrivacyDomainException(
                nameof(sampleSize),
                sampleSize,
                string.Create(CultureInfo.InvariantCulture, $"from 1 to the population of {population}"),
                "It counts the units of one sample."
            );
    }

    /// <summary>Noise on integers that n parties share: the sum of their n discrete Gaussians, in every coordinate.</summary>
    /// <remarks>
    /// On a grid of few bits the sum is measurably not one discrete Gaussian. spec 02-privacy#renyi-8. All numbers are in
    /// units of the grid.
    /// </remarks>
    /// <param name="shareVariance">σ² of one share, the square of its parameter; from 1/16.</param>
    /// <param name="shares">n, the number of shares that are certainly in the sum and unknown to the adversary.</param>
    /// <param name="l2Sensitivity">Δ2 of the integer query.</param>
    /// <param name="dimension">d, the number of coordinates.</param>
    /// <param name="l1Sensitivity">Δ1 of the integer query; null for the largest that Δ2 and d allow, min{√d·Δ2, Δ2²}.</param>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    public static PrivacyEvent SumOfDiscreteGaussians(
        double shareVariance,
        int shares,
        double l2Sensitivity,
        long dimension,
        double? l1Sensitivity = null
    )
    {
        DiscreteGaussianShares.Check(shareVariance, shares);
        Domain.Positive(l2Sensitivity, nameof(l2Sensitivity), "It is in units of the grid.");
        if (dimension < 1)
        {
            throw new PrivacyDomainException(nameof(dimension), dimension, "at least 1", "It counts the coordinates.");
        }

        // The squares of integers are not below their absolute values.
        double most = Math.Min(Math.Sqrt(dimension), l2Sensitivity) * l2Sensitivity;
        double l1 = l1Sensitivity ?? most;
        Domain.Positive(l1, nameof(l1Sensitivity), "It is in units of the grid.");
        return new SumOfDiscreteGaussianNoise(shareVariance, shares, l2Sensitivity, dimension, Math.Min(l1, most));
    }

    /// <summary>Laplace noise on a query of L1 sensitivity Δ1.</summary>
    /// <remarks>
    /// Not discrete Laplace noise: near the spacing of the integers that promises less (for Δ1 = 1 it is randomised response
    /// of its ε); it is <see cref="Approximate"/> with ε = Δ1/b and δ = 0.
    /// </remarks>
    /// <param name="scale">b/Δ1.</param>
    /// <exception cref="PrivacyDomainException">The scale is outside its domain.</exception>
    public static PrivacyEvent Laplace(double scale)
    {
        Domain.Positive(scale, nameof(scale), "It is the scale of the noise over the L1 sensitivity.");
        return new LaplaceNoise(scale);
    }

    /// <summary>A mechanism of which only its (ε, δ) is known.</summary>
    /// <param name="epsilon">ε, 0 to 100,000.</param>
    /// <param name="delta">δ, 0 or 10^-300 to below 1.</param>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    public static PrivacyEvent Approximate(double epsilon, double delta)
    {
        Domain.Epsilon(epsilon);
        if (delta != 0)
        {
            Domain.Delta(delta);
        }

        return new ApproximatePrivacy(epsilon, delta);
    }

    /// <summary>The release in words, the same in every culture.</summary>
    public sealed override string ToString()
    {
        FormattableString text = this switch
        {
            GaussianNoise gaussian => $"Gaussian noise, multiplier {gaussian.NoiseMultiplier:R}",
            DiscreteGaussianNoise discrete => $"discrete Gaussian noise, multiplier {discrete.NoiseMultiplier:R}",
            PoissonSampledGaussianNoise sampled =>
                $"Gaussian noise, multiplier {sampled.NoiseMultiplier:R}, on a Poisson sample, q = {sampled.SamplingRate:R}",
            PoissonSampledDiscreteGaussianNoise sampled =>
                $"discrete Gaussian noise, multiplier {sampled.NoiseMultiplier:R}, on a Poisson sample, q = {sampled.SamplingRate:R}",
            WithoutReplacement sample =>
                $"Gaussian noise, multiplier {sample.NoiseMultiplier:R}, on {sample.SampleSize} of {sample.Population} units",
            SumOfDiscreteGaussianNoise sum =>
                $"{sum.Shares} shares of discrete Gaussian noise of variance {sum.ShareVariance:R} on {sum.Dimension} integers of L2 sensitivity {sum.L2Sensitivity:R}",
            LaplaceNoise laplace => $"Laplace noise, scale {laplace.Scale:R}",
            ApproximatePrivacy approximate => $"a mechanism of ε = {approximate.Epsilon:R}, δ = {approximate.Delta:R}",
            _ => $"{GetType().Name}",
        };
        return text.ToString(CultureInfo.InvariantCulture);
    }

    private static double Multiplier(double noiseMultiplier)
    {
        Domain.Positive(
            noiseMultiplier,
            nameof(noiseMultiplier),
            "It is the standard deviation of the noise over the sensitivity."
        );
        return noiseMultiplier;
    }

    private static double Rate(double samplingRate)
    {
        Domain.Positive(samplingRate, nameof(samplingRate), "It is the probability that one unit takes part.");
        return samplingRate <= 1
            ? samplingRate
            : throw new PrivacyDomainException(
                nameof(samplingRate),
                samplingRate,
                "above 0 to 1",
                "It is the probability that one unit takes part."
            );
    }

    internal sealed record GaussianNoise(double NoiseMultiplier) : PrivacyEvent;

    internal sealed record DiscreteGaussianNoise(double NoiseMultiplier) : PrivacyEvent;

    internal sealed record PoissonSampledGaussianNoise(double NoiseMultiplier, double SamplingRate) : PrivacyEvent
    {
        public override NeighbouringRelation? Relation => NeighbouringRelation.AddOrRemoveOne;
    }

    internal sealed record PoissonSampledDiscreteGaussianNoise(double NoiseMultiplier, double SamplingRate)
        : PrivacyEvent
    {
        public override NeighbouringRelation? Relation => NeighbouringRelation.AddOrRemoveOne;
    }

    internal sealed record WithoutReplacement(double NoiseMultiplier, long SampleSize, long Population) : PrivacyEvent
    {
        public override NeighbouringRelation? Relation => NeighbouringRelation.ReplaceOne;
    }

    internal sealed record SumOfDiscreteGaussianNoise(
        double ShareVariance,
        int Shares,
        double L2Sensitivity,
        long Dimension,
        double L1Sensitivity
    ) : PrivacyEvent;

    internal sealed record LaplaceNoise(double Scale) : PrivacyEvent;

    internal sealed record ApproximatePrivacy(double Epsilon, double Delta) : PrivacyEvent;
}
