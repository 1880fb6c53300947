using System.Numerics;
using System.Security.Cryptography;

namespace SecureFed.Reference;

/// <summary>P-256 in whole numbers: agreement and deterministic ECDSA (RFC 6979). Slow and not constant-time.</summary>
internal static class P256
{
    public const int ScalarSize = 32;

    private static readonly BigInteger s_p = Hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    private static readonly BigInteger s_b = Hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
    private static readonly BigInteger s_order = Hex(
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
    );
    private static readonly Point s_generator = new(
        Hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
        Hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
    );

    /// <summary>Whether 32 big-endian bytes are a private key. spec 03-masking#points-3</summary>
    public static bool IsScalar(ReadOnlySpan<byte> bytes) => Number(bytes) is { IsZero: false } d && d < s_order;

    /// <summary>04 ‖ x ‖ y of the private key's point. spec 03-masking#points-1</summary>
    public static byte[] PublicKey(byte[] privateKey) => Encode(Multiply(Number(privateKey), s_generator));

    /// <summary>The x coordinate of the agreed point. spec 03-masking#points-2</summary>
    public static byte[] Agree(byte[] privateKey, byte[] publicKey) =>
        Bytes(Multiply(Number(privateKey), Decode(publicKey)).X);

    /// <summary>r ‖ s over SHA-256 of the content, with the nonce of RFC 6979.</summary>
    public static byte[] Sign(byte[] privateKey, byte[] content)
    {
        byte[] hash = SHA256.HashData(content);
        BigInteger z = Number(hash);
        foreach (BigInteger k in Nonces(privateKey, Bytes(z % s_order)))
        {
            BigInteger r = Multiply(k, s_generator).X % s_order;
            BigInteger s = Inverse(k, s_order) * (z + (r * Number(privateKey))) % s_order;
            if (!r.IsZero && !s.IsZero)
            {
                return [.. Bytes(r), .. Bytes(s)];
            }
        }

        throw new InvalidOperationException("Nonces do not end.");
    }

    // RFC 6979, section 3.2; hash and order have the same length, so that bits2octets is the value mod the order.
    private static IEnumerable<BigInteger> Nonces(byte[] privateKey, byte[] hash)
    {
        byte[] v = [.. Enumerable.Repeat((byte)1, 32)];
        byte[] key = Mac(new byte[32], [.. v, 0, .. privateKey, .. hash]);
        v = Mac(key, v);
        key = Mac(key, [.. v, 1, .. privateKey, .. hash]);
        v = Mac(key, v);
        while (true)
        {
            v = Mac(key, v);
            if (IsScalar(v))
            {
                yield return Number(v);
            }

            key = Mac(key, [.. v, 0]);
            v = Mac(key, v);
        }
    }

    private static byte[] Mac(byte[] key, byte[] content) => HMACSHA256.HashData(key, content);

    private static Point Decode(byte[] bytes)
    {
        Point point = new(Number(bytes.AsSpan(1, 32)), Number(bytes.AsSpan(33, 32)));
        BigInteger right = (BigInteger.Pow(point.X, 3) - (3 * point.X) + s_b) % s_p;
        return bytes.Length == 65 && bytes[0] == 4 && Mod(point.Y * point.Y - right) == 0
            ? point
            : throw new FormatException("Not a point of P-256.");
    }

    private static byte[] Encode(Point point) => [4, .. Bytes(point.X), .. Bytes(point.Y)];

    private static Point Multiply(BigInteger scalar, Point point)
    {
        Jacobian sum = Jacobian.Infinity;
        for (int bit = 255; bit >= 0; bit--)
        {
            sum = sum.Double();
            if (!((scalar >> bit) & 1).IsZero)
            {
                sum = sum.Add(point);
            }
        }

        BigInteger inverse = Inverse(sum.Z, s_p);
        return new Point(Mod(sum.X * inverse * inverse), Mod(sum.Y * inverse * inverse % s_p * inverse));
    }

    private static BigInteger Inverse(BigInteger value, BigInteger modulus) =>
        BigInteger.ModPow(value, modulus - 2, modulus);

    private static BigInteger Mod(BigInteger value)
    {
        BigInteger rest = value % s_p;
        return rest.Sign < 0 ? rest + s_p : rest;
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static BigInteger Hex(string digits) => Number(Convert.FromHexString(digits));

    private static byte[] Bytes(BigInteger value)
    {
        byte[] bytes = new byte[ScalarSize];
        byte[] shortest = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        shortest.CopyTo(bytes, ScalarSize - shortest.Length);
        return bytes;
    }

    private sealed record Point(BigInteger X, BigInteger Y);

    /// <summary>x = X/Z², y = Y/Z³; Z = 0 is the point at infinity.</summary>
    private sealed record Jacobian(BigInteger X, BigInteger Y, BigInteger Z)
    {
        public static Jacobian Infinity { get; } = new(1, 1, 0);

        public Jacobian Double()
        {
            if (Z.IsZero)
            {
                return this;
            }

            BigInteger square = Mod(Y * Y);
            BigInteger s = Mod(4 * X * square);
            BigInteger z2 = Mod(Z * Z);
            BigInteger m = Mod(3 * (X - z2) * (X + z2));
            BigInteger x = Mod((m * m) - (2 * s));
            return new(x, Mod((m * (s - x)) - (8 * square * square)), Mod(2 * Y * Z));
        }

        public Jacobian Add(Point other)
        {
            if (Z.IsZero)
            {
                return new(other.X, other.Y, 1);
            }

            BigInteger z2 = Mod(Z * Z);
            BigInteger h = Mod((other.X * z2) - X);
            BigInteger r = Mod((other.Y * z2 * Z) - Y);
            if (h.IsZero)
            {
                return r.IsZero ? Double() : Infinity;
            }

            BigInteger h2 = Mod(h * h);
            BigInteger h3 = Mod(h2 * h);
            BigInteger v = Mod(X * h2);
            BigInteger x = Mod((r * r) - h3 - (2 * v));
            return new(x, Mod((r * (v - x)) - (Y * h3)), Mod(Z * h));
        }
    }
}
