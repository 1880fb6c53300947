namespace SecureFed;

/// <summary>How a wait ended.</summary>
internal enum WaitResult
{
    None = 0,
    Arrived,
    TimedOut,
    Cancelled,
}

/// <summary>Waits for a transport with a deadline and loses nothing: a receive that outlives a wait is kept for the next one.</summary>
/// <param name="receive">Receives one item.</param>
/// <param name="time">Measures the deadline.</param>
/// <param name="mostLate">How many items that have arrived are given out in a row after the deadline. spec 03-masking#host-1</param>
internal sealed class Inbox<T>(Func<CancellationToken, ValueTask<T>> receive, TimeProvider time, int mostLate)
    : IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private Task<T>? _pending;
    private int _late;

    /// <exception cref="IOException">The transport failed; its exceptions pass through.</exception>
    public async ValueTask<(WaitResult Result, T? Item)> NextAsync(
        TimeSpan remaining,
        CancellationToken cancellationToken
    )
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return (WaitResult.Cancelled, default);
        }

        _pending ??= receive(_closing.Token).AsTask();
        Task<T> pending = _pending;
        if (remaining > TimeSpan.Zero)
        {
            _late = 0;
        }
        else if (!pending.IsCompleted || _late == mostLate)
        {
            return (WaitResult.TimedOut, default);
        }
        else
        {
            // What arrived while the host was busy counts, but a peer that never stops sending moves no deadline.
            _late++;
        }

        try
        {
            T item = pending.IsCompleted
                ? await pending.ConfigureAwait(false)
                : await pending.WaitAsync(remaining, time, cancellationToken).ConfigureAwait(false);
            _pending = null;
            return (WaitResult.Arrived, item);
        }
        catch (TimeoutException) when (!pending.IsFaulted)
        {
            return (WaitResult.TimedOut, default);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return (WaitResult.Cancelled, default);
        }
    }

    public void Dispose()
    {
        _closing.Cancel();
        _closing.Dispose();
    }
}
