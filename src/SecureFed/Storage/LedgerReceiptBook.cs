using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>The newest receipt of each other party's ledger: what shows a party that its own was set back. spec 02-privacy#ledger-7</summary>
/// <remarks>Thread-safe. Nothing in it is secret. Keep it away from the ledgers: a backup that restores both shows nothing.</remarks>
public sealed class LedgerReceiptBook
{
    /// <summary>The most owners.</summary>
    public const int MaximumOwners = 4096;

    /// <summary>The most bytes that are read back.</summary>
    public const int MaximumSizeInBytes = 64 + (MaximumOwners * MaximumLineSizeInBytes);

    // A receipt of at most 2 + 26 + 4 + 32 + 64 bytes and its signature, in base64, and a line break.
    private const int MaximumLineSizeInBytes =
        1 + (4 * ((128 + SignedLedgerReceipt.MaximumSignatureSizeInBytes + 2) / 3));

    // spec 07-registry#other-labels
    private const string Label = "SecureFed/1 receipt book";

    private readonly Lock _lock = new();
    private readonly ProtocolSuite _suite;
    private readonly ImmutableDictionary<string, ReadOnlyMemory<byte>> _keys;
    private readonly SortedDictionary<string, SignedLedgerReceipt> _newest = new(StringComparer.Ordinal);

    /// <summary>An empty book.</summary>
    /// <param name="suite">The suite of the keys.</param>
    /// <param name="owners">The pinned keys of those whose receipts are kept; at most 4,096 different names.</param>
    /// <exception cref="ArgumentException">A name is given twice, or there are too many.</exception>
    public LedgerReceiptBook(ProtocolSuite suite, IEnumerable<RosterEntry> owners)
    {
        ArgumentNullException.ThrowIfNull(suite);
        ArgumentNullException.ThrowIfNull(owners);
        _suite = suite;
        _keys = owners.ToImmutableDictionary(
            entry => entry.Id.ToString(),
            entry => entry.SigningKey,
            StringComparer.Ordinal
        );
        if (_keys.Count > MaximumOwners)
        {
            throw new ArgumentException(
                $"A book holds receipts of at most {MaximumOwners} owners, not of {_keys.Count}. Keep several books.",
                nameof(owners)
            );
        }
    }

    /// <summary>The newest receipt of each owner, ascending by owner: to be handed on.</summary>
    public ImmutableArray<SignedLedgerReceipt> Receipts
    {
        get
        {
            lock (_lock)
            {
                return [.. _newest.Values];
            }
        }
    }

    /// <summary>The newest receipt of an owner, its signature verified; null when there is none. For <see cref="FileLedger.Open(string, string, Privacy.PrivacyBudget, Privacy.LedgerReceipt)"/>.</summary>
    /// <param name="owner">The owner of a ledger.</param>
    public Privacy.LedgerReceipt? NewestOf(string owner)
    {
        lock (_lock)
        {
            return _newest.GetValueOrDefault(owner)?.Receipt;
        }
    }

    /// <summary>Takes a receipt that came from somewhere.</summary>
    /// <param name="receipt">The receipt.</param>
    /// <returns>Whether it is newer than the one that was kept; false for the same one again.</returns>
    /// <exception cref="LedgerReceiptRefusedException">It is forged or foreign, or says less than, or contradicts, the one that is kept. That one stays.</exception>
    public bool Add(SignedLedgerReceipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        Privacy.LedgerReceipt said = receipt.Receipt;
        lock (_lock)
        {
            Privacy.LedgerReceipt? kept = _newest.GetValueOrDefault(said.Owner)?.Receipt;
            LedgerReceiptFault fault =
                !_keys.TryGetValue(said.Owner, out ReadOnlyMemory<byte> key) ? LedgerReceiptFault.UnknownOwner
                : !receipt.IsSignedBy(_suite, key.Span) ? LedgerReceiptFault.NotSigned
                : said.Entries < kept?.Entries ? LedgerReceiptFault.GoesBack
                : said.Entries == kept?.Entries && said.Head != kept.Head ? LedgerReceiptFault.Forks
                : LedgerReceiptFault.None;
            if (fault != LedgerReceiptFault.None)
            {
                throw new LedgerReceiptRefusedException(fault, said.Owner, said.Entries, kept?.Entries);
            }

            if (said.Entries == kept?.Entries)
            {
                return false;
            }

            _newest[said.Owner] = receipt;
            return true;
        }
    }

    /// <summary>The book as text, to be stored: the same receipts give the same bytes.</summary>
    public byte[] Export()
    {
        ImmutableArray<SignedLedgerReceipt> receipts = Receipts;
        StringBuilder text = new(Label);
        text.Append('\n').Append(receipts.Length.ToString(CultureInfo.InvariantCulture)).Append('\n');
        foreach (SignedLedgerReceipt receipt in receipts)
        {
            text.Append(Convert.ToBase64String(receipt.ToBytes())).Append('\n');
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>Reads a stored book back and verifies every receipt.</summary>
    /// <param name="suite">The suite of the keys.</param>
    /// <param name="owners">The pinned keys; of everybody whose receipt is in the book.</param>
    /// <param name="bytes">What <see cref="Export"/> wrote.</param>
    /// <exception cref="FormatException">The bytes are not what a book writes: altered, cut short, or too long.</exception>
    /// <exception cref="LedgerReceiptRefusedException">A receipt is forged or foreign.</exception>
    public static LedgerReceiptBook Import(
        ProtocolSuite suite,
        IEnumerable<RosterEntry> owners,
        ReadOnlySpan<byte> bytes
    )
    {
        LedgerReceiptBook book = new(suite, owners);
        if (bytes.Length > MaximumSizeInBytes)
        {
            throw Malformed($"it has {bytes.Length} bytes, more than {MaximumSizeInBytes}");
        }

        // Latin-1 keeps foreign bytes as characters that nothing below accepts.
        string[] lines = Encoding.Latin1.GetString(bytes).Split('\n');
        if (lines.Length < 3 || !string.Equals(lines[0], Label, StringComparison.Ordinal) || lines[^1].Length > 0)
        {
            throw Malformed("it does not begin or end as one does");
        }

        if (
            !int.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            || count != lines.Length - 3
        )
        {
            throw Malformed($"it announces '{lines[1]}' receipts and holds {lines.Length - 3}");
        }

        byte[] receipt = new byte[MaximumLineSizeInBytes];
        foreach (string line in lines.AsSpan(2, count))
        {
            if (
                !Convert.TryFromBase64String(line, receipt, out int size)
                || SignedLedgerReceipt.TryRead(receipt.AsSpan(0, size)) is not { } read
            )
            {
                throw Malformed("a line of it is no receipt");
            }

            book.Add(read);
        }

        // One text for one book: sorted, each owner once, no spaces in between.
        return book.Export().AsSpan().SequenceEqual(bytes) ? book : throw Malformed("it is not in the one exact form");
    }

    private static FormatException Malformed(string problem) =>
        new(
            $"This is no book of receipts: {problem}. Ask the others for the newest receipts they keep; do not go on without any."
        );
}
