namespace SecureFed.Testing;

/// <summary>A queue with one waiting reader, whose continuation runs inside <see cref="Put"/>: that is what makes a network deterministic.</summary>
internal sealed class Mailbox<T>
{
    private readonly Queue<T> _items = new();
    private TaskCompletionSource<T>? _reader;

    public void Put(T item)
    {
        TaskCompletionSource<T>? reader = _reader;
        _reader = null;
        if (reader is null || !reader.TrySetResult(item))
        {
            _items.Enqueue(item);
        }
    }

    public ValueTask<T> TakeAsync(CancellationToken cancellationToken)
    {
        if (_items.TryDequeue(out T? item))
        {
            return ValueTask.FromResult(item);
        }

        // Continuations on purpose inline: the network's loop is the only thread.
        TaskCompletionSource<T> reader = new();
        _reader = reader;
        cancellationToken.Register(() => reader.TrySetCanceled(cancellationToken));
        return new ValueTask<T>(reader.Task);
    }
}
