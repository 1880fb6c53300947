using System.Buffers.Binary;
using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.Tests.Shared;

/// <summary>SHA-256 of a seed and a counter: the same keys, seeds and shares for the same seed. For tests only.</summary>
internal sealed class SeededRandomSource(long seed) : RandomSource
{
    private readonly Lock _lock = new();
    private long _counter;

    public override void Fill(Span<byte> destination)
    {
        Span<byte> input = stackalloc byte[16];
        Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt64LittleEndian(input, seed);
        lock (_lock)
        {
            while (!destination.IsEmpty)
            {
                BinaryPrimitives.WriteInt64LittleEndian(input[8..], _counter++);
                SHA256.HashData(input, block);
                int count = Math.Min(block.Length, destination.Length);
                block[..count].CopyTo(destination);
                destination = destination[count..];
            }
        }
    }
}
