using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Crypto.BouncyCastle;
using SecureFed.Protocol;

namespace SecureFed.Cli;

/// <summary>A cipher suite of the registry.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Status">"available", "unavailable", "registered" (not in this version) or "reserved".</param>
/// <param name="Note">Why.</param>
internal sealed record SuiteEntry(int Id, string Name, string Status, string Note);

/// <summary>A primitive of the suite.</summary>
/// <param name="Name">For people.</param>
/// <param name="Use">What the protocol uses it for.</param>
/// <param name="Implementation">Whose code runs.</param>
/// <param name="Status">"available" when it ran here just now, else "unavailable".</param>
/// <param name="Fips">"approved" for an approved algorithm of the platform; "no claim" for what is outside any FIPS claim.</param>
/// <param name="Asset">The CycloneDX 1.6 properties.</param>
internal sealed record PrimitiveEntry(
    string Name,
    string Use,
    string Implementation,
    string Status,
    string Fips,
    CryptoAsset Asset
);

/// <summary>What a bill of cryptographic materials says about an algorithm.</summary>
/// <param name="Primitive">CycloneDX 1.6 enumeration.</param>
/// <param name="ParameterSet">For example "256".</param>
/// <param name="Functions">CycloneDX 1.6 enumeration.</param>
/// <param name="ClassicalBits">Classical security level.</param>
/// <param name="QuantumLevel">NIST post-quantum category, 0 for none.</param>
/// <param name="Curve">The curve, where there is one.</param>
/// <param name="Mode">The mode, where there is one.</param>
/// <param name="Oid">The object identifier, where there is one.</param>
internal sealed record CryptoAsset(
    string Primitive,
    string ParameterSet,
    string[] Functions,
    int ClassicalBits,
    int QuantumLevel,
    string? Curve = null,
    string? Mode = null,
    string? Oid = null
);

/// <summary>The suites and primitives, each tried on this machine.</summary>
internal static class CryptoInventory
{
    private const string Approved = "approved";
    private const string NoClaim = "no claim";

    /// <summary>The suites of the registry.</summary>
    public static SuiteEntry[] Suites(P256Suite suite) =>
        [
            new(
                (int)SuiteId.P256A256V1,
                suite.Name,
                Tried(() => RunKeyPair(suite)),
                "all primitives from the platform; masks by " + suite.MaskImplementation
            ),
            new(
                (int)SuiteId.X25519CC20V1,
                Curve25519Suite.Instance.Name,
                Tried(RunCurve25519),
                "X25519 and Ed25519 by BouncyCastle; outside any FIPS claim"
            ),
            new(
                (int)SuiteId.HybridMlKem768V1,
                "SF-HYB-MLKEM768-1",
                "reserved",
                "no flow with dropout recovery is written"
            ),
        ];

    /// <summary>The primitives of the suites; <paramref name="suite"/> is the platform's.</summary>
    public static PrimitiveEntry[] Primitives(P256Suite suite) =>
        [
            new(
                "ECDH P-256",
                "channel and mask keys",
                "platform",
                Tried(() => RunKeyPair(suite)),
                Approved,
                new CryptoAsset(
                    "key-agree",
                    "P-256",
                    ["keygen", "keyderive"],
                    128,
                    0,
                    "nist/P-256",
                    null,
                    "1.3.132.1.12"
                )
            ),
            new(
                "HKDF-SHA-256",
                "keys for shares and masks",
                "platform",
                Tried(() => HKDF.DeriveKey(HashAlgorithmName.SHA256, new byte[32], 32)),
                Approved,
                new CryptoAsset("kdf", "SHA-256", ["keyderive"], 256, 5, null, null, "1.2.840.113549.1.9.16.3.28")
            ),
            new(
                "AES-256-GCM",
                "sealed shares",
                "platform",
                Tried(RunGcm),
                Approved,
                new CryptoAsset("ae", "256", ["encrypt", "decrypt"], 256, 5, null, "gcm", "2.16.840.1.101.3.4.1.46")
            ),
            new(
                "AES-256-CTR",
                "mask expansion",
                suite.MaskImplementation,
                Tried(() => _ = suite.MaskImplementation),
                NoClaim,
                new CryptoAsset("stream-cipher", "256", ["generate"], 256, 5, null, "ctr")
            ),
            new(
                "ECDSA P-256 with SHA-256",
                "signatures on every message",
                "platform",
                Tried(RunSignature),
                Approved,
                new CryptoAsset(
                    "signature",
                    "P-256",
                    ["keygen", "sign", "verify"],
                    128,
                    0,
                    "nist/P-256",
                    null,
                    "1.2.840.10045.4.3.2"
                )
            ),
            new(
                "X25519",
                "channel and mask keys",
                "BouncyCastle",
                Tried(() => RunKeyPair(Curve25519Suite.Instance)),
                NoClaim,
                new CryptoAsset(
                    "key-agree",
                    "Curve25519",
                    ["keygen", "keyderive"],
                    128,
                    0,
                    "other/Curve25519",
                    null,
                    "1.3.101.110"
                )
            ),
            new(
                "ChaCha20-Poly1305",
                "sealed shares",
                "platform",
                Tried(RunChaCha),
                NoClaim,
                new CryptoAsset("ae", "256", ["encrypt", "decrypt"], 256, 5, null, null, "1.2.840.113549.1.9.16.3.18")
            ),
            new(
                "Ed25519",
                "signatures on every message",
                "BouncyCastle",
                Tried(RunEd25519),
                NoClaim,
                new CryptoAsset(
                    "signature",
                    "Ed25519",
                    ["keygen", "sign", "verify"],
                    128,
                    0,
                    "other/Ed25519",
                    null,
                    "1.3.101.112"
                )
            ),
            new(
                "SHA-256",
                "digests and commitments",
                "platform",
                Tried(() => SHA256.HashData("abc"u8)),
                Approved,
                new CryptoAsset("hash", "256", ["digest"], 128, 2, null, null, "2.16.840.1.101.3.4.2.1")
            ),
            new(
                "Shamir sharing over GF(2^16)",
                "shares of mask keys and seeds",
                "this library",
                "available",
                NoClaim,
                new CryptoAsset("other", "GF(2^16)", ["other"], 256, 5)
            ),
            new(
                "random number generator",
                "keys, seeds, shares, rounding",
                "platform",
                Tried(() => RandomNumberGenerator.GetBytes(32)),
                Approved,
                new CryptoAsset("drbg", "operating system", ["generate"], 256, 5)
            ),
        ];

    // A machine without a primitive is an answer here, not an error.
    private static string Tried(Action run)
    {
        try
        {
            run();
            return "available";
        }
        catch (Exception missing)
            when (missing is PlatformNotSupportedException or CryptographicException or InvariantViolatedException)
        {
            return "unavailable";
        }
    }

    private static void RunCurve25519()
    {
        RunKeyPair(Curve25519Suite.Instance);
        RunChaCha();
        RunEd25519();
    }

    private static void RunEd25519()
    {
        using var signer = Ed25519Signer.Generate();
    }

    private static void RunChaCha()
    {
        using ChaCha20Poly1305 cipher = new(new byte[32]);
        cipher.Encrypt(new byte[12], new byte[1], new byte[1], new byte[16]);
    }

    private static void RunKeyPair(ProtocolSuite suite)
    {
        using AgreementKeyPair pair = suite.GenerateKeyPair(SystemRandomSource.Instance);
    }

    private static void RunGcm()
    {
        using AesGcm gcm = new(new byte[32], AesGcm.TagByteSizes.MaxSize);
        gcm.Encrypt(new byte[12], new byte[1], new byte[1], new byte[AesGcm.TagByteSizes.MaxSize]);
    }

    private static void RunSignature()
    {
        using var signer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        signer.SignData("abc"u8, HashAlgorithmName.SHA256);
    }
}
