namespace SecureFed.Protocol;

/// <summary>Cipher suites. spec 07-registry#suites</summary>
public enum SuiteId : ushort
{
    /// <summary>No suite; refused.</summary>
    None = 0,

    /// <summary>SF-P256-A256-1: ECDH P-256, HKDF-SHA-256, AES-256-GCM, AES-256-CTR masks, ECDSA P-256. All from the platform.</summary>
    P256A256V1 = 1,

    /// <summary>SF-X25519-CC20-1: X25519, HKDF-SHA-256, ChaCha20-Poly1305, AES-256-CTR masks, Ed25519.</summary>
    X25519CC20V1 = 2,

    /// <summary>SF-HYB-MLKEM768-1: reserved. A KEM is not a non-interactive exchange; no flow with dropout recovery is written.</summary>
    HybridMlKem768V1 = 3,
}
