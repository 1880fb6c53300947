namespace SecureFed.Core;

/// <summary>The ring Z_2^b in which updates are encoded, masked and summed. spec 01-updates#ring-1</summary>
public sealed class Ring : IEquatable<Ring>
{
    /// <summary>The narrowest ring.</summary>
    public const int MinimumBits = 2;

    /// <summary>The widest ring: one 64-bit lane.</summary>
    public const int MaximumBits = 64;

    /// <summary>Creates Z_2^<paramref name="bits"/>.</summary>
    /// <param name="bits">2 to 64.</param>
    public Ring(int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, MinimumBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, MaximumBits);
        Bits = bits;
    }

    /// <summary>b, the number of bits of one element.</summary>
    public int Bits { get; }

    /// <summary>The width of the lane an element is kept in: 32 for b ≤ 32, else 64.</summary>
    public int LaneBits => Bits <= 32 ? 32 : 64;

    /// <summary>2^b − 1.</summary>
    public ulong Mask => Bits == 64 ? ulong.MaxValue : (1UL << Bits) - 1;

    /// <inheritdoc/>
    public bool Equals(Ring? other) => other is not null && other.Bits == Bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Ring);

    /// <inheritdoc/>
    public override int GetHashCode() => Bits;

    /// <summary>For example "Z_2^26".</summary>
    public override string ToString() => $"Z_2^{Bits}";
}
