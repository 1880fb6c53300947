namespace SecureFed.Reference;

/// <summary>Shamir's scheme over GF(2^16), element by element, bit by bit. spec 03-masking#field-1, sharing-1</summary>
internal static class Sharing
{
    private const int Beta = 0x20;
    private const int Elements = 16;

    /// <summary>The share at x: the polynomial whose constant term is the secret, the others in ascending order of their degree.</summary>
    /// <param name="secret">32 bytes.</param>
    /// <param name="coefficients">t − 1 times 32 bytes, degree 1 first.</param>
    /// <param name="x">1 to 65,535.</param>
    public static byte[] ShareAt(byte[] secret, byte[] coefficients, int x)
    {
        byte[] share = new byte[2 * Elements];
        for (int j = 0; j < Elements; j++)
        {
            int value = 0;
            int power = 1;
            byte[] polynomial = [.. secret, .. coefficients];
            for (int start = 0; start < polynomial.Length; start += 2 * Elements)
            {
                int coefficient = polynomial[start + (2 * j)] | (polynomial[start + (2 * j) + 1] << 8);
                value ^= Multiply(coefficient, power);
                power = Multiply(power, x);
            }

            (share[2 * j], share[(2 * j) + 1]) = ((byte)(value & 255), (byte)(value >> 8));
        }

        return share;
    }

    /// <summary>The value at zero of the polynomial through t shares.</summary>
    public static byte[] Combine(IReadOnlyList<(int X, byte[] Share)> shares)
    {
        byte[] secret = new byte[2 * Elements];
        foreach ((int x, byte[] share) in shares)
        {
            int weight = 1;
            foreach ((int other, _) in shares.Where(entry => entry.X != x))
            {
                weight = Multiply(weight, Multiply(other, Inverse(other ^ x)));
            }

            for (int j = 0; j < Elements; j++)
            {
                int term = Multiply(weight, share[2 * j] | (share[(2 * j) + 1] << 8));
                secret[2 * j] ^= (byte)(term & 255);
                secret[(2 * j) + 1] ^= (byte)(term >> 8);
            }
        }

        return secret;
    }

    private static int Multiply(int a, int b)
    {
        (int ah, int al, int bh, int bl) = (a >> 8, a & 255, b >> 8, b & 255);
        int high = MultiplyBytes(ah, bh);
        return ((high ^ MultiplyBytes(ah, bl) ^ MultiplyBytes(al, bh)) << 8)
            | (MultiplyBytes(al, bl) ^ MultiplyBytes(Beta, high));
    }

    private static int MultiplyBytes(int a, int b)
    {
        int product = 0;
        for (; b != 0; b >>= 1)
        {
            product ^= (b & 1) * a;
            a = (a << 1) ^ ((a >> 7) * 0x11b);
        }

        return product;
    }

    // a^(2^16 − 2)
    private static int Inverse(int a)
    {
        int result = 1;
        for (int bit = 1; bit < 16; bit++)
        {
            a = Multiply(a, a);
            result = Multiply(result, a);
        }

        return result;
    }
}
