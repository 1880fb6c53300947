using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>A store that lives as long as the process: a server that restarts has lost its rounds.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class InMemoryRoundStore : IRoundStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, List<DurableRecord>> _attempts = [];

    /// <inheritdoc/>
    public void Append(Digest attempt, DurableRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_lock)
        {
            if (!_attempts.TryGetValue(attempt, out List<DurableRecord>? records))
            {
                _attempts[attempt] = records = [];
            }

            records.Add(record);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<DurableRecord> Read(Digest attempt)
    {
        lock (_lock)
        {
            return _attempts.TryGetValue(attempt, out List<DurableRecord>? records) ? records.ToImmutableArray() : [];
        }
    }
}
