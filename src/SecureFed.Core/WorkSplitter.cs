namespace SecureFed.Core;

/// <summary>How a host lets pure work use several cores. Sessions start no threads; they hand ranges to this port.</summary>
/// <remarks>Integer sums do not depend on the order, so a round's result is the same for every splitter.</remarks>
public abstract class WorkSplitter
{
    /// <summary>Runs all parts one after the other on the calling thread.</summary>
    public static WorkSplitter Sequential { get; } = new OneAfterTheOther();

    /// <summary>How many parts are worth making; at least 1.</summary>
    public abstract int Parallelism { get; }

    /// <summary>Runs <paramref name="work"/> for 0 … <paramref name="parts"/> − 1, each exactly once, and returns when all are done.</summary>
    /// <param name="parts">At least 0.</param>
    /// <param name="work">Thread-safe for different arguments.</param>
    public abstract void Run(int parts, Action<int> work);

    private sealed class OneAfterTheOther : WorkSplitter
    {
        public override int Parallelism => 1;

        public override void Run(int parts, Action<int> work)
        {
            ArgumentNullException.ThrowIfNull(work);
            for (int part = 0; part < parts; part++)
            {
                work(part);
            }
        }
    }
}
