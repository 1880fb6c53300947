using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Crypto.Kernels;

namespace SecureFed.Crypto.Sharing;

/// <summary>Shamir's scheme (1979) over GF(2^16), 16 elements of a 32-byte secret side by side. spec 03-masking#sharing-1</summary>
/// <remarks>Time depends on t, n and the points, which are public, and on nothing else.</remarks>
internal static class ShamirSharing
{
    public const int SecretSizeInBytes = TowerHorner.BlockSizeInBytes;
    public const int MaximumHolders = ushort.MaxValue;
    private const int MinimumThreshold = 2;

    public static SecretBytes[] Split(SecretBytes secret, int threshold, int holderCount, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(secret);
        ArgumentNullException.ThrowIfNull(random);
        RequireSize(secret, nameof(secret));
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
        byte[] coefficients = GC.AllocateUninitializedArray<byte>((threshold - 1) * SecretSizeInBytes, pinned: true);
        SecretBytes[] shares = new SecretBytes[holderCount];
        try
        {
            random.Fill(coefficients);
            for (int holder = 0; holder < holderCount; holder++)
            {
                ushort x = (ushort)(holder + 1);
                shares[holder] = SecretBytes.Create(
                    SecretSizeInBytes,
                    share => Evaluate(secret.Reveal(SecretAccess.ForPrimitive), coefficients, x, share)
                );
            }

            return shares;
        }
        catch
        {
            foreach (SecretBytes? share in shares)
            {
                share?.Dispose();
            }

            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(coefficients);
        }
    }

    public static SecretBytes Combine(ReadOnlySpan<ushort> xs, ReadOnlySpan<SecretBytes> shares)
    {
        if (xs.Length < MinimumThreshold || xs.Length != shares.Length)
        {
            throw new ArgumentException(
                $"Combining needs as many points as shares, at least {MinimumThreshold}; {xs.Length} points and {shares.Length} shares were given.",
                nameof(xs)
            );
        }

        RequireDistinctPoints(xs);
        foreach (SecretBytes share in shares)
        {
            ArgumentNullException.ThrowIfNull(share, nameof(shares));
            RequireSize(share, nameof(shares));
        }

        ushort[] coefficients = new ushort[xs.Length];
        PublicPoints.LagrangeAtZero(xs, coefficients);
        Span<byte> sum = stackalloc byte[SecretSizeInBytes];
        Span<byte> term = stackalloc byte[SecretSizeInBytes];
        try
        {
            sum.Clear();
            for (int i = 0; i < xs.Length; i++)
            {
                // sum = share·coefficient + sum.
                shares[i].Reveal(SecretAccess.ForPrimitive).CopyTo(term);
                TowerHorner.Step(term, coefficients[i], sum);
                term.CopyTo(sum);
            }

            return SecretBytes.CopyFrom(sum);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sum);
            CryptographicOperations.ZeroMemory(term);
        }
    }

    /// <summary>Horner's rule from the highest coefficient down; the secret is the constant term.</summary>
    private static void Evaluate(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> coefficients, ushort x, Span<byte> share)
    {
        int last = coefficients.Length - SecretSizeInBytes;
        coefficients.Slice(last, SecretSizeInBytes).CopyTo(share);
        TowerHorner.Steps(share, x, coefficients[..last]);
        TowerHorner.Step(share, x, secret);
    }

    private static void RequireSize(SecretBytes secret, string name)
    {
        if (secret.Length != SecretSizeInBytes)
        {
            throw new ArgumentException(
                $"Secrets and shares have {SecretSizeInBytes} bytes; {secret.Length} were given.",
                name
            );
        }
    }

    /// <summary>A share at zero is the secret itself, and a repeated point would count twice or divide by zero.</summary>
    private static void RequireDistinctPoints(ReadOnlySpan<ushort> xs)
    {
        ushort[] sorted = xs.ToArray();
        Array.Sort(sorted);
        if (sorted[0] == 0)
        {
            throw new ArgumentException("A share at the point 0 would be the secret itself.", nameof(xs));
        }

        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i] == sorted[i - 1])
            {
                throw new ArgumentException($"The point {sorted[i]} is given twice.", nameof(xs));
            }
        }
    }
}
