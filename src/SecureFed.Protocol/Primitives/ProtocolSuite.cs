using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Port: the cryptographic primitives of one suite. Adapters live in SecureFed.Crypto and its neighbours.</summary>
/// <remarks>
/// Stateless and thread-safe. A failed cryptographic check is a null or false result; exceptions mean misuse.
/// Every adapter passes the same contract tests.
/// </remarks>
public abstract class ProtocolSuite
{
    /// <summary>The registered id.</summary>
    public abstract SuiteId Id { get; }

    /// <summary>The registered name, for example "SF-P256-A256-1".</summary>
    public abstract string Name { get; }

    /// <summary>Size of an agreement public key on the wire.</summary>
    public abstract int AgreementPublicKeySizeInBytes { get; }

    /// <summary>Size of a signing public key in the roster.</summary>
    public abstract int SigningPublicKeySizeInBytes { get; }

    /// <summary>Size of a signature on the wire.</summary>
    public abstract int SignatureSizeInBytes { get; }

    /// <summary>Size of the tag that sealing adds.</summary>
    public abstract int SealTagSizeInBytes { get; }

    /// <summary>Size of an agreement private key, of the self-mask seed and of every derived key: 32.</summary>
    public const int SecretSizeInBytes = 32;

    /// <summary>Draws a fresh agreement key pair.</summary>
    public abstract AgreementKeyPair GenerateKeyPair(RandomSource random);

    /// <summary>Rebuilds a key pair from a reconstructed private key; null when the bytes are not a private key of the suite.</summary>
    public abstract AgreementKeyPair? TryImportPrivateKey(SecretBytes privateKey);

    /// <summary>Whether the bytes are a valid agreement public key in its one encoding (on the curve, not a small-order point).</summary>
    public abstract bool IsValidAgreementPublicKey(ReadOnlySpan<byte> publicKey);

    /// <summary>Whether the bytes are a valid signing public key in its one encoding.</summary>
    public abstract bool IsValidSigningPublicKey(ReadOnlySpan<byte> publicKey);

    /// <summary>The raw shared secret (32 bytes); null when the peer's key is refused. spec 03-masking#points-2</summary>
    public abstract SecretBytes? TryAgree(AgreementKeyPair own, ReadOnlySpan<byte> peerPublicKey);

    /// <summary>HKDF-SHA-256 (RFC 5869) with an empty salt: 32 bytes for <paramref name="info"/>.</summary>
    /// <param name="inputKey">The input keying material.</param>
    /// <param name="info">The label built by <c>KeyLabels</c>: suite, cohort digest, both identities, purpose.</param>
    public abstract SecretBytes DeriveKey(SecretBytes inputKey, ReadOnlySpan<byte> info);

    /// <summary>Seals once under a single-use key with an all-zero nonce. spec 03-masking#sealing-1</summary>
    /// <param name="key">Single-use: the caller derives it for this one envelope and disposes it.</param>
    /// <param name="associatedData">Bound, not sent.</param>
    /// <param name="plaintext">The secret payload.</param>
    /// <param name="ciphertext">Receives plaintext length + tag bytes.</param>
    public abstract void Seal(
        SecretBytes key,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> ciphertext
    );

    /// <summary>Opens; false when anything was altered, and then <paramref name="plaintext"/> is cleared.</summary>
    public abstract bool TryOpen(
        SecretBytes key,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> ciphertext,
        Span<byte> plaintext
    );

    /// <summary>Verifies a signature of the suite's fixed size; false for any other size or value.</summary>
    public abstract bool VerifySignature(
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> signature
    );

    /// <summary>The seekable mask keystream under <paramref name="key"/> (AES-256-CTR in every suite). spec 03-masking#keystream-3</summary>
    public abstract MaskKeystream CreateKeystream(SecretBytes key);

    /// <summary>Shamir over GF(2^16): one share per holder at x = 1 … <paramref name="holderCount"/>. spec 03-masking#sharing-1</summary>
    /// <param name="secret">32 bytes.</param>
    /// <param name="threshold">t: 2 ≤ t ≤ holders.</param>
    /// <param name="holderCount">At most 65,535.</param>
    /// <param name="random">For the t − 1 higher coefficients.</param>
    public abstract SecretBytes[] Split(SecretBytes secret, int threshold, int holderCount, RandomSource random);

    /// <summary>Prepares to combine shares at <paramref name="xs"/>, of as many secrets as there are.</summary>
    /// <param name="xs">t different evaluation points, 1 ≤ x ≤ 65,535.</param>
    /// <exception cref="ArgumentException">Points repeat, are zero, or are fewer than two.</exception>
    public abstract ShareCombiner CreateCombiner(ReadOnlySpan<ushort> xs);

    /// <summary>Combines exactly t verified shares of one secret.</summary>
    /// <param name="xs">t different evaluation points, 1 ≤ x ≤ 65,535.</param>
    /// <param name="shares">The shares at these points, 32 bytes each, same order.</param>
    /// <exception cref="ArgumentException">Points repeat, are zero, or the counts differ.</exception>
    public SecretBytes Combine(ReadOnlySpan<ushort> xs, ReadOnlySpan<SecretBytes> shares) =>
        CreateCombiner(xs).Combine(shares);
}

/// <summary>An agreement key pair of one attempt. Disposing wipes the private key.</summary>
/// <remarks>Adapters derive from it; the constructor is internal to the port's implementers by design of the suite.</remarks>
[Secret]
public abstract class AgreementKeyPair : IDisposable
{
    /// <summary>The public key in the suite's one encoding.</summary>
    public abstract ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>A copy of the private key (32 bytes, big-endian scalar for P-256), to be shared; the caller disposes it.</summary>
    public abstract SecretBytes CopyPrivateKey();

    /// <summary>Prints the type name only.</summary>
    public sealed override string ToString() => nameof(AgreementKeyPair);

    /// <inheritdoc/>
    public abstract void Dispose();
}
