using System.Diagnostics;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.RoundServer;

/// <summary>Counts the operations of a store and kills the process before or after one of them, as a power cut would.</summary>
internal sealed class KilledStore(IRoundStore store, int before, int after) : IRoundStore
{
    /// <summary>Operations so far.</summary>
    public int Operations { get; private set; }

    public void Append(Digest attempt, DurableRecord record)
    {
        Enter();
        store.Append(attempt, record);
        Leave();
    }

    public IReadOnlyList<DurableRecord> Read(Digest attempt)
    {
        Enter();
        IReadOnlyList<DurableRecord> records = store.Read(attempt);
        Leave();
        return records;
    }

    private void Enter()
    {
        Operations++;
        if (Operations == before)
        {
            Die();
        }
    }

    private void Leave()
    {
        if (Operations == after)
        {
            Die();
        }
    }

    // SIGKILL: nothing runs after it, no buffer is flushed, no file is closed by the program.
    private static void Die()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
        self.WaitForExit();
    }
}
