using System.Numerics;

namespace SecureFed.Protocol;

/// <summary>
/// Follows, for k = 0, 1, 2, …, the least bound that X, the number of marked among k clients drawn from n without
/// replacement, exceeds with a small enough probability.
/// </summary>
/// <remarks>
/// One more draw adds 0 or 1 to X, so the bound grows by 0 or 1. Both candidates follow from the last step: with
/// p(k, x) = Pr[X = x] and T(k, x) = Pr[X > x],
/// T(k+1, x+1) = T(k, x) − p(k, x)·(M−x)(k−x)/((x+1)(n−k)) and T(k+1, x) = T(k+1, x+1) + p(k+1, x+1).
/// The one subtraction stays below the limit, so its absolute error is a part of the limit and not of 1: after 10^7 draws
/// the error is below 10^-20 of the limit. A tail that lies within a relative 10^-15 of it is compared in whole numbers.
/// </remarks>
internal sealed class HypergeometricTail
{
    private const double Doubtful = 1e-15;

    private readonly int _population;
    private readonly int _marked;
    private readonly int _bits;
    private readonly bool _isStrict;
    private readonly WideReal _limit;
    private WideReal _mass = WideReal.One;
    private WideReal _tail = WideReal.Zero;

    /// <summary>Starts at k = 0.</summary>
    /// <param name="population">n.</param>
    /// <param name="marked">M, from 0 to n.</param>
    /// <param name="bits">The limit is 2^-bits / n.</param>
    /// <param name="isStrict">Whether a tail that equals the limit is too large.</param>
    public HypergeometricTail(int population, int marked, int bits, bool isStrict)
    {
        _population = population;
        _marked = marked;
        _bits = bits;
        _isStrict = isStrict;
        _limit = WideReal.PowerOfTwo(-bits) / population;
    }

    /// <summary>k.</summary>
    public int Draws { get; private set; }

    /// <summary>The least x with Pr[X > x] within the limit.</summary>
    public int Bound { get; private set; }

    /// <summary>Draws one client more.</summary>
    public void Draw()
    {
        double left = _population - Draws;
        double markedLeft = _marked - Bound;
        WideReal tail = _tail - (_mass * (markedLeft * (Draws - Bound)) / ((Bound + 1) * left));
        WideReal mass = _mass * (markedLeft * (Draws + 1)) / ((Bound + 1) * left);
        WideReal stayed = tail + mass;
        Draws++;
        if (IsWithinLimit(stayed))
        {
            double others = _population - _marked - (Draws - 1) + Bound;
            _mass = _mass * (others * Draws) / ((Draws - Bound) * left);
            _tail = stayed;
        }
        else
        {
            _mass = mass;
            _tail = tail;
            Bound++;
        }
    }

    /// <summary>Whether Pr[X > bound] is within 2^-bits / n, in whole numbers.</summary>
    internal static bool IsWithinLimit(int population, int marked, int draws, int bound, int bits, bool isStrict)
    {
        BigInteger largerTail = BigInteger.Zero;
        int least = Math.Max(bound + 1, Math.Max(0, draws - (population - marked)));
        int most = Math.Min(draws, marked);
        if (least <= most)
        {
            BigInteger ways = Binomial.Of(marked, least) * Binomial.Of(population - marked, draws - least);
            for (int x = least; x <= most; x++)
            {
                largerTail += ways;
                ways = ways * ((long)(marked - x) * (draws - x)) / ((x + 1L) * (population - marked - draws + x + 1L));
            }
        }

        int order = ((largerTail * population) << bits).CompareTo(Binomial.Of(population, draws));
        return order < 0 || (order == 0 && !isStrict);
    }

    private bool IsWithinLimit(WideReal tail)
    {
        double excess = (tail - _limit).Value;
        return Math.Abs(excess) > Doubtful * _limit.Value
            ? excess < 0
            : IsWithinLimit(_population, _marked, Draws, Bound, _bits, _isStrict);
    }
}
