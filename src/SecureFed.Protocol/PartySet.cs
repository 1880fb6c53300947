using System.Collections.Immutable;
using System.Numerics;

namespace SecureFed.Protocol;

/// <summary>A set of parties, by their index in the sorted enrolled roster; on the wire a bitmap. spec 05-transport#sets-1</summary>
/// <remarks>Immutable. The bitmap form makes order and repetition inexpressible.</remarks>
public sealed class PartySet : IEquatable<PartySet>
{
    private readonly byte[] _bitmap;

    private PartySet(byte[] bitmap, int rosterSize)
    {
        _bitmap = bitmap;
        RosterSize = rosterSize;
        int count = 0;
        foreach (byte b in bitmap)
        {
            count += BitOperations.PopCount(b);
        }

        Count = count;
        ImmutableArray<ushort>.Builder members = ImmutableArray.CreateBuilder<ushort>(count);
        for (int index = 0; index < rosterSize; index++)
        {
            if ((bitmap[index >> 3] >> (index & 7) & 1) != 0)
            {
                members.Add((ushort)index);
            }
        }

        Members = members.MoveToImmutable();
    }

    /// <summary>Number of enrolled parties the bitmap ranges over.</summary>
    public int RosterSize { get; }

    /// <summary>Number of members.</summary>
    public int Count { get; }

    /// <summary>The members, ascending.</summary>
    public ImmutableArray<ushort> Members { get; }

    /// <summary>The bitmap: bit (i mod 8) of byte ⌊i/8⌋ is party i; the bits above the roster are zero.</summary>
    public ReadOnlySpan<byte> Bitmap => _bitmap;

    /// <summary>Bytes of a bitmap over <paramref name="rosterSize"/> parties.</summary>
    public static int BitmapSizeInBytes(int rosterSize) => (rosterSize + 7) >> 3;

    /// <summary>Makes a set from indices; order and repetition do not matter.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside the roster.</exception>
    public static PartySet Of(int rosterSize, IEnumerable<ushort> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        byte[] bitmap = new byte[BitmapSizeInBytes(rosterSize)];
        foreach (ushort member in members)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((int)member, rosterSize, nameof(members));
            bitmap[member >> 3] |= (byte)(1 << (member & 7));
        }

        return new PartySet(bitmap, rosterSize);
    }

    /// <summary>Parses a bitmap; null when its size is wrong or a bit above the roster is set.</summary>
    public static PartySet? TryParse(int rosterSize, ReadOnlySpan<byte> bitmap)
    {
        if (bitmap.Length != BitmapSizeInBytes(rosterSize))
        {
            return null;
        }

        int spare = rosterSize & 7;
        if (spare != 0 && bitmap[^1] >> spare != 0)
        {
            return null;
        }

        return new PartySet(bitmap.ToArray(), rosterSize);
    }

    /// <summary>Whether <paramref name="index"/> is a member.</summary>
    public bool Contains(int index) =>
        (uint)index < (uint)RosterSize && ((_bitmap[index >> 3] >> (index & 7)) & 1) != 0;

    /// <summary>Whether every member is in <paramref name="other"/>.</summary>
    public bool IsSubsetOf(PartySet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.RosterSize != RosterSize)
        {
            return false;
        }

        for (int i = 0; i < _bitmap.Length; i++)
        {
            if ((_bitmap[i] & ~other._bitmap[i]) != 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The members that are not in <paramref name="other"/>.</summary>
    public PartySet Except(PartySet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentOutOfRangeException.ThrowIfNotEqual(other.RosterSize, RosterSize);
        byte[] bitmap = new byte[_bitmap.Length];
        for (int i = 0; i < bitmap.Length; i++)
        {
            bitmap[i] = (byte)(_bitmap[i] & ~other._bitmap[i]);
        }

        return new PartySet(bitmap, RosterSize);
    }

    /// <inheritdoc/>
    public bool Equals(PartySet? other) =>
        other is not null && other.RosterSize == RosterSize && other._bitmap.AsSpan().SequenceEqual(_bitmap);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PartySet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(_bitmap);
        return hash.ToHashCode();
    }

    /// <summary>For example "{0, 2, 5} of 6".</summary>
    public override string ToString() => $"{{{string.Join(", ", Members)}}} of {RosterSize}";
}
