namespace SecureFed.Core.Kernels;

/// <summary>The index of the first NaN or infinity, or −1.</summary>
internal static class FirstNonFinite
{
    public static int Run(ReadOnlySpan<float> values) => Scalar(values);

    public static int Scalar(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
