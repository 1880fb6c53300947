using System.Buffers.Binary;
using System.Text;
using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>Says how far a ledger has come, for somebody else to keep. Whoever holds one notices an older copy. spec 02-privacy#ledger-6</summary>
/// <param name="Owner">Whose ledger.</param>
/// <param name="Entries">How many entries it has.</param>
/// <param name="Head">The end of the chain of their digests.</param>
public sealed record LedgerReceipt(string Owner, int Entries, Digest Head)
{
    // spec 07-registry#other-labels
    private static ReadOnlySpan<byte> Label => "SecureFed/1 ledger receipt"u8;

    /// <summary>The bytes that the owner signs.</summary>
    public byte[] SignedContent()
    {
        byte[] owner = Encoding.UTF8.GetBytes(Owner);
        byte[] content = new byte[Label.Length + 4 + Digest.SizeInBytes + owner.Length];
        Label.CopyTo(content);
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(Label.Length), Entries);
        Head.CopyTo(content.AsSpan(Label.Length + 4));
        owner.CopyTo(content, Label.Length + 4 + Digest.SizeInBytes);
        return content;
    }

    /// <summary>Reads what <see cref="SignedContent"/> writes for a ledger; null for any other bytes. Never throws.</summary>
    /// <param name="content">The bytes, from anywhere.</param>
    public static LedgerReceipt? TryRead(ReadOnlySpan<byte> content)
    {
        int fixedSize = Label.Length + 4 + Digest.SizeInBytes;
        if (content.Length <= fixedSize || !content.StartsWith(Label))
        {
            return null;
        }

        // Names are ASCII: Latin-1 maps every other byte to a character that the parser refuses.
        string owner = Encoding.Latin1.GetString(content[fixedSize..]);
        int entries = BinaryPrimitives.ReadInt32LittleEndian(content[Label.Length..]);
        return entries >= 1 && ParticipantId.TryParse(owner, out _)
            ? new LedgerReceipt(owner, entries, Digest.FromBytes(content.Slice(Label.Length + 4, Digest.SizeInBytes)))
            : null;
    }
}
