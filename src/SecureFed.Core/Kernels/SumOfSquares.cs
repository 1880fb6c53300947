using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>Σ values[i]² in double, the same bits at every width.</summary>
/// <remarks>
/// Squares of floats are exact in double and neither overflow nor underflow there, so the relative error is that of the
/// additions, <see cref="StripedSum.RelativeErrorBound"/>. Values must be finite.
/// </remarks>
internal static class SumOfSquares
{
    public static double Run(ReadOnlySpan<float> values) => Vector(LiveWidth.Widest, values);

    public static double Scalar(ReadOnlySpan<float> values) => Vector(VectorWidth.Scalar, values);

    public static double Vector(VectorWidth width, ReadOnlySpan<float> values) =>
        StripedSum.Run<Square>(width, values, 1.0);

    private readonly struct Square : IDoubleTerm
    {
        public static double Of(double value, double factor) => value * value;

        public static Vector128<double> Of(Vector128<double> values, Vector128<double> factor) => values * values;

        public static Vector256<double> Of(Vector256<double> values, Vector256<double> factor) => values * values;

        public static Vector512<double> Of(Vector512<double> values, Vector512<double> factor) => values * values;
    }
}
