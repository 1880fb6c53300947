using System.Collections.Immutable;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>A journal that lives as long as the process. For rounds in one process; a client on its own needs a file.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class InMemoryClientJournal : IClientJournal
{
    private readonly Lock _lock = new();
    private readonly List<DurableRecord> _records = [];

    /// <inheritdoc/>
    public void Append(DurableRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_lock)
        {
            _records.Add(record);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<DurableRecord> Read()
    {
        lock (_lock)
        {
            return _records.ToImmutableArray();
        }
    }
}
