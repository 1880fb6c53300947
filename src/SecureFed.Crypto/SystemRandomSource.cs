using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.Crypto;

/// <summary>The operating system's cryptographic generator: the one source of randomness of a product.</summary>
/// <remarks>Stateless and thread-safe.</remarks>
public sealed class SystemRandomSource : RandomSource
{
    private SystemRandomSource() { }

    /// <summary>The one instance.</summary>
    public static SystemRandomSource Instance { get; } = new();

    /// <inheritdoc/>
    public override void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
