using System.Buffers.Binary;
using System.Text;
using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>Says how far a ledger has come, for somebody else to keep. Whoever holds one notices an older copy. spec 02-privacy#ledger-6</summary>
/// <param name="Owner">Whose ledger.</param>
/// <param name="Opening">Which of the owner's ledgers: the digest of the entry that opened it, with its budget, unit and relation.</param>
/// <param name="Entries">How many entries it has.</param>
/// <param name="Head">The end of the chain of their digests; the opening itself when there is no other entry.</param>
public sealed record LedgerReceipt(string Owner, Digest Opening, int Entries, Digest Head)
{
    // spec 07-registry#other-labels
    private static ReadOnlySpan<byte> Label => "SecureFed/1 ledger receipt"u8;

    private static int FixedSizeInBytes => Label.Length + sizeof(int) + (2 * Digest.SizeInBytes);

    /// <summary>The bytes that the owner signs.</summary>
    public byte[] SignedContent()
    {
        byte[] owner = Encoding.UTF8.GetBytes(Owner);
        byte[] content = new byte[FixedSizeInBytes + owner.Length];
        Label.CopyTo(content);
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(Label.Length), Entries);
        Opening.CopyTo(content.AsSpan(Label.Length + sizeof(int)));
        Head.CopyTo(content.AsSpan(FixedSizeInBytes - Digest.SizeInBytes));
        owner.CopyTo(content, FixedSizeInBytes);
        return content;
    }

    /// <summary>Reads what <see cref="SignedContent"/> writes for a ledger; null for any other bytes. Never throws.</summary>
    /// <param name="content">The bytes, from anywhere.</param>
    public static LedgerReceipt? TryRead(ReadOnlySpan<byte> content)
    {
        if (content.Length <= FixedSizeInBytes || !content.StartsWith(Label))
        {
            return null;
        }

        // Names are ASCII: Latin-1 maps every other byte to a character that the parser refuses.
        string owner = Encoding.Latin1.GetString(content[FixedSizeInBytes..]);
        int entries = BinaryPrimitives.ReadInt32LittleEndian(content[Label.Length..]);
        Digest opening = Digest.FromBytes(content.Slice(Label.Length + sizeof(int), Digest.SizeInBytes));
        Digest head = Digest.FromBytes(content.Slice(FixedSizeInBytes - Digest.SizeInBytes, Digest.SizeInBytes));
        return entries >= 1 && (entries > 1 || head == opening) && ParticipantId.TryParse(owner, out _)
            ? new LedgerReceipt(owner, opening, entries, head)
            : null;
    }
}
