using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Sampling;

/// <summary>
/// A(α) of <see cref="PoissonSampling"/> at real orders, by the trapezoidal rule with a bound of all that it leaves out.
/// spec 02-privacy#renyi-5
/// </summary>
/// <remarks>
/// With w = q(e^u − 1), E[w] = 0 and A(α) − 1 = E[(1 + w)^α − 1 − αw], whose integrand is nowhere negative. As a function of
/// t it is analytic for |Im t| &lt; πz, where 1 + w first reaches zero, and there |1 + w(t + iy)| ≤ 1 + w(t). So the rule
/// with step h is wrong by at most 2M/(e^(2πd/h) − 1), with M = e^(d²/2)·(A(α) + 1 + 2αq) and any d below πz (Trefethen and
/// Weideman, SIAM Review 56, 2014, theorem 5.1). Not thread-safe: nodes are kept for the next order.
/// </remarks>
internal sealed class PoissonSamplingIntegral
{
    private const double LeastMultiplier = 0.1;
    private const double LargestOrder = 64;
    private const double SeriesBelow = 0.5;
    private const int MostNodes = 20_000;

    // How far below the integral what is left out shall be: 10^-11, as a logarithm.
    private const double Margin = 25;
    private const double InverseSqrtTwoPi = 0.39894228040143267794;

    private readonly double _multiplier;
    private readonly double _rate;
    private readonly double _step;
    private readonly double _reach;
    private readonly double _ruleError;
    private readonly List<Node> _nodes = [];

    private PoissonSamplingIntegral(double multiplier, double rate)
    {
        (_multiplier, _rate) = (multiplier, rate);

        // A guess of A(α) − 1 near α = 1 sets the step; the bounds below hold whether or not it is a good one.
        double spread = Math.Min(1, NearOne.ExpMinusOne(1 / (multiplier * multiplier)));
        double exponent = Margin + 12 - (2 * Math.Log(rate)) - Math.Log(spread);
        double width = Math.Min(0.999 * Math.PI * multiplier, Math.Sqrt(2 * exponent));
        _step = 2 * Math.PI * width / (exponent + (width * width / 2));
        _reach = Math.Sqrt(2 * exponent);
        _ruleError = 2 * Math.Exp(width * width / 2) / NearOne.ExpMinusOne(2 * Math.PI * width / _step) * (1 + 1e-12);
    }

    /// <summary>The integral for a mechanism, or none where it would take too many nodes.</summary>
    public static PoissonSamplingIntegral? Create(double multiplier, double rate) =>
        multiplier is >= LeastMultiplier and <= 1e9 && rate >= 1e-30 ? new(multiplier, rate) : null;

    /// <summary>ln A(α), never below the true one; infinite where it is not bounded.</summary>
    public double LogMoment(double order)
    {
        if (order > LargestOrder)
        {
            return double.PositiveInfinity;
        }

        // A(α) ≥ q^α·e^(α(α − 1)/2z²): dividing by it keeps large moments in range.
        double scale = (order * Math.Log(_rate)) + GaussianMoment.Log(order, _multiplier);
        scale = scale > 30 ? scale : 0;
        double sum = 0;
        double rounded = 0;
        double unit = Math.Exp(-scale);
        double beyond;
        int index = 0;
        while (true)
        {
            Node node = At(index);
            (double value, double size) = Term(node, order, scale);
            sum += value;
            rounded += size;

            // Beyond a node the logarithm of t's density times (1 + w)^α falls faster than the line of slope α/z − t, and the
            // integrand is below that product.
            double slope = node.Point - (order / _multiplier);
            if (slope > 1)
            {
                double last = Math.Exp((order * node.LogRatio) - node.HalfSquare - scale);
                beyond = last / NearOne.ExpMinusOne(_step * slope);
                if (beyond <= sum * 1e-15)
                {
                    break;
                }
            }

            if (++index > MostNodes)
            {
                return double.PositiveInfinity;
            }
        }

        // Left of the first node the integrand is at most its limit.
        double limit = NearOne.ExpMinusOne(order * NearOne.LogOfOnePlus(-_rate)) + (order * _rate);
        double before = (Math.Abs(limit) + (8 * NearOne.UnitRoundoff)) * Math.Exp(-_reach * _reach / 2) * unit;
        double roundoff = 4 * NearOne.UnitRoundoff * (rounded + ((index + 32) * sum));
        double excess = (_step * InverseSqrtTwoPi * (sum + beyond + roundoff)) + before;
        double bound = (excess + (_ruleError * (2 + (2 * _rate * order)) * unit)) / (1 - _ruleError);
        double log = scale == 0 ? NearOne.LogOfOnePlus(bound) : scale + Math.Log(bound + unit);
        return log * (1 + (16 * NearOne.UnitRoundoff));
    }

    private Node At(int index)
    {
        if (index == _nodes.Count)
        {
            double point = (index * _step) - _reach;
            double exponent = (point / _multiplier) - (0.5 / (_multiplier * _multiplier));
            double excess = Math.Min(_rate * NearOne.ExpMinusOne(exponent), 1e300);
            double part = exponent + Math.Log(_rate);
            double log =
                part > 0 ? part + NearOne.LogOfOnePlus((1 - _rate) * Math.Exp(-part))
                : excess > -0.5 ? NearOne.LogOfOnePlus(excess)
                : Math.Log(1 - _rate + (_rate * Math.Exp(exponent)));

            // What the rounding of the exponent does to w, relatively, and to ln(1 + w).
            double size = (Math.Abs(point) / _multiplier) + (0.5 / (_multiplier * _multiplier));
            double relative = excess == 0 ? 0 : size * _rate * Math.Exp(exponent) / Math.Abs(excess);
            _nodes.Add(new(point, point * point / 2, excess, log, size, relative));
        }

        return _nodes[index];
    }

    // e^(−t²/2)·((1 + w)^α − 1 − αw), and what its rounding errors are proportional to.
    private static (double Value, double Size) Term(in Node node, double order, double scale)
    {
        double linear = order * node.Excess;
        if (Math.Abs(linear) < SeriesBelow)
        {
            double term = order * (order - 1) / 2 * node.Excess * node.Excess;
            double sum = term;
            for (int k = 3; Math.Abs(term) > sum * 1e-18; k++)
            {
                term *= (order - k + 1) / k * node.Excess;
                sum += term;
            }

            double value = sum * Math.Exp(-node.HalfSquare - scale);
            return (value, value * (16 + node.HalfSquare + scale + (2 * node.RelativeSize)));
        }

        double exponent = (order * node.LogRatio) - node.HalfSquare - scale;
        double power = Math.Exp(exponent);
        double linearSize = 1 + Math.Abs(linear) + order;
        double rest = (1 + linear) * Math.Exp(-node.HalfSquare - scale);
        double error =
            (power * (8 + node.HalfSquare + scale + (order * (Math.Abs(node.LogRatio) + node.Size))))
            + (linearSize * Math.Exp(-node.HalfSquare - scale) * (8 + node.HalfSquare + scale + node.Size));
        return (power - rest, error);
    }

    private readonly record struct Node(
        double Point,
        double HalfSquare,
        double Excess,
        double LogRatio,
        double Size,
        double RelativeSize
    );
}
