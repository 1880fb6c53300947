using SecureFed.Core;
using SecureFed.Testing;
using SecureFed.Tests.Shared;

namespace SecureFed.SimulationTests;

/// <summary>The toy suite with a list of every key that sealed.</summary>
internal sealed class KeyRecordingSuite() : ForwardingSuite(TestSuite.Instance), IDisposable
{
    private readonly HashSet<Digest> _keys = [];

    public int Sealings { get; private set; }

    public int DistinctKeys => _keys.Count;

    public override void Seal(
        SecretBytes key,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> ciphertext
    )
    {
        // The nonce is constant: a key used twice is a (key, nonce) pair used twice.
        Sealings++;
        _keys.Add(Digest.Of(key.Reveal(SecretAccess.ForPrimitive)));
        base.Seal(key, associatedData, plaintext, ciphertext);
    }

    public void Dispose() => _keys.Clear();
}
