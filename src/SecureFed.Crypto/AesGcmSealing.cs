using System.Security.Cryptography;

namespace SecureFed.Crypto;

/// <summary>AES-GCM with a 12-byte nonce and the tag pinned at 16 bytes, appended to the ciphertext.</summary>
/// <remarks>The platform's type also takes tags of 12 to 15 bytes; pinning is what makes truncation useless.</remarks>
internal static class AesGcmSealing
{
    public const int TagSizeInBytes = 16;
    public const int NonceSizeInBytes = 12;

    /// <summary>Seals; <paramref name="ciphertext"/> is exactly the plaintext's length plus the tag.</summary>
    public static void Seal(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> ciphertext
    )
    {
        using AesGcm gcm = new(key, TagSizeInBytes);
        gcm.Encrypt(nonce, plaintext, ciphertext[..plaintext.Length], ciphertext[plaintext.Length..], associatedData);
    }

    /// <summary>Opens; false, and the plaintext cleared, when the lengths do not fit or the tag does not verify.</summary>
    public static bool TryOpen(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> ciphertext,
        Span<byte> plaintext
    )
    {
        int length = ciphertext.Length - TagSizeInBytes;
        if (length < 0 || length != plaintext.Length)
        {
            plaintext.Clear();
            return false;
        }

        using AesGcm gcm = new(key, TagSizeInBytes);
        try
        {
            gcm.Decrypt(nonce, ciphertext[..length], ciphertext[length..], plaintext, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            plaintext.Clear();
            return false;
        }
    }
}
