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
    /// <summary>The bytes that the owner signs.</summary>
    public byte[] SignedContent()
    {
        ReadOnlySpan<byte> label = "SecureFed/1 ledger receipt"u8;
        byte[] owner = Encoding.UTF8.GetBytes(Owner);
        byte[] content = new byte[label.Length + 4 + Digest.SizeInBytes + owner.Length];
        label.CopyTo(content);
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(label.Length), Entries);
        Head.CopyTo(content.AsSpan(label.Length + 4));
        owner.CopyTo(content, label.Length + 4 + Digest.SizeInBytes);
        return content;
    }
}
