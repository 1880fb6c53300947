using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Combines shares at a fixed list of points; what depends on the points alone is computed once.</summary>
/// <remarks>Holds nothing secret. Adapters are immutable and thread-safe, and take time independent of the shares.</remarks>
public abstract class ShareCombiner
{
    private const int FewestPoints = 2;
    private readonly ushort[] _points;

    /// <summary>Checks and keeps the points.</summary>
    /// <param name="points">At least two different ones, 1 ≤ x ≤ 65,535.</param>
    /// <exception cref="ArgumentException">Points repeat, are zero, or are fewer than two.</exception>
    protected ShareCombiner(ReadOnlySpan<ushort> points)
    {
        if (points.Length < FewestPoints)
        {
            throw new ArgumentException(
                $"Combining needs at least {FewestPoints} points; {points.Length} were given.",
                nameof(points)
            );
        }

        RequireDistinct(points);
        _points = points.ToArray();
    }

    /// <summary>The points, in the order of the shares.</summary>
    public ReadOnlySpan<ushort> Points => _points;

    /// <summary>Combines one secret. spec 03-masking#sharing-1</summary>
    /// <param name="shares">The shares at <see cref="Points"/>, 32 bytes each, same order.</param>
    /// <exception cref="ArgumentException">There are more or fewer shares than points, or one has another size.</exception>
    public SecretBytes Combine(ReadOnlySpan<SecretBytes> shares)
    {
        if (shares.Length != _points.Length)
        {
            throw new ArgumentException(
                $"Each point has one share; there are {_points.Length} points and {shares.Length} shares.",
                nameof(shares)
            );
        }

        foreach (SecretBytes share in shares)
        {
            ArgumentNullException.ThrowIfNull(share, nameof(shares));
            if (share.Length != ProtocolSuite.SecretSizeInBytes)
            {
                throw new ArgumentException(
                    $"A share has {ProtocolSuite.SecretSizeInBytes} bytes; {share.Length} were given.",
                    nameof(shares)
                );
            }
        }

        return Interpolate(shares);
    }

    /// <summary>The value at zero of the polynomial through the shares, which were checked.</summary>
    protected abstract SecretBytes Interpolate(ReadOnlySpan<SecretBytes> shares);

    /// <summary>A share at zero is the secret itself, and a repeated point would count twice or divide by zero.</summary>
    private static void RequireDistinct(ReadOnlySpan<ushort> points)
    {
        ushort[] sorted = points.ToArray();
        Array.Sort(sorted);
        if (sorted[0] == 0)
        {
            throw new ArgumentException("A share at the point 0 would be the secret itself.", nameof(points));
        }

        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i] == sorted[i - 1])
            {
                throw new ArgumentException($"The point {sorted[i]} is given twice.", nameof(points));
            }
        }
    }
}
