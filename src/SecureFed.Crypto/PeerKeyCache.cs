using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace SecureFed.Crypto;

/// <summary>Remembers imported public points, because an import costs as much as an agreement (the platform checks the point anew).</summary>
/// <remarks>
/// Holds public values only, so its timing tells nothing secret. Two generations bound it: when the young one is full it
/// becomes the old one. Thread-safe itself; what it hands out is shared.
/// </remarks>
/// <typeparam name="TKey">What a point is imported as.</typeparam>
/// <param name="import">Imports coordinates; null when they are not a point of the curve.</param>
/// <param name="generationCapacity">Keys in one generation.</param>
internal sealed class PeerKeyCache<TKey>(Func<ECPoint, TKey?> import, int generationCapacity)
    where TKey : class
{
    private ConcurrentDictionary<Point, TKey> _young = new();
    private ConcurrentDictionary<Point, TKey> _old = new();

    public int Count => _young.Count + _old.Count;

    /// <summary>The imported key; null when the bytes are not a valid point in the one encoding. Refusals are not remembered.</summary>
    public TKey? Find(ReadOnlySpan<byte> encoded)
    {
        if (!P256Encoding.TryReadPoint(encoded, out ECPoint coordinates))
        {
            return null;
        }

        Point point = new(coordinates);
        ConcurrentDictionary<Point, TKey> young = _young;
        if (young.TryGetValue(point, out TKey? known))
        {
            return known;
        }

        if (!_old.TryGetValue(point, out known))
        {
            known = import(coordinates);
            if (known is null)
            {
                return null;
            }
        }

        if (young.Count >= generationCapacity)
        {
            // Dropped keys are not disposed: another thread may be using one. Their handles go with the collector.
            ConcurrentDictionary<Point, TKey> fresh = new();
            if (ReferenceEquals(Interlocked.CompareExchange(ref _young, fresh, young), young))
            {
                _old = young;
            }

            young = _young;
        }

        young[point] = known;
        return known;
    }

    private readonly struct Point(ECPoint coordinates) : IEquatable<Point>
    {
        private readonly byte[] _x = coordinates.X!;
        private readonly byte[] _y = coordinates.Y!;

        public bool Equals(Point other) => _x.AsSpan().SequenceEqual(other._x) && _y.AsSpan().SequenceEqual(other._y);

        public override bool Equals(object? obj) => obj is Point other && Equals(other);

        // HashCode is keyed per process, so a peer cannot choose points that collide.
        public override int GetHashCode()
        {
            HashCode hash = default;
            hash.AddBytes(_x);
            hash.AddBytes(_y);
            return hash.ToHashCode();
        }
    }
}
