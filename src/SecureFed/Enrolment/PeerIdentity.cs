using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecureFed.Core;

namespace SecureFed;

/// <summary>Who the other end of a TLS connection is, by its certificate. spec 06-security#certificates-1</summary>
/// <remarks>Immutable. It says who carries a message, never who wrote it: that is what signatures with pinned protocol keys say.</remarks>
/// <param name="Federation">The federation's name.</param>
/// <param name="Role">What the certificate speaks for.</param>
/// <param name="Party">The party's name; the default id for a server.</param>
public sealed record PeerIdentity(string Federation, PeerRole Role, ParticipantId Party)
{
    private const string Scheme = "securefed://";
    private const string ServerPath = "/server";
    private const string PartyPath = "/party/";
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string P256 = "1.2.840.10045.3.1.7";

    // GeneralName ::= CHOICE { ... uniformResourceIdentifier [6] IA5String ... }, RFC 5280, section 4.2.1.6.
    private static readonly Asn1Tag s_uri = new(TagClass.ContextSpecific, 6);

    /// <summary>The identity as it stands in the certificate: a URI among its alternative names.</summary>
    public Uri ToUri() =>
        new(Role == PeerRole.Server ? $"{Scheme}{Federation}{ServerPath}" : $"{Scheme}{Federation}{PartyPath}{Party}");

    /// <summary>Judges the certificate of a connection's other end.</summary>
    /// <param name="certificate">What the other end showed and proved to have the key of; null for nothing.</param>
    /// <param name="authority">The certificate of the federation's authority, pinned.</param>
    /// <param name="federation">The federation's name.</param>
    /// <param name="role">What the other end must be.</param>
    /// <param name="now">The time.</param>
    /// <param name="identity">Who it is, when it is accepted.</param>
    /// <returns>None when it is accepted, else the first fault.</returns>
    public static PeerCertificateFault Judge(
        X509Certificate2? certificate,
        X509Certificate2 authority,
        string federation,
        PeerRole role,
        DateTimeOffset now,
        out PeerIdentity? identity
    )
    {
        ArgumentNullException.ThrowIfNull(authority);
        identity = null;
        if (certificate is null)
        {
            return PeerCertificateFault.Missing;
        }

        if (!IsIssuedBy(certificate, authority))
        {
            return PeerCertificateFault.NotIssuedHere;
        }

        if (now < new DateTimeOffset(certificate.NotBefore))
        {
            return PeerCertificateFault.NotYetValid;
        }

        if (now > new DateTimeOffset(certificate.NotAfter))
        {
            return PeerCertificateFault.Expired;
        }

        if (!HasP256Key(certificate))
        {
            return PeerCertificateFault.OtherKind;
        }

        if (!TryRead(certificate, out PeerIdentity? read))
        {
            return PeerCertificateFault.NoIdentity;
        }

        if (!string.Equals(read.Federation, federation, StringComparison.Ordinal))
        {
            return PeerCertificateFault.OtherFederation;
        }

        if (read.Role != role)
        {
            return PeerCertificateFault.OtherRole;
        }

        identity = read;
        return PeerCertificateFault.None;
    }

    // One step below the pinned authority, no other trust, nothing fetched. Its own dates are judged apart, so that the
    // fault can say which of them is wrong; revocation is the roster's: an identity that left is not enrolled any more.
    private static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate)
            && chain.ChainElements.Count == 2
            && chain.ChainElements[1].Certificate.RawDataMemory.Span.SequenceEqual(authority.RawDataMemory.Span)
            && !certificate
                .Extensions.OfType<X509BasicConstraintsExtension>()
                .Any(constraints => constraints.CertificateAuthority);
    }

    private static bool HasP256Key(X509Certificate2 certificate)
    {
        try
        {
            using ECDsa? key = certificate.GetECDsaPublicKey();
            return key is not null
                && string.Equals(
                    key.ExportParameters(includePrivateParameters: false).Curve.Oid?.Value,
                    P256,
                    StringComparison.Ordinal
                );
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool TryRead(X509Certificate2 certificate, [NotNullWhen(true)] out PeerIdentity? identity)
    {
        identity = null;
        List<string> uris = [];
        foreach (
            X509Extension extension in certificate.Extensions.Where(extension =>
                extension.Oid?.Value == SubjectAlternativeName
            )
        )
        {
            try
            {
                AsnReader names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    if (names.PeekTag().HasSameClassAndValue(s_uri))
                    {
                        uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, s_uri));
                    }
                    else
                    {
                        names.ReadEncodedValue();
                    }
                }
            }
            catch (AsnContentException)
            {
                return false;
            }
        }

        return uris.Count == 1 && TryParse(uris[0], out identity);
    }

    private static bool TryParse(string uri, [NotNullWhen(true)] out PeerIdentity? identity)
    {
        identity = null;
        if (!uri.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<char> rest = uri.AsSpan(Scheme.Length);
        int slash = rest.IndexOf('/');
        if (slash < 0 || !ParticipantId.TryParse(rest[..slash].ToString(), out ParticipantId federation))
        {
            return false;
        }

        ReadOnlySpan<char> path = rest[slash..];
        if (path.SequenceEqual(ServerPath))
        {
            identity = new PeerIdentity(federation.ToString(), PeerRole.Server, default);
            return true;
        }

        if (
            path.StartsWith(PartyPath, StringComparison.Ordinal)
            && ParticipantId.TryParse(path[PartyPath.Length..].ToString(), out ParticipantId party)
        )
        {
            identity = new PeerIdentity(federation.ToString(), PeerRole.Party, party);
            return true;
        }

        return false;
    }
}
