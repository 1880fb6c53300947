using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Crypto.Kernels;

namespace SecureFed.Crypto.Keystreams;

/// <summary>AES-256-CTR by the platform's AES over counter blocks. The one in FIPS mode and without AES instructions.</summary>
/// <remarks>
/// The platform's object keeps its own copy of the key, which this class can dispose but not pin. Each thread borrows a
/// worker, because the platform does not promise that one object serves several threads.
/// </remarks>
[Secret]
internal sealed class PlatformKeystream : CounterKeystream
{
    private readonly SecretBytes _key;
    private readonly ConcurrentBag<Worker> _idle = [];
    private volatile bool _disposed;

    public PlatformKeystream(SecretBytes key, UInt128 firstCounter = default)
        : base(firstCounter) => _key = key.Duplicate();

    public override void Dispose()
    {
        _disposed = true;
        _key.Dispose();
        DisposeIdle();
    }

    protected override void Apply<TLane, TOperation>(Span<TLane> lanes, long firstByte)
    {
        if (lanes.IsEmpty)
        {
            return;
        }

        if (!_idle.TryTake(out Worker? worker))
        {
            worker = new Worker(_key);
        }

        try
        {
            Expand<TLane, TOperation>(worker, lanes, firstByte);
        }
        finally
        {
            _idle.Add(worker);
            if (_disposed)
            {
                DisposeIdle();
            }
        }
    }

    private void Expand<TLane, TOperation>(Worker worker, Span<TLane> lanes, long firstByte)
        where TLane : unmanaged, IBinaryInteger<TLane>
        where TOperation : ILaneOperation
    {
        using Buffers buffers = Buffers.Borrow();
        int width = Unsafe.SizeOf<TLane>();
        int done = 0;
        while (done < lanes.Length)
        {
            long position = firstByte + ((long)done * width);
            ulong block = CounterLow + (ulong)(position / BlockSizeInBytes);
            int skipped = (int)(position % BlockSizeInBytes);
            int count = Math.Min((Buffers.SizeInBytes - skipped) / width, lanes.Length - done);
            int end = skipped + (count * width);
            int padded = (end + BlockSizeInBytes - 1) / BlockSizeInBytes * BlockSizeInBytes;
            worker.Expand(CounterHigh, block, buffers.Counters.AsSpan(0, padded), buffers.Keystream.AsSpan(0, padded));
            CombineBytes.Apply<TLane, TOperation>(
                lanes.Slice(done, count),
                buffers.Keystream.AsSpan(skipped, end - skipped)
            );
            done += count;
        }
    }

    protected override void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    private void DisposeIdle()
    {
        while (_idle.TryTake(out Worker? worker))
        {
            worker.Dispose();
        }
    }

    /// <summary>One thread's cipher object for this key, with borrowed buffers.</summary>
    [Secret]
    private sealed class Worker : IDisposable
    {
        private readonly Aes _aes = Aes.Create();

        public Worker(SecretBytes key) => _aes.SetKey(key.Reveal(SecretAccess.ForPrimitive));

        /// <summary>Writes the stream from block <paramref name="block"/> on, whole blocks.</summary>
        public void Expand(ulong counterHigh, ulong block, Span<byte> counters, Span<byte> keystream)
        {
            for (int offset = 0; offset < counters.Length; offset += BlockSizeInBytes)
            {
                BinaryPrimitives.WriteUInt64BigEndian(counters[offset..], counterHigh);
                BinaryPrimitives.WriteUInt64BigEndian(counters[(offset + sizeof(ulong))..], block);
                block++;
            }

            // The platform has no counter mode. Its block cipher over distinct counters is one; here ECB is only that.
#pragma warning disable RS0030 // The ban on ECB exempts this file.
            int written = _aes.EncryptEcb(counters, keystream, PaddingMode.None);
#pragma warning restore RS0030
            Invariant.Check(written == counters.Length, "unpadded encryption keeps the length");
        }

        public override string ToString() => nameof(Worker);

        public void Dispose() => _aes.Dispose();
    }

    /// <summary>Pinned scratch memory, shared by all streams so that a stream costs no allocation of its own.</summary>
    [Secret]
    private sealed class Buffers : IDisposable
    {
        /// <summary>Returned ones beyond this many go to the collector.</summary>
        private const int MaximumIdle = 64;

        private static readonly ConcurrentBag<Buffers> s_idle = [];

        public byte[] Counters { get; } = GC.AllocateUninitializedArray<byte>(SizeInBytes, pinned: true);

        public byte[] Keystream { get; } = GC.AllocateUninitializedArray<byte>(SizeInBytes, pinned: true);

        public static Buffers Borrow() => s_idle.TryTake(out Buffers? buffers) ? buffers : new Buffers();

        public override string ToString() => nameof(Buffers);

        /// <summary>Wipes the keystream and gives the memory back.</summary>
        public void Dispose()
        {
            CryptographicOperations.ZeroMemory(Keystream);
            if (s_idle.Count < MaximumIdle)
            {
                s_idle.Add(this);
            }
        }

        /// <summary>Long enough that the cost of a call stays small, short enough for the nearest caches.</summary>
        public const int SizeInBytes = 16 * 1024;
    }
}
