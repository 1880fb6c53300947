using System.Buffers.Binary;
using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.UnitTests.Crypto;

/// <summary>SHA-256 of a seed and a counter: the same bytes for the same seed.</summary>
internal sealed class HashRandomSource(int seed) : RandomSource
{
    private long _counter;

    public override void Fill(Span<byte> destination)
    {
        Span<byte> input = stackalloc byte[12];
        Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
        while (!destination.IsEmpty)
        {
            BinaryPrimitives.WriteInt32LittleEndian(input, seed);
            BinaryPrimitives.WriteInt64LittleEndian(input[4..], Interlocked.Increment(ref _counter));
            SHA256.HashData(input, block);
            int count = Math.Min(block.Length, destination.Length);
            block[..count].CopyTo(destination);
            destination = destination[count..];
        }
    }
}

/// <summary>Gives the listed answers in order, then fails the test.</summary>
internal sealed class ScriptedRandomSource(params byte[][] answers) : RandomSource
{
    public int Draws { get; private set; }

    public override void Fill(Span<byte> destination)
    {
        Assert.True(Draws < answers.Length, "more randomness is drawn than the test allows");
        Assert.Equal(answers[Draws].Length, destination.Length);
        answers[Draws++].CopyTo(destination);
    }
}

/// <summary>Gives one byte for ever.</summary>
internal sealed class ConstantRandomSource(byte value) : RandomSource
{
    public override void Fill(Span<byte> destination) => destination.Fill(value);
}
