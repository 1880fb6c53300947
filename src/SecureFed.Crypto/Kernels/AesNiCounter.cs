using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureFed.Crypto.Kernels;

/// <summary>AES-256 in counter mode on the AES instructions, fused with the ring operation: lanes[j] = lanes[j] ± stream lane j.</summary>
/// <remarks>
/// Block i of the stream is AES-256(key, high ‖ low + i), both halves big-endian on the wire of the cipher; low + i must
/// not wrap. Little-endian lanes; the first one may start inside a block, on a lane boundary. No tables and no
/// data-dependent branches. There is no scalar twin in this file: the platform's AES is the reference, bit for bit.
/// </remarks>
internal static class AesNiCounter
{
    public const int RoundCount = 14;
    public const int RoundKeysSizeInBytes = (RoundCount + 1) * BlockSizeInBytes;
    public const int KeySizeInBytes = 32;
    private const int BlockSizeInBytes = 16;

    /// <summary>Eight independent chains hide the latency of AESENC on every core since Haswell and Zen.</summary>
    private const int Chains = 8;

    public static bool IsSupported => Aes.IsSupported && Ssse3.IsSupported && BitConverter.IsLittleEndian;

    /// <summary>FIPS 197 section 5.2 for Nk = 8; the substitution is the instruction's, so no table is read.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="roundKeys">15 round keys of 16 bytes.</param>
    public static void ExpandKey(ReadOnlySpan<byte> key, Span<byte> roundKeys)
    {
        Vector128<byte> even = Vector128.Create(key[..BlockSizeInBytes]);
        Vector128<byte> odd = Vector128.Create(key.Slice(BlockSizeInBytes, BlockSizeInBytes));
        even.CopyTo(roundKeys);
        odd.CopyTo(roundKeys[BlockSizeInBytes..]);
        for (int round = 2; round <= RoundCount; round += 2)
        {
            even = Mix(even, RotatedWord(odd, round));
            even.CopyTo(roundKeys[(round * BlockSizeInBytes)..]);
            if (round < RoundCount)
            {
                odd = Mix(odd, PlainWord(even));
                odd.CopyTo(roundKeys[((round + 1) * BlockSizeInBytes)..]);
            }
        }
    }

    /// <summary>Applies the stream from byte <paramref name="firstByte"/> on.</summary>
    /// <param name="lanes">Any length.</param>
    /// <param name="roundKeys">What <see cref="ExpandKey"/> wrote.</param>
    /// <param name="counterHigh">The upper half of every counter block.</param>
    /// <param name="counterLow">The lower half of block 0.</param>
    /// <param name="firstByte">A multiple of the lane width.</param>
    public static void Apply<TLane, TOperation>(
        Span<TLane> lanes,
        ReadOnlySpan<byte> roundKeys,
        ulong counterHigh,
        ulong counterLow,
        long firstByte
    )
        where TLane : unmanaged, IBinaryInteger<TLane>
        where TOperation : ILaneOperation
    {
        Debug.Assert(IsSupported);
        ref byte keys = ref MemoryMarshal.GetReference(roundKeys[..RoundKeysSizeInBytes]);
        ulong block = counterLow + (ulong)(firstByte / BlockSizeInBytes);
        int skipped = (int)(firstByte % BlockSizeInBytes) / Unsafe.SizeOf<TLane>();
        int perBlock = Vector128<TLane>.Count;
        int done = 0;
        if (skipped != 0)
        {
            done = Math.Min(perBlock - skipped, lanes.Length);
            Partial<TLane, TOperation>(lanes[..done], ref keys, counterHigh, block, skipped);
            block++;
        }

        int bulk = (lanes.Length - done) / (Chains * perBlock) * (Chains * perBlock);
        Bulk<TLane, TOperation>(lanes.Slice(done, bulk), ref keys, counterHigh, block);
        done += bulk;
        block += (ulong)(bulk / perBlock);
        while (done < lanes.Length)
        {
            int count = Math.Min(perBlock, lanes.Length - done);
            Partial<TLane, TOperation>(lanes.Slice(done, count), ref keys, counterHigh, block, skipped: 0);
            done += count;
            block++;
        }
    }

    /// <summary>Whole groups of eight blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Bulk<TLane, TOperation>(Span<TLane> lanes, ref byte keys, ulong counterHigh, ulong block)
        where TLane : unmanaged, IBinaryInteger<TLane>
        where TOperation : ILaneOperation
    {
        nuint step = (nuint)(uint)Vector128<TLane>.Count;
        nuint length = (nuint)(uint)lanes.Length;
        ref TLane lane = ref MemoryMarshal.GetReference(lanes);

        // Counters are kept as little-endian integers, which add in one instruction, and are byte-swapped by a shuffle.
        Vector128<ulong> counter = Vector128.Create(block, counterHigh);
        Vector128<ulong> one = Vector128.Create(1UL, 0UL);
        for (nuint i = 0; i < length; i += Chains * step)
        {
            Vector128<byte> key = Vector128.LoadUnsafe(ref keys);
            Vector128<byte> b0 = BigEndian(counter) ^ key;
            counter += one;
            Vector128<byte> b1 = BigEndian(counter) ^ key;
            counter += one;
            Vector128<byte> b2 = BigEndian(counter) ^ key;
            counter += one;
            Vector128<byte> b3 = BigEndian(counter) ^ key;
            counter += one;
            Vector128<byte> b4 = BigEndian(counter) ^ key;
            counter += one;
            Vector128<byte> b5 = BigEndian(counter) ^ key;
            counter += one;
            Vector128<byte> b6 = BigEndian(counter) ^ key;
            counter += one;
            Vector128<byte> b7 = BigEndian(counter) ^ key;
            counter += one;
            for (nuint offset = BlockSizeInBytes; offset < RoundCount * BlockSizeInBytes; offset += BlockSizeInBytes)
            {
                key = Vector128.LoadUnsafe(ref keys, offset);
                b0 = Aes.Encrypt(b0, key);
                b1 = Aes.Encrypt(b1, key);
                b2 = Aes.Encrypt(b2, key);
                b3 = Aes.Encrypt(b3, key);
                b4 = Aes.Encrypt(b4, key);
                b5 = Aes.Encrypt(b5, key);
                b6 = Aes.Encrypt(b6, key);
                b7 = Aes.Encrypt(b7, key);
            }

            key = Vector128.LoadUnsafe(ref keys, RoundCount * BlockSizeInBytes);
            Store<TLane, TOperation>(ref lane, i, Aes.EncryptLast(b0, key));
            Store<TLane, TOperation>(ref lane, i + step, Aes.EncryptLast(b1, key));
            Store<TLane, TOperation>(ref lane, i + (2 * step), Aes.EncryptLast(b2, key));
            Store<TLane, TOperation>(ref lane, i + (3 * step), Aes.EncryptLast(b3, key));
            Store<TLane, TOperation>(ref lane, i + (4 * step), Aes.EncryptLast(b4, key));
            Store<TLane, TOperation>(ref lane, i + (5 * step), Aes.EncryptLast(b5, key));
            Store<TLane, TOperation>(ref lane, i + (6 * step), Aes.EncryptLast(b6, key));
            Store<TLane, TOperation>(ref lane, i + (7 * step), Aes.EncryptLast(b7, key));
        }
    }

    /// <summary>Part of one block: lanes skipped … skipped + length − 1 of it.</summary>
    private static void Partial<TLane, TOperation>(
        Span<TLane> lanes,
        ref byte keys,
        ulong counterHigh,
        ulong block,
        int skipped
    )
        where TLane : unmanaged, IBinaryInteger<TLane>
        where TOperation : ILaneOperation
    {
        Vector128<byte> state = BigEndian(Vector128.Create(block, counterHigh)) ^ Vector128.LoadUnsafe(ref keys);
        for (nuint offset = BlockSizeInBytes; offset < RoundCount * BlockSizeInBytes; offset += BlockSizeInBytes)
        {
            state = Aes.Encrypt(state, Vector128.LoadUnsafe(ref keys, offset));
        }

        state = Aes.EncryptLast(state, Vector128.LoadUnsafe(ref keys, RoundCount * BlockSizeInBytes));
        Vector128<TLane> keystream = state.As<byte, TLane>();
        for (int i = 0; i < lanes.Length; i++)
        {
            lanes[i] = TOperation.Combine(lanes[i], keystream.GetElement(skipped + i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TLane, TOperation>(ref TLane lane, nuint index, Vector128<byte> keystream)
        where TLane : unmanaged, IBinaryInteger<TLane>
        where TOperation : ILaneOperation =>
        TOperation
            .Combine(Vector128.LoadUnsafe(ref lane, index), keystream.As<byte, TLane>())
            .StoreUnsafe(ref lane, index);

    /// <summary>The 16 bytes of a 128-bit counter, most significant first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> BigEndian(Vector128<ulong> counter) =>
        Ssse3.Shuffle(counter.AsByte(), Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));

    /// <summary>Each word of the old round key xored with all words before it and with the transformed word.</summary>
    private static Vector128<byte> Mix(Vector128<byte> old, Vector128<byte> word)
    {
        old ^= Sse2.ShiftLeftLogical128BitLane(old, 4);
        old ^= Sse2.ShiftLeftLogical128BitLane(old, 8);
        return old ^ word;
    }

    /// <summary>RotWord(SubWord(last word)) ^ Rcon in all four words. The round constant must be an immediate.</summary>
    private static Vector128<byte> RotatedWord(Vector128<byte> odd, int round)
    {
        Vector128<byte> assisted = round switch
        {
            2 => Aes.KeygenAssist(odd, 0x01),
            4 => Aes.KeygenAssist(odd, 0x02),
            6 => Aes.KeygenAssist(odd, 0x04),
            8 => Aes.KeygenAssist(odd, 0x08),
            10 => Aes.KeygenAssist(odd, 0x10),
            12 => Aes.KeygenAssist(odd, 0x20),
            14 => Aes.KeygenAssist(odd, 0x40),
            _ => throw new UnreachableException(),
        };
        return Sse2.Shuffle(assisted.AsUInt32(), 0xff).AsByte();
    }

    /// <summary>SubWord(last word) in all four words.</summary>
    private static Vector128<byte> PlainWord(Vector128<byte> even) =>
        Sse2.Shuffle(Aes.KeygenAssist(even, 0x00).AsUInt32(), 0xaa).AsByte();
}
