using System.Runtime.Intrinsics;

namespace SecureFed.Crypto.Kernels;

/// <summary>A register of some width, seen as a stretch of 32-byte blocks laid end to end.</summary>
/// <remarks>512 bits are two blocks, 256 bits are one and 128 bits are half a block.</remarks>
internal interface IRegister<TVector>
    where TVector : struct
{
    /// <summary>The block, repeated, from <paramref name="offset"/> on, which counts from the start of a block.</summary>
    static abstract TVector Repeat(ReadOnlySpan<byte> block, int offset);

    /// <summary>Every element of the first block is <paramref name="first"/>, of the second one <paramref name="second"/>.</summary>
    static abstract TVector Constants(ushort first, ushort second);

    static abstract void Write(TVector vector, Span<byte> destination);

    static abstract TVector Fill(byte value);

    static abstract TVector Xor(TVector a, TVector b);

    static abstract TVector And(TVector a, TVector b);

    /// <summary>Every byte times two, modulo 256.</summary>
    static abstract TVector Double(TVector vector);

    /// <summary>0xff for every byte whose highest bit is set, else 0.</summary>
    static abstract TVector TopBits(TVector vector);

    /// <summary>The two bytes of every element change places.</summary>
    static abstract TVector SwapHalves(TVector vector);
}

internal readonly struct Register512 : IRegister<Vector512<byte>>
{
    public static Vector512<byte> Repeat(ReadOnlySpan<byte> block, int offset)
    {
        Vector256<byte> once = Vector256.Create(block);
        return Vector512.Create(once, once);
    }

    public static Vector512<byte> Constants(ushort first, ushort second) =>
        Vector512.Create(Vector256.Create(first), Vector256.Create(second)).AsByte();

    public static void Write(Vector512<byte> vector, Span<byte> destination) => vector.CopyTo(destination);

    public static Vector512<byte> Fill(byte value) => Vector512.Create(value);

    public static Vector512<byte> Xor(Vector512<byte> a, Vector512<byte> b) => a ^ b;

    public static Vector512<byte> And(Vector512<byte> a, Vector512<byte> b) => a & b;

    public static Vector512<byte> Double(Vector512<byte> vector) => unchecked(vector + vector);

    public static Vector512<byte> TopBits(Vector512<byte> vector) =>
        Vector512.LessThan(vector.AsSByte(), Vector512<sbyte>.Zero).AsByte();

    public static Vector512<byte> SwapHalves(Vector512<byte> vector) =>
        ((vector.AsUInt16() << 8) | (vector.AsUInt16() >>> 8)).AsByte();
}

internal readonly struct Register256 : IRegister<Vector256<byte>>
{
    public static Vector256<byte> Repeat(ReadOnlySpan<byte> block, int offset) => Vector256.Create(block);

    public static Vector256<byte> Constants(ushort first, ushort second) => Vector256.Create(first).AsByte();

    public static void Write(Vector256<byte> vector, Span<byte> destination) => vector.CopyTo(destination);

    public static Vector256<byte> Fill(byte value) => Vector256.Create(value);

    public static Vector256<byte> Xor(Vector256<byte> a, Vector256<byte> b) => a ^ b;

    public static Vector256<byte> And(Vector256<byte> a, Vector256<byte> b) => a & b;

    public static Vector256<byte> Double(Vector256<byte> vector) => unchecked(vector + vector);

    public static Vector256<byte> TopBits(Vector256<byte> vector) =>
        Vector256.LessThan(vector.AsSByte(), Vector256<sbyte>.Zero).AsByte();

    public static Vector256<byte> SwapHalves(Vector256<byte> vector) =>
        ((vector.AsUInt16() << 8) | (vector.AsUInt16() >>> 8)).AsByte();
}

internal readonly struct Register128 : IRegister<Vector128<byte>>
{
    public static Vector128<byte> Repeat(ReadOnlySpan<byte> block, int offset) => Vector128.Create(block[offset..]);

    public static Vector128<byte> Constants(ushort first, ushort second) => Vector128.Create(first).AsByte();

    public static void Write(Vector128<byte> vector, Span<byte> destination) => vector.CopyTo(destination);

    public static Vector128<byte> Fill(byte value) => Vector128.Create(value);

    public static Vector128<byte> Xor(Vector128<byte> a, Vector128<byte> b) => a ^ b;

    public static Vector128<byte> And(Vector128<byte> a, Vector128<byte> b) => a & b;

    public static Vector128<byte> Double(Vector128<byte> vector) => unchecked(vector + vector);

    public static Vector128<byte> TopBits(Vector128<byte> vector) =>
        Vector128.LessThan(vector.AsSByte(), Vector128<sbyte>.Zero).AsByte();

    public static Vector128<byte> SwapHalves(Vector128<byte> vector) =>
        ((vector.AsUInt16() << 8) | (vector.AsUInt16() >>> 8)).AsByte();
}
