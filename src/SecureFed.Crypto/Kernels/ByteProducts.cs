using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureFed.Crypto.Kernels;

/// <summary>Byte-wise products in GF(2^8) of a whole register. Time depends on neither operand.</summary>
internal interface IByteProduct<TVector>
    where TVector : struct
{
    static abstract TVector Multiply(TVector bytes, TVector constants);
}

/// <summary>By the instruction GF2P8MULB, which reduces by the polynomial of the lower field.</summary>
internal readonly struct InstructionProduct
    : IByteProduct<Vector512<byte>>,
        IByteProduct<Vector256<byte>>,
        IByteProduct<Vector128<byte>>
{
    public static Vector512<byte> Multiply(Vector512<byte> bytes, Vector512<byte> constants) =>
        Gfni.V512.GaloisFieldMultiply(bytes, constants);

    public static Vector256<byte> Multiply(Vector256<byte> bytes, Vector256<byte> constants) =>
        Gfni.V256.GaloisFieldMultiply(bytes, constants);

    public static Vector128<byte> Multiply(Vector128<byte> bytes, Vector128<byte> constants) =>
        Gfni.GaloisFieldMultiply(bytes, constants);
}

/// <summary>By doubling and adding, from the constants' highest bit down.</summary>
internal readonly struct PortableProduct<TVector, TRegister> : IByteProduct<TVector>
    where TVector : struct
    where TRegister : IRegister<TVector>
{
    private const int BitsInByte = 8;

    public static TVector Multiply(TVector bytes, TVector constants)
    {
        TVector reduction = TRegister.Fill(TowerField.Reduction);
        TVector product = default;
        for (int bit = 0; bit < BitsInByte; bit++)
        {
            TVector carried = TRegister.And(TRegister.TopBits(product), reduction);
            TVector added = TRegister.And(TRegister.TopBits(constants), bytes);
            product = TRegister.Xor(TRegister.Xor(TRegister.Double(product), carried), added);
            constants = TRegister.Double(constants);
        }

        return product;
    }
}
