using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Losses;

/// <summary>Integrals of the normal density φ over one cell, without cancellation however narrow it is.</summary>
internal static class NormalCell
{
    // A panel is so narrow that φ(v) and e^(−v/z) change by less than a factor of e over it: the rule of Gauss and Legendre
    // with six points is then right to 10^-15, and with four points on a tenth of that width too.
    private const double WidestPanel = 1;
    private const double NarrowPanel = 0.1;
    private const double InverseSqrtTwoPi = 0.39894228040143267794;

    private static ReadOnlySpan<double> SixNodes =>
        [0.2386191860831969086, 0.6612093864662645137, 0.9324695142031520278];

    private static ReadOnlySpan<double> SixWeights =>
        [0.4679139345726910474, 0.3607615730481386076, 0.1713244923791703450];

    private static ReadOnlySpan<double> FourNodes => [0.3399810435848562648, 0.8611363115940525752];

    private static ReadOnlySpan<double> FourWeights => [0.6521451548625461426, 0.3478548451374538574];

    /// <summary>With v = from + zt: ∫ φ(v)·(1 − e^−t) dv and ∫ φ(v)·(e^(width − t) − 1) dv over 0 ≤ t ≤ width.</summary>
    /// <param name="from">v at the lower end.</param>
    /// <param name="width">The width of the cell in t.</param>
    /// <param name="noiseMultiplier">z.</param>
    public static (double Rising, double Falling) Integrals(double from, double width, double noiseMultiplier)
    {
        double inverse = 1 / noiseMultiplier;
        double rising = 0;
        double falling = 0;

        // Where φ(v)·e^width is no double above zero nothing is added up: without this, a cell far out would cost a panel for
        // each step of its own scale.
        const double Vanishing = 745;
        double reach = Math.Sqrt(2 * (Vanishing + width));
        double start = Math.Max(0, (-reach - from) * inverse);
        double end = Math.Min(width, (reach - from) * inverse);
        while (start < end)
        {
            // The widest span for which span·(largest |v| + 1/z) ≤ 1.
            double slope = Math.Abs(from + (noiseMultiplier * start)) + inverse;
            double widest = 2 * inverse / (slope + Math.Sqrt((slope * slope) + (4 * WidestPanel)));
            double half = Math.Min(end - start, widest) / 2;
            bool isNarrow = half * 2 <= widest * NarrowPanel;
            ReadOnlySpan<double> nodes = isNarrow ? FourNodes : SixNodes;
            ReadOnlySpan<double> weights = isNarrow ? FourWeights : SixWeights;
            double middle = start + half;
            double scale = InverseSqrtTwoPi * noiseMultiplier * half;
            for (int i = 0; i < nodes.Length; i++)
            {
                Add(middle - (half * nodes[i]), scale * weights[i]);
                Add(middle + (half * nodes[i]), scale * weights[i]);
            }

            start = half * 2 >= end - start ? end : start + (2 * half);
        }

        return (rising, falling);

        void Add(double t, double weight)
        {
            double v = from + (noiseMultiplier * t);
            double left = width - t;
            double density = weight * Math.Exp(-v * v / 2);
            rising += density * -ExpMinusOne(-t);
            falling += left < 1 ? density * ExpMinusOne(left) : (weight * Math.Exp(left - (v * v / 2))) - density;
        }
    }

    private static double ExpMinusOne(double x) =>
        Math.Abs(x) < 0.01
            ? x * (1 + (x / 2 * (1 + (x / 3 * (1 + (x / 4 * (1 + (x / 5 * (1 + (x / 6))))))))))
            : NearOne.ExpMinusOne(x);
}
