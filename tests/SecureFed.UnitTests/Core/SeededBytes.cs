using SecureFed.Core;

namespace SecureFed.UnitTests.Core;

/// <summary>Random bytes from a seed, for tests of code that takes a source.</summary>
internal sealed class SeededBytes(int seed) : RandomSource
{
    private readonly Random _random = new(seed);

    public long BytesDrawn { get; private set; }

    public override void Fill(Span<byte> destination)
    {
        _random.NextBytes(destination);
        BytesDrawn += destination.Length;
    }
}
