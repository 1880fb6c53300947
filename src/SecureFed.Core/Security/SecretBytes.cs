using System.Security.Cryptography;

namespace SecureFed.Core;

/// <summary>A fixed number of secret bytes in pinned memory that is wiped on disposal.</summary>
/// <remarks>
/// Pinned, so that the garbage collector leaves no copies behind. Does not print, is not comparable except by
/// <see cref="FixedTimeEquals"/>. Not thread-safe against disposal during a read.
/// </remarks>
[Secret]
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] _block;
    private readonly int _offset;
    private bool _disposed;

    private SecretBytes(int length)
        : this(GC.AllocateUninitializedArray<byte>(length, pinned: true), 0, length) { }

    private SecretBytes(byte[] block, int offset, int length) => (_block, _offset, Length) = (block, offset, length);

    /// <summary>The number of bytes, which is public.</summary>
    public int Length { get; }

    private Span<byte> Bytes => new(_block, _offset, Length);

    /// <summary>Whether the bytes have been wiped.</summary>
    public bool IsDisposed => _disposed;

    /// <summary>Copies <paramref name="source"/> into a new secret. The caller wipes its own copy.</summary>
    /// <param name="source">1 to 1,048,576 bytes.</param>
    /// <exception cref="ArgumentException">The source is empty or too long.</exception>
    public static SecretBytes CopyFrom(ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty || source.Length > MaximumLengthInBytes)
        {
            throw new ArgumentException(
                $"A secret holds 1 to {MaximumLengthInBytes} bytes; {source.Length} were given.",
                nameof(source)
            );
        }

        SecretBytes secret = new(source.Length);
        source.CopyTo(secret.Bytes);
        return secret;
    }

    /// <summary>Creates a secret of <paramref name="length"/> bytes and lets <paramref name="fill"/> write them in place.</summary>
    /// <param name="length">1 to 1,048,576.</param>
    /// <param name="fill">Writes every byte; runs once.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is out of range.</exception>
    public static SecretBytes Create(int length, Action<Span<byte>> fill)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaximumLengthInBytes);
        ArgumentNullException.ThrowIfNull(fill);
        SecretBytes secret = new(length);
        try
        {
            secret.Bytes.Clear();
            fill(secret.Bytes);
            return secret;
        }
        catch
        {
            secret.Dispose();
            throw;
        }
    }

    /// <summary>Creates several secrets of one length side by side in one piece of pinned memory.</summary>
    /// <remarks>Each is disposed of, and wiped, for itself; the memory is freed when none of them is referenced any more.</remarks>
    /// <param name="count">At least 1.</param>
    /// <param name="length">Of each, 1 to 1,048,576.</param>
    /// <param name="fill">Writes the bytes of all of them, the first one's first; runs once.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static SecretBytes[] CreateMany(int count, int length, Action<Span<byte>> fill)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaximumLengthInBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Array.MaxLength / length);
        ArgumentNullException.ThrowIfNull(fill);
        byte[] block = GC.AllocateArray<byte>(count * length, pinned: true);
        try
        {
            fill(block);
        }
        catch
        {
            CryptographicOperations.ZeroMemory(block);
            throw;
        }

        SecretBytes[] secrets = new SecretBytes[count];
        for (int i = 0; i < count; i++)
        {
            secrets[i] = new(block, i * length, length);
        }

        return secrets;
    }

    /// <summary>Draws <paramref name="length"/> fresh secret bytes from <paramref name="random"/>.</summary>
    public static SecretBytes Generate(int length, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return Create(length, random.Fill);
    }

    /// <summary>The largest secret: none in this library comes near it.</summary>
    public const int MaximumLengthInBytes = 1 << 20;

    /// <summary>Reads the secret in place.</summary>
    /// <param name="access">Says why; <see cref="SecretAccess.None"/> is refused.</param>
    /// <returns>A view that must not outlive this object.</returns>
    /// <exception cref="ObjectDisposedException">The secret has been wiped.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="access"/> opens nothing.</exception>
    public ReadOnlySpan<byte> Reveal(SecretAccess access)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (access is not (SecretAccess.ForPrimitive or SecretAccess.ForProtocolReveal))
        {
            throw new ArgumentOutOfRangeException(nameof(access), "Reading a secret needs a named purpose.");
        }

        return Bytes;
    }

    /// <summary>Compares in time that depends on the lengths only.</summary>
    public bool FixedTimeEquals(SecretBytes other)
    {
        ArgumentNullException.ThrowIfNull(other);
        ObjectDisposedException.ThrowIf(_disposed, this);
        ObjectDisposedException.ThrowIf(other._disposed, other);
        return CryptographicOperations.FixedTimeEquals(Bytes, other.Bytes);
    }

    /// <summary>A second, independent copy with a life of its own.</summary>
    public SecretBytes Duplicate()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return CopyFrom(Bytes);
    }

    /// <summary>Prints the type name only.</summary>
    public override string ToString() => nameof(SecretBytes);

    /// <summary>Wipes the bytes. May be called again.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(Bytes);
        _disposed = true;
    }
}
