using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SecureFed.Testing;

/// <summary>The multiplicative group modulo 2^61 − 1 with generator 37: large enough to behave like a group, small enough to be fast and broken.</summary>
internal static class ToyGroup
{
    public const ulong Modulus = (1UL << 61) - 1;
    public const ulong Order = Modulus - 1;
    public const ulong Generator = 37;
    public const int KeySizeInBytes = 32;

    private static ReadOnlySpan<byte> Mark => "SF TEST-ONLY toy element"u8;

    public static ulong Multiply(ulong a, ulong b)
    {
        // Both are below 2^61: 2^61 = 1 folds the product's upper 61 bits onto the lower ones.
        ulong high = Math.BigMul(a, b, out ulong low);
        ulong folded = (low & Modulus) + ((high << 3) | (low >> 61));
        return folded >= Modulus ? folded - Modulus : folded;
    }

    public static ulong Power(ulong element, ulong exponent)
    {
        ulong result = 1;
        for (; exponent != 0; exponent >>= 1)
        {
            if ((exponent & 1) != 0)
            {
                result = Multiply(result, element);
            }

            element = Multiply(element, element);
        }

        return result;
    }

    public static ulong AddExponents(ulong a, ulong b) => (ulong)(((UInt128)a + b) % Order);

    public static ulong MultiplyExponents(ulong a, ulong b) => (ulong)((UInt128)a * b % Order);

    /// <summary>An exponent from the first 8 bytes of a hash; never 0.</summary>
    public static ulong ExponentOf(ReadOnlySpan<byte> input)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        return 1 + (BinaryPrimitives.ReadUInt64LittleEndian(hash) % (Order - 1));
    }

    /// <summary>The one encoding of an element: the mark that no real key carries, then 8 bytes.</summary>
    public static byte[] Encode(ulong element)
    {
        byte[] bytes = new byte[KeySizeInBytes];
        Mark.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(Mark.Length), element);
        return bytes;
    }

    /// <summary>The element; 0 when the bytes are not the encoding of one, or of one of order 1 or 2.</summary>
    public static ulong Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != KeySizeInBytes || !bytes.StartsWith(Mark))
        {
            return 0;
        }

        ulong element = BinaryPrimitives.ReadUInt64LittleEndian(bytes[Mark.Length..]);
        return element is > 1 and < Modulus - 1 ? element : 0;
    }
}
