using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>The newest receipt of each ledger of other parties: what shows a party that its own was set back. spec 02-privacy#ledger-7</summary>
/// <remarks>Thread-safe. Nothing in it is secret. Keep it away from the ledgers: a backup that restores both shows nothing.</remarks>
public sealed class LedgerReceiptBook
{
    /// <summary>The most owners.</summary>
    public const int MaximumOwners = 4096;

    /// <summary>The most ledgers of one owner: two units with two relations each, and as many again with another budget. spec 02-privacy#ledger-7</summary>
    public const int MaximumLedgersPerOwner = 8;

    /// <summary>The most bytes that are read back.</summary>
    public const int MaximumSizeInBytes = 64 + (MaximumOwners * MaximumLedgersPerOwner * MaximumLineSizeInBytes);

    // A receipt of at most 2 + 26 + 4 + 32 + 32 + 64 bytes and its signature, in base64, and a line break.
    private const int MaximumLineSizeInBytes =
        1 + (4 * ((160 + SignedLedgerReceipt.MaximumSignatureSizeInBytes + 2) / 3));

    // spec 07-registry#other-labels
    private const string Label = "SecureFed/1 receipt book";

    private readonly Lock _lock = new();
    private readonly ProtocolSuite _suite;
    private readonly ImmutableDictionary<string, ReadOnlyMemory<byte>> _keys;
    private readonly SortedDictionary<string, SignedLedgerReceipt> _newest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _ledgersOf = new(StringComparer.Ordinal);

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

    /// <summary>The newest receipt of each ledger, ascending by owner and opening: to be handed on.</summary>
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

    /// <summary>The newest receipt of a ledger, its signature verified; null when there is none. For <see cref="FileLedger.Open(string, string, PrivacyBudget, LedgerReceipt)"/>.</summary>
    /// <param name="owner">The owner of the ledger.</param>
    /// <param name="opening">Which of the owner's ledgers: its <see cref="PrivacyLedger.Opening"/>.</param>
    public LedgerReceipt? NewestOf(string owner, Digest opening)
    {
        lock (_lock)
        {
            return _newest.GetValueOrDefault(KeyOf(owner, opening))?.Receipt;
        }
    }

    /// <summary>The same for a ledger that is about to be opened, which may have been lost.</summary>
    /// <param name="owner">The owner of the ledger; written like a participant id.</param>
    /// <param name="budget">What it was opened with.</param>
    /// <exception cref="ArgumentException">The name is malformed.</exception>
    public LedgerReceipt? NewestOf(string owner, PrivacyBudget budget) =>
        NewestOf(owner, PrivacyLedger.Open(owner, budget, out _).Opening);

    /// <summary>Takes a receipt that came from somewhere.</summary>
    /// <param name="receipt">The receipt.</param>
    /// <returns>Whether it is newer than the one that was kept; false for the same one again.</returns>
    /// <exception cref="LedgerReceiptRefusedException">It is forged or foreign, or of one ledger too many, or says less than, or contradicts, the one that is kept of its ledger. That one stays.</exception>
    public bool Add(SignedLedgerReceipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        LedgerReceipt said = receipt.Receipt;
        string ledger = KeyOf(said.Owner, said.Opening);
        lock (_lock)
        {
            LedgerReceipt? kept = _newest.GetValueOrDefault(ledger)?.Receipt;
            int others = _ledgersOf.GetValueOrDefault(said.Owner);
            LedgerReceiptFault fault =
                !_keys.TryGetValue(said.Owner, out ReadOnlyMemory<byte> key) ? LedgerReceiptFault.UnknownOwner
                : !receipt.IsSignedBy(_suite, key.Span) ? LedgerReceiptFault.NotSigned
                : said.Entries < kept?.Entries ? LedgerReceiptFault.GoesBack
                : said.Entries == kept?.Entries && said.Head != kept.Head ? LedgerReceiptFault.Forks
                : kept is null && others == MaximumLedgersPerOwner ? LedgerReceiptFault.TooManyLedgers
                : LedgerReceiptFault.None;
            if (fault != LedgerReceiptFault.None)
            {
                throw new LedgerReceiptRefusedException(fault, said.Owner, said.Entries, kept?.Entries);
            }

            if (said.Entries == kept?.Entries)
            {
                return false;
            }

            _newest[ledger] = receipt;
            _ledgersOf[said.Owner] = kept is null ? others + 1 : others;
            return true;
        }
    }

    /// <summary>Whether receipts of an owner with this key can be kept.</summary>
    internal bool Takes(ProtocolSuite suite, RosterEntry owner) =>
        suite.Id == _suite.Id
        && _keys.TryGetValue(owner.Id.ToString(), out ReadOnlyMemory<byte> key)
        && key.Span.SequenceEqual(owner.SigningKey.Span);

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

        // One text for one book: sorted, each ledger once, no spaces in between.
        return book.Export().AsSpan().SequenceEqual(bytes) ? book : throw Malformed("it is not in the one exact form");
    }

    // A space sorts before every character of a name, so that this is ascending by owner first.
    private static string KeyOf(string owner, Digest opening) => $"{owner} {opening}";

    private static FormatException Malformed(string problem) =>
        new(
            $"This is no book of receipts: {problem}. Ask the others for the newest receipts they keep; do not go on without any."
        );
}
