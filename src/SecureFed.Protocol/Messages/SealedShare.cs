using System.Buffers.Binary;

namespace SecureFed.Protocol;

/// <summary>The plaintext of a sealed pair of shares: 100 bytes. spec 05-transport#sealed-share-1</summary>
/// <remarks>The buffers hold secrets: the caller wipes them. Stateless and thread-safe.</remarks>
public static class SealedShare
{
    /// <summary>Dealer 2, holder 2, key share 32, key salt 16, seed share 32, seed salt 16.</summary>
    public const int PlaintextSizeInBytes = 4 + 2 * (RevealedShare.ShareSizeInBytes + RevealedShare.SaltSizeInBytes);

    private const int KeyShareOffset = 4;
    private const int KeySaltOffset = KeyShareOffset + RevealedShare.ShareSizeInBytes;
    private const int SeedShareOffset = KeySaltOffset + RevealedShare.SaltSizeInBytes;
    private const int SeedSaltOffset = SeedShareOffset + RevealedShare.ShareSizeInBytes;

    /// <summary>Writes the plaintext.</summary>
    /// <param name="plaintext">Receives 100 secret bytes; exactly that long.</param>
    /// <param name="dealer">The dealer's roster index.</param>
    /// <param name="holder">The holder's roster index.</param>
    /// <param name="keyShare">32 bytes: the share of the mask private key.</param>
    /// <param name="keySalt">16 bytes: the salt of its commitment.</param>
    /// <param name="seedShare">32 bytes: the share of the self-mask seed.</param>
    /// <param name="seedSalt">16 bytes: the salt of its commitment.</param>
    /// <exception cref="ArgumentException">A part has another size.</exception>
    public static void Write(
        Span<byte> plaintext,
        ushort dealer,
        ushort holder,
        ReadOnlySpan<byte> keyShare,
        ReadOnlySpan<byte> keySalt,
        ReadOnlySpan<byte> seedShare,
        ReadOnlySpan<byte> seedSalt
    )
    {
        RequireSize(plaintext, PlaintextSizeInBytes, nameof(plaintext));
        RequireSize(keyShare, RevealedShare.ShareSizeInBytes, nameof(keyShare));
        RequireSize(keySalt, RevealedShare.SaltSizeInBytes, nameof(keySalt));
        RequireSize(seedShare, RevealedShare.ShareSizeInBytes, nameof(seedShare));
        RequireSize(seedSalt, RevealedShare.SaltSizeInBytes, nameof(seedSalt));
        BinaryPrimitives.WriteUInt16LittleEndian(plaintext, dealer);
        BinaryPrimitives.WriteUInt16LittleEndian(plaintext[2..], holder);
        keyShare.CopyTo(plaintext[KeyShareOffset..]);
        keySalt.CopyTo(plaintext[KeySaltOffset..]);
        seedShare.CopyTo(plaintext[SeedShareOffset..]);
        seedSalt.CopyTo(plaintext[SeedSaltOffset..]);
    }

    /// <summary>Reads an opened plaintext; false when it has another size or names other parties inside.</summary>
    /// <param name="plaintext">The opened bytes; the results are views of them.</param>
    /// <param name="dealer">The dealer that the envelope names.</param>
    /// <param name="holder">The receiver itself.</param>
    /// <param name="keyShare">32 bytes: the share of the mask private key.</param>
    /// <param name="keySalt">16 bytes: the salt of its commitment.</param>
    /// <param name="seedShare">32 bytes: the share of the self-mask seed.</param>
    /// <param name="seedSalt">16 bytes: the salt of its commitment.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> plaintext,
        ushort dealer,
        ushort holder,
        out ReadOnlySpan<byte> keyShare,
        out ReadOnlySpan<byte> keySalt,
        out ReadOnlySpan<byte> seedShare,
        out ReadOnlySpan<byte> seedSalt
    )
    {
        keyShare = keySalt = seedShare = seedSalt = default;

        // spec 05-transport#sealed-share-2: the parties are bound by key and associated data as well.
        if (
            plaintext.Length != PlaintextSizeInBytes
            || BinaryPrimitives.ReadUInt16LittleEndian(plaintext) != dealer
            || BinaryPrimitives.ReadUInt16LittleEndian(plaintext[2..]) != holder
        )
        {
            return false;
        }

        keyShare = plaintext[KeyShareOffset..KeySaltOffset];
        keySalt = plaintext[KeySaltOffset..SeedShareOffset];
        seedShare = plaintext[SeedShareOffset..SeedSaltOffset];
        seedSalt = plaintext[SeedSaltOffset..];
        return true;
    }

    private static void RequireSize(ReadOnlySpan<byte> bytes, int size, string what)
    {
        if (bytes.Length != size)
        {
            throw new ArgumentException($"{what} has {size} bytes; {bytes.Length} were given.", what);
        }
    }
}
