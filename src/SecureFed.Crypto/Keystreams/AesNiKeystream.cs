using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Crypto.Kernels;

namespace SecureFed.Crypto.Keystreams;

/// <summary>AES-256-CTR on the processor's AES instructions. Round keys live in pinned memory and are wiped on disposal.</summary>
[Secret]
internal sealed class AesNiKeystream : CounterKeystream
{
    private readonly byte[] _roundKeys;
    private volatile bool _disposed;

    public AesNiKeystream(SecretBytes key, UInt128 firstCounter = default)
        : base(firstCounter)
    {
        if (!AesNiCounter.IsSupported)
        {
            throw new PlatformNotSupportedException("This processor has no AES instructions; use the platform's AES.");
        }

        _roundKeys = GC.AllocateUninitializedArray<byte>(AesNiCounter.RoundKeysSizeInBytes, pinned: true);
        AesNiCounter.ExpandKey(key.Reveal(SecretAccess.ForPrimitive), _roundKeys);
    }

    public override void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_roundKeys);
    }

    protected override void Apply<TLane, TOperation>(Span<TLane> lanes, long firstByte) =>
        AesNiCounter.Apply<TLane, TOperation>(lanes, _roundKeys, CounterHigh, CounterLow, firstByte);

    protected override void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);
}
