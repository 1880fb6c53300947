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
internal sealed class Inbox<T>(Func<CancellationToken, ValueTask<T>> receive, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private Task<T>? _pending;

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
        try
        {
            // What has arrived counts, even when the deadline passed while the host was busy.
            T item = pending.IsCompleted
                ? await pending.ConfigureAwait(false)
                : await pending
                    .WaitAsync(remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero, time, cancellationToken)
                    .ConfigureAwait(false);
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
