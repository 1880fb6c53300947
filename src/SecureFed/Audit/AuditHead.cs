using System.Buffers.Binary;
using System.Text;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>How far an audit log has come, signed by its owner: what is handed to others, who write it into theirs. spec 06-security#audit-4</summary>
/// <remarks>Immutable and thread-safe; public. Whoever holds one can prove later that the log was cut or written anew.</remarks>
public sealed class AuditHead
{
    /// <summary>The longest signature that is read, in bytes; those of all suites are shorter.</summary>
    public const int MaximumSignatureSizeInBytes = 1024;

    private readonly byte[] _signature;

    internal AuditHead(ParticipantId owner, long seq, Digest hash, byte[] signature) =>
        (Owner, Seq, Hash, _signature) = (owner, seq, hash, signature);

    // spec 07-registry#other-labels
    private static ReadOnlySpan<byte> Label => "SecureFed/1 audit head"u8;

    /// <summary>Whose log. Believe this and the rest after <see cref="IsSignedBy"/> only.</summary>
    public ParticipantId Owner { get; }

    /// <summary>The number of the line, from 0.</summary>
    public long Seq { get; }

    /// <summary>The hash of that line, which every line before it is in.</summary>
    public Digest Hash { get; }

    /// <summary>The owner's signature.</summary>
    public ReadOnlyMemory<byte> Signature => _signature;

    /// <summary>Reads a head that came from somewhere; null when the bytes are none. Never throws.</summary>
    /// <param name="bytes">What <see cref="ToBytes"/> wrote.</param>
    public static AuditHead? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (!BinaryPrimitives.TryReadUInt16LittleEndian(bytes, out ushort size) || bytes.Length - 2 <= size)
        {
            return null;
        }

        ReadOnlySpan<byte> content = bytes.Slice(2, size);
        ReadOnlySpan<byte> signature = bytes[(2 + size)..];
        int fixedSize = Label.Length + sizeof(long) + Digest.SizeInBytes;
        if (
            content.Length <= fixedSize
            || !content.StartsWith(Label)
            || signature.Length > MaximumSignatureSizeInBytes
            || !ParticipantId.TryParse(Encoding.Latin1.GetString(content[fixedSize..]), out ParticipantId owner)
        )
        {
            return null;
        }

        long seq = BinaryPrimitives.ReadInt64LittleEndian(content[Label.Length..]);
        Digest hash = Digest.FromBytes(content.Slice(Label.Length + sizeof(long), Digest.SizeInBytes));
        return seq < 0 ? null : new AuditHead(owner, seq, hash, signature.ToArray());
    }

    /// <summary>The head and its signature, to be handed over: a u16 size, the signed content, the signature.</summary>
    public byte[] ToBytes()
    {
        byte[] content = SignedContent(Owner, Seq, Hash);
        byte[] bytes = new byte[sizeof(ushort) + content.Length + _signature.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)content.Length);
        content.CopyTo(bytes, sizeof(ushort));
        _signature.CopyTo(bytes, sizeof(ushort) + content.Length);
        return bytes;
    }

    /// <summary>Whether the holder of a key signed the head.</summary>
    /// <param name="suite">The suite of the key.</param>
    /// <param name="publicKey">The owner's pinned key.</param>
    public bool IsSignedBy(ProtocolSuite suite, ReadOnlySpan<byte> publicKey)
    {
        ArgumentNullException.ThrowIfNull(suite);
        return suite.IsValidSigningPublicKey(publicKey)
            && suite.VerifySignature(publicKey, SignedContent(Owner, Seq, Hash), _signature);
    }

    /// <summary>Prints owner, line and hash.</summary>
    public override string ToString() => $"{Owner}: line {Seq}, hash {Hash}";

    internal static AuditHead Sign(ParticipantId owner, long seq, Digest hash, ISigner signer) =>
        new(owner, seq, hash, signer.Sign(SignedContent(owner, seq, hash)));

    private static byte[] SignedContent(ParticipantId owner, long seq, Digest hash)
    {
        byte[] name = Encoding.ASCII.GetBytes(owner.ToString());
        byte[] content = new byte[Label.Length + sizeof(long) + Digest.SizeInBytes + name.Length];
        Label.CopyTo(content);
        BinaryPrimitives.WriteInt64LittleEndian(content.AsSpan(Label.Length), seq);
        hash.CopyTo(content.AsSpan(Label.Length + sizeof(long)));
        name.CopyTo(content, Label.Length + sizeof(long) + Digest.SizeInBytes);
        return content;
    }
}
