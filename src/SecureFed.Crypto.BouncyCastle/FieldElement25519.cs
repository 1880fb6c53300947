namespace SecureFed.Crypto.BouncyCastle;

/// <summary>Elements of the field of 2^255 − 19 elements as 32 public bytes, little-endian.</summary>
internal static class FieldElement25519
{
    public const int SizeInBytes = 32;

    /// <summary>Whether the number is below p; numbers with the top bit set are not.</summary>
    public static bool IsCanonical(ReadOnlySpan<byte> bytes)
    {
        // p is ed ff … ff 7f.
        if (bytes[^1] != 0x7f)
        {
            return bytes[^1] < 0x7f;
        }

        return bytes[1..^1].ContainsAnyExcept((byte)0xff) || bytes[0] < 0xed;
    }
}
