using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecureFed.Core;

namespace SecureFed;

/// <summary>Issues the TLS certificates of one federation: its server's, and those of the parties that were enrolled. spec 06-security#certificates-1</summary>
/// <remarks>
/// Thread-safe. It holds the authority's private key. Whoever has that key can pretend to be the server and to carry
/// messages of any party, and still cannot write one: protocol keys are pinned in the roster.
/// </remarks>
[Secret]
public sealed class FederationAuthority : IDisposable
{
    /// <summary>How long the authority's own certificate is valid.</summary>
    public static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);

    /// <summary>How long a certificate is valid unless said otherwise.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromDays(90);

    /// <summary>The longest that a certificate may be valid.</summary>
    public static readonly TimeSpan MaximumLifetime = TimeSpan.FromDays(398);

    /// <summary>The most bytes of a request for a certificate that are read.</summary>
    public const int MaximumRequestSizeInBytes = 4096;

    // Clocks differ a little; a certificate is used in the second in which it was issued.
    private static readonly TimeSpan s_backdating = TimeSpan.FromMinutes(5);

    private const int SerialSizeInBytes = 16;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _certificate;
    private readonly Lock _lock = new();
    private readonly RandomSource _random;
    private readonly TimeProvider _time;

    private FederationAuthority(
        string federation,
        X509Certificate2 certificate,
        RandomSource random,
        TimeProvider time
    ) => (Federation, _certificate, _random, _time) = (federation, certificate, random, time);

    /// <summary>The federation's name.</summary>
    public string Federation { get; }

    /// <summary>Makes the authority of a new federation with a fresh P-256 key of the platform.</summary>
    /// <param name="federation">The federation's name, written like a participant id.</param>
    /// <param name="random">Serial numbers are drawn from it.</param>
    /// <param name="time">The clock of all dates.</param>
    /// <exception cref="FormatException">The name is malformed.</exception>
    public static FederationAuthority Create(string federation, RandomSource random, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(time);
        string name = ParticipantId.Parse(federation).ToString();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(NameOf(name, "authority"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        DateTimeOffset from = time.GetUtcNow() - s_backdating;
        return new FederationAuthority(name, request.CreateSelfSigned(from, from + AuthorityLifetime), random, time);
    }

    /// <summary>Reads an authority that was stored.</summary>
    /// <param name="federation">The federation's name.</param>
    /// <param name="certificatePem">Its certificate.</param>
    /// <param name="keyPem">Its private key, PKCS#8. The caller wipes its copy.</param>
    /// <param name="random">Serial numbers are drawn from it.</param>
    /// <param name="time">The clock of all dates.</param>
    /// <exception cref="CryptographicException">The texts are not a certificate and its key, or the certificate may not issue others.</exception>
    public static FederationAuthority FromPem(
        string federation,
        ReadOnlySpan<char> certificatePem,
        ReadOnlySpan<char> keyPem,
        RandomSource random,
        TimeProvider time
    )
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(time);
        string name = ParticipantId.Parse(federation).ToString();
        X509Certificate2 certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(rule => rule.CertificateAuthority))
        {
            return new FederationAuthority(name, certificate, random, time);
        }

        certificate.Dispose();
        throw new CryptographicException(
            "This certificate may not issue others. Name the authority's, not one that it issued."
        );
    }

    /// <summary>The authority's certificate, without its key: what everybody pins.</summary>
    public X509Certificate2 PublicCertificate() =>
        X509CertificateLoader.LoadCertificate(_certificate.RawDataMemory.Span);

    /// <summary>What an invitation pins of an authority: SHA-256 of its public key (SubjectPublicKeyInfo). spec 06-security#invitations-1</summary>
    /// <param name="authority">The authority's certificate.</param>
    public static Digest PinOf(X509Certificate2 authority)
    {
        ArgumentNullException.ThrowIfNull(authority);
        return Digest.Of(authority.PublicKey.ExportSubjectPublicKeyInfo());
    }

    /// <summary>The private key as PKCS#8 PEM, to be stored where only its owner reads. The caller wipes it.</summary>
    public char[] ExportKeyPem()
    {
        using ECDsa key = _certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem().ToCharArray();
    }

    /// <summary>Issues the server's certificate.</summary>
    /// <param name="request">A PKCS#10 request, DER: only its key is taken, and its signature shows that the requester has it.</param>
    /// <param name="hosts">The DNS names and IP addresses under which parties reach the server; at least one.</param>
    /// <param name="lifetime">At most <see cref="MaximumLifetime"/>; null for <see cref="DefaultLifetime"/>.</param>
    /// <exception cref="CryptographicException">The request is malformed, or its key is not of P-256.</exception>
    /// <exception cref="ArgumentException">A host is neither a name nor an address.</exception>
    public X509Certificate2 IssueServer(
        ReadOnlySpan<byte> request,
        IEnumerable<string> hosts,
        TimeSpan? lifetime = null
    )
    {
        ArgumentNullException.ThrowIfNull(hosts);
        SubjectAlternativeNameBuilder names = new();
        int count = 0;
        foreach (string host in hosts)
        {
            count++;
            if (System.Net.IPAddress.TryParse(host, out System.Net.IPAddress? address))
            {
                names.AddIpAddress(address);
            }
            else if (Uri.CheckHostName(host) == UriHostNameType.Dns)
            {
                names.AddDnsName(host);
            }
            else
            {
                throw new ArgumentException(
                    $"'{host}' is neither a DNS name nor an IP address; write it without scheme and port.",
                    nameof(hosts)
                );
            }
        }

        return count > 0
            ? Issue(
                request,
                new PeerIdentity(Federation, PeerRole.Server, default),
                names,
                ServerAuthentication,
                lifetime
            )
            : throw new ArgumentException("A server is reached under at least one name.", nameof(hosts));
    }

    /// <summary>Issues the certificate of a party that is enrolled.</summary>
    /// <param name="request">A PKCS#10 request, DER: only its key is taken, and its signature shows that the requester has it.</param>
    /// <param name="party">The party. The caller has made sure that it is the one that asks.</param>
    /// <param name="lifetime">At most <see cref="MaximumLifetime"/>; null for <see cref="DefaultLifetime"/>.</param>
    /// <exception cref="CryptographicException">The request is malformed, or its key is not of P-256.</exception>
    public X509Certificate2 IssueParty(ReadOnlySpan<byte> request, ParticipantId party, TimeSpan? lifetime = null)
    {
        if (party.IsDefault)
        {
            throw new ArgumentException("The default participant id names nobody.", nameof(party));
        }

        return Issue(
            request,
            new PeerIdentity(Federation, PeerRole.Party, party),
            new(),
            ClientAuthentication,
            lifetime
        );
    }

    /// <summary>Wipes the key.</summary>
    public void Dispose() => _certificate.Dispose();

    /// <summary>Prints the type's name.</summary>
    public override string ToString() => nameof(FederationAuthority);

    private X509Certificate2 Issue(
        ReadOnlySpan<byte> request,
        PeerIdentity identity,
        SubjectAlternativeNameBuilder names,
        string usage,
        TimeSpan? lifetime
    )
    {
        TimeSpan valid = lifetime ?? DefaultLifetime;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(valid, TimeSpan.Zero, nameof(lifetime));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(valid, MaximumLifetime, nameof(lifetime));
        PublicKey key = KeyOf(request);
        names.AddUri(identity.ToUri());
        CertificateRequest leaf = new(
            NameOf(Federation, identity.Role == PeerRole.Server ? "server" : identity.Party.ToString()),
            key,
            HashAlgorithmName.SHA256
        );
        leaf.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
        leaf.CertificateExtensions.Add(names.Build());
        leaf.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, false));
        leaf.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false)
        );
        byte[] serial = new byte[SerialSizeInBytes];
        DateTimeOffset now = _time.GetUtcNow();
        DateTimeOffset own = new(_certificate.NotAfter);
        DateTimeOffset end = now + valid < own ? now + valid : own;
        lock (_lock)
        {
            _random.Fill(serial);

            // Positive, and of one length: RFC 5280, section 4.1.2.2.
            serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
            return leaf.Create(_certificate, now - s_backdating, end, serial);
        }
    }

    // The signature of the request is verified by the platform; its names and extensions are not looked at.
    private static PublicKey KeyOf(ReadOnlySpan<byte> request)
    {
        if (request.Length is 0 or > MaximumRequestSizeInBytes)
        {
            throw new CryptographicException(
                $"A request for a certificate has 1 to {MaximumRequestSizeInBytes} bytes, not {request.Length}."
            );
        }

        var asked = CertificateRequest.LoadSigningRequest(
            request.ToArray(),
            HashAlgorithmName.SHA256,
            CertificateRequestLoadOptions.Default
        );
        using ECDsa? key = asked.PublicKey.GetECDsaPublicKey();
        if (
            key is null
            || !string.Equals(
                key.ExportParameters(includePrivateParameters: false).Curve.Oid?.Value,
                ECCurve.NamedCurves.nistP256.Oid.Value,
                StringComparison.Ordinal
            )
        )
        {
            throw new CryptographicException(
                "The key of the request is not one of the curve P-256, given by its name."
            );
        }

        return asked.PublicKey;
    }

    private static X500DistinguishedName NameOf(string federation, string who)
    {
        X500DistinguishedNameBuilder name = new();
        name.AddOrganizationName(federation);
        name.AddCommonName(who);
        return name.Build();
    }
}
