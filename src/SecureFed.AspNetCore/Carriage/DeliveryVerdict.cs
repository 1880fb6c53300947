namespace SecureFed.AspNetCore;

/// <summary>What became of a message that a connection brought.</summary>
public enum DeliveryVerdict
{
    /// <summary>Not a verdict.</summary>
    None = 0,

    /// <summary>The driver will get it.</summary>
    Taken,

    /// <summary>The sender is not in the attempt's roster.</summary>
    NotEnrolled,

    /// <summary>Too many messages of the sender wait already: it sends again later.</summary>
    TooManyWaiting,

    /// <summary>The sender has sent more messages than an attempt needs.</summary>
    TooManyInAttempt,

    /// <summary>The attempt is over.</summary>
    Over,
}
