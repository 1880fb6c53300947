using SecureFed.Core;

namespace SecureFed;

/// <summary>Runs parts of pure work on the threads of the pool.</summary>
/// <remarks>Thread-safe. A round's result is the same for every splitter, because integer sums do not depend on order.</remarks>
public sealed class ParallelWorkSplitter : WorkSplitter
{
    private readonly ParallelOptions _options;

    private ParallelWorkSplitter(int parallelism)
    {
        Parallelism = parallelism;
        _options = new ParallelOptions { MaxDegreeOfParallelism = parallelism };
    }

    /// <summary>As many threads as the machine has processors.</summary>
    public static ParallelWorkSplitter AllProcessors { get; } = new(Environment.ProcessorCount);

    /// <inheritdoc/>
    public override int Parallelism { get; }

    /// <summary>At most <paramref name="threads"/> threads.</summary>
    /// <param name="threads">1 to 1,024.</param>
    public static ParallelWorkSplitter OfThreads(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 1024);
        return new ParallelWorkSplitter(threads);
    }

    /// <inheritdoc/>
    public override void Run(int parts, Action<int> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (parts <= 1 || Parallelism == 1)
        {
            Sequential.Run(parts, work);
            return;
        }

        _ = Parallel.For(0, parts, _options, work);
    }
}
