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
internal readonly struct PortableProduct
    : IByteProduct<Vector512<byte>>,
        IByteProduct<Vector256<byte>>,
        IByteProduct<Vector128<byte>>
{
    private const int BitsInByte = 8;

    public static Vector512<byte> Multiply(Vector512<byte> bytes, Vector512<byte> constants)
    {
        Vector512<byte> reduction = Vector512.Create(TowerField.Reduction);
        Vector512<byte> product = Vector512<byte>.Zero;
        for (int bit = 0; bit < BitsInByte; bit++)
        {
            Vector512<byte> carries = Vector512.LessThan(product.AsSByte(), Vector512<sbyte>.Zero).AsByte();
            Vector512<byte> mask = Vector512.LessThan(constants.AsSByte(), Vector512<sbyte>.Zero).AsByte();
            product = unchecked(product + product) ^ (carries & reduction) ^ (bytes & mask);
            constants = unchecked(constants + constants);
        }

        return product;
    }

    public static Vector256<byte> Multiply(Vector256<byte> bytes, Vector256<byte> constants)
    {
        Vector256<byte> reduction = Vector256.Create(TowerField.Reduction);
        Vector256<byte> product = Vector256<byte>.Zero;
        for (int bit = 0; bit < BitsInByte; bit++)
        {
            Vector256<byte> carries = Vector256.LessThan(product.AsSByte(), Vector256<sbyte>.Zero).AsByte();
            Vector256<byte> mask = Vector256.LessThan(constants.AsSByte(), Vector256<sbyte>.Zero).AsByte();
            product = unchecked(product + product) ^ (carries & reduction) ^ (bytes & mask);
            constants = unchecked(constants + constants);
        }

        return product;
    }

    public static Vector128<byte> Multiply(Vector128<byte> bytes, Vector128<byte> constants)
    {
        Vector128<byte> reduction = Vector128.Create(TowerField.Reduction);
        Vector128<byte> product = Vector128<byte>.Zero;
        for (int bit = 0; bit < BitsInByte; bit++)
        {
            Vector128<byte> carries = Vector128.LessThan(product.AsSByte(), Vector128<sbyte>.Zero).AsByte();
            Vector128<byte> mask = Vector128.LessThan(constants.AsSByte(), Vector128<sbyte>.Zero).AsByte();
            product = unchecked(product + product) ^ (carries & reduction) ^ (bytes & mask);
            constants = unchecked(constants + constants);
        }

        return product;
    }
}
