using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Sampling;

/// <summary>
/// The logarithm of A(α) = E[(1 − q + q·e^u)^α], u = t/z − 1/2z² and t ~ N(0, 1): the moment of a Poisson-sampled Gaussian,
/// whose Rényi divergence is ln A(α)/(α − 1). Mironov, Talwar and Zhang, 2019. spec 02-privacy#renyi-3
/// </summary>
/// <remarks>Not thread-safe: integer orders are kept.</remarks>
internal sealed class PoissonSampling
{
    private readonly double _multiplier;
    private readonly double _rate;
    private readonly BinomialMoment _binomial;
    private readonly PoissonSamplingIntegral? _integral;
    private readonly Dictionary<int, double> _known = [];

    /// <param name="multiplier">z &gt; 0.</param>
    /// <param name="rate">0 &lt; q &lt; 1.</param>
    /// <param name="isDiscrete">Whether the noise is on integers: then only integer orders have the moment of continuous noise.</param>
    public PoissonSampling(double multiplier, double rate, bool isDiscrete)
    {
        (_multiplier, _rate) = (multiplier, rate);

        // Σ C(α, i)(1 − q)^(α − i)·q^i = 1, and at i = 0 and 1 the exponent is 0: A(α) − 1 has e^(i(i − 1)/2z²) − 1 at i ≥ 2 only.
        _binomial = new(
            Math.Log(rate),
            NearOne.LogOfOnePlus(-rate),
            i => NearOne.LogOfExpMinusOne(GaussianMoment.Log(i, multiplier))
        );
        _integral = isDiscrete ? null : PoissonSamplingIntegral.Create(multiplier, rate);
    }

    /// <summary>ln A(α), never below the true one.</summary>
    public double LogMoment(double order)
    {
        if (double.IsInteger(order))
        {
            return AtInteger(order);
        }

        double bound = Math.Min(
            Chord.LogMoment(order, AtInteger),
            GaussianMoment.LogWhenSampled(order, _multiplier, _rate)
        );
        return _integral is null ? bound : Math.Min(bound, _integral.LogMoment(order));
    }

    private double AtInteger(double order)
    {
        if (order > BinomialMoment.LargestOrder || !double.IsFinite(GaussianMoment.Log(order, _multiplier)))
        {
            return GaussianMoment.LogWhenSampled(order, _multiplier, _rate);
        }

        if (!_known.TryGetValue((int)order, out double log))
        {
            log = NearOne.LogOfOnePlusExp(_binomial.LogSum((int)order)) * (1 + (16 * NearOne.UnitRoundoff));
            _known.Add((int)order, log);
        }

        return log;
    }
}
