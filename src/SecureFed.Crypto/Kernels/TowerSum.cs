using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.Crypto.Kernels;

/// <summary>A sum of 32-byte blocks over GF(2^16), each times a public weight.</summary>
/// <remarks>
/// Elements lie as in <see cref="TowerHorner"/>. Nothing depends on the blocks: no table, no branch. What changes halves
/// is summed apart and changes them once, at the end.
/// </remarks>
internal static class TowerSum
{
    private const int BlockSizeInBytes = TowerHorner.BlockSizeInBytes;

    /// <summary>sum = Σ_i weights[i]·blocks[i].</summary>
    /// <param name="weights">As many as blocks.</param>
    /// <param name="blocks">32 bytes each.</param>
    /// <param name="sum">32 bytes.</param>
    public static void Weigh(ReadOnlySpan<TowerFactor> weights, ReadOnlySpan<SecretBytes> blocks, Span<byte> sum) =>
        TowerKernel.Run(new Weighing(weights, blocks, sum));

    internal static void Scalar(ReadOnlySpan<TowerFactor> weights, ReadOnlySpan<SecretBytes> blocks, Span<byte> sum)
    {
        sum[..BlockSizeInBytes].Clear();
        for (int i = 0; i < weights.Length; i++)
        {
            ReadOnlySpan<byte> block = blocks[i].Reveal(SecretAccess.ForPrimitive);

            // The low straight constant is the low half of the weight, the low crossed one its high half.
            ushort weight = (ushort)((weights[i].Straight & 0xff) | ((weights[i].Crossed & 0xff) << 8));
            for (int offset = 0; offset < BlockSizeInBytes; offset += sizeof(ushort))
            {
                Span<byte> element = sum.Slice(offset, sizeof(ushort));
                ushort product = TowerField.Multiply(BinaryPrimitives.ReadUInt16LittleEndian(block[offset..]), weight);
                BinaryPrimitives.WriteUInt16LittleEndian(
                    element,
                    (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(element) ^ product)
                );
            }
        }
    }

    internal static void Wide<TVector, TRegister, TProduct>(
        ReadOnlySpan<TowerFactor> weights,
        ReadOnlySpan<SecretBytes> blocks,
        Span<byte> sum
    )
        where TVector : struct
        where TRegister : IRegister<TVector>
        where TProduct : IByteProduct<TVector>
    {
        // The block of the products that stay, and after it the block of those that change halves.
        Span<byte> both = stackalloc byte[2 * BlockSizeInBytes];
        for (int start = 0; start < both.Length; start += Unsafe.SizeOf<TVector>())
        {
            TVector part = default;
            for (int i = 0; i < weights.Length; i++)
            {
                TowerFactor weight = weights[i];
                TVector constants = TRegister.Constants(
                    start < BlockSizeInBytes ? weight.Straight : weight.Crossed,
                    weight.Crossed
                );
                TVector block = TRegister.Repeat(blocks[i].Reveal(SecretAccess.ForPrimitive), start % BlockSizeInBytes);
                part = TRegister.Xor(part, TProduct.Multiply(block, constants));
            }

            TRegister.Write(part, both[start..]);
        }

        (
            Vector256.Create<byte>(both[..BlockSizeInBytes])
            ^ Register256.SwapHalves(Vector256.Create<byte>(both[BlockSizeInBytes..]))
        ).CopyTo(sum);
        CryptographicOperations.ZeroMemory(both);
    }

    private readonly ref struct Weighing(
        ReadOnlySpan<TowerFactor> weights,
        ReadOnlySpan<SecretBytes> blocks,
        Span<byte> sum
    ) : ITowerKernel
    {
        private readonly ReadOnlySpan<TowerFactor> _weights = weights;
        private readonly ReadOnlySpan<SecretBytes> _blocks = blocks;
        private readonly Span<byte> _sum = sum;

        public void Wide<TVector, TRegister, TProduct>()
            where TVector : struct
            where TRegister : IRegister<TVector>
            where TProduct : IByteProduct<TVector> =>
            TowerSum.Wide<TVector, TRegister, TProduct>(_weights, _blocks, _sum);

        public void Scalar() => TowerSum.Scalar(_weights, _blocks, _sum);
    }
}
