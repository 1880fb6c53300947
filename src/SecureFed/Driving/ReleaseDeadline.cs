namespace SecureFed;

/// <summary>When something that depends on noise was ready, against the deadline at which it was to leave. Public: measured after the fact.</summary>
/// <param name="After">The deadline, from the moment it was fixed.</param>
/// <param name="Late">How long after the deadline it was ready; zero when it waited for it.</param>
public sealed record NoiseRelease(TimeSpan After, TimeSpan Late)
{
    /// <summary>Whether it left later than planned, at a moment that says how long it took.</summary>
    public bool IsLate => Late > TimeSpan.Zero;

    /// <summary>For example "released 00:00:01 after, on time".</summary>
    public override string ToString() => $"released {After:c} after, {(IsLate ? $"{Late:c} late" : "on time")}";
}

/// <summary>A moment fixed before noise is drawn: what depends on the noise leaves then, and the time of the draw is not seen. spec 02-privacy#release-1</summary>
/// <remarks>
/// Immutable and thread-safe. Fix it before the draw, draw, use the data, wait for it, then let the result out. A deadline
/// hides only what is done before it: choose it so that being late is rare, and watch <see cref="NoiseRelease.IsLate"/>.
/// </remarks>
public sealed class ReleaseDeadline
{
    // Timers count whole milliseconds; less than one would be none.
    private static readonly TimeSpan s_shortestTimer = TimeSpan.FromMilliseconds(1);

    private readonly TimeProvider _time;
    private readonly long _from;

    private ReleaseDeadline(TimeSpan after, TimeProvider time, long from) =>
        (After, _time, _from) = (after, time, from);

    /// <summary>How long after the moment at which it was fixed.</summary>
    public TimeSpan After { get; }

    /// <summary>Fixes a deadline, counted from now.</summary>
    /// <param name="after">More than zero, at most 30 days.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public static ReleaseDeadline FromNow(TimeSpan after, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(after, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(after, TimeSpan.FromDays(30));
        TimeProvider clock = time ?? TimeProvider.System;
        return new ReleaseDeadline(after, clock, clock.GetTimestamp());
    }

    /// <summary>Waits until the deadline, never shorter; not at all when it has passed.</summary>
    /// <param name="cancellationToken">Ends the wait: nothing may leave then.</param>
    /// <returns>Whether it was in time.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<NoiseRelease> WaitAsync(CancellationToken cancellationToken = default)
    {
        TimeSpan remaining = Remaining;
        NoiseRelease release = new(After, remaining < TimeSpan.Zero ? -remaining : TimeSpan.Zero);
        while (remaining > TimeSpan.Zero)
        {
            await Task.Delay(remaining > s_shortestTimer ? remaining : s_shortestTimer, _time, cancellationToken)
                .ConfigureAwait(false);
            remaining = Remaining;
        }

        cancellationToken.ThrowIfCancellationRequested();
        return release;
    }

    internal static ReleaseDeadline From(long timestamp, TimeSpan after, TimeProvider time) =>
        new(after, time, timestamp);

    private TimeSpan Remaining => After - _time.GetElapsedTime(_from);
}
