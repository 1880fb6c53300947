using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>
/// Σ r·(1 − r) in double, r the fraction of |values[i]|·factor: what stochastic rounding adds to the expected squared
/// norm, in squared grid steps. The same bits at every width.
/// </summary>
/// <remarks>Relative error below 2^-35: that of the additions and two roundings per term. Values must be finite.</remarks>
internal static class RoundingVariance
{
    public static double Run(ReadOnlySpan<float> values, double factor) => Vector(LiveWidth.Widest, values, factor);

    public static double Scalar(ReadOnlySpan<float> values, double factor) =>
        Vector(VectorWidth.Scalar, values, factor);

    public static double Vector(VectorWidth width, ReadOnlySpan<float> values, double factor) =>
        StripedSum.Run<Variance>(width, values, factor);

    private readonly struct Variance : IDoubleTerm
    {
        public static double Of(double value, double factor)
        {
            double magnitude = Math.Abs(value * factor);
            double fraction = magnitude - Math.Floor(magnitude);
            return fraction * (1.0 - fraction);
        }

        public static Vector128<double> Of(Vector128<double> values, Vector128<double> factor)
        {
            Vector128<double> magnitude = Vector128.Abs(values * factor);
            Vector128<double> fraction = magnitude - Vector128.Floor(magnitude);
            return fraction * (Vector128<double>.One - fraction);
        }

        public static Vector256<double> Of(Vector256<double> values, Vector256<double> factor)
        {
            Vector256<double> magnitude = Vector256.Abs(values * factor);
            Vector256<double> fraction = magnitude - Vector256.Floor(magnitude);
            return fraction * (Vector256<double>.One - fraction);
        }

        public static Vector512<double> Of(Vector512<double> values, Vector512<double> factor)
        {
            Vector512<double> magnitude = Vector512.Abs(values * factor);
            Vector512<double> fraction = magnitude - Vector512.Floor(magnitude);
            return fraction * (Vector512<double>.One - fraction);
        }
    }
}
