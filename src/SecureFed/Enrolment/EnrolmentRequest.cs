using System.Buffers.Binary;
using System.Text;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>What a party sends to enrol: its name, its protocol key and a request for a TLS certificate, bound together. spec 06-security#invitations-2</summary>
/// <remarks>
/// Immutable; nothing in it is secret. Three proofs stand over the same content: the authenticator shows that the sender was
/// invited, the signature that it has the protocol key, and the certificate request, which the content contains, that it has
/// the TLS key.
/// </remarks>
public sealed class EnrolmentRequest
{
    private readonly byte[] _signature;
    private readonly byte[] _authenticator;

    private EnrolmentRequest(
        ParticipantId party,
        ReadOnlyMemory<byte> protocolKey,
        ReadOnlyMemory<byte> certificateRequest,
        byte[] authenticator,
        byte[] signature
    )
    {
        (Party, ProtocolKey, CertificateRequest) = (party, protocolKey, certificateRequest);
        (_authenticator, _signature) = (authenticator, signature);
    }

    /// <summary>The name under which the party asks to be enrolled.</summary>
    public ParticipantId Party { get; }

    /// <summary>Its long-term protocol key, as the roster will pin it.</summary>
    public ReadOnlyMemory<byte> ProtocolKey { get; }

    /// <summary>Its request for a TLS certificate, PKCS#10, DER.</summary>
    public ReadOnlyMemory<byte> CertificateRequest { get; }

    /// <summary>32 bytes that show that the sender was invited.</summary>
    public ReadOnlyMemory<byte> Authenticator => _authenticator;

    /// <summary>The signature with the protocol key.</summary>
    public ReadOnlyMemory<byte> Signature => _signature;

    // spec 07-registry#other-labels
    private static ReadOnlySpan<byte> Label => "SecureFed/1 enrolment"u8;

    /// <summary>Makes a party's request.</summary>
    /// <param name="federation">The federation's name.</param>
    /// <param name="party">The party's name.</param>
    /// <param name="signer">Its protocol key.</param>
    /// <param name="certificateRequest">Its request for a TLS certificate, PKCS#10, DER.</param>
    /// <param name="code">The invitation.</param>
    public static EnrolmentRequest Make(
        string federation,
        ParticipantId party,
        ISigner signer,
        ReadOnlyMemory<byte> certificateRequest,
        InvitationCode code
    )
    {
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentNullException.ThrowIfNull(code);
        byte[] content = Content(federation, party, signer.PublicKey.Span, certificateRequest.Span);
        return new EnrolmentRequest(
            party,
            signer.PublicKey,
            certificateRequest,
            code.Authenticate(content),
            signer.Sign(content)
        );
    }

    /// <summary>Takes a request as it came over the wire; believe it after <see cref="IsProven"/> only.</summary>
    public static EnrolmentRequest Received(
        ParticipantId party,
        ReadOnlyMemory<byte> protocolKey,
        ReadOnlyMemory<byte> certificateRequest,
        ReadOnlyMemory<byte> authenticator,
        ReadOnlyMemory<byte> signature
    ) => new(party, protocolKey, certificateRequest, authenticator.ToArray(), signature.ToArray());

    /// <summary>Whether the sender was invited with this code and has the protocol key.</summary>
    /// <param name="federation">The federation's name.</param>
    /// <param name="suite">The suite of the protocol key.</param>
    /// <param name="code">The invitation that was drawn for <see cref="Party"/>.</param>
    public bool IsProven(string federation, ProtocolSuite suite, InvitationCode code)
    {
        ArgumentNullException.ThrowIfNull(suite);
        ArgumentNullException.ThrowIfNull(code);
        if (
            Party.IsDefault
            || ProtocolKey.Length != suite.SigningPublicKeySizeInBytes
            || CertificateRequest.Length is 0 or > FederationAuthority.MaximumRequestSizeInBytes
        )
        {
            return false;
        }

        byte[] content = Content(federation, Party, ProtocolKey.Span, CertificateRequest.Span);
        return code.Verifies(content, _authenticator) && suite.VerifySignature(ProtocolKey.Span, content, _signature);
    }

    // Every field with its length, so that no two requests have one content.
    private static byte[] Content(
        string federation,
        ParticipantId party,
        ReadOnlySpan<byte> protocolKey,
        ReadOnlySpan<byte> certificateRequest
    )
    {
        List<byte> content = [.. Label];
        Append(Encoding.ASCII.GetBytes(federation));
        Append(Encoding.ASCII.GetBytes(party.ToString()));
        Append(protocolKey);
        Append(certificateRequest);
        return [.. content];

        void Append(ReadOnlySpan<byte> field)
        {
            Span<byte> length = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)field.Length);
            content.AddRange(length);
            content.AddRange(field);
        }
    }
}
