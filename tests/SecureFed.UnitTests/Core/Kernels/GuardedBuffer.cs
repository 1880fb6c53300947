using SecureFed.Core.Kernels;

namespace SecureFed.UnitTests.Core.Kernels;

/// <summary>A buffer at a chosen offset between guard values, so that a kernel that writes outside is noticed.</summary>
internal sealed class GuardedBuffer<T>
    where T : unmanaged, IEquatable<T>
{
    private const int GuardLength = 32;

    private readonly T[] _all;
    private readonly T _guard;
    private readonly int _start;

    public GuardedBuffer(ReadOnlySpan<T> content, int offset, T guard)
    {
        _all = new T[GuardLength + offset + content.Length + GuardLength];
        Array.Fill(_all, guard);
        _guard = guard;
        _start = GuardLength + offset;
        Length = content.Length;
        content.CopyTo(Span);
    }

    public int Length { get; }

    public Span<T> Span => _all.AsSpan(_start, Length);

    public void AssertContent(ReadOnlySpan<T> expected, string what)
    {
        int difference = Span.CommonPrefixLength(expected);
        Assert.True(
            difference == expected.Length && expected.Length == Length,
            $"{what}: element {difference} of {expected.Length} differs"
        );
        for (int i = 0; i < _all.Length; i++)
        {
            Assert.True(
                (i >= _start && i < _start + Length) || _all[i].Equals(_guard),
                $"{what}: wrote outside at {i - _start}"
            );
        }
    }
}

/// <summary>What every kernel is run over.</summary>
internal static class KernelCases
{
    public const int LongestLength = 257;
    public const int OffsetCount = 16;

    public static readonly VectorWidth[] Widths =
    [
        VectorWidth.Scalar,
        VectorWidth.Bits128,
        VectorWidth.Bits256,
        VectorWidth.Bits512,
    ];

    public static ulong[] Lanes(int length, int seed, ulong mask)
    {
        Random random = new(seed);
        ulong[] lanes = new ulong[length];
        for (int i = 0; i < length; i++)
        {
            lanes[i] =
                random.Next(6) switch
                {
                    0 => 0,
                    1 => ulong.MaxValue,
                    2 => (mask >> 1) + 1,
                    3 => mask >> 1,
                    _ => unchecked((ulong)random.NextInt64(long.MinValue, long.MaxValue)),
                } & mask;
        }

        return lanes;
    }

    /// <summary>Finite floats: zeros of both signs, subnormals, exact grid points, halves and the largest allowed magnitude.</summary>
    public static float[] Floats(int length, int seed, float largest)
    {
        Random random = new(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
        {
            float magnitude = random.Next(8) switch
            {
                0 => 0f,
                1 => float.Epsilon,
                2 => largest,
                3 => 1f,
                4 => 0.5f,
                5 => MathF.ScaleB(random.NextSingle(), -random.Next(30)),
                _ => random.NextSingle() * largest,
            };
            values[i] = random.Next(2) == 0 ? magnitude : -magnitude;
        }

        return values;
    }
}
