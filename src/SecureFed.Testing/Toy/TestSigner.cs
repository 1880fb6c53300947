using System.Buffers.Binary;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Testing;

/// <summary>Schnorr signatures in a toy group, for <see cref="TestSuite"/>. Deterministic and worthless as protection.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
[Secret]
public sealed class TestSigner : ISigner, IDisposable
{
    /// <summary>64: 8 bytes for each half, the rest zero, so that it fits the wire.</summary>
    public const int SignatureSizeInBytes = 64;

    private readonly ulong _exponent;
    private readonly byte[] _publicKey;

    /// <summary>The key of a name: the same name gives the same key.</summary>
    /// <param name="name">Any text.</param>
    public TestSigner(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        _exponent = ToyGroup.ExponentOf(System.Text.Encoding.UTF8.GetBytes("signer " + name));
        _publicKey = ToyGroup.Encode(ToyGroup.Power(ToyGroup.Generator, _exponent));
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <inheritdoc/>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        byte[] nonceInput = new byte[8 + message.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(nonceInput, _exponent);
        message.CopyTo(nonceInput.AsSpan(8));
        ulong nonce = ToyGroup.ExponentOf(nonceInput);
        ulong commitment = ToyGroup.Power(ToyGroup.Generator, nonce);
        ulong challenge = Challenge(commitment, _publicKey, message);
        byte[] signature = new byte[SignatureSizeInBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(signature, commitment);
        BinaryPrimitives.WriteUInt64LittleEndian(
            signature.AsSpan(8),
            ToyGroup.AddExponents(nonce, ToyGroup.MultiplyExponents(challenge, _exponent))
        );
        return signature;
    }

    /// <summary>Prints the type name only.</summary>
    public override string ToString() => nameof(TestSigner);

    /// <summary>Nothing to release: the key is a toy.</summary>
    public void Dispose() { }

    internal static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        ulong element = ToyGroup.Decode(publicKey);
        if (element == 0 || signature.Length != SignatureSizeInBytes || signature[16..].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        ulong commitment = BinaryPrimitives.ReadUInt64LittleEndian(signature);
        ulong response = BinaryPrimitives.ReadUInt64LittleEndian(signature[8..]);
        if (commitment is 0 or >= ToyGroup.Modulus || response >= ToyGroup.Order)
        {
            return false;
        }

        ulong challenge = Challenge(commitment, publicKey, message);
        return ToyGroup.Power(ToyGroup.Generator, response)
            == ToyGroup.Multiply(commitment, ToyGroup.Power(element, challenge));
    }

    private static ulong Challenge(ulong commitment, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message)
    {
        byte[] input = new byte[8 + publicKey.Length + message.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(input, commitment);
        publicKey.CopyTo(input.AsSpan(8));
        message.CopyTo(input.AsSpan(8 + publicKey.Length));
        return ToyGroup.ExponentOf(input);
    }
}
