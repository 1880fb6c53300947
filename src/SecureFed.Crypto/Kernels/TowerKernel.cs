using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureFed.Crypto.Kernels;

/// <summary>Work over GF(2^16) that is written once for every register and once without any.</summary>
internal interface ITowerKernel
{
    void Wide<TVector, TRegister, TProduct>()
        where TVector : struct
        where TRegister : IRegister<TVector>
        where TProduct : IByteProduct<TVector>;

    void Scalar();
}

/// <summary>The one place that chooses a form of the work for this machine.</summary>
internal static class TowerKernel
{
    /// <summary>Runs the widest form with the instruction, else the widest without it, else the scalar one.</summary>
    public static void Run<TKernel>(TKernel kernel)
        where TKernel : ITowerKernel, allows ref struct
    {
        if (Gfni.V512.IsSupported)
        {
            kernel.Wide<Vector512<byte>, Register512, InstructionProduct>();
        }
        else if (Gfni.V256.IsSupported)
        {
            kernel.Wide<Vector256<byte>, Register256, InstructionProduct>();
        }
        else if (Gfni.IsSupported)
        {
            kernel.Wide<Vector128<byte>, Register128, InstructionProduct>();
        }
        else if (Vector512.IsHardwareAccelerated)
        {
            kernel.Wide<Vector512<byte>, Register512, PortableProduct<Vector512<byte>, Register512>>();
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            kernel.Wide<Vector256<byte>, Register256, PortableProduct<Vector256<byte>, Register256>>();
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            kernel.Wide<Vector128<byte>, Register128, PortableProduct<Vector128<byte>, Register128>>();
        }
        else
        {
            kernel.Scalar();
        }
    }
}
