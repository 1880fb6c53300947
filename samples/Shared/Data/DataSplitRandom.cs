namespace SecureFed.Samples.Shared;

/// <summary>
/// The seeded generator by which samples split and shuffle data: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). It is
/// predictable on purpose, so that pooled, plain and secure runs see the same rows; never use it for keys, masks, noise or
/// rounding.
/// </summary>
/// <remarks>Mutable; not thread-safe. The same seed gives the same numbers on every runtime.</remarks>
public sealed class DataSplitRandom
{
    private ulong _state;

    /// <param name="seed">Any number.</param>
    public DataSplitRandom(int seed)
        : this(unchecked((ulong)seed)) { }

    /// <param name="seed">Any number.</param>
    /// <param name="stream">Separates generators of the same seed, for example by round and party.</param>
    public DataSplitRandom(int seed, int stream)
        : this(unchecked(((ulong)(uint)seed << 32) | (uint)stream))
    {
        // One step mixes seed and stream, so that neighbouring streams do not start from neighbouring states.
        _state = NextUInt64();
    }

    private DataSplitRandom(ulong state) => _state = state;

    /// <summary>64 uniform bits.</summary>
    public ulong NextUInt64()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
            ulong z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * Math.Pow(2, -53);

    /// <summary>Uniform in 0 … <paramref name="exclusiveUpperBound"/> − 1, without bias that matters for splitting (below 2⁻³²).</summary>
    public int NextIndex(int exclusiveUpperBound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusiveUpperBound, 1);
        return (int)(((UInt128)NextUInt64() * (uint)exclusiveUpperBound) >> 64);
    }

    /// <summary>Standard normal (Box and Muller).</summary>
    public double NextNormal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>Gamma with the given shape and scale 1 (Marsaglia and Tsang, ACM TOMS 2000).</summary>
    /// <param name="shape">Positive.</param>
    public double NextGamma(double shape)
    {
        if (shape < 1)
        {
            // Below 1: the variate of shape + 1, times a power of a uniform that is not zero.
            return NextGamma(shape + 1) * Math.Pow(1 - NextDouble(), 1 / shape);
        }

        double d = shape - (1.0 / 3);
        double c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double x = NextNormal();
            double v = 1 + (c * x);
            v = v * v * v;
            if (v > 0 && Math.Log(1 - NextDouble()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v)))
            {
                return d * v;
            }
        }
    }

    /// <summary>Shuffles in place (Fisher and Yates).</summary>
    public void Shuffle(Span<int> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextIndex(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
