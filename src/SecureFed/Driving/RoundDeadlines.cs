using SecureFed.Protocol;

namespace SecureFed;

/// <summary>How long a driver waits in each phase. Every wait has one: no party can hold a round up for ever.</summary>
/// <remarks>
/// Immutable. A server's deadlines end its phases. A client waits in a phase for what the server says next, so a client's
/// deadlines are longer than the server's: the server's own, the time for its work and the way between them.
/// </remarks>
public sealed class RoundDeadlines
{
    private readonly TimeSpan[] _byPhase;

    private RoundDeadlines(TimeSpan[] byPhase, TimeSpan closing) => (_byPhase, Closing) = (byPhase, closing);

    /// <summary>How long the last messages of an ended session may take to be handed over.</summary>
    public TimeSpan Closing { get; }

    /// <summary>The same for every phase.</summary>
    /// <param name="each">More than zero, at most 30 days.</param>
    public static RoundDeadlines Every(TimeSpan each)
    {
        RequireSensible(each, nameof(each));
        TimeSpan[] byPhase = new TimeSpan[(int)RoundPhase.Ended];
        Array.Fill(byPhase, each);
        return new RoundDeadlines(byPhase, each < TimeSpan.FromSeconds(10) ? each : TimeSpan.FromSeconds(10));
    }

    /// <summary>The same, with another deadline for one phase.</summary>
    /// <param name="phase">AdvertiseKeys to Unmask.</param>
    /// <param name="deadline">More than zero, at most 30 days.</param>
    public RoundDeadlines With(RoundPhase phase, TimeSpan deadline)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan((int)phase, (int)RoundPhase.AdvertiseKeys, nameof(phase));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)phase, (int)RoundPhase.Unmask, nameof(phase));
        RequireSensible(deadline, nameof(deadline));
        TimeSpan[] byPhase = [.. _byPhase];
        byPhase[(int)phase] = deadline;
        return new RoundDeadlines(byPhase, Closing);
    }

    /// <summary>The deadline of a phase, from the moment it begins.</summary>
    public TimeSpan For(RoundPhase phase) =>
        phase is >= RoundPhase.AdvertiseKeys and <= RoundPhase.Unmask ? _byPhase[(int)phase] : Closing;

    private static void RequireSensible(TimeSpan deadline, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(deadline, TimeSpan.Zero, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(deadline, TimeSpan.FromDays(30), name);
    }
}
