using System.Buffers.Binary;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>How far a ledger has come, signed by its owner: what a party hands to others to keep. spec 02-privacy#ledger-6</summary>
/// <remarks>Immutable and thread-safe; public: it names no charge.</remarks>
public sealed class SignedLedgerReceipt
{
    /// <summary>The longest signature that is read, in bytes; those of all suites are shorter.</summary>
    public const int MaximumSignatureSizeInBytes = 1024;

    private readonly byte[] _signature;

    private SignedLedgerReceipt(LedgerReceipt receipt, byte[] signature) =>
        (Receipt, _signature) = (receipt, signature);

    /// <summary>The receipt. Believe it after <see cref="IsSignedBy"/> only.</summary>
    public LedgerReceipt Receipt { get; }

    /// <summary>The signature over the receipt's signed content.</summary>
    public ReadOnlyMemory<byte> Signature => _signature;

    /// <summary>Signs where a ledger stands. Its entries so far must be durable: those of <see cref="IPrivacyLedger.Current"/> are.</summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="signer">Signs with the owner's long-term key.</param>
    public static SignedLedgerReceipt Sign(PrivacyLedger ledger, ISigner signer)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(signer);
        LedgerReceipt receipt = ledger.Receipt();
        return new SignedLedgerReceipt(receipt, signer.Sign(receipt.SignedContent()));
    }

    /// <summary>Reads a receipt that came from somewhere; null when the bytes are none. Never throws.</summary>
    /// <param name="bytes">What <see cref="ToBytes"/> wrote.</param>
    public static SignedLedgerReceipt? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (
            !BinaryPrimitives.TryReadUInt16LittleEndian(bytes, out ushort size)
            || bytes.Length - sizeof(ushort) <= size
        )
        {
            return null;
        }

        ReadOnlySpan<byte> signature = bytes[(sizeof(ushort) + size)..];
        return
            signature.Length <= MaximumSignatureSizeInBytes
            && LedgerReceipt.TryRead(bytes.Slice(sizeof(ushort), size)) is { } receipt
            ? new SignedLedgerReceipt(receipt, signature.ToArray())
            : null;
    }

    /// <summary>The receipt and its signature, to be handed over and kept.</summary>
    public byte[] ToBytes()
    {
        byte[] content = Receipt.SignedContent();
        byte[] bytes = new byte[sizeof(ushort) + content.Length + _signature.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)content.Length);
        content.CopyTo(bytes, sizeof(ushort));
        _signature.CopyTo(bytes, sizeof(ushort) + content.Length);
        return bytes;
    }

    /// <summary>Whether the holder of a key signed the receipt.</summary>
    /// <param name="suite">The suite of the key.</param>
    /// <param name="publicKey">The owner's pinned key.</param>
    public bool IsSignedBy(ProtocolSuite suite, ReadOnlySpan<byte> publicKey)
    {
        ArgumentNullException.ThrowIfNull(suite);
        return suite.VerifySignature(publicKey, Receipt.SignedContent(), _signature);
    }

    /// <summary>Prints owner, length and chain.</summary>
    public override string ToString() => $"{Receipt.Owner}: {Receipt.Entries} entries, chain {Receipt.Head}";
}
