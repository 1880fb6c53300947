using System.Runtime.InteropServices;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The combiners of the point lists used last: most dealers of a round are reconstructed from the same holders.</summary>
/// <remarks>Points are public. Not thread-safe.</remarks>
internal sealed class CombinerCache(ProtocolSuite suite)
{
    /// <summary>Enough for a few holders whose shares of some dealers did not verify; beyond it the oldest list goes.</summary>
    public const int Capacity = 8;

    private readonly List<ShareCombiner> _recent = new(Capacity);

    /// <summary>Combines the shares at these points.</summary>
    public SecretBytes Combine(ReadOnlySpan<ushort> points, ReadOnlySpan<SecretBytes> shares) =>
        For(points).Combine(shares);

    private ShareCombiner For(ReadOnlySpan<ushort> points)
    {
        foreach (ShareCombiner known in CollectionsMarshal.AsSpan(_recent))
        {
            if (known.Points.SequenceEqual(points))
            {
                return known;
            }
        }

        ShareCombiner combiner = suite.CreateCombiner(points);
        if (_recent.Count == Capacity)
        {
            _recent.RemoveAt(0);
        }

        _recent.Add(combiner);
        return combiner;
    }
}
