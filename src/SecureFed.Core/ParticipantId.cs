using System.Diagnostics.CodeAnalysis;

namespace SecureFed.Core;

/// <summary>The name under which an institution is enrolled: 1 to 64 characters of a–z, 0–9, '-', '_' and '.'.</summary>
/// <remarks>The default value names nobody and is refused at every public boundary. Ordered by ordinal comparison.</remarks>
public readonly struct ParticipantId : IEquatable<ParticipantId>, IComparable<ParticipantId>
{
    /// <summary>The longest name, in characters (which are bytes on the wire).</summary>
    public const int MaximumLength = 64;

    private readonly string? _name;

    private ParticipantId(string name) => _name = name;

    /// <summary>Whether this is the default value, which names nobody.</summary>
    public bool IsDefault => _name is null;

    /// <summary>Parses a name.</summary>
    /// <exception cref="FormatException">The name has a character or a length that is not allowed.</exception>
    public static ParticipantId Parse(string name) =>
        TryParse(name, out ParticipantId id)
            ? id
            : throw new FormatException(
                $"A participant id is 1 to {MaximumLength} characters of a-z, 0-9, '-', '_' and '.'; got '{name}'."
            );

    /// <summary>Parses a name; false when it is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? name, out ParticipantId id)
    {
        id = default;
        if (string.IsNullOrEmpty(name) || name.Length > MaximumLength)
        {
            return false;
        }

        foreach (char c in name)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_' or '.'))
            {
                return false;
            }
        }

        id = new ParticipantId(name);
        return true;
    }

    /// <summary>A generated name for the <paramref name="index"/>-th party; the names sort as the indices do.</summary>
    /// <param name="index">0 to 999,999.</param>
    public static ParticipantId FromIndex(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, 999_999);
        return new ParticipantId($"party-{index:D6}");
    }

    /// <inheritdoc/>
    public bool Equals(ParticipantId other) => string.Equals(_name, other._name, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ParticipantId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _name is null ? 0 : _name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public int CompareTo(ParticipantId other) => string.CompareOrdinal(_name, other._name);

    /// <summary>The name, or the empty string for the default value.</summary>
    public override string ToString() => _name ?? string.Empty;

    /// <summary>Whether both are the same name.</summary>
    public static bool operator ==(ParticipantId left, ParticipantId right) => left.Equals(right);

    /// <summary>Whether the names differ.</summary>
    public static bool operator !=(ParticipantId left, ParticipantId right) => !left.Equals(right);

    /// <summary>Ordinal order.</summary>
    public static bool operator <(ParticipantId left, ParticipantId right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(ParticipantId left, ParticipantId right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(ParticipantId left, ParticipantId right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(ParticipantId left, ParticipantId right) => left.CompareTo(right) >= 0;
}
