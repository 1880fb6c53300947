namespace SecureFed.Protocol;

/// <summary>Port: signs with a party's long-term key. The key itself never enters the library.</summary>
/// <remarks>Output is an input of the deterministic trace: signatures need not be deterministic. Thread-safe.</remarks>
public interface ISigner
{
    /// <summary>The public key that is pinned in the roster, in the suite's one encoding.</summary>
    ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Signs <paramref name="message"/>.</summary>
    /// <returns>A signature of the suite's fixed size.</returns>
    byte[] Sign(ReadOnlySpan<byte> message);
}
