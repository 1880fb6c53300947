using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>A party's or a server's audit log: an append-only file of lines, each with its hash, signed at heads. spec 06-security#audit-1</summary>
/// <remarks>
/// Thread-safe; one process at a time (the file is locked while it is open). Public values only. Every append is flushed to
/// the disk before it returns. A driver keeps faults back until its next line, at most 64 of them, so that a flood of
/// messages is no flood of flushes; all other lines are appended as they happen. The whole file is read when it is opened.
/// </remarks>
public sealed class AuditLog : IDisposable
{
    private readonly Lock _lock = new();
    private readonly IStorageFile _file;
    private readonly ISigner _signer;
    private readonly TimeProvider _time;
    private readonly AuditChain _chain;
    private long _end;
    private bool _failed;

    private AuditLog(IStorageFile file, ParticipantId owner, ISigner signer, ProtocolSuite suite, TimeProvider time)
    {
        (_file, Owner, _signer, Suite, _time) = (file, owner, signer, suite, time);
        _chain = new AuditChain(id => id == suite.Id ? suite : null, AuditRoster.Empty);
    }

    /// <summary>Whose log.</summary>
    public ParticipantId Owner { get; }

    /// <summary>The suite of its signatures.</summary>
    public ProtocolSuite Suite { get; }

    /// <summary>How many lines it has.</summary>
    public long Events
    {
        get
        {
            lock (_lock)
            {
                return _chain.Events;
            }
        }
    }

    /// <summary>The newest signed head.</summary>
    public AuditHead Head
    {
        get
        {
            lock (_lock)
            {
                return _chain.SignedHead!;
            }
        }
    }

    /// <summary>Opens the log of a file, or creates it, and signs that it was opened.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="owner">Whose log.</param>
    /// <param name="signer">Signs with the owner's pinned key.</param>
    /// <param name="suite">The suite of that key.</param>
    /// <param name="time">Gives the time of each line; null for the system's clock.</param>
    /// <exception cref="StorageDamagedException">The file is damaged in a way that no crash explains; it is not changed.</exception>
    /// <exception cref="ArgumentException">The owner has no name, the key is not of the suite, or the file is of another owner or key.</exception>
    /// <exception cref="StorageInUseException">Somebody has the file open.</exception>
    /// <exception cref="IOException">The file cannot be opened or written.</exception>
    public static AuditLog Open(
        string path,
        ParticipantId owner,
        ISigner signer,
        ProtocolSuite suite,
        TimeProvider? time = null
    ) => Open(DiskFile.Open(path), owner, signer, suite, time);

    /// <summary>The same on any file, which is then the log's to dispose of.</summary>
    /// <inheritdoc cref="Open(string, ParticipantId, ISigner, ProtocolSuite, TimeProvider)" path="/exception"/>
    public static AuditLog Open(
        IStorageFile storage,
        ParticipantId owner,
        ISigner signer,
        ProtocolSuite suite,
        TimeProvider? time = null
    )
    {
        ArgumentNullException.ThrowIfNull(storage);
        try
        {
            ArgumentNullException.ThrowIfNull(signer);
            ArgumentNullException.ThrowIfNull(suite);
            if (owner.IsDefault || !suite.IsValidSigningPublicKey(signer.PublicKey.Span))
            {
                throw new ArgumentException(
                    "A log has an owner with a name, and a signer whose key is of the suite.",
                    nameof(signer)
                );
            }

            AuditLog log = new(storage, owner, signer, suite, time ?? TimeProvider.System);
            log.Begin();
            return log;
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    /// <summary>Appends an event and returns when it is on the disk.</summary>
    /// <param name="happened">Opened, TailCut, HeadSeen, Signed and Closed are written by the log itself.</param>
    /// <exception cref="IOException">The line may not be durable; nothing more can be appended through this object.</exception>
    public void Append(AuditEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        if (happened.IsOfTheLog)
        {
            throw new ArgumentException($"The event '{happened.Name}' is written by the log itself.", nameof(happened));
        }

        Append([happened], sign: false);
    }

    /// <summary>Signs where the log stands and returns the head, to be handed to others.</summary>
    /// <inheritdoc cref="Append(AuditEvent)" path="/exception"/>
    public AuditHead Sign() => Append([], sign: true)!;

    /// <summary>Writes the head of somebody else's log into this one, if its owner signed it. spec 06-security#audit-6</summary>
    /// <param name="head">The head, as it came.</param>
    /// <param name="publicKey">The pinned key of the head's owner.</param>
    /// <returns>Whether it was written: the signature is the owner's, and the owner is somebody else.</returns>
    /// <inheritdoc cref="Append(AuditEvent)" path="/exception"/>
    public bool TryRecordHead(AuditHead head, ReadOnlySpan<byte> publicKey)
    {
        ArgumentNullException.ThrowIfNull(head);
        if (head.Owner == Owner || !head.IsSignedBy(Suite, publicKey))
        {
            return false;
        }

        Append([new AuditEvent.HeadSeen(head)], sign: false);
        return true;
    }

    /// <summary>Writes and signs that the log was closed, and closes the file. Without it the log ends as after a crash.</summary>
    /// <inheritdoc cref="Append(AuditEvent)" path="/exception"/>
    public void Close()
    {
        try
        {
            Append([new AuditEvent.Closed()], sign: true);
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Closes the file and writes nothing.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _failed = true;
            _file.Dispose();
        }
    }

    /// <summary>Appends events in one write and one flush; with their signed head when that is wanted.</summary>
    internal AuditHead? Append(IReadOnlyList<AuditEvent> events, bool sign)
    {
        lock (_lock)
        {
            if (_failed)
            {
                throw new IOException(
                    $"'{_file.Name}' is closed, or an earlier append to it failed. Open the log again before appending."
                );
            }

            // Also a signer that throws leaves the chain ahead of the file: then nothing more is appended either.
            _failed = true;
            using MemoryStream lines = new();
            foreach (AuditEvent happened in events)
            {
                Add(happened, lines);
            }

            if (sign)
            {
                AuditHead head = AuditHead.Sign(Owner, _chain.Events - 1, _chain.Head, _signer);
                Add(new AuditEvent.Signed(head.Signature), lines);
            }

            _file.Write(_end, lines.GetBuffer().AsSpan(0, (int)lines.Length));
            _file.Flush();
            _end += lines.Length;
            _failed = false;
            return sign ? _chain.SignedHead : null;
        }
    }

    private void Add(AuditEvent happened, MemoryStream lines)
    {
        AuditLine line = AuditLine.Create(_chain.Events, _time.GetUtcNow(), happened, _chain.Head, out byte[] bytes);
        if (_chain.Follow(line) is { } finding)
        {
            throw new ArgumentException($"The signer does not sign with the log's key: {finding.Explanation}");
        }

        lines.Write(bytes);
        lines.WriteByte((byte)'\n');
    }

    private void Begin()
    {
        byte[] bytes = _file.ReadAll();
        Replay(bytes);
        if (
            _chain.Owner is { } known
            && (known.Owner != Owner || !known.PublicKey.Span.SequenceEqual(_signer.PublicKey.Span))
        )
        {
            throw new ArgumentException(
                $"The log '{_file.Name}' is of '{known.Owner}' with another key or name. Give every owner and every key a log of its own."
            );
        }

        List<AuditEvent> events = [new AuditEvent.Opened(Owner, Suite.Id, _signer.PublicKey.ToArray())];
        long torn = bytes.Length - _end;
        if (torn > 0)
        {
            _file.SetLength(_end);
            _file.Flush();
            events.Add(new AuditEvent.TailCut(torn));
        }

        Append(events, sign: true);
    }

    // spec 06-security#audit-5
    private void Replay(ReadOnlyMemory<byte> bytes)
    {
        while (_end < bytes.Length)
        {
            ReadOnlyMemory<byte> rest = bytes[(int)_end..];
            int size = rest.Span.IndexOf((byte)'\n');
            if (size < 0)
            {
                if (AuditLine.IsTorn(rest, _chain.Events))
                {
                    return;
                }

                throw Damaged("the end of the file is not the beginning of a line");
            }

            if (_chain.Take(rest[..size], out _) is { } finding)
            {
                throw Damaged(finding.Explanation.TrimEnd('.'));
            }

            _end += size + 1;
        }
    }

    private StorageDamagedException Damaged(string problem) => new(_file.Name, _end, (int)_chain.Events, problem);
}
