using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Sampling;

/// <summary>
/// The moment of Gaussian noise on a sample of fixed size, where one unit is replaced: Wang, Balle and Kasiviswanathan,
/// AISTATS 2019, theorem 27. spec 02-privacy#renyi-6
/// </summary>
/// <remarks>Not thread-safe: orders are kept.</remarks>
internal sealed class WithoutReplacementSampling
{
    private const double LogOf2 = 0.69314718055994530942;

    private readonly double _multiplier;
    private readonly double _rate;
    private readonly BinomialMoment _binomial;
    private readonly CentralMoments _central;
    private readonly Dictionary<int, double> _known = [];

    /// <param name="multiplier">z &gt; 0.</param>
    /// <param name="rate">0 &lt; q ≤ 1.</param>
    public WithoutReplacementSampling(double multiplier, double rate)
    {
        (_multiplier, _rate) = (multiplier, rate);
        _central = new(multiplier);
        _binomial = new(Math.Log(rate), 0, LogWeight);
    }

    /// <summary>ln of the moment at an order, never below the true one.</summary>
    public double LogMoment(double order) =>
        double.IsInteger(order)
            ? AtInteger(order)
            : Math.Min(Chord.LogMoment(order, AtInteger), GaussianMoment.LogWhenSampled(order, _multiplier, _rate));

    private double AtInteger(double order)
    {
        double convex = GaussianMoment.LogWhenSampled(order, _multiplier, _rate);
        if (order > BinomialMoment.LargestOrder || !double.IsFinite(convex))
        {
            return convex;
        }

        if (!_known.TryGetValue((int)order, out double log))
        {
            double sum = NearOne.LogOfOnePlusExp(_binomial.LogSum((int)order)) * (1 + (16 * NearOne.UnitRoundoff));
            log = Math.Min(convex, sum);
            _known.Add((int)order, log);
        }

        return log;
    }

    // How much a replaced unit can add at the power j: min{4·√(B(2⌊j/2⌋)·B(2⌈j/2⌉)), 2·e^(j(j − 1)/2z²)}.
    private double LogWeight(int power) =>
        Math.Min(
            (2 * LogOf2) + ((_central.Log(power / 2 * 2) + _central.Log((power + 1) / 2 * 2)) / 2),
            LogOf2 + GaussianMoment.Log(power, _multiplier)
        );

    /// <summary>B(l) = E[(e^u − 1)^l], u = t/z − 1/2z², t ~ N(0, 1), at even l.</summary>
    /// <remarks>
    /// The trapezoidal rule: nothing cancels as it does in the binomial sum of B. The integrand is entire, and on the line
    /// Im t = 2π/h its size integrates to at most e^(2π²/h²)·2^l·e^(l(l − 1)/2z²), which bounds the rule's error by about
    /// 2·e^(−2π²/h²) times the rest.
    /// </remarks>
    private sealed class CentralMoments
    {
        private const int LargestPower = 256;
        private const double Margin = 28;

        private readonly double _multiplier;
        private readonly int _largest;
        private readonly double _step;
        private readonly double _reach;
        private readonly Dictionary<int, double> _known = [];
        private readonly List<(double Point, double LogRatio)> _nodes = [];

        public CentralMoments(double multiplier)
        {
            _multiplier = multiplier;

            // Beyond l ≈ z²·ln l the other term of the weight is the smaller one.
            double square = multiplier * multiplier;
            _largest = multiplier is < 0.5 or > 1e6 ? 2 : (int)Math.Min(LargestPower, (8 * square) + 4) / 2 * 2;
            double exponent =
                Margin
                + (_largest * LogOf2)
                + GaussianMoment.Log(_largest, multiplier)
                - (_largest / 2 * NearOne.LogOfExpMinusOne(GaussianMoment.Log(2, multiplier)));
            _step = Math.PI * Math.Sqrt(2 / exponent);
            _reach = Math.Sqrt(2 * exponent);
        }

        /// <summary>ln B(l), never below the true one, and infinite where it is of no use.</summary>
        public double Log(int power)
        {
            if (power == 2)
            {
                return NearOne.LogOfExpMinusOne(GaussianMoment.Log(2, _multiplier)) + 1e-14;
            }

            if (power > _largest)
            {
                return double.PositiveInfinity;
            }

            if (!_known.TryGetValue(power, out double log))
            {
                log = Integral(power);
                _known.Add(power, log);
            }

            return log;
        }

        // What is left of the first node, the rule and rounding each add less than 10^-11 of the integral.
        private double Integral(int power)
        {
            List<double> terms = [];
            double largest = double.NegativeInfinity;
            for (int index = 0; ; index++)
            {
                (double point, double logRatio) = At(index);
                double term = (power * logRatio) - (point * point / 2);
                terms.Add(term);
                largest = Math.Max(largest, term);

                // From here on the terms fall faster than e^(−slope·t): the logarithm of e^u − 1 grows by at most 1/z + 2/t.
                double slope = point - (power / _multiplier) - (2 * power / point);
                if (point > 1 / _multiplier && slope > 1 && term < largest - Math.Log(1e16 / (_step * slope)))
                {
                    break;
                }
            }

            double sum = 0;
            foreach (double term in terms)
            {
                sum += Math.Exp(term - largest);
            }

            return largest + Math.Log(sum * _step / Math.Sqrt(2 * Math.PI)) + 1e-10;
        }

        private (double Point, double LogRatio) At(int index)
        {
            if (index == _nodes.Count)
            {
                double point = (index * _step) - _reach;
                double exponent = (point / _multiplier) - (0.5 / (_multiplier * _multiplier));
                double log =
                    exponent > 0 ? NearOne.LogOfExpMinusOne(exponent) : Math.Log(-NearOne.ExpMinusOne(exponent));
                _nodes.Add((point, log));
            }

            return _nodes[index];
        }
    }
}
