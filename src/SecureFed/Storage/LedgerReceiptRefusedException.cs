namespace SecureFed;

/// <summary>Why a receipt of a ledger is not taken.</summary>
public enum LedgerReceiptFault
{
    /// <summary>Nothing; not used.</summary>
    None = 0,

    /// <summary>No key is pinned for the owner.</summary>
    UnknownOwner = 1,

    /// <summary>The signature is not that of the owner's pinned key.</summary>
    NotSigned = 2,

    /// <summary>The receipt has fewer entries than the one that is kept of its ledger: it is late, or the ledger was set back.</summary>
    GoesBack = 3,

    /// <summary>The receipt has as many entries as the one that is kept and another chain: there are two copies of the ledger.</summary>
    Forks = 4,

    /// <summary>As many ledgers of the owner are known as are kept.</summary>
    TooManyLedgers = 5,
}

/// <summary>A receipt of a ledger is not taken; the one that is kept stays. spec 02-privacy#ledger-7</summary>
public sealed class LedgerReceiptRefusedException : InvalidOperationException
{
    internal LedgerReceiptRefusedException(LedgerReceiptFault fault, string owner, int entries, int? keptEntries)
        : base(Describe(fault, owner, entries, keptEntries)) =>
        (Fault, Owner, Entries, KeptEntries) = (fault, owner, entries, keptEntries);

    /// <summary>Why.</summary>
    public LedgerReceiptFault Fault { get; }

    /// <summary>Whose ledger the receipt says it is of.</summary>
    public string Owner { get; }

    /// <summary>How many entries the receipt says.</summary>
    public int Entries { get; }

    /// <summary>How many entries the kept receipt of this ledger says; null when none is kept.</summary>
    public int? KeptEntries { get; }

    private static string Describe(LedgerReceiptFault fault, string owner, int entries, int? keptEntries) =>
        fault switch
        {
            LedgerReceiptFault.UnknownOwner =>
                $"A receipt is of '{owner}', of whom no key is known here. Enrol the owner before its receipts are kept.",
            LedgerReceiptFault.NotSigned =>
                $"A receipt of '{owner}' is not signed with the owner's key. Ask the owner for another one.",
            LedgerReceiptFault.GoesBack =>
                $"A receipt of '{owner}' has {entries} entries, and one with {keptEntries} is kept. It came late, or an older copy of the ledger was restored: take nothing more from the owner before it shows a ledger with the kept one.",
            LedgerReceiptFault.Forks =>
                $"A receipt of '{owner}' has {entries} entries and another chain than the kept one with {keptEntries}. The owner has two copies of the ledger, and both receipts together prove it.",
            LedgerReceiptFault.TooManyLedgers =>
                $"A receipt of '{owner}' is of one more ledger than the {LedgerReceiptBook.MaximumLedgersPerOwner} that are kept of an owner. Start another book, or ask the owner for fewer ledgers.",
            _ => $"A receipt of '{owner}' is refused.",
        };
}
