using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>A privacy ledger in one append-only file, flushed to the disk with every entry. spec 02-privacy#ledger-4</summary>
/// <remarks>
/// Thread-safe; one process at a time (the file is locked while it is open). An entry torn by a crash is cut off when the
/// file is opened: it was never reported as durable, so nothing was released on the strength of it. Any other damage names
/// the entry, and nothing is released. Do not restore older copies; receipts that others hold show it.
/// </remarks>
public sealed class FileLedger : IPrivacyLedger, IDisposable
{
    private readonly Lock _lock = new();
    private readonly RecordFile _file;
    private PrivacyLedger _current;

    private FileLedger(RecordFile file, PrivacyLedger current) => (_file, _current) = (file, current);

    /// <inheritdoc/>
    public PrivacyLedger Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>Opens the ledger of a file, or creates it with a budget.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="owner">Written like a participant id; that of the file, if there is one.</param>
    /// <param name="budget">What everything may cost together; that of the file, if there is one.</param>
    /// <param name="newest">
    /// The newest receipt that somebody else keeps, its signature verified; null when there is none yet. Only it shows that
    /// the file was lost, emptied or replaced by an older copy.
    /// </param>
    /// <exception cref="LedgerCorruptException">An entry is damaged; it is named.</exception>
    /// <exception cref="LedgerRolledBackException">The file is older than the receipt, or another one.</exception>
    /// <exception cref="ChargeRefusedException">The file is of another owner or budget.</exception>
    /// <exception cref="ArgumentException">The owner has no name, or the receipt is of another owner.</exception>
    /// <exception cref="StorageInUseException">Somebody has the file open.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static FileLedger Open(string path, string owner, PrivacyBudget budget, LedgerReceipt? newest = null) =>
        Open(DiskFile.Open(path), owner, budget, newest);

    /// <summary>The same on any file, which is then the ledger's to dispose of.</summary>
    /// <inheritdoc cref="Open(string, string, PrivacyBudget, LedgerReceipt)" path="/exception"/>
    public static FileLedger Open(
        IStorageFile storage,
        string owner,
        PrivacyBudget budget,
        LedgerReceipt? newest = null
    )
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(budget);
        RecordFile? file = null;
        try
        {
            file = OpenRecords(storage, out List<DurableRecord> records);
            ReadOnlyMemory<byte> entry = default;
            PrivacyLedger ledger =
                records.Count > 0
                    ? Replay(records).RequireSame(owner, budget)
                    : PrivacyLedger.Open(owner, budget, out entry);

            // An empty file is a ledger that nothing was charged to, or one that was lost: the receipt tells.
            if (newest is not null)
            {
                ledger.Compare(newest);
            }

            if (records.Count == 0)
            {
                file.Append(Record(ledger, entry));
            }

            return new FileLedger(file, ledger);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>Reads the ledger of a file that nobody writes.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="LedgerCorruptException">An entry is damaged; it is named.</exception>
    public static PrivacyLedger Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no ledger '{path}'.", path);
        }

        try
        {
            return Replay(RecordFile.Read(path));
        }
        catch (StorageDamagedException damaged)
        {
            throw Corrupt(damaged);
        }
    }

    /// <inheritdoc/>
    public long Charge(PrivacyCharge charge)
    {
        lock (_lock)
        {
            PrivacyLedger next = _current.Charge(charge, out ReadOnlyMemory<byte> entry);
            _file.Append(Record(next, entry));
            _current = next;
            return next.Lines.Length;
        }
    }

    /// <inheritdoc/>
    public void Withhold(long number)
    {
        lock (_lock)
        {
            PrivacyLedger next = _current.Withhold(number, out ReadOnlyMemory<byte> entry);
            _file.Append(Record(next, entry));
            _current = next;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _file.Dispose();
        }
    }

    private static RecordFile OpenRecords(IStorageFile storage, out List<DurableRecord> records)
    {
        try
        {
            return RecordFile.Open(storage, out records);
        }
        catch (StorageDamagedException damaged)
        {
            throw Corrupt(damaged);
        }
    }

    private static PrivacyLedger Replay(List<DurableRecord> records)
    {
        int foreign = records.FindIndex(record => record.Kind != DurableRecordKind.LedgerEntry);
        if (foreign >= 0)
        {
            throw LedgerCorruptException.At(foreign, "it is a record of another kind.");
        }

        PrivacyLedger ledger = PrivacyLedger.Replay([.. records.Select(record => record.Content)]);

        // The head that was stored with each entry is that of the ledger which wrote it.
        int other = Enumerable.Range(0, records.Count).FirstOrDefault(i => records[i].Session != ledger.HeadAt(i), -1);
        return other < 0
            ? ledger
            : throw LedgerCorruptException.At(other, "it does not follow from the entries before it.");
    }

    private static DurableRecord Record(PrivacyLedger ledger, ReadOnlyMemory<byte> entry) =>
        new(DurableRecordKind.LedgerEntry, ledger.Head, entry);

    private static LedgerCorruptException Corrupt(StorageDamagedException damaged) =>
        LedgerCorruptException.At(damaged.Record, $"{damaged.Message}", damaged);
}
