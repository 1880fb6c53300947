namespace SecureFed.Core.Kernels;

/// <summary>destination[i] ← (float)(values[i]·factor): product and conversion round to nearest even. Equal lengths; the buffers may be the same.</summary>
internal static class ScaleFloats
{
    public static void Run(ReadOnlySpan<float> values, double factor, Span<float> destination) =>
        Scalar(values, factor, destination);

    public static void Scalar(ReadOnlySpan<float> values, double factor, Span<float> destination)
    {
        for (int i = 0; i < values.Length; i++)
        {
            destination[i] = (float)(values[i] * factor);
        }
    }
}
