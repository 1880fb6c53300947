using System.Runtime.CompilerServices;
using SecureFed.Core;

namespace SecureFed.Crypto;

/// <summary>Remembers which key objects have sealed, so that a constant nonce never meets one of them again. Thread-safe.</summary>
internal sealed class SealingKeyGuard
{
    private static readonly object s_used = new();

    /// <summary>Weak: an entry goes with its key.</summary>
    private readonly ConditionalWeakTable<SecretBytes, object> _sealed = [];

    /// <summary>Marks the key as used.</summary>
    /// <exception cref="InvariantViolatedException">The key object has sealed before: with a fixed nonce that would break it.</exception>
    public void UseOnce(SecretBytes key) =>
        // spec 03-masking#sealing-2: the nonce is constant, so a key seals once.
        Invariant.Check(_sealed.TryAdd(key, s_used), "a sealing key seals one envelope");
}
