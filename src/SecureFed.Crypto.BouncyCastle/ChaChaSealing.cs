using System.Security.Cryptography;

namespace SecureFed.Crypto.BouncyCastle;

/// <summary>ChaCha20-Poly1305 (RFC 8439) of the platform, the 16-byte tag appended to the ciphertext.</summary>
internal static class ChaChaSealing
{
    public const int TagSizeInBytes = 16;

    /// <summary>Seals; <paramref name="ciphertext"/> is exactly the plaintext's length plus the tag.</summary>
    public static void Seal(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> ciphertext
    )
    {
        using ChaCha20Poly1305 cipher = new(key);
        cipher.Encrypt(
            nonce,
            plaintext,
            ciphertext[..plaintext.Length],
            ciphertext[plaintext.Length..],
            associatedData
        );
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

        using ChaCha20Poly1305 cipher = new(key);
        try
        {
            cipher.Decrypt(nonce, ciphertext[..length], ciphertext[length..], plaintext, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            plaintext.Clear();
            return false;
        }
    }
}
