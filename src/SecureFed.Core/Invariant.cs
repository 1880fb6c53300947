using System.Diagnostics.CodeAnalysis;

namespace SecureFed.Core;

/// <summary>Checks of our own mistakes. They stay on in release builds.</summary>
public static class Invariant
{
    /// <summary>Throws <see cref="InvariantViolatedException"/> unless <paramref name="holds"/>.</summary>
    /// <param name="holds">The condition; never depends on what a peer sent.</param>
    /// <param name="what">What must hold, in words without any value derived from a secret.</param>
    public static void Check([DoesNotReturnIf(false)] bool holds, string what)
    {
        if (!holds)
        {
            throw new InvariantViolatedException(what);
        }
    }
}

/// <summary>A bug in this library: a condition that the code guarantees did not hold. Please report it privately.</summary>
public sealed class InvariantViolatedException : Exception
{
    /// <summary>Creates the exception with the violated condition.</summary>
    public InvariantViolatedException(string what)
        : base($"A SecureFed invariant does not hold: {what}. The session is unusable; please report this.") { }
}
