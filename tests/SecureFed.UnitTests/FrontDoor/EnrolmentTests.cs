using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Invitations, requests to enrol, and the certificates that come of them. spec 06-security#certificates-1</summary>
public sealed class EnrolmentTests(ITestOutputHelper output) : IDisposable
{
    private const string Study = "heart-study";

    private static readonly ParticipantId s_clinic = ParticipantId.Parse("st-marys");
    private static readonly DateTimeOffset s_now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FixedTime _time = new(s_now);
    private readonly FederationAuthority _authority = FederationAuthority.Create(
        Study,
        SystemRandomSource.Instance,
        new FixedTime(s_now)
    );

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void A_party_and_the_server_are_who_their_certificates_say()
    {
        using X509Certificate2 own = _authority.PublicCertificate();
        using X509Certificate2 party = _authority.IssueParty(Request(), s_clinic);
        using X509Certificate2 server = _authority.IssueServer(Request(), ["fed.example", "127.0.0.1"]);

        Assert.Equal(PeerCertificateFault.None, Judge(party, own, PeerRole.Party, out PeerIdentity? who));
        Assert.Equal(new PeerIdentity(Study, PeerRole.Party, s_clinic), who);
        Assert.Equal("securefed://heart-study/party/st-marys", who!.ToUri().ToString());
        Assert.Equal(PeerCertificateFault.None, Judge(server, own, PeerRole.Server, out who));
        Assert.Equal(new PeerIdentity(Study, PeerRole.Server, default), who);
        Assert.True(server.MatchesHostname("fed.example"));
        Assert.True(server.MatchesHostname("127.0.0.1"));
        Assert.False(server.MatchesHostname("other.example"));
        Assert.Equal(s_now + FederationAuthority.DefaultLifetime, new DateTimeOffset(party.NotAfter));
        Assert.False(party.HasPrivateKey);
        Assert.False(own.HasPrivateKey);
        Assert.True(party.SerialNumberBytes.Length == 16 && party.SerialNumberBytes.Span[0] < 0x80);
    }

    [Fact]
    public void Each_thing_that_is_wrong_with_a_certificate_has_its_name()
    {
        using X509Certificate2 own = _authority.PublicCertificate();
        using X509Certificate2 party = _authority.IssueParty(Request(), s_clinic, TimeSpan.FromHours(1));
        using var otherAuthority = FederationAuthority.Create(Study, SystemRandomSource.Instance, _time);
        using X509Certificate2 foreign = otherAuthority.IssueParty(Request(), s_clinic);
        using var otherStudy = FederationAuthority.FromPem(
            "lung-study",
            own.ExportCertificatePem(),
            _authority.ExportKeyPem(),
            SystemRandomSource.Instance,
            _time
        );
        using X509Certificate2 ofOtherStudy = otherStudy.IssueParty(Request(), s_clinic);
        byte[] altered = party.RawData;
        altered[^1] ^= 1;
        using X509Certificate2 forged = X509CertificateLoader.LoadCertificate(altered);

        Assert.Equal(PeerCertificateFault.Missing, Judge(null, own, PeerRole.Party, out _));
        Assert.Equal(PeerCertificateFault.NotIssuedHere, Judge(foreign, own, PeerRole.Party, out _));
        Assert.Equal(PeerCertificateFault.NotIssuedHere, Judge(forged, own, PeerRole.Party, out _));
        Assert.Equal(PeerCertificateFault.NotIssuedHere, Judge(own, own, PeerRole.Party, out _));
        Assert.Equal(PeerCertificateFault.OtherFederation, Judge(ofOtherStudy, own, PeerRole.Party, out _));
        Assert.Equal(PeerCertificateFault.OtherRole, Judge(party, own, PeerRole.Server, out PeerIdentity? nobody));
        Assert.Null(nobody);
        Assert.Equal(
            PeerCertificateFault.Expired,
            PeerIdentity.Judge(party, own, Study, PeerRole.Party, s_now.AddHours(2), out _)
        );
        Assert.Equal(
            PeerCertificateFault.NotYetValid,
            PeerIdentity.Judge(party, own, Study, PeerRole.Party, s_now.AddHours(-2), out _)
        );
    }

    [Theory]
    [InlineData("none", PeerCertificateFault.NoIdentity)]
    [InlineData("two", PeerCertificateFault.NoIdentity)]
    [InlineData("path", PeerCertificateFault.NoIdentity)]
    [InlineData("capitals", PeerCertificateFault.NoIdentity)]
    [InlineData("issues", PeerCertificateFault.NotIssuedHere)]
    [InlineData("curve", PeerCertificateFault.OtherKind)]
    [InlineData("good", PeerCertificateFault.None)]
    public void A_certificate_of_the_authority_with_an_odd_content_is_refused(
        string oddity,
        PeerCertificateFault expected
    )
    {
        using X509Certificate2 own = _authority.PublicCertificate();
        using X509Certificate2 issuer = X509Certificate2.CreateFromPem(
            own.ExportCertificatePem(),
            _authority.ExportKeyPem()
        );
        using ECDsa key = ECDsa.Create(oddity == "curve" ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=odd", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("odd.example");
        string[] uris = oddity switch
        {
            "none" => [],
            "two" => [$"securefed://{Study}/party/a", $"securefed://{Study}/party/b"],
            "path" => [$"securefed://{Study}/party/a/b"],
            "capitals" => [$"securefed://{Study}/party/St-Marys"],
            _ => [$"securefed://{Study}/party/a"],
        };
        foreach (string uri in uris)
        {
            names.AddUri(new Uri(uri));
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(oddity == "issues", false, 0, true));
        using X509Certificate2 odd = request.Create(
            issuer.SubjectName,
            X509SignatureGenerator.CreateForECDsa(issuer.GetECDsaPrivateKey()!),
            s_now,
            s_now.AddDays(1),
            [1, 2, 3]
        );

        Assert.Equal(expected, Judge(odd, own, PeerRole.Party, out _));
    }

    [Fact]
    public void A_request_for_a_certificate_is_judged_by_its_key_and_signature_alone()
    {
        byte[] request = Request();
        byte[] altered = [.. request];
        altered[^1] ^= 1;
        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        byte[] otherCurve = new CertificateRequest("CN=x", p384, HashAlgorithmName.SHA256).CreateSigningRequest();

        Assert.ThrowsAny<CryptographicException>(() => _authority.IssueParty(altered, s_clinic));
        Assert.ThrowsAny<CryptographicException>(() => _authority.IssueParty(otherCurve, s_clinic));
        Assert.ThrowsAny<CryptographicException>(() => _authority.IssueParty([], s_clinic));
        Assert.ThrowsAny<CryptographicException>(() => _authority.IssueParty(request.AsSpan(1), s_clinic));
        Assert.ThrowsAny<CryptographicException>(() =>
            _authority.IssueParty(new byte[FederationAuthority.MaximumRequestSizeInBytes + 1], s_clinic)
        );
        Assert.Throws<ArgumentException>(() => _authority.IssueParty(request, default));
        Assert.Throws<ArgumentException>(() => _authority.IssueServer(request, []));
        Assert.Throws<ArgumentException>(() => _authority.IssueServer(request, ["https://fed.example"]));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            _authority.IssueParty(request, s_clinic, FederationAuthority.MaximumLifetime + TimeSpan.FromDays(1))
        );
    }

    [Fact]
    public void An_authority_is_stored_and_read_back()
    {
        using X509Certificate2 own = _authority.PublicCertificate();
        char[] key = _authority.ExportKeyPem();
        using var read = FederationAuthority.FromPem(
            Study,
            own.ExportCertificatePem(),
            key,
            SystemRandomSource.Instance,
            _time
        );
        using X509Certificate2 party = read.IssueParty(Request(), s_clinic);
        using ECDsa leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 leaf = _authority.IssueParty(Request(leafKey), s_clinic);

        Assert.Equal(PeerCertificateFault.None, Judge(party, own, PeerRole.Party, out _));
        Assert.ThrowsAny<CryptographicException>(() =>
            FederationAuthority.FromPem(
                Study,
                leaf.ExportCertificatePem(),
                leafKey.ExportPkcs8PrivateKeyPem(),
                SystemRandomSource.Instance,
                _time
            )
        );
        Assert.Equal(nameof(FederationAuthority), read.ToString());
    }

    [Fact]
    public void A_code_is_read_as_people_type_it()
    {
        using X509Certificate2 own = _authority.PublicCertificate();
        using InvitationCode code = InvitationCode.Draw(own, SystemRandomSource.Instance);
        string text = new(code.ToText());
        string typed = $" {text.ToLowerInvariant().Replace('0', 'o').Replace('1', 'l').Replace('-', ' ')}\n";

        // The prefix is not a symbol.
        typed = $" sf1{typed[4..]}";
        using InvitationCode? read = InvitationCode.TryParse(typed);

        Assert.Equal(3 + 55 + 11, text.Length);
        Assert.NotNull(read);
        Assert.Equal(text, new string(read.ToText()));
        Assert.True(read.Recognises(own));
        using var other = FederationAuthority.Create(Study, SystemRandomSource.Instance, _time);
        using X509Certificate2 otherOwn = other.PublicCertificate();
        Assert.False(read.Recognises(otherOwn));
        Assert.Equal(nameof(InvitationCode), read.ToString());
    }

    [Fact]
    public void A_slip_in_a_code_is_noticed()
    {
        using X509Certificate2 own = _authority.PublicCertificate();
        using InvitationCode code = InvitationCode.Draw(own, SystemRandomSource.Instance);
        char[] text = code.ToText();
        const string Symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        int missed = 0;
        int tried = 0;
        for (int at = 4; at < text.Length; at++)
        {
            foreach (char symbol in Symbols.Where(symbol => text[at] != '-' && text[at] != symbol))
            {
                char[] slip = [.. text];
                slip[at] = symbol;
                tried++;
                missed += InvitationCode.TryParse(slip) is null ? 0 : 1;
            }
        }

        Assert.Equal(55 * 31, tried);

        // 1,705 slips, each missed with probability 2^-16: more than three is a broken check (chance below 1e-7).
        Assert.True(missed <= 3, $"{missed} of {tried} slips were not noticed");
        Assert.Null(InvitationCode.TryParse(text.AsSpan(0, text.Length - 1)));
        Assert.Null(InvitationCode.TryParse([.. text, '0']));
        Assert.Null(InvitationCode.TryParse([.. text, 'U']));
        Assert.Null(InvitationCode.TryParse(new string('-', 100_000)));
        Assert.Null(InvitationCode.TryParse(string.Empty));
    }

    [Fact]
    public void Every_code_reads_back_as_itself() =>
        Prop.ForAll(
                Gen.Choose(0, int.MaxValue).ToArbitrary(),
                seed =>
                {
                    using X509Certificate2 own = _authority.PublicCertificate();
                    using InvitationCode code = InvitationCode.Draw(
                        own,
                        new SecureFed.Testing.SeededRandomSource((ulong)seed)
                    );
                    using InvitationCode? read = InvitationCode.TryParse(code.ToText());
                    byte[] content = BitConverter.GetBytes(seed);
                    return read is not null && read.Verifies(content, code.Authenticate(content));
                }
            )
            .Holds(output, 200);

    [Fact]
    public void A_request_to_enrol_is_proven_by_the_invited_party_alone()
    {
        using X509Certificate2 own = _authority.PublicCertificate();
        using InvitationCode code = InvitationCode.Draw(own, SystemRandomSource.Instance);
        using InvitationCode otherCode = InvitationCode.Draw(own, SystemRandomSource.Instance);
        using EcdsaP256Signer signer = EcdsaP256Signer.Generate();
        using EcdsaP256Signer thief = EcdsaP256Signer.Generate();
        byte[] csr = Request();
        EnrolmentRequest request = EnrolmentRequest.Make(Study, s_clinic, signer, csr, code);

        Assert.True(Received().IsProven(Study, P256Suite.Instance, code));
        Assert.False(Received().IsProven(Study, P256Suite.Instance, otherCode));
        Assert.False(Received().IsProven("lung-study", P256Suite.Instance, code));
        Assert.False(Received(party: ParticipantId.Parse("st-john")).IsProven(Study, P256Suite.Instance, code));
        Assert.False(Received(key: thief.PublicKey).IsProven(Study, P256Suite.Instance, code));
        Assert.False(Received(csr: Request()).IsProven(Study, P256Suite.Instance, code));
        Assert.False(Received(csr: default(ReadOnlyMemory<byte>)).IsProven(Study, P256Suite.Instance, code));
        Assert.False(Received(authenticator: new byte[32]).IsProven(Study, P256Suite.Instance, code));
        Assert.False(Received(authenticator: default(ReadOnlyMemory<byte>)).IsProven(Study, P256Suite.Instance, code));
        Assert.False(Received(signature: thief.Sign("x"u8)).IsProven(Study, P256Suite.Instance, code));

        // A thief of the request who puts its own key in has no authenticator for it; one with the code would have.
        EnrolmentRequest stolen = EnrolmentRequest.Make(Study, s_clinic, thief, csr, otherCode);
        Assert.False(stolen.IsProven(Study, P256Suite.Instance, code));

        EnrolmentRequest Received(
            ParticipantId? party = null,
            ReadOnlyMemory<byte>? key = null,
            ReadOnlyMemory<byte>? csr = null,
            ReadOnlyMemory<byte>? authenticator = null,
            ReadOnlyMemory<byte>? signature = null
        ) =>
            EnrolmentRequest.Received(
                party ?? request.Party,
                key ?? request.ProtocolKey,
                csr ?? request.CertificateRequest,
                authenticator ?? request.Authenticator,
                signature ?? request.Signature
            );
    }

    private static PeerCertificateFault Judge(
        X509Certificate2? certificate,
        X509Certificate2 authority,
        PeerRole role,
        out PeerIdentity? identity
    ) => PeerIdentity.Judge(certificate, authority, Study, role, s_now, out identity);

    private static byte[] Request()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Request(key);
    }

    // The name that a request asks for is ignored.
    private static byte[] Request(ECDsa key) =>
        new CertificateRequest("CN=whatever it likes", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
