using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Testing;

/// <summary>How an append goes wrong.</summary>
public enum AppendFault
{
    /// <summary>It does not.</summary>
    None = 0,

    /// <summary>The storage reports an error and keeps nothing.</summary>
    Refused = 1,

    /// <summary>The process dies before the record is durable.</summary>
    CrashBefore = 2,

    /// <summary>The process dies after the record is durable and before anybody knows.</summary>
    CrashAfter = 3,
}

/// <summary>A simulated death of the process. Drivers do not catch it, as nothing catches a power failure.</summary>
public sealed class SimulatedCrashException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="append">Which append, counted from 0.</param>
    public SimulatedCrashException(int append)
        : base($"The process died at append {append}.") { }
}

/// <summary>A store in memory that fails at a chosen append. Appends are atomic. Not thread-safe.</summary>
public sealed class FaultyRoundStore : IRoundStore
{
    private readonly InMemoryRoundStore _inner = new();

    /// <summary>Which append fails, counted from 0.</summary>
    public int FailAt { get; set; } = int.MaxValue;

    /// <summary>How it fails.</summary>
    public AppendFault Fault { get; set; }

    /// <summary>Appends tried so far, over all restarts.</summary>
    public int Appends { get; private set; }

    /// <inheritdoc/>
    public void Append(Digest attempt, DurableRecord record) =>
        FaultyAppend.Run(Appends++, FailAt, Fault, () => _inner.Append(attempt, record));

    /// <inheritdoc/>
    public IReadOnlyList<DurableRecord> Read(Digest attempt) => _inner.Read(attempt);
}

/// <summary>A journal in memory that fails at a chosen append. Appends are atomic. Not thread-safe.</summary>
public sealed class FaultyClientJournal : IClientJournal
{
    private readonly InMemoryClientJournal _inner = new();

    /// <summary>Which append fails, counted from 0.</summary>
    public int FailAt { get; set; } = int.MaxValue;

    /// <summary>How it fails.</summary>
    public AppendFault Fault { get; set; }

    /// <summary>Appends tried so far.</summary>
    public int Appends { get; private set; }

    /// <inheritdoc/>
    public void Append(DurableRecord record) => FaultyAppend.Run(Appends++, FailAt, Fault, () => _inner.Append(record));

    /// <inheritdoc/>
    public IReadOnlyList<DurableRecord> Read() => _inner.Read();
}

internal static class FaultyAppend
{
    public static void Run(int append, int failAt, AppendFault fault, Action store)
    {
        AppendFault happens = append == failAt ? fault : AppendFault.None;
        if (happens == AppendFault.Refused)
        {
            throw new IOException("The simulated disk is full.");
        }

        if (happens == AppendFault.CrashBefore)
        {
            throw new SimulatedCrashException(append);
        }

        store();
        if (happens == AppendFault.CrashAfter)
        {
            throw new SimulatedCrashException(append);
        }
    }
}
