namespace SecureFed.Core.Kernels;

/// <summary>
/// Stochastic rounding: lane[i] ← ±(m + [u_i &lt; ⌊r·2^16⌋]) in two's complement of the lane's full width, where
/// |values[i]|·factor = m + r with integer m and 0 ≤ r &lt; 1, and the sign is that of values[i].
/// </summary>
/// <remarks>
/// Equal lengths. Values are finite; |values[i]|·factor is below 2^31 for 32-bit lanes and below 2^63 for 64-bit lanes.
/// Returns whether some u_i equals ⌊r·2^16⌋: only there do sixteen random bits not decide, and the caller draws more.
/// m and r are exact, because a double's integer part and fraction are.
/// </remarks>
internal static class Quantise
{
    internal const double RandomSteps = 65536.0;

    public static bool Run(ReadOnlySpan<float> values, double factor, ReadOnlySpan<ushort> random, Span<uint> lanes) =>
        Scalar(values, factor, random, lanes);

    public static bool Run(ReadOnlySpan<float> values, double factor, ReadOnlySpan<ushort> random, Span<ulong> lanes) =>
        Scalar(values, factor, random, lanes);

    public static bool Scalar(ReadOnlySpan<float> values, double factor, ReadOnlySpan<ushort> random, Span<uint> lanes)
    {
        bool undecided = false;
        for (int i = 0; i < values.Length; i++)
        {
            lanes[i] = unchecked((uint)One(values[i], factor, random[i], ref undecided));
        }

        return undecided;
    }

    public static bool Scalar(ReadOnlySpan<float> values, double factor, ReadOnlySpan<ushort> random, Span<ulong> lanes)
    {
        bool undecided = false;
        for (int i = 0; i < values.Length; i++)
        {
            lanes[i] = unchecked((ulong)One(values[i], factor, random[i], ref undecided));
        }

        return undecided;
    }

    private static long One(float value, double factor, ushort random, ref bool undecided)
    {
        double magnitude = Math.Abs(value * factor);
        double integer = Math.Floor(magnitude);
        double threshold = Math.Floor((magnitude - integer) * RandomSteps);
        undecided |= random == threshold;
        long rounded = (long)integer + (random < threshold ? 1 : 0);
        return value < 0 ? -rounded : rounded;
    }
}
