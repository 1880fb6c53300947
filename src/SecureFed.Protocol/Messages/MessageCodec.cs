using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The canonical encoding of protocol messages and what their senders sign. spec 05-transport#encoding-1</summary>
/// <remarks>
/// Stateless and thread-safe. Every message has exactly one encoding: decoding what was encoded gives the message, and
/// encoding what was decoded gives the bytes.
/// </remarks>
public static class MessageCodec
{
    /// <summary>The size of the header: 'S', 'F', version, type, session.</summary>
    public const int HeaderSizeInBytes = 4 + Digest.SizeInBytes;

    /// <summary>The version of the encoding: 1.</summary>
    public const byte Version = 1;

    private const int SignedContentSizeInBytes = 21 + HeaderSizeInBytes + 2 + Digest.SizeInBytes;

    /// <summary>The canonical bytes of a message.</summary>
    /// <param name="message">A client's message carries a signature of 64 bytes.</param>
    /// <exception cref="ArgumentException">The message holds a value that the encoding cannot express.</exception>
    public static byte[] Encode(ProtocolMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        WireWriter writer = new(stackalloc byte[1024]);
        WriteHeader(ref writer, message.Session, message.Type);
        ReadOnlyMemory<byte> vector = default;
        ReadOnlySpan<byte> signature = default;
        if (message is ProtocolMessage.FromClient fromClient)
        {
            signature = fromClient.Signature.Span;
            MessageWriter.CheckSignature(signature);
            writer.U16(fromClient.Sender);
            vector = MessageWriter.WriteSignedBody(ref writer, fromClient);
        }
        else
        {
            MessageWriter.WriteServerBody(ref writer, message);
        }

        // A packed vector can have megabytes: it is copied once, into the array that leaves.
        ReadOnlySpan<byte> head = writer.Written;
        byte[] encoded = GC.AllocateUninitializedArray<byte>(head.Length + vector.Length + signature.Length);
        head.CopyTo(encoded);
        vector.Span.CopyTo(encoded.AsSpan(head.Length));
        signature.CopyTo(encoded.AsSpan(head.Length + vector.Length));
        return encoded;
    }

    /// <summary>Decodes bytes that a peer sent. Never throws for any bytes; allocates at most 16 times their size and 1 MiB.</summary>
    /// <param name="bytes">The bytes. The message keeps slices of them, so they must not be changed afterwards.</param>
    /// <param name="limits">What the round allows.</param>
    /// <returns>A message that is structurally valid, or what is wrong with the bytes.</returns>
    public static DecodeResult Decode(ReadOnlyMemory<byte> bytes, MessageLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);

        // spec 05-transport#limits-2: size, protocol, version and type are judged in this order.
        if (bytes.Length > limits.MaximumMessageSizeInBytes)
        {
            return DecodeResult.Refused(PeerFaultKind.MessageTooLarge, "message", Problems.TooLong);
        }

        WireReader reader = new(bytes, limits);
        byte first = reader.U8("protocol");
        byte second = reader.U8("protocol");
        if (first != (byte)'S' || second != (byte)'F')
        {
            reader.Refuse("protocol", Problems.NotThisProtocol);
        }

        if (reader.U8("version") != Version)
        {
            reader.Refuse("version", Problems.OtherVersion, PeerFaultKind.UnsupportedVersion);
        }

        MessageType type = (MessageType)reader.U8("type");
        Digest session = reader.Digest("session");
        if (session.IsDefault)
        {
            reader.Refuse("session", Problems.Zero);
        }

        ProtocolMessage? message = reader.Failed ? null : MessageReader.Read(ref reader, type, session);

        // spec 05-transport#encoding-6
        if (reader.Remaining != 0)
        {
            reader.Refuse("message", Problems.Trailing);
        }

        Invariant.Check(reader.Failed || message is not null, "a decoder returns a message or says why not");
        return reader.Failed
            ? DecodeResult.Refused(reader.Fault, reader.Field, reader.Problem)
            : DecodeResult.Of(message!);
    }

    /// <summary>What the sender of a message signs: label ‖ header ‖ sender ‖ SHA-256 of the body between sender and signature.</summary>
    /// <param name="message">Its signature is ignored. Not an <see cref="ProtocolMessage.EncryptedShares"/>.</param>
    /// <exception cref="ArgumentException">
    /// The message is an EncryptedShares, of which the root of the share tree is signed (<see cref="SignedContentOfShares"/>),
    /// or holds a value that the encoding cannot express.
    /// </exception>
    public static byte[] SignedContent(ProtocolMessage.FromClient message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message is ProtocolMessage.EncryptedShares)
        {
            throw new ArgumentException(
                "The signature of EncryptedShares covers the root of the share tree: use SignedContentOfShares.",
                nameof(message)
            );
        }

        // spec 05-transport#signing-2
        WireWriter body = new(stackalloc byte[1024]);
        ReadOnlyMemory<byte> vector = MessageWriter.WriteSignedBody(ref body, message);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(body.Written);
        hash.AppendData(vector.Span);
        Span<byte> bodyDigest = stackalloc byte[Digest.SizeInBytes];
        hash.GetHashAndReset(bodyDigest);
        return SignedContent(message.Session, message.Type, message.Sender, Digest.FromBytes(bodyDigest));
    }

    /// <summary>What a dealer signs of its EncryptedShares: label ‖ header ‖ sender ‖ root of its share tree.</summary>
    /// <param name="k">K, the session of the message.</param>
    /// <param name="sender">The dealer's roster index.</param>
    /// <param name="root">The root of the share tree over its dealt shares in cohort order.</param>
    public static byte[] SignedContentOfShares(Digest k, ushort sender, Digest root) =>
        // spec 05-transport#signing-3
        SignedContent(k, MessageType.EncryptedShares, sender, root);

    private static byte[] SignedContent(Digest session, MessageType type, ushort sender, Digest bodyDigest)
    {
        WireWriter writer = new(stackalloc byte[SignedContentSizeInBytes]);
        writer.Label(Labels.Signature);
        WriteHeader(ref writer, session, type);
        writer.U16(sender);
        writer.Digest(bodyDigest);
        return writer.Written.ToArray();
    }

    private static void WriteHeader(ref WireWriter writer, Digest session, MessageType type)
    {
        // spec 05-transport#encoding-3
        if (session.IsDefault)
        {
            throw new ArgumentException("A message needs a session; the default digest is none.", nameof(session));
        }

        writer.U8('S');
        writer.U8('F');
        writer.U8(Version);
        writer.U8((int)type);
        writer.Digest(session);
    }
}
