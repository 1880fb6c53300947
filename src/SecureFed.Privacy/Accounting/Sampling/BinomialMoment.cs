using System.Collections.Immutable;
using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Sampling;

/// <summary>
/// The sums Σ C(α, i)·r^(α − i)·q^i·w_i over i = 2 … α that sampling makes of a mechanism's moments, at many orders α of one
/// mechanism. All terms are positive, so that nothing cancels.
/// </summary>
/// <remarks>Not thread-safe: weights are kept for the next order.</remarks>
/// <param name="logRate">ln q.</param>
/// <param name="logRest">ln r, at most 0.</param>
/// <param name="logWeight">ln w_i, with an absolute error below 16 units of roundoff of 1 + |ln w_i|.</param>
internal sealed class BinomialMoment(double logRate, double logRest, Func<int, double> logWeight)
{
    /// <summary>The largest order whose sum is made; each costs as many terms.</summary>
    public const int LargestOrder = 16_384;

    // Terms that far below the largest add less than 10^-15 of it together.
    private const double Negligible = 46;

    private static readonly ImmutableArray<double> s_logFactorials = LogFactorials();

    private readonly List<double> _weights = [];

    /// <summary>The logarithm of the sum, never below the true one.</summary>
    public double LogSum(int order)
    {
        for (int i = _weights.Count + 2; i <= order; i++)
        {
            _weights.Add(logWeight(i));
        }

        double[] terms = new double[order + 1];
        double largest = double.NegativeInfinity;
        for (int i = 2; i <= order; i++)
        {
            terms[i] =
                s_logFactorials[order]
                - s_logFactorials[i]
                - s_logFactorials[order - i]
                + ((order - i) * logRest)
                + (i * logRate)
                + _weights[i - 2];
            largest = Math.Max(largest, terms[i]);
        }

        // The second sum holds what the logarithms in each term were rounded from.
        double sum = 0;
        double rounded = 0;
        for (int i = 2; i <= order; i++)
        {
            if (terms[i] > largest - Negligible)
            {
                double term = Math.Exp(terms[i] - largest);
                sum += term;
                rounded +=
                    term
                    * (
                        1
                        + (3 * s_logFactorials[order])
                        - ((order - i) * logRest)
                        - (i * logRate)
                        + Math.Abs(_weights[i - 2])
                    );
            }
        }

        double relative = 1e-15 + (NearOne.UnitRoundoff * (order + 16 + (16 * rounded / sum)));
        return largest + Math.Log(sum) + relative + (4 * NearOne.UnitRoundoff * Math.Abs(largest));
    }

    // Each logarithm is added with the part that the last addition lost, so that the error stays a few units in the last place.
    private static ImmutableArray<double> LogFactorials()
    {
        double[] logs = new double[LargestOrder + 1];
        double lost = 0;
        for (int n = 2; n <= LargestOrder; n++)
        {
            double next = Math.Log(n) + lost;
            logs[n] = logs[n - 1] + next;
            lost = next - (logs[n] - logs[n - 1]);
        }

        return [.. logs];
    }
}
