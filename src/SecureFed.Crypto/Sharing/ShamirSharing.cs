using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Crypto.Kernels;

namespace SecureFed.Crypto.Sharing;

/// <summary>Splitting by Shamir's scheme (1979) over GF(2^16), 16 elements of a 32-byte secret side by side. spec 03-masking#sharing-1</summary>
/// <remarks>Time depends on t and n, which are public, and on nothing else.</remarks>
internal static class ShamirSharing
{
    public const int SecretSizeInBytes = TowerHorner.BlockSizeInBytes;
    public const int MaximumHolders = ushort.MaxValue;
    private const int MinimumThreshold = 2;

    public static SecretBytes[] Split(SecretBytes secret, int threshold, int holderCount, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(secret);
        ArgumentNullException.ThrowIfNull(random);
        if (secret.Length != SecretSizeInBytes)
        {
            throw new ArgumentException(
                $"Secrets and shares have {SecretSizeInBytes} bytes; {secret.Length} were given.",
                nameof(secret)
            );
        }

        if (holderCount is < MinimumThreshold or > MaximumHolders)
        {
            throw new ArgumentOutOfRangeException(
                nameof(holderCount),
                holderCount,
                $"A secret is shared among {MinimumThreshold} to {MaximumHolders} holders."
            );
        }

        if (threshold < MinimumThreshold || threshold > holderCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(threshold),
                threshold,
                $"The threshold is {MinimumThreshold} to the number of holders, {holderCount}."
            );
        }

        // Uniform, the highest one too: it may be zero, or the shares would say that it is not.
        byte[] polynomial = GC.AllocateUninitializedArray<byte>(threshold * SecretSizeInBytes, pinned: true);
        try
        {
            secret.Reveal(SecretAccess.ForPrimitive).CopyTo(polynomial);
            random.Fill(polynomial.AsSpan(SecretSizeInBytes));
            return SecretBytes.CreateMany(
                holderCount,
                SecretSizeInBytes,
                shares => TowerHorner.Evaluate(polynomial, firstPoint: 1, shares)
            );
        }
        finally
        {
            CryptographicOperations.ZeroMemory(polynomial);
        }
    }
}
