using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Crypto.Kernels;
using SecureFed.Crypto.Keystreams;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Crypto;

/// <summary>The mask keystream: equal bytes from every implementation, wherever it starts and however it is cut.</summary>
[Trait("Suite", "Kernels")]
public sealed class MaskKeystreamTests : IDisposable
{
    private const int GuardLanes = 4;
    private const uint Guard32 = 0xa5a5_5a5a;
    private const ulong Guard64 = 0xa5a5_5a5a_c3c3_3c3c;

    private readonly SecretBytes _key = SecretBytes.Generate(32, new HashRandomSource(1));

    public static TheoryData<string> Live => KeystreamImplementations.Live;

    public void Dispose() => _key.Dispose();

    [Theory]
    [MemberData(nameof(Live))]
    public void Narrow_lanes_are_equal_to_the_reference_for_every_start_and_length(string implementation)
    {
        uint[] reference = Lanes32(KeystreamImplementations.Reference(_key, 0, 256));
        uint[] before = [.. Enumerable.Range(0, 257).Select(i => unchecked((uint)i * 0x9e37_79b9u - 5))];
        for (int start = 0; start <= 260; start++)
        {
            for (int length = 0; length <= 257; length++)
            {
                uint[] buffer = new uint[length + (2 * GuardLanes)];
                buffer.AsSpan().Fill(Guard32);
                Span<uint> lanes = buffer.AsSpan(GuardLanes, length);
                before.AsSpan(0, length).CopyTo(lanes);

                // Two streams, because one refuses to give the same bytes twice.
                using MaskKeystream adding = Create(implementation);
                using MaskKeystream removing = Create(implementation);
                adding.AddTo(lanes, start);
                bool isSum = true;
                for (int i = 0; i < length; i++)
                {
                    isSum &= lanes[i] == unchecked(before[i] + reference[start + i]);
                }

                removing.SubtractFrom(lanes, start);

                Assert.True(isSum, $"added at {start}, length {length}");
                Assert.True(lanes.SequenceEqual(before.AsSpan(0, length)), $"removed at {start}, length {length}");
                Assert.True(GuardsHold(buffer, Guard32));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Live))]
    public void Wide_lanes_are_equal_to_the_reference_for_every_start_and_length(string implementation)
    {
        ulong[] reference = Lanes64(KeystreamImplementations.Reference(_key, 0, 512));
        ulong[] before = [.. Enumerable.Range(0, 257).Select(i => unchecked((ulong)i * 0x9e37_79b9_7f4a_7c15UL - 5))];
        for (int start = 0; start <= 260; start++)
        {
            for (int length = 0; length <= 257; length++)
            {
                ulong[] buffer = new ulong[length + (2 * GuardLanes)];
                buffer.AsSpan().Fill(Guard64);
                Span<ulong> lanes = buffer.AsSpan(GuardLanes, length);
                before.AsSpan(0, length).CopyTo(lanes);

                using MaskKeystream adding = Create(implementation);
                using MaskKeystream removing = Create(implementation);
                adding.AddTo(lanes, start);
                bool isSum = true;
                for (int i = 0; i < length; i++)
                {
                    isSum &= lanes[i] == unchecked(before[i] + reference[start + i]);
                }

                removing.SubtractFrom(lanes, start);

                Assert.True(isSum, $"added at {start}, length {length}");
                Assert.True(lanes.SequenceEqual(before.AsSpan(0, length)), $"removed at {start}, length {length}");
                Assert.True(GuardsHold(buffer, Guard64));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Live))]
    public void CRY_04_A_stream_cut_into_chunks_of_every_size_is_byte_identical(string implementation)
    {
        const int Length = 4_099;
        uint[] reference = Lanes32(KeystreamImplementations.Reference(_key, 0, 1_025))[..Length];
        for (int size = 1; size <= 257; size++)
        {
            foreach (int threads in size % 16 == 1 ? new[] { 1, 8 } : [1])
            {
                uint[] lanes = new uint[Length];
                using MaskKeystream stream = Create(implementation);
                int chunks = (Length + size - 1) / size;
                Parallel.For(
                    0,
                    chunks,
                    new ParallelOptions { MaxDegreeOfParallelism = threads },
                    chunk =>
                    {
                        int start = chunk * size;
                        stream.AddTo(lanes.AsSpan(start, Math.Min(size, Length - start)), start);
                    }
                );

                Assert.True(lanes.AsSpan().SequenceEqual(reference), $"size {size}, {threads} threads");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Live))]
    public void CRY_04_The_published_answer_of_SP_800_38A_F_5_5_comes_out(string implementation)
    {
        JsonElement vector = VectorFiles
            .Spec("security", "vectors", "primitives.json")
            .GetProperty("aes256ctr_sp800_38a_f55");
        UInt128 counter = BinaryPrimitives.ReadUInt128BigEndian(vector.Hex("iv"));
        using SecretBytes key = SecretBytes.CopyFrom(vector.Hex("key"));
        using MaskKeystream stream = KeystreamImplementations.Create(implementation, key, counter);
        ulong[] lanes = new ulong[8];

        stream.AddTo(lanes, firstLane: 0);

        Assert.Equal(vector.Hex("keystream64"), lanes.SelectMany(BitConverter.GetBytes));
    }

    [Theory]
    [MemberData(nameof(Live))]
    public void CRY_04_The_counter_never_wraps_silently(string implementation)
    {
        const long LanesInStream = CounterKeystream.MaximumLengthInBytes / sizeof(uint);
        using MaskKeystream stream = Create(implementation);

        // The last 64 lanes of a stream, and the 64 around block 2^32.
        foreach (long start in new[] { LanesInStream - 64, (1L << 34) - 30 })
        {
            uint[] lanes = new uint[64];
            stream.AddTo(lanes, start);
            uint[] reference = Lanes32(KeystreamImplementations.Reference(_key, (UInt128)(start / 4), 17));
            Assert.Equal(reference.AsSpan((int)(start % 4), 64).ToArray(), lanes);
        }

        foreach (long start in new[] { LanesInStream - 63, LanesInStream, -1, long.MinValue, long.MaxValue })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => stream.AddTo(new uint[64], start));
            Assert.Throws<ArgumentOutOfRangeException>(() => stream.SubtractFrom(new ulong[64], start));
        }

        Assert.Throws<InvariantViolatedException>(() =>
            KeystreamImplementations.Create(implementation, _key, new UInt128(0, ulong.MaxValue - 5))
        );
    }

    [Theory]
    [MemberData(nameof(Live))]
    public void The_keystream_inside_AES_GCM_is_the_same(string implementation)
    {
        byte[] nonce = Convert.FromHexString("000102030405060708090a0b");
        byte[] keystream = new byte[4_000];
        using AesGcm gcm = new(_key.Reveal(SecretAccess.ForPrimitive), tagSizeInBytes: 16);
        gcm.Encrypt(nonce, new byte[keystream.Length], keystream, new byte[16]);

        // Encryption starts at the block nonce ‖ 2 (SP 800-38D).
        byte[] first = [.. nonce, 0, 0, 0, 2];
        UInt128 counter = BinaryPrimitives.ReadUInt128BigEndian(first);
        using MaskKeystream stream = KeystreamImplementations.Create(implementation, _key, counter);
        uint[] lanes = new uint[keystream.Length / sizeof(uint)];
        stream.AddTo(lanes, firstLane: 0);

        Assert.Equal(keystream, lanes.SelectMany(BitConverter.GetBytes));
    }

    [Theory]
    [MemberData(nameof(Live))]
    public void CRY_06_Keys_that_differ_in_one_bit_give_unrelated_streams(string implementation)
    {
        // Fixed keys: no false alarm can come and go. Of 8,192 bits half differ, give or take 6.6 deviations of 45 bits.
        byte[] seed = new byte[32];
        new HashRandomSource(2).Fill(seed);
        byte[] original = Expand(implementation, seed);
        HashSet<string> streams = [Convert.ToHexString(original)];
        for (int bit = 0; bit < 256; bit++)
        {
            byte[] flipped = [.. seed];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            byte[] stream = Expand(implementation, flipped);

            int distance = original.Zip(stream, (a, b) => BitOperations.PopCount((uint)(a ^ b))).Sum();

            Assert.InRange(distance, 4_096 - 300, 4_096 + 300);
            streams.Add(Convert.ToHexString(stream));
        }

        Assert.Equal(257, streams.Count);
    }

    [Theory]
    [MemberData(nameof(Live))]
    public void CRY_06_No_byte_of_the_key_is_folded_away(string implementation)
    {
        // Keys with equal xor and equal sum of their 32-bit words: a fold to 32 bits would make them one.
        byte[] seed = new byte[32];
        seed[0] = 1;
        HashSet<string> streams = [];
        for (int word = 0; word < 8; word++)
        {
            byte[] moved = new byte[32];
            moved[4 * word] = 1;
            streams.Add(Convert.ToHexString(Expand(implementation, moved)));
        }

        Assert.Equal(8, streams.Count);
    }

    [Theory]
    [MemberData(nameof(Live))]
    public void No_byte_of_a_stream_is_given_twice(string implementation)
    {
        using MaskKeystream stream = Create(implementation);
        stream.AddTo(new uint[10], firstLane: 100);

        Assert.Throws<InvariantViolatedException>(() => stream.AddTo(new uint[1], firstLane: 100));
        Assert.Throws<InvariantViolatedException>(() => stream.SubtractFrom(new uint[1], firstLane: 109));
        Assert.Throws<InvariantViolatedException>(() => stream.AddTo(new uint[200], firstLane: 0));
        Assert.Throws<InvariantViolatedException>(() => stream.SubtractFrom(new ulong[1], firstLane: 54));
        Assert.Throws<InvariantViolatedException>(() => stream.AddTo(new ulong[60], firstLane: 0));
        stream.AddTo(new ulong[50], firstLane: 0);
        stream.SubtractFrom(new ulong[1], firstLane: 55);
        stream.AddTo(Span<uint>.Empty, firstLane: 105);
    }

    [Theory]
    [MemberData(nameof(Live))]
    public void A_refused_use_leaves_the_lanes_as_they_were(string implementation)
    {
        using MaskKeystream stream = Create(implementation);
        stream.AddTo(new uint[1], firstLane: 7);
        uint[] lanes = [.. Enumerable.Repeat(42u, 20)];

        Assert.Throws<InvariantViolatedException>(() => stream.AddTo(lanes, firstLane: 0));

        Assert.All(lanes, lane => Assert.Equal(42u, lane));
    }

    [Theory]
    [MemberData(nameof(Live))]
    public void Of_many_threads_that_want_the_same_lanes_one_gets_them(string implementation)
    {
        for (int round = 0; round < 20; round++)
        {
            using MaskKeystream stream = Create(implementation);
            int served = 0;
            Parallel.For(
                0,
                8,
                _ =>
                {
                    try
                    {
                        stream.AddTo(new uint[50], firstLane: 10);
                        Interlocked.Increment(ref served);
                    }
                    catch (InvariantViolatedException)
                    {
                        // The others.
                    }
                }
            );

            Assert.Equal(1, served);
        }
    }

    [Theory]
    [MemberData(nameof(Live))]
    public void A_disposed_stream_gives_nothing(string implementation)
    {
        MaskKeystream stream = Create(implementation);
        stream.AddTo(new uint[5], firstLane: 0);

        stream.Dispose();
        stream.Dispose();

        Assert.Throws<ObjectDisposedException>(() => stream.AddTo(new uint[5], firstLane: 10));
        Assert.Throws<ObjectDisposedException>(() => stream.SubtractFrom(new ulong[5], firstLane: 10));
        Assert.Equal(nameof(MaskKeystream), stream.ToString());
    }

    [Theory]
    [MemberData(nameof(Live))]
    public void The_self_test_passes_and_notices_another_counter_order(string implementation)
    {
        Assert.True(
            KeystreamSelection.GivesKnownAnswer(
                (key, counter) => KeystreamImplementations.Create(implementation, key, counter)
            )
        );
        Assert.False(
            KeystreamSelection.GivesKnownAnswer(
                (key, counter) =>
                    KeystreamImplementations.Create(implementation, key, ~counter & ((UInt128.One << 120) - 1))
            )
        );
    }

    [HardwareFact(typeof(System.Runtime.Intrinsics.X86.Aes))]
    public void The_kernel_is_chosen_where_the_processor_has_it() =>
        Assert.Equal("AES-NI", P256Suite.Instance.MaskImplementation);

    [HardwareFact(typeof(System.Runtime.Intrinsics.X86.Aes))]
    public void The_key_schedule_is_that_of_FIPS_197()
    {
        // FIPS 197 appendix A.3.
        byte[] roundKeys = new byte[AesNiCounter.RoundKeysSizeInBytes];

        AesNiCounter.ExpandKey(
            Convert.FromHexString("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
            roundKeys
        );

        Assert.Equal("9BA354118E6925AFA51A8B5F2067FCDE", Convert.ToHexString(roundKeys, 32, 16));
        Assert.Equal("FE4890D1E6188D0B046DF344706C631E", Convert.ToHexString(roundKeys, 224, 16));
    }

    [Fact]
    public void The_scalar_and_the_vector_path_of_combining_bytes_agree()
    {
        HashRandomSource random = new(3);
        for (int length = 0; length <= 257; length++)
        {
            for (int offset = 0; offset < 16; offset++)
            {
                byte[] keystream = new byte[offset + (length * sizeof(ulong))];
                random.Fill(keystream);
                uint[] narrow = [.. Enumerable.Repeat(uint.MaxValue - 7, length)];
                ulong[] wide = [.. Enumerable.Repeat(ulong.MaxValue - 7, length)];
                uint[] narrowAgain = [.. narrow];
                ulong[] wideAgain = [.. wide];
                ReadOnlySpan<byte> bytes = keystream.AsSpan(offset);

                CombineBytes.Scalar<uint, AddLanes>(narrow, bytes[..(length * sizeof(uint))]);
                CombineBytes.Vector<uint, AddLanes>(narrowAgain, bytes[..(length * sizeof(uint))]);
                CombineBytes.Scalar<ulong, SubtractLanes>(wide, bytes);
                CombineBytes.Vector<ulong, SubtractLanes>(wideAgain, bytes);

                Assert.Equal(narrow, narrowAgain);
                Assert.Equal(wide, wideAgain);
            }
        }
    }

    private static uint[] Lanes32(byte[] bytes) =>
        [.. bytes.Chunk(sizeof(uint)).Select(lane => BinaryPrimitives.ReadUInt32LittleEndian(lane))];

    private static ulong[] Lanes64(byte[] bytes) =>
        [.. bytes.Chunk(sizeof(ulong)).Select(lane => BinaryPrimitives.ReadUInt64LittleEndian(lane))];

    private static bool GuardsHold<TLane>(TLane[] buffer, TLane guard)
        where TLane : IEquatable<TLane> =>
        !buffer.AsSpan(0, GuardLanes).ContainsAnyExcept(guard)
        && !buffer.AsSpan(buffer.Length - GuardLanes).ContainsAnyExcept(guard);

    private static byte[] Expand(string implementation, byte[] seed)
    {
        using SecretBytes key = SecretBytes.CopyFrom(seed);
        using MaskKeystream stream = KeystreamImplementations.Create(implementation, key);
        uint[] lanes = new uint[256];
        stream.AddTo(lanes, firstLane: 0);
        return [.. lanes.SelectMany(BitConverter.GetBytes)];
    }

    private MaskKeystream Create(string implementation) => KeystreamImplementations.Create(implementation, _key);
}
