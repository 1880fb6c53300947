namespace SecureFed.AspNetCore;

/// <summary>What one party may have under way in one attempt. spec 05-transport#carriage-2</summary>
/// <remarks>Immutable. A party that follows the protocol sends at most six messages and repeats some of them after a broken connection.</remarks>
public sealed record ExchangeLimits
{
    /// <summary>The limits unless set otherwise.</summary>
    public static ExchangeLimits Default { get; } = new();

    /// <summary>Messages of one party that wait for the driver. Default 8.</summary>
    public int Waiting
    {
        get;
        init => field = Positive(value);
    } = 8;

    /// <summary>Messages of one party in the whole attempt. Default 64.</summary>
    public int PerAttempt
    {
        get;
        init => field = Positive(value);
    } = 64;

    private static int Positive(int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
        return value;
    }
}
