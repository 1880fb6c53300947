using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecureFed.Core;

namespace SecureFed;

/// <summary>What an operator hands to a party so that it can enrol once: a secret, and what to recognise the federation by. spec 06-security#invitations-1</summary>
/// <remarks>Immutable; dispose to wipe. No private key is in it: a party makes its keys itself.</remarks>
[Secret]
public sealed class InvitationCode : IDisposable
{
    /// <summary>Bytes of the secret.</summary>
    public const int SecretSizeInBytes = 16;

    private const string Prefix = "SF1";
    private const int PinSizeInBytes = 16;
    private const int CheckSizeInBytes = 2;
    private const int PayloadSizeInBytes = SecretSizeInBytes + PinSizeInBytes;
    private const int TotalSizeInBytes = PayloadSizeInBytes + CheckSizeInBytes;
    private const int GroupLength = 5;
    private const int SymbolCount = ((TotalSizeInBytes * 8) + 4) / 5;

    // Crockford's base 32: no I, L, O, U, which are misread.
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    // The longest text that is looked at: the symbols with separators between all of them.
    private const int MaximumTextLength = 4 * SymbolCount;

    private readonly SecretBytes _value;
    private readonly byte[] _pin;

    private InvitationCode(SecretBytes value, byte[] pin) => (_value, _pin) = (value, pin);

    // spec 07-registry#other-labels
    private static ReadOnlySpan<byte> CheckLabel => "SecureFed/1 invitation check"u8;

    /// <summary>Draws a code for a federation.</summary>
    /// <param name="authority">The certificate of its authority.</param>
    /// <param name="random">The secret is drawn from it.</param>
    public static InvitationCode Draw(X509Certificate2 authority, RandomSource random) =>
        new(
            SecretBytes.Generate(SecretSizeInBytes, random),
            FederationAuthority.PinOf(authority).ToArray()[..PinSizeInBytes]
        );

    /// <summary>Reads a code as a person typed it: capitals or not, with spaces and hyphens anywhere.</summary>
    /// <returns>Null when a symbol is wrong or missing. Dispose the code.</returns>
    public static InvitationCode? TryParse(ReadOnlySpan<char> text)
    {
        if (text.Length > MaximumTextLength)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[TotalSizeInBytes];
        try
        {
            return TryDecode(text.TrimStart(), bytes) && HasCheck(bytes)
                ? new InvitationCode(
                    SecretBytes.CopyFrom(bytes[..SecretSizeInBytes]),
                    bytes[SecretSizeInBytes..PayloadSizeInBytes].ToArray()
                )
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>The code as text, in groups of five symbols. The caller wipes it.</summary>
    public char[] ToText()
    {
        Span<byte> bytes = stackalloc byte[TotalSizeInBytes];
        _value.Reveal(SecretAccess.ForPrimitive).CopyTo(bytes);
        _pin.CopyTo(bytes[SecretSizeInBytes..]);
        Check(bytes[..PayloadSizeInBytes]).CopyTo(bytes[PayloadSizeInBytes..]);
        char[] text = new char[Prefix.Length + SymbolCount + (SymbolCount / GroupLength)];
        Prefix.CopyTo(text);
        int at = Prefix.Length;
        for (int symbol = 0; symbol < SymbolCount; symbol++)
        {
            if (symbol % GroupLength == 0)
            {
                text[at++] = '-';
            }

            int value = 0;
            for (int bit = 5 * symbol; bit < (5 * symbol) + 5; bit++)
            {
                value = (value << 1) | (bit < 8 * bytes.Length ? (bytes[bit >> 3] >> (7 - (bit & 7))) & 1 : 0);
            }

            text[at++] = Alphabet[value];
        }

        CryptographicOperations.ZeroMemory(bytes);
        return text;
    }

    /// <summary>Whether this is the authority that the code was drawn for. A party goes on with no other.</summary>
    /// <param name="authority">The certificate that the server showed as its authority's.</param>
    public bool Recognises(X509Certificate2 authority) =>
        FederationAuthority.PinOf(authority).ToArray().AsSpan(0, PinSizeInBytes).SequenceEqual(_pin);

    /// <summary>What a party and the server compute over a request to enrol: the code itself never travels. spec 06-security#invitations-2</summary>
    /// <param name="content">The content of the request.</param>
    /// <returns>32 bytes, HMAC-SHA-256 under the secret.</returns>
    public byte[] Authenticate(ReadOnlySpan<byte> content) =>
        HMACSHA256.HashData(_value.Reveal(SecretAccess.ForPrimitive), content);

    /// <summary>Whether bytes are what <see cref="Authenticate"/> gives, in time that does not depend on where they differ.</summary>
    public bool Verifies(ReadOnlySpan<byte> content, ReadOnlySpan<byte> authenticator) =>
        CryptographicOperations.FixedTimeEquals(Authenticate(content), authenticator);

    /// <summary>Wipes the secret.</summary>
    public void Dispose() => _value.Dispose();

    /// <summary>Prints the type's name.</summary>
    public override string ToString() => nameof(InvitationCode);

    private static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (!text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        bytes.Clear();
        int bit = 0;
        foreach (char symbol in text[Prefix.Length..])
        {
            if (symbol is '-' or ' ' or '\r' or '\n')
            {
                continue;
            }

            int value = ValueOf(symbol);
            if (value < 0 || bit >= 5 * SymbolCount)
            {
                return false;
            }

            for (int i = 4; i >= 0; i--, bit++)
            {
                int one = (value >> i) & 1;
                if (bit < 8 * bytes.Length)
                {
                    bytes[bit >> 3] |= (byte)(one << (7 - (bit & 7)));
                }
                else if (one != 0)
                {
                    // Bits behind the last byte: one code has one text.
                    return false;
                }
            }
        }

        return bit == 5 * SymbolCount;
    }

    private static int ValueOf(char symbol) =>
        char.ToUpperInvariant(symbol) switch
        {
            'O' => 0,
            'I' or 'L' => 1,
            var upper => Alphabet.IndexOf(upper, StringComparison.Ordinal),
        };

    // Against slips of the hand, not against anybody: 65,535 of 65,536 are noticed before a server is asked.
    private static bool HasCheck(ReadOnlySpan<byte> bytes) =>
        Check(bytes[..PayloadSizeInBytes]).AsSpan().SequenceEqual(bytes[PayloadSizeInBytes..]);

    private static byte[] Check(ReadOnlySpan<byte> payload)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(CheckLabel);
        hash.AppendData(payload);
        return hash.GetHashAndReset()[..CheckSizeInBytes];
    }
}
