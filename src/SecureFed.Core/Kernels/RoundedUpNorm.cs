using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>
/// Σ ⌈|values[i]|·factor⌉² in double: the largest squared norm that rounding can give, in squared grid steps. The same
/// bits at every width.
/// </summary>
/// <remarks>Relative error below 2^-35. Values must be finite.</remarks>
internal static class RoundedUpNorm
{
    public static double Run(ReadOnlySpan<float> values, double factor) => Vector(LiveWidth.Widest, values, factor);

    public static double Scalar(ReadOnlySpan<float> values, double factor) =>
        Vector(VectorWidth.Scalar, values, factor);

    public static double Vector(VectorWidth width, ReadOnlySpan<float> values, double factor) =>
        StripedSum.Run<Ceiling>(width, values, factor);

    private readonly struct Ceiling : IDoubleTerm
    {
        public static double Of(double value, double factor)
        {
            double ceiling = Math.Ceiling(Math.Abs(value * factor));
            return ceiling * ceiling;
        }

        public static Vector128<double> Of(Vector128<double> values, Vector128<double> factor)
        {
            Vector128<double> ceiling = Vector128.Ceiling(Vector128.Abs(values * factor));
            return ceiling * ceiling;
        }

        public static Vector256<double> Of(Vector256<double> values, Vector256<double> factor)
        {
            Vector256<double> ceiling = Vector256.Ceiling(Vector256.Abs(values * factor));
            return ceiling * ceiling;
        }

        public static Vector512<double> Of(Vector512<double> values, Vector512<double> factor)
        {
            Vector512<double> ceiling = Vector512.Ceiling(Vector512.Abs(values * factor));
            return ceiling * ceiling;
        }
    }
}
