using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>One dealer's pair of shares as its holder keeps it until unmasking. At most one of the two is ever revealed.</summary>
[Secret]
internal sealed class HeldShare : IDisposable
{
    private readonly SecretBytes _keyShare;
    private readonly SecretBytes _keySalt;
    private readonly SecretBytes _seedShare;
    private readonly SecretBytes _seedSalt;
    private bool _revealed;

    public HeldShare(SecretBytes keyShare, SecretBytes keySalt, SecretBytes seedShare, SecretBytes seedSalt) =>
        (_keyShare, _keySalt, _seedShare, _seedSalt) = (keyShare, keySalt, seedShare, seedSalt);

    /// <summary>Copies the revealed share out and wipes its sibling. spec 03-masking#unmask-3: never both for one dealer.</summary>
    public RevealedShare RevealOnce(ShareKind kind)
    {
        Invariant.Check(!_revealed, "at most one share of a dealer is revealed");
        _revealed = true;
        (SecretBytes share, SecretBytes salt) = kind switch
        {
            ShareKind.MaskKey => (_keyShare, _keySalt),
            ShareKind.SelfMaskSeed => (_seedShare, _seedSalt),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
        RevealedShare revealed = new(
            share.Reveal(SecretAccess.ForProtocolReveal).ToArray(),
            salt.Reveal(SecretAccess.ForProtocolReveal).ToArray()
        );
        Dispose();
        return revealed;
    }

    /// <summary>Whether both shares open the dealer's commitments. spec 03-masking#shares-4</summary>
    public bool Matches(Digest cohort, ushort dealer, ushort holder, DealtShare dealt) =>
        Commit(ShareKind.MaskKey, cohort, dealer, holder) == dealt.KeyCommitment
        && Commit(ShareKind.SelfMaskSeed, cohort, dealer, holder) == dealt.SeedCommitment;

    /// <summary>The salted commitment to one of the two shares.</summary>
    public Digest Commit(ShareKind kind, Digest cohort, ushort dealer, ushort holder)
    {
        (SecretBytes share, SecretBytes salt) =
            kind == ShareKind.MaskKey ? (_keyShare, _keySalt) : (_seedShare, _seedSalt);
        return RoundDigests.ShareCommitment(
            kind,
            cohort,
            dealer,
            holder,
            share.Reveal(SecretAccess.ForPrimitive),
            salt.Reveal(SecretAccess.ForPrimitive)
        );
    }

    /// <summary>Writes the sealed plaintext. The caller wipes it.</summary>
    public void WritePlaintext(Span<byte> plaintext, ushort dealer, ushort holder) =>
        SealedShare.Write(
            plaintext,
            dealer,
            holder,
            _keyShare.Reveal(SecretAccess.ForPrimitive),
            _keySalt.Reveal(SecretAccess.ForPrimitive),
            _seedShare.Reveal(SecretAccess.ForPrimitive),
            _seedSalt.Reveal(SecretAccess.ForPrimitive)
        );

    /// <summary>Opens a sealed pair; null when the ciphertext was altered, has another size or names other parties inside (A8).</summary>
    public static HeldShare? TryOpen(
        ProtocolSuite suite,
        SecretBytes key,
        Digest cohort,
        ushort dealer,
        ushort holder,
        ReadOnlySpan<byte> ciphertext
    )
    {
        if (ciphertext.Length != SealedShare.PlaintextSizeInBytes + suite.SealTagSizeInBytes)
        {
            return null;
        }

        Span<byte> plaintext = stackalloc byte[SealedShare.PlaintextSizeInBytes];
        try
        {
            byte[] associatedData = KeyLabels.SealedShareAssociatedData(suite.Id, cohort, dealer, holder);
            if (
                !suite.TryOpen(key, associatedData, ciphertext, plaintext)
                || !SealedShare.TryRead(
                    plaintext,
                    dealer,
                    holder,
                    out ReadOnlySpan<byte> keyShare,
                    out ReadOnlySpan<byte> keySalt,
                    out ReadOnlySpan<byte> seedShare,
                    out ReadOnlySpan<byte> seedSalt
                )
            )
            {
                return null;
            }

            return new HeldShare(
                SecretBytes.CopyFrom(keyShare),
                SecretBytes.CopyFrom(keySalt),
                SecretBytes.CopyFrom(seedShare),
                SecretBytes.CopyFrom(seedSalt)
            );
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <summary>Whether a secret is one of this pair's.</summary>
    public bool Holds(SecretBytes part) =>
        ReferenceEquals(part, _keyShare)
        || ReferenceEquals(part, _keySalt)
        || ReferenceEquals(part, _seedShare)
        || ReferenceEquals(part, _seedSalt);

    /// <summary>Prints the type name only.</summary>
    public override string ToString() => nameof(HeldShare);

    public void Dispose()
    {
        _keyShare.Dispose();
        _keySalt.Dispose();
        _seedShare.Dispose();
        _seedSalt.Dispose();
    }
}
