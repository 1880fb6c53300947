using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace SecureFed.Crypto.Kernels;

/// <summary>Values of a polynomial over GF(2^16) at consecutive points, for the 16 elements of a 32-byte block side by side.</summary>
/// <remarks>
/// Element j of a block is bytes 2j (low half) and 2j + 1 (high half). The points are public, and so is the degree: the
/// number of steps depends on them. Nothing depends on the elements: no table, no branch. Several points are taken in
/// one pass, each of them in a register from the highest coefficient to the lowest.
/// </remarks>
internal static class TowerHorner
{
    public const int BlockSizeInBytes = 32;
    private const int RegistersInPass = 4;
    private const int LargestByte = 0xff;

    /// <summary>values[i] = Σ_k polynomial[k]·x^k at x = <paramref name="firstPoint"/> + i.</summary>
    /// <param name="polynomial">Blocks, the constant term first; at least one.</param>
    /// <param name="firstPoint">The last point is at most 65,535.</param>
    /// <param name="values">Two blocks or more; does not overlap the polynomial.</param>
    public static void Evaluate(ReadOnlySpan<byte> polynomial, int firstPoint, Span<byte> values) =>
        TowerKernel.Run(new Evaluation(polynomial, firstPoint, values));

    internal static void Scalar(ReadOnlySpan<byte> polynomial, int firstPoint, Span<byte> values)
    {
        int top = polynomial.Length - BlockSizeInBytes;
        for (int start = 0; start < values.Length; start += BlockSizeInBytes)
        {
            ushort x = PointAt(firstPoint, start);
            for (int element = 0; element < BlockSizeInBytes; element += sizeof(ushort))
            {
                ushort sum = 0;
                for (int term = top; term >= 0; term -= BlockSizeInBytes)
                {
                    ushort coefficient = BinaryPrimitives.ReadUInt16LittleEndian(polynomial[(term + element)..]);
                    sum = (ushort)(TowerField.Multiply(sum, x) ^ coefficient);
                }

                BinaryPrimitives.WriteUInt16LittleEndian(values[(start + element)..], sum);
            }
        }
    }

    /// <summary>The same in registers. The last pass ends at the last value, so it may take some points a second time.</summary>
    internal static void Wide<TVector, TRegister, TProduct>(
        ReadOnlySpan<byte> polynomial,
        int firstPoint,
        Span<byte> values
    )
        where TVector : struct
        where TRegister : IRegister<TVector>
        where TProduct : IByteProduct<TVector>
    {
        int width = Unsafe.SizeOf<TVector>();
        int pass = RegistersInPass * width;
        bool many = values.Length >= pass;
        int length = many ? pass : width;

        // An element below 256 has no high half, and then nothing changes halves.
        bool crosses = PointAt(firstPoint, values.Length - BlockSizeInBytes) > LargestByte;
        for (int start = 0; ; start += length)
        {
            start = Math.Min(start, values.Length - length);
            if (many)
            {
                Four<TVector, TRegister, TProduct>(polynomial, firstPoint, start, crosses, values);
            }
            else
            {
                One<TVector, TRegister, TProduct>(polynomial, firstPoint, start, values);
            }

            if (start + length == values.Length)
            {
                return;
            }
        }
    }

    private static void One<TVector, TRegister, TProduct>(
        ReadOnlySpan<byte> polynomial,
        int firstPoint,
        int start,
        Span<byte> values
    )
        where TVector : struct
        where TRegister : IRegister<TVector>
        where TProduct : IByteProduct<TVector>
    {
        (TVector straight, TVector crossed) = Factors<TVector, TRegister>(firstPoint, start);
        int offset = start % BlockSizeInBytes;
        TVector sum = default;
        for (int term = polynomial.Length - BlockSizeInBytes; term >= 0; term -= BlockSizeInBytes)
        {
            TVector addend = TRegister.Repeat(polynomial.Slice(term, BlockSizeInBytes), offset);
            sum = Cross<TVector, TRegister, TProduct>(sum, straight, crossed, addend);
        }

        TRegister.Write(sum, values[start..]);
    }

    private static void Four<TVector, TRegister, TProduct>(
        ReadOnlySpan<byte> polynomial,
        int firstPoint,
        int start,
        bool crosses,
        Span<byte> values
    )
        where TVector : struct
        where TRegister : IRegister<TVector>
        where TProduct : IByteProduct<TVector>
    {
        int width = Unsafe.SizeOf<TVector>();
        (TVector straight0, TVector crossed0) = Factors<TVector, TRegister>(firstPoint, start);
        (TVector straight1, TVector crossed1) = Factors<TVector, TRegister>(firstPoint, start + width);
        (TVector straight2, TVector crossed2) = Factors<TVector, TRegister>(firstPoint, start + (2 * width));
        (TVector straight3, TVector crossed3) = Factors<TVector, TRegister>(firstPoint, start + (3 * width));
        TVector sum0 = default;
        TVector sum1 = default;
        TVector sum2 = default;
        TVector sum3 = default;

        // A register narrower than a block starts in its first or in its second half.
        int offset = start % BlockSizeInBytes;
        int next = (start + width) % BlockSizeInBytes;
        for (int term = polynomial.Length - BlockSizeInBytes; term >= 0; term -= BlockSizeInBytes)
        {
            ReadOnlySpan<byte> coefficient = polynomial.Slice(term, BlockSizeInBytes);
            TVector even = TRegister.Repeat(coefficient, offset);
            TVector odd = TRegister.Repeat(coefficient, next);
            if (crosses)
            {
                sum0 = Cross<TVector, TRegister, TProduct>(sum0, straight0, crossed0, even);
                sum1 = Cross<TVector, TRegister, TProduct>(sum1, straight1, crossed1, odd);
                sum2 = Cross<TVector, TRegister, TProduct>(sum2, straight2, crossed2, even);
                sum3 = Cross<TVector, TRegister, TProduct>(sum3, straight3, crossed3, odd);
            }
            else
            {
                sum0 = TRegister.Xor(TProduct.Multiply(sum0, straight0), even);
                sum1 = TRegister.Xor(TProduct.Multiply(sum1, straight1), odd);
                sum2 = TRegister.Xor(TProduct.Multiply(sum2, straight2), even);
                sum3 = TRegister.Xor(TProduct.Multiply(sum3, straight3), odd);
            }
        }

        TRegister.Write(sum0, values[start..]);
        TRegister.Write(sum1, values[(start + width)..]);
        TRegister.Write(sum2, values[(start + (2 * width))..]);
        TRegister.Write(sum3, values[(start + (3 * width))..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Cross<TVector, TRegister, TProduct>(
        TVector sum,
        TVector straight,
        TVector crossed,
        TVector addend
    )
        where TVector : struct
        where TRegister : IRegister<TVector>
        where TProduct : IByteProduct<TVector> =>
        TRegister.Xor(
            TRegister.Xor(TProduct.Multiply(sum, straight), TRegister.SwapHalves(TProduct.Multiply(sum, crossed))),
            addend
        );

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TVector Straight, TVector Crossed) Factors<TVector, TRegister>(int firstPoint, int start)
        where TVector : struct
        where TRegister : IRegister<TVector>
    {
        var first = TowerFactor.Of(PointAt(firstPoint, start));
        TowerFactor second =
            Unsafe.SizeOf<TVector>() > BlockSizeInBytes
                ? TowerFactor.Of(PointAt(firstPoint, start + BlockSizeInBytes))
                : first;
        return (
            TRegister.Constants(first.Straight, second.Straight),
            TRegister.Constants(first.Crossed, second.Crossed)
        );
    }

    private static ushort PointAt(int firstPoint, int start) => (ushort)(firstPoint + (start / BlockSizeInBytes));

    private readonly ref struct Evaluation(ReadOnlySpan<byte> polynomial, int firstPoint, Span<byte> values)
        : ITowerKernel
    {
        private readonly ReadOnlySpan<byte> _polynomial = polynomial;
        private readonly Span<byte> _values = values;

        public void Wide<TVector, TRegister, TProduct>()
            where TVector : struct
            where TRegister : IRegister<TVector>
            where TProduct : IByteProduct<TVector> =>
            TowerHorner.Wide<TVector, TRegister, TProduct>(_polynomial, firstPoint, _values);

        public void Scalar() => TowerHorner.Scalar(_polynomial, firstPoint, _values);
    }
}
