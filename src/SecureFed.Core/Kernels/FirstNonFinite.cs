using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>The index of the first NaN or infinity, or −1.</summary>
internal static class FirstNonFinite
{
    private const uint ExponentBits = 0x7F80_0000;

    public static int Run(ReadOnlySpan<float> values) => Vector(LiveWidth.Widest, values);

    public static int Scalar(ReadOnlySpan<float> values) => Remainder(values, 0);

    public static int Vector(VectorWidth width, ReadOnlySpan<float> values)
    {
        ref uint first = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<float, uint>(values));
        int i = 0;
        // A vector with a hit ends the loop; the remainder then names the lane. Non-finite updates are refused, so the
        // early exit tells only what the exception tells.
        switch (width)
        {
            case VectorWidth.Bits512:
                Vector512<uint> exponent512 = Vector512.Create(ExponentBits);
                for (
                    ;
                    i <= values.Length - Vector512<uint>.Count
                        && !Vector512.EqualsAny(Vector512.LoadUnsafe(ref first, (nuint)i) & exponent512, exponent512);
                    i += Vector512<uint>.Count
                ) { }

                break;
            case VectorWidth.Bits256:
                Vector256<uint> exponent256 = Vector256.Create(ExponentBits);
                for (
                    ;
                    i <= values.Length - Vector256<uint>.Count
                        && !Vector256.EqualsAny(Vector256.LoadUnsafe(ref first, (nuint)i) & exponent256, exponent256);
                    i += Vector256<uint>.Count
                ) { }

                break;
            case VectorWidth.Bits128:
                Vector128<uint> exponent128 = Vector128.Create(ExponentBits);
                for (
                    ;
                    i <= values.Length - Vector128<uint>.Count
                        && !Vector128.EqualsAny(Vector128.LoadUnsafe(ref first, (nuint)i) & exponent128, exponent128);
                    i += Vector128<uint>.Count
                ) { }

                break;
        }

        return Remainder(values, i);
    }

    private static int Remainder(ReadOnlySpan<float> values, int start)
    {
        for (int i = start; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
