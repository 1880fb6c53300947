using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Testing;

/// <summary>A Diffie-Hellman key pair of the toy group. Every 32 bytes but zeros are a private key.</summary>
[Secret]
internal sealed class ToyKeyPair : AgreementKeyPair
{
    private readonly SecretBytes _bytes;
    private readonly ulong _exponent;
    private readonly byte[] _publicKey;

    public ToyKeyPair(SecretBytes owned)
    {
        _bytes = owned;
        _exponent = ToyGroup.ExponentOf(owned.Reveal(SecretAccess.ForPrimitive));
        _publicKey = ToyGroup.Encode(ToyGroup.Power(ToyGroup.Generator, _exponent));
    }

    public override ReadOnlyMemory<byte> PublicKey => _publicKey;

    public override SecretBytes CopyPrivateKey() => _bytes.Duplicate();

    public SecretBytes Agree(ulong peer)
    {
        ObjectDisposedException.ThrowIf(_bytes.IsDisposed, this);
        return SecretBytes.CopyFrom(ToyGroup.Encode(ToyGroup.Power(peer, _exponent)));
    }

    public override void Dispose() => _bytes.Dispose();
}
