using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Losses;

/// <summary>
/// The sum of the losses of several releases in one direction, from above and from below, near the losses that one question
/// is about. spec 02-privacy#loss-4
/// </summary>
/// <remarks>
/// Masses are kept as tilted: mass·e^(θ·loss) over their sum. A loss that decides δ is then a likely one, whatever δ is, and
/// what rounding adds to a tilted mass is a small part of it. δ at point j is e^(log − θ·loss)·Σ tilted mass·e^(−θ·y)·(1 − e^−y)
/// over the points y &gt; 0 beyond; the sums are formed from the top without any difference.
/// </remarks>
internal sealed class LossDistribution
{
    // What may lie outside the window, as a part of the tilted sum: e^-30.
    private const double LogOutside = -30;

    private readonly LossSum _sum;
    private readonly double _tilt;
    private readonly double _logUpper;
    private readonly double _logLower;
    private readonly double _base;
    private readonly double[] _upper;
    private readonly double[] _lower;
    private readonly double _error;
    private readonly double _massError;

    private LossDistribution(LossSum sum, double tilt, FourierTransform transform, double least, double outside)
    {
        (_sum, _tilt, _base) = (sum, tilt, least);
        (_logUpper, _, _) = sum.Upper(tilt);
        _logLower = sum.LogLower(tilt);
        (_upper, _lower, double rounding) = Convolve(sum, tilt, transform, least);

        // Forming δ multiplies once for each point.
        double accumulated = 8 * NearOne.UnitRoundoff * transform.Size;
        _massError = sum.MassError + sum.TiltError(tilt) + accumulated;
        _error = outside + (rounding * Weight(transform.Size, tilt * sum.Step, sum.Step)) + 1e-280;
        Accumulate(_upper, tilt * sum.Step, sum.Step);
        Accumulate(_lower, tilt * sum.Step, sum.Step);
    }

    /// <summary>How many points the window has to have.</summary>
    /// <param name="sum">The releases.</param>
    /// <param name="tilt">θ ≥ 0.</param>
    /// <returns>The first index and the number of points, and what part of the tilted sum lies outside, from above.</returns>
    public static (double Least, double Points, double Outside) Window(LossSum sum, double tilt)
    {
        (double log, double mean, double variance) = sum.Upper(tilt);
        double logLower = sum.LogLower(tilt);

        // The best order for normal losses; heavy tails ask for less.
        double order = Math.Sqrt(-2 * LogOutside / Math.Max(variance, sum.Step * sum.Step * 1e-4));
        double above = Reach(1);
        double below = Reach(-1);
        (double outsideAbove, double outsideBelow) = (Math.Exp(LogOutside + 1e-3), Math.Exp(LogOutside + 1e-3));
        double least = Math.Floor((mean - below) / sum.Step);
        double most = Math.Ceiling((mean + above) / sum.Step);
        (double leastIndex, double mostIndex) = sum.Support;
        if (least <= leastIndex)
        {
            (least, outsideBelow) = (leastIndex, 0);
        }

        if (most >= mostIndex)
        {
            (most, outsideAbove) = (mostIndex, 0);
        }

        return (least, most - least + 1, outsideAbove + outsideBelow);

        // Markov: P[loss > mean + w] ≤ e^(log(θ + η) − log θ − η·(mean + w)) for every η, and the same downwards, of both bounds.
        double Reach(int sign)
        {
            double chosen = order;
            double reach = Of(sum.Upper(tilt + (sign * chosen)).Log - log, chosen);
            for (double less = order / 2; less > order * 1e-3; less /= 2)
            {
                double other = Of(sum.Upper(tilt + (sign * less)).Log - log, less);
                if (other >= reach)
                {
                    break;
                }

                (chosen, reach) = (less, other);
            }

            return double.IsNegativeInfinity(logLower)
                ? reach
                : Math.Max(reach, Of(sum.LogLower(tilt + (sign * chosen)) - logLower, chosen));

            double Of(double growth, double by) => ((growth - LogOutside) / by) - (sign * mean);
        }
    }

    /// <summary>Adds the losses.</summary>
    /// <param name="sum">The releases.</param>
    /// <param name="tilt">θ ≥ 0.</param>
    /// <param name="transform">A transform of at least as many points as the window has.</param>
    /// <param name="least">The first index of the window.</param>
    /// <param name="outside">What part of the tilted sum lies outside, from above.</param>
    public static LossDistribution Of(
        LossSum sum,
        double tilt,
        FourierTransform transform,
        double least,
        double outside
    ) => new(sum, tilt, transform, least, outside);

    /// <summary>The ε at δ.</summary>
    /// <param name="delta">δ, above the probability of an infinite sum.</param>
    public (double Lower, double Upper) Epsilon(double delta)
    {
        double infinite = _sum.InfiniteUpper;
        double upper = double.PositiveInfinity;
        int first = _upper.Length;
        if (delta > infinite)
        {
            first = FirstWhere(j => DeltaUpper(j, j) <= delta);
            upper =
                first == _upper.Length ? Chernoff(delta - infinite)
                : first == 0 ? Loss(0)
                : Loss(first)
                    + Inside(first - 1, delta, DeltaUpper(first, first - 1), DeltaUpper(first - 1, first - 1));
        }

        // Downwards, because far below the error term is larger than δ itself.
        int last = Math.Min(first, _lower.Length - 1);
        while (last >= 0 && !(DeltaLower(last, last) > delta))
        {
            last--;
        }

        double lower =
            last < 0 ? double.NegativeInfinity
            : last == _lower.Length - 1 ? Loss(last)
            : Loss(last + 1) + Inside(last, delta, DeltaLower(last + 1, last), DeltaLower(last, last));
        return (Outward(lower, -1), Outward(upper, 1));
    }

    /// <summary>The δ at ε.</summary>
    /// <param name="epsilon">ε.</param>
    public (double Lower, double Upper) Delta(double epsilon)
    {
        double slack = _sum.LossError + (8 * NearOne.UnitRoundoff * (Math.Abs(_sum.Offset) + Math.Abs(epsilon)));
        (double above, double below) = (epsilon + slack, epsilon - slack);
        double lower = above >= Loss(_lower.Length - 1) ? _sum.InfiniteLower : Between(above, DeltaLower);
        double upper =
            below >= _sum.Offset + (_sum.Step * _sum.Support.Most) ? _sum.InfiniteUpper
            : below < Loss(0) ? 1
            : below >= Loss(_upper.Length - 1)
                ? _sum.InfiniteUpper + Math.Exp(_logUpper + _massError - (_tilt * (below - _sum.Offset)))
            : Between(below, DeltaUpper);
        return (Math.Max(0, lower), Math.Min(1, upper));
    }

    // δ is linear in e^ε between two points.
    private double Between(double epsilon, Func<int, int, double> delta)
    {
        int j = Math.Clamp((int)Math.Floor(((epsilon - _sum.Offset) / _sum.Step) - _base), 0, _upper.Length - 2);
        double part = NearOne.ExpMinusOne(Math.Min(0, epsilon - Loss(j + 1))) / NearOne.ExpMinusOne(-_sum.Step);
        double low = delta(j + 1, j);
        return low + (Math.Min(1, part) * (delta(j, j) - low));
    }

    // ε below point j + 1, where δ comes between those of the two points.
    private double Inside(int j, double delta, double low, double high)
    {
        double part = Math.Clamp((delta - low) / (high - low), 0, 1);
        return NearOne.LogOfOnePlus(part * NearOne.ExpMinusOne(-_sum.Step));
    }

    // E[e^(θ·loss)] ≥ δ·e^(θ·ε).
    private double Chernoff(double delta) => _sum.Offset + ((_logUpper + _massError - Math.Log(delta)) / _tilt);

    private double Outward(double epsilon, int sign) =>
        epsilon + (sign * (_sum.LossError + (8 * NearOne.UnitRoundoff * (Math.Abs(_sum.Offset) + Math.Abs(epsilon)))));

    private double Loss(int j) => _sum.Offset + (_sum.Step * (_base + j));

    // The error term falls with the loss: at the lower end of a cell it holds for the whole cell.
    private double DeltaUpper(int j, int errorAt) =>
        _sum.InfiniteUpper
        + ((Scale(_logUpper, j) * Math.Max(0, _upper[j])) + (Scale(_logUpper, errorAt) * _error))
            * Math.Exp(_massError);

    private double DeltaLower(int j, int errorAt) =>
        _sum.InfiniteLower
        + ((Scale(_logLower, j) * _lower[j] * Math.Exp(-_massError)) - (Scale(_logLower, errorAt) * _error));

    private double Scale(double log, int j) => Math.Exp(log - (_tilt * _sum.Step * (_base + j)));

    private int FirstWhere(Predicate<int> holds)
    {
        (int low, int high) = (0, _upper.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = holds(middle) ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    // In place: from tilted masses to tilted δ, from the top. r[j] = Σ mass[i]·e^(−(1 + θ)(i − j)h) over i ≥ j and
    // δ[j] = e^(−θh)·(δ[j + 1] + (1 − e^−h)·r[j + 1]).
    private static void Accumulate(double[] masses, double tiltedStep, double step)
    {
        double decay = Math.Exp(-tiltedStep);
        double fall = Math.Exp(-tiltedStep - step);
        double part = -NearOne.ExpMinusOne(-step);
        (double rest, double delta) = (0, 0);
        for (int j = masses.Length - 1; j >= 0; j--)
        {
            double mass = masses[j];
            delta = decay * (delta + (part * rest));
            rest = mass + (fall * rest);
            masses[j] = delta;
        }
    }

    // The Euclidean norm of e^(−θy)·(1 − e^−y) over the window: how much an error of tilted masses can come to.
    private static double Weight(int points, double tiltedStep, double step)
    {
        double decay = Math.Exp(-tiltedStep);
        double fall = Math.Exp(-step);
        double part = -NearOne.ExpMinusOne(-step);
        (double factor, double share, double sum) = (1, 0, 0);
        for (int j = 0; j < points; j++)
        {
            factor *= decay;
            share = (share * fall) + part;
            sum += factor * factor * share * share;
        }

        return Math.Sqrt(sum);
    }

    // Both bounds in one transform, as real and imaginary parts. Also the Euclidean norm of all rounding errors, from above:
    // a transform adds its own to the norm, a power of n multiplies it by n at most, because no transformed mass exceeds 1.
    private static (double[] Upper, double[] Lower, double Rounding) Convolve(
        LossSum sum,
        double tilt,
        FourierTransform transform,
        double least
    )
    {
        int size = transform.Size;
        double[] upper = new double[size];
        double[] lower = new double[size];
        if (sum.Count == 1)
        {
            Fold(sum.Terms[0].Masses, tilt * sum.Step, least, upper, lower);
            return (upper, lower, 0);
        }

        double perTransform = FourierTransform.RoundoffsPerLevel * Math.Log2(size);
        double rounding = 0;
        double smallest = double.PositiveInfinity;
        double[] productReal = [];
        double[] productImaginary = [];
        double[] otherReal = [];
        double[] otherImaginary = [];
        foreach ((LossMasses masses, long count) in sum.Terms)
        {
            Array.Clear(upper);
            Array.Clear(lower);
            Fold(masses, tilt * sum.Step, 0, upper, lower);
            double norm = Math.Sqrt(Squares(upper) + Squares(lower));
            smallest = Math.Min(smallest, norm);
            rounding += count * (perTransform + 8) * norm;
            transform.Forward(upper, lower);
            bool isFirst = productReal.Length == 0;
            if (isFirst)
            {
                (productReal, productImaginary) = (new double[(size / 2) + 1], new double[(size / 2) + 1]);
                (otherReal, otherImaginary) = (new double[(size / 2) + 1], new double[(size / 2) + 1]);
                Array.Fill(productReal, 1);
                Array.Fill(otherReal, 1);
            }

            for (int k = 0; k <= size / 2; k++)
            {
                int mirrored = (size - k) & (size - 1);
                Spectral first = new((upper[k] + upper[mirrored]) / 2, (lower[k] - lower[mirrored]) / 2);
                Spectral second = new((lower[k] + lower[mirrored]) / 2, (upper[mirrored] - upper[k]) / 2);
                Spectral product = Spectral.Power(first, count) * new Spectral(productReal[k], productImaginary[k]);
                Spectral other = Spectral.Power(second, count) * new Spectral(otherReal[k], otherImaginary[k]);
                (productReal[k], productImaginary[k]) = (product.Real, product.Imaginary);
                (otherReal[k], otherImaginary[k]) = (other.Real, other.Imaginary);
            }
        }

        for (int k = 0; k <= size / 2; k++)
        {
            int mirrored = (size - k) & (size - 1);
            (upper[k], lower[k]) = (productReal[k] - otherImaginary[k], productImaginary[k] + otherReal[k]);
            (upper[mirrored], lower[mirrored]) = (
                productReal[k] + otherImaginary[k],
                otherReal[k] - productImaginary[k]
            );
        }

        transform.Inverse(upper, lower);
        Rotate(upper, least);
        Rotate(lower, least);

        // Twice, for the products of errors, which are far smaller.
        rounding = 2 * NearOne.UnitRoundoff * (rounding + (perTransform * smallest));
        return (upper, lower, rounding);
    }

    // One release's tilted masses, folded into the window.
    private static void Fold(LossMasses masses, double tiltedStep, double least, double[] upper, double[] lower)
    {
        double logUpper = LossSum.Log(masses.Index, masses.LogUpper, tiltedStep);
        double logLower = LossSum.Log(masses.Index, masses.LogLower, tiltedStep);
        int size = upper.Length;
        for (int i = 0; i < masses.Index.Length; i++)
        {
            double exponent = tiltedStep * masses.Index[i];
            int place = (int)((long)(masses.Index[i] - least) & (size - 1));
            upper[place] += Math.Exp(masses.LogUpper[i] + exponent - logUpper);
            lower[place] += double.IsNegativeInfinity(logLower)
                ? 0
                : Math.Exp(masses.LogLower[i] + exponent - logLower);
        }
    }

    private static void Rotate(double[] values, double least)
    {
        int first = (int)((long)least & (values.Length - 1));
        double[] head = values[..first];
        values.AsSpan(first).CopyTo(values);
        head.CopyTo(values.AsSpan(values.Length - first));
    }

    private static double Squares(double[] values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value * value;
        }

        return sum;
    }

    private readonly record struct Spectral(double Real, double Imaginary)
    {
        public static Spectral operator *(Spectral a, Spectral b) =>
            new((a.Real * b.Real) - (a.Imaginary * b.Imaginary), (a.Real * b.Imaginary) + (a.Imaginary * b.Real));

        public static Spectral Power(Spectral value, long exponent)
        {
            Spectral power = new(1, 0);
            for (; exponent > 0; exponent /= 2)
            {
                power = (exponent & 1) == 1 ? power * value : power;
                value *= value;
            }

            return power;
        }
    }
}
