using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.Testing;

/// <summary>Bytes from a seed and a label: the same for ever. For tests only: whoever knows the seed knows every key.</summary>
/// <remarks>
/// AES-256-CTR under SHA-256(label ‖ seed). Streams of different labels share no bytes, so that swapping two inputs of a
/// test shows. Thread-safe; the order of calls from different threads decides who gets which bytes.
/// </remarks>
public sealed class SeededRandomSource : RandomSource, IDisposable
{
    private const int LanesInChunk = 512;

    private readonly Lock _lock = new();
    private readonly ulong[] _chunk = new ulong[LanesInChunk];
    private readonly MaskKeystream _stream;
    private long _nextLane;
    private int _used = LanesInChunk * sizeof(ulong);

    /// <summary>Opens a stream. Never use one in a product: no key that comes from it is secret.</summary>
    /// <param name="seed">Any number; print it when a test fails.</param>
    /// <param name="label">Names the use, so that two uses of one seed differ.</param>
    public SeededRandomSource(ulong seed, string label = "")
    {
        ArgumentNullException.ThrowIfNull(label);
        (Seed, Label) = (seed, label);
        byte[] input = new byte[8 + Encoding.UTF8.GetByteCount(label)];
        BinaryPrimitives.WriteUInt64LittleEndian(input, seed);
        Encoding.UTF8.GetBytes(label, input.AsSpan(8));
        using SecretBytes key = SecretBytes.CopyFrom(SHA256.HashData(input));
        _stream = P256Suite.Instance.CreateKeystream(key);
    }

    /// <summary>The seed.</summary>
    public ulong Seed { get; }

    /// <summary>The label.</summary>
    public string Label { get; }

    /// <summary>An independent stream of the same seed.</summary>
    /// <param name="label">Appended to this stream's label.</param>
    public SeededRandomSource Fork(string label) => new(Seed, $"{Label}/{label}");

    /// <inheritdoc/>
    public override void Fill(Span<byte> destination)
    {
        lock (_lock)
        {
            while (!destination.IsEmpty)
            {
                if (_used == LanesInChunk * sizeof(ulong))
                {
                    Refill();
                }

                ReadOnlySpan<byte> rest = MemoryMarshal.AsBytes(_chunk.AsSpan())[_used..];
                int count = Math.Min(rest.Length, destination.Length);
                rest[..count].CopyTo(destination);
                destination = destination[count..];
                _used += count;
            }
        }
    }

    /// <summary>A number from 0 to <paramref name="exclusiveMaximum"/> − 1; biased by less than 2^-32.</summary>
    public int Next(int exclusiveMaximum)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusiveMaximum, 1);
        return (int)(NextUInt64() % (ulong)exclusiveMaximum);
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A float in [−1, 1) on the grid 2^-23.</summary>
    public float NextFloat() => (((NextUInt64() & 0xFFFFFF) - (float)(1 << 23)) / (1 << 23));

    /// <summary>Seed and label.</summary>
    public override string ToString() => $"seed {Seed}, label '{Label}'";

    /// <summary>Releases the stream.</summary>
    public void Dispose() => _stream.Dispose();

    private void Refill()
    {
        Array.Clear(_chunk);
        _stream.AddTo(_chunk, _nextLane);
        _nextLane += LanesInChunk;
        _used = 0;
    }
}
