using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>destination[i] ← (float)(values[i]·factor): product in double, then conversion, both to nearest even.</summary>
/// <remarks>Equal lengths; the buffers may be the same, but not overlap otherwise. NaN and infinities pass through as IEEE 754 has it.</remarks>
internal static class ScaleFloats
{
    public static void Run(ReadOnlySpan<float> values, double factor, Span<float> destination) =>
        Vector(LiveWidth.Widest, values, factor, destination);

    public static void Scalar(ReadOnlySpan<float> values, double factor, Span<float> destination) =>
        Remainder(values, factor, destination, 0);

    public static void Vector(VectorWidth width, ReadOnlySpan<float> values, double factor, Span<float> destination)
    {
        Invariant.Check(values.Length == destination.Length, "a scaled vector has the length of its source");
        ref float from = ref MemoryMarshal.GetReference(values);
        ref float to = ref MemoryMarshal.GetReference(destination);
        int i = 0;
        switch (width)
        {
            case VectorWidth.Bits512:
                for (; i <= values.Length - Vector512<float>.Count; i += Vector512<float>.Count)
                {
                    (Vector512<double> a, Vector512<double> b) = Vector512.Widen(
                        Vector512.LoadUnsafe(ref from, (nuint)i)
                    );
                    Vector512.Narrow(a * factor, b * factor).StoreUnsafe(ref to, (nuint)i);
                }

                break;
            case VectorWidth.Bits256:
                for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
                {
                    (Vector256<double> a, Vector256<double> b) = Vector256.Widen(
                        Vector256.LoadUnsafe(ref from, (nuint)i)
                    );
                    Vector256.Narrow(a * factor, b * factor).StoreUnsafe(ref to, (nuint)i);
                }

                break;
            case VectorWidth.Bits128:
                for (; i <= values.Length - Vector128<float>.Count; i += Vector128<float>.Count)
                {
                    (Vector128<double> a, Vector128<double> b) = Vector128.Widen(
                        Vector128.LoadUnsafe(ref from, (nuint)i)
                    );
                    Vector128.Narrow(a * factor, b * factor).StoreUnsafe(ref to, (nuint)i);
                }

                break;
        }

        Remainder(values, factor, destination, i);
    }

    private static void Remainder(ReadOnlySpan<float> values, double factor, Span<float> destination, int start)
    {
        for (int i = start; i < values.Length; i++)
        {
            destination[i] = (float)(values[i] * factor);
        }
    }
}
