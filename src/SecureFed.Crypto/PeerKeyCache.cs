using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace SecureFed.Crypto;

/// <summary>Remembers imported public points, because an import costs as much as an agreement (the platform checks the point anew).</summary>
/// <remarks>
/// Holds public values only, so its timing tells nothing secret. Two generations bound it: when the young one is full it
/// becomes the old one. Thread-safe; imported points are immutable.
/// </remarks>
internal sealed class PeerKeyCache
{
    /// <summary>Two keys for each party of the largest cohort (4,096) fit in one generation.</summary>
    public const int GenerationCapacity = 8_192;

    private readonly int _generationCapacity;
    private ConcurrentDictionary<Point, ECDiffieHellmanPublicKey> _young = new();
    private ConcurrentDictionary<Point, ECDiffieHellmanPublicKey> _old = new();

    public PeerKeyCache(int generationCapacity = GenerationCapacity) => _generationCapacity = generationCapacity;

    public int Count => _young.Count + _old.Count;

    /// <summary>The imported key; null when the bytes are not a valid point in the one encoding. Refusals are not remembered.</summary>
    public ECDiffieHellmanPublicKey? Find(ReadOnlySpan<byte> encoded)
    {
        if (!P256Encoding.TryReadPoint(encoded, out ECPoint coordinates))
        {
            return null;
        }

        Point point = new(coordinates);
        ConcurrentDictionary<Point, ECDiffieHellmanPublicKey> young = _young;
        if (young.TryGetValue(point, out ECDiffieHellmanPublicKey? known))
        {
            return known;
        }

        if (!_old.TryGetValue(point, out known))
        {
            known = Import(coordinates);
            if (known is null)
            {
                return null;
            }
        }

        if (young.Count >= _generationCapacity)
        {
            // Dropped keys are not disposed: another thread may be using one. Their handles go with the collector.
            ConcurrentDictionary<Point, ECDiffieHellmanPublicKey> fresh = new();
            if (ReferenceEquals(Interlocked.CompareExchange(ref _young, fresh, young), young))
            {
                _old = young;
            }

            young = _young;
        }

        young[point] = known;
        return known;
    }

    private static ECDiffieHellmanPublicKey? Import(ECPoint coordinates)
    {
        try
        {
            using ECDiffieHellman importer = ECDiffieHellman.Create(
                new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = coordinates }
            );
            return importer.PublicKey;
        }
        catch (CryptographicException)
        {
            // Off the curve, or the point at infinity in disguise.
            return null;
        }
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
