using System.Runtime.Intrinsics;

namespace SecureFed.Core.Kernels;

/// <summary>Which body of a kernel runs. The results are the same, bit for bit.</summary>
internal enum VectorWidth
{
    /// <summary>The scalar body.</summary>
    Scalar = 0,

    /// <summary>Vectors of 128 bits.</summary>
    Bits128 = 128,

    /// <summary>Vectors of 256 bits.</summary>
    Bits256 = 256,

    /// <summary>Vectors of 512 bits.</summary>
    Bits512 = 512,
}

/// <summary>What this machine and the runtime's switches allow.</summary>
internal static class LiveWidth
{
    /// <summary>The widest body that the hardware runs; the compiler folds it to a constant.</summary>
    public static VectorWidth Widest =>
        Vector512.IsHardwareAccelerated ? VectorWidth.Bits512
        : Vector256.IsHardwareAccelerated ? VectorWidth.Bits256
        : Vector128.IsHardwareAccelerated ? VectorWidth.Bits128
        : VectorWidth.Scalar;
}
