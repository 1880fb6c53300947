namespace SecureFed.Core;

/// <summary>The port through which every random byte enters the library.</summary>
/// <remarks>
/// In a product this is the operating system's generator (<c>SystemRandomSource</c>); seeded sources exist in
/// SecureFed.Testing only. Implementations are thread-safe.
/// </remarks>
public abstract class RandomSource
{
    /// <summary>Fills <paramref name="destination"/> with uniformly random bytes.</summary>
    public abstract void Fill(Span<byte> destination);
}
