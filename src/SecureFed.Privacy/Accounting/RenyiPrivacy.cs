using SecureFed.Privacy.Numerics;
using SecureFed.Privacy.Sampling;

namespace SecureFed.Privacy;

/// <summary>
/// Rényi differential privacy (Mironov, CSF 2017): for each order α a number r(α) for a mechanism, the largest divergence of
/// order α between what it does to two neighbours; the numbers of mechanisms that run one after the other add.
/// spec 02-privacy#renyi-1
/// </summary>
/// <remarks>Every number is rounded to the safe side. Pure and thread-safe; a call takes from nanoseconds to a millisecond.</remarks>
public static class RenyiPrivacy
{
    private const double LeastExcess = 1e-6;
    private const double LargestOrder = 1_099_511_627_776;

    // What is too small for a double is still above nothing.
    private const double Least = 1e-300;

    /// <summary>r(α) of one release.</summary>
    /// <remarks>Of <see cref="PrivacyEvent.Approximate"/> what its ε contributes; its δ is added to that of the whole.</remarks>
    /// <param name="release">The release.</param>
    /// <param name="order">α, 1.000001 to 2^40.</param>
    /// <returns>r(α), never below the true one.</returns>
    /// <exception cref="PrivacyDomainException">α is outside its domain, or r(α) is no finite double.</exception>
    public static double Divergence(PrivacyEvent release, double order)
    {
        ArgumentNullException.ThrowIfNull(release);
        CheckOrder(order);
        double divergence = Of(release)(order);
        return double.IsFinite(divergence)
            ? divergence
            : throw new PrivacyDomainException(
                nameof(order),
                order,
                "one at which the release has a finite divergence",
                "So little noise promises nothing; add more."
            );
    }

    /// <summary>
    /// The ε at δ of r(α) at one order: r + ln(1 − 1/α) − ln(αδ)/(α − 1) (Canonne, Kamath and Steinke, NeurIPS 2020,
    /// proposition 12). spec 02-privacy#renyi-9
    /// </summary>
    /// <param name="order">α, 1.000001 to 2^40.</param>
    /// <param name="divergence">r(α), 0 or more.</param>
    /// <param name="delta">δ, 10^-300 to below 1.</param>
    /// <returns>ε, never below the value of the formula, and 0 where that is negative.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    public static double Epsilon(double order, double divergence, double delta)
    {
        CheckOrder(order);
        Domain.Delta(delta);
        return divergence >= 0 && double.IsFinite(divergence)
            ? EpsilonFromAbove(order, divergence, Math.Log(delta))
            : throw new PrivacyDomainException(
                nameof(divergence),
                divergence,
                "from 0 and finite",
                "It is the sum of the divergences of all releases at this order."
            );
    }

    internal static double EpsilonFromAbove(double order, double divergence, double logDelta)
    {
        // Below 2 the difference is exact, and its quotient keeps the digits that 1 − 1/α would lose.
        double first = order < 2 ? Math.Log((order - 1) / order) : NearOne.LogOfOnePlus(-1 / order);
        double last = (Math.Log(order) + logDelta) / (order - 1);
        double size = divergence - first + ((Math.Log(order) - logDelta) / (order - 1));
        return Math.Max(0, divergence + first - last + (16 * NearOne.UnitRoundoff * size));
    }

    /// <summary>r of one release as a function of α, possibly infinite, that keeps what its orders have in common.</summary>
    internal static Func<double, double> Of(PrivacyEvent release)
    {
        switch (release)
        {
            case PrivacyEvent.GaussianNoise noise:
                return order => Gaussian(order, noise.NoiseMultiplier);
            case PrivacyEvent.DiscreteGaussianNoise noise:
                return order => Gaussian(order, noise.NoiseMultiplier);
            case PrivacyEvent.PoissonSampledGaussianNoise noise:
                return Poisson(noise.NoiseMultiplier, noise.SamplingRate, isDiscrete: false);
            case PrivacyEvent.PoissonSampledDiscreteGaussianNoise noise:
                return Poisson(noise.NoiseMultiplier, noise.SamplingRate, isDiscrete: true);
            case PrivacyEvent.WithoutReplacement noise:
                double rate = Math.Min(
                    1,
                    (double)noise.SampleSize / noise.Population * (1 + (4 * NearOne.UnitRoundoff))
                );
                return PerOrder(new WithoutReplacementSampling(noise.NoiseMultiplier, rate).LogMoment);
            case PrivacyEvent.LaplaceNoise noise:
                return order => Laplace(order, noise.Scale);
            case PrivacyEvent.ApproximatePrivacy promise:
                return order => Pure(order, promise.Epsilon);
            case PrivacyEvent.SumOfDiscreteGaussianNoise noise:
                return Shares(noise);
            default:
                throw new NotSupportedException($"There is no Rényi divergence for {release.GetType().Name}.");
        }
    }

    private static Func<double, double> Poisson(double multiplier, double rate, bool isDiscrete) =>
        rate == 1
            ? order => Gaussian(order, multiplier)
            : PerOrder(new PoissonSampling(multiplier, rate, isDiscrete).LogMoment);

    private static Func<double, double> PerOrder(Func<double, double> logMoment) =>
        order => Math.Max(Least, logMoment(order) / (order - 1) * (1 + (4 * NearOne.UnitRoundoff)));

    // spec 02-privacy#renyi-2
    private static double Gaussian(double order, double multiplier) =>
        Math.Max(Least, order / multiplier / multiplier / 2 * (1 + (8 * NearOne.UnitRoundoff)));

    // spec 02-privacy#renyi-7: with s = Δ/b, e^((α − 1)r) = (α·e^((α − 1)s) + (α − 1)·e^(−αs))/(2α − 1). What is left after the
    // terms of first order, which cancel, has only positive ones.
    private static double Laplace(double order, double scale)
    {
        double pure = 1 / scale;
        double rise = (order - 1) * pure;
        double log;
        if (rise < 1)
        {
            double excess =
                ((order * NearOne.ExpMinusOneMinusX(rise)) + ((order - 1) * NearOne.ExpMinusOneMinusX(-order * pure)))
                / ((2 * order) - 1);
            log = NearOne.LogOfOnePlus(excess);
        }
        else
        {
            double rest = (order - 1) / order * Math.Exp(-rise - (order * pure));
            log = rise + NearOne.LogOfOnePlus(rest) - NearOne.LogOfOnePlus((order - 1) / order);
        }

        return Math.Min(pure * (1 + (4 * NearOne.UnitRoundoff)), Math.Max(Least, FromAbove(log, order)));
    }

    // spec 02-privacy#renyi-7: an ε-private mechanism is at most randomised response of ε, for which
    // e^((α − 1)r) − 1 = (1 − e^(−(α − 1)ε))·(e^(αε) − 1)/(1 + e^ε).
    private static double Pure(double order, double epsilon)
    {
        if (epsilon == 0)
        {
            return 0;
        }

        double first = Math.Log(-NearOne.ExpMinusOne(-(order - 1) * epsilon));
        double second = NearOne.LogOfExpMinusOne(order * epsilon);
        double excess = first + second - NearOne.LogOfOnePlusExp(epsilon);
        double error = 16 * NearOne.UnitRoundoff * (1 - first + Math.Abs(second) + epsilon);
        return Math.Min(epsilon, Math.Max(Least, FromAbove(NearOne.LogOfOnePlusExp(excess + error), order)));
    }

    private static double FromAbove(double log, double order) => log / (order - 1) * (1 + (128 * NearOne.UnitRoundoff));

    // spec 02-privacy#renyi-8
    private static Func<double, double> Shares(PrivacyEvent.SumOfDiscreteGaussianNoise noise)
    {
        double tau = DiscreteGaussianShares.Tau(noise.ShareVariance, noise.Shares);
        double deviation = Math.Sqrt(noise.ShareVariance * noise.Shares);
        double l2 = noise.L2Sensitivity / deviation;
        double l1 = noise.L1Sensitivity / deviation;
        double dimension = noise.Dimension;
        double root = l2 + (tau * Math.Sqrt(dimension));
        double concentrated = Math.Min((l2 * l2) + (2 * l1 * tau) + (tau * tau * dimension), root * root);
        return order =>
            Math.Min((order * l2 * l2 / 2) + (tau * dimension), order / 2 * concentrated)
            * (1 + (16 * NearOne.UnitRoundoff));
    }

    private static void CheckOrder(double order)
    {
        if (!(order is >= 1 + LeastExcess and <= LargestOrder))
        {
            throw new PrivacyDomainException(
                nameof(order),
                order,
                "from 1.000001 to 2^40",
                "Useful orders lie between 1.1 and 1000."
            );
        }
    }
}
