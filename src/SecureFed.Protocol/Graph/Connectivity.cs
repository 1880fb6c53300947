using System.Numerics;

namespace SecureFed.Protocol;

/// <summary>
/// Follows, for k = 0, 1, 2, …, a bound on the probability that the clients that are neither corrupt nor gone fall apart.
/// </summary>
/// <remarks>
/// Clients stand on a ring in random order, each joined to its k nearest. To cut it, k/2 clients in a row have to be bad
/// in two places; there are ½·n·(n−k−1) pairs of places and each is bad throughout with probability
/// C(n−k, B−k)/C(n, B) = ∏ (B−i)/(n−i), i from 0 to k−1, of B bad clients.
/// </remarks>
internal sealed class Connectivity(int clients, int bad, int bits)
{
    private const double Doubtful = 1e-9;

    // Far below every limit, far above the smallest double: what is smaller may as well be 0.
    private const double Negligible = 1e-200;

    private WideReal _allBad = WideReal.One;

    /// <summary>k.</summary>
    public int Neighbours { get; private set; }

    /// <summary>Whether the bound at k is below 2^-bits.</summary>
    public bool IsEnough
    {
        get
        {
            double places = (double)clients * (clients - Neighbours - 1L) / 2;
            double limit = Math.ScaleB(1, -bits);
            double excess = (_allBad * places - WideReal.PowerOfTwo(-bits)).Value;
            return Math.Abs(excess) > Doubtful * limit ? excess < 0 : IsEnoughInWholeNumbers();
        }
    }

    /// <summary>Gives every client one neighbour more.</summary>
    public void Step()
    {
        // With n or more bad clients nobody is left to be connected: the bound stays 1.
        if (bad < clients)
        {
            _allBad = _allBad * Math.Max(0, bad - Neighbours) / (clients - Neighbours);
            if (_allBad.Value < Negligible)
            {
                _allBad = WideReal.Zero;
            }
        }

        Neighbours++;
    }

    private bool IsEnoughInWholeNumbers()
    {
        BigInteger pairs = (BigInteger)clients * (clients - Neighbours - 1);
        (BigInteger cut, BigInteger all) =
            bad < clients
                ? (Binomial.Of(clients - Neighbours, bad - Neighbours), Binomial.Of(clients, bad))
                : (BigInteger.One, BigInteger.One);
        return (pairs * cut) << bits < 2 * all;
    }
}
