using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecureFed.Core;
using SecureFed.Crypto;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>A party's keys and certificate from the invitation to the renewal. spec 06-security#certificates-1</summary>
public sealed class PartyFolderTests : IDisposable
{
    private const string Study = "heart-study";

    private static readonly ParticipantId s_clinic = ParticipantId.Parse("st-marys");

    private readonly string _parent = Directory.CreateTempSubdirectory("securefed-party-").FullName;
    private readonly FederationFolder _server;

    public PartyFolderTests() =>
        _server = FederationFolder.Found(
            Path.Combine(_parent, "fed"),
            Study,
            SystemRandomSource.Instance,
            TimeProvider.System
        );

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private string Root => Path.Combine(_parent, "party");

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Fact]
    public void A_party_joins_with_keys_that_never_leave()
    {
        using InvitationCode code = _server.Invite(s_clinic);
        PartyFolder party = Join(code);
        using X509Certificate2 shown = PartyFolder.Open(Root).OpenCertificate();
        using EcdsaP256Signer signer = party.OpenSigner();
        using X509Certificate2 authority = party.OpenAuthority();

        Assert.True(party.HasJoined);
        Assert.True(shown.HasPrivateKey);
        Assert.True(_server.Roster[0].SigningKey.Span.SequenceEqual(signer.PublicKey.Span));
        Assert.Equal(
            PeerCertificateFault.None,
            PeerIdentity.Judge(shown, authority, Study, PeerRole.Party, Now, out PeerIdentity? identity)
        );
        Assert.Equal(s_clinic, identity!.Party);

        // Two keys, and the server has neither.
        using ECDsa tls = shown.GetECDsaPrivateKey()!;
        string tlsKey = tls.ExportPkcs8PrivateKeyPem();
        string protocolKey = File.ReadAllText(Path.Combine(Root, "protocol.key.pem"));
        Assert.NotEqual(tlsKey, protocolKey);
        foreach (
            string file in Directory.EnumerateFiles(Path.Combine(_parent, "fed"), "*", SearchOption.AllDirectories)
        )
        {
            string content = File.ReadAllText(file);
            Assert.DoesNotContain(tlsKey.Split('\n')[1], content, StringComparison.Ordinal);
            Assert.DoesNotContain(protocolKey.Split('\n')[1], content, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_party_that_was_cut_off_goes_on_with_the_same_keys()
    {
        using InvitationCode code = _server.Invite(s_clinic);
        EnrolmentRequest first = PartyFolder.Prepare(Root, Study, s_clinic).RequestToEnrol(code);
        EnrolmentRequest second = PartyFolder.Prepare(Root, Study, s_clinic).RequestToEnrol(code);

        Assert.True(first.ProtocolKey.Span.SequenceEqual(second.ProtocolKey.Span));
        Assert.Throws<IOException>(() => PartyFolder.Prepare(Root, Study, ParticipantId.Parse("st-john")));
        Assert.Throws<IOException>(() => PartyFolder.Prepare(Root, "lung-study", s_clinic));
        Assert.Throws<IOException>(() => PartyFolder.Prepare(_parent, Study, s_clinic));
        Assert.Throws<FileNotFoundException>(() => PartyFolder.Open(_parent));
        Assert.Throws<FileNotFoundException>(() => PartyFolder.Open(Root).OpenCertificate());
    }

    [Fact]
    public void A_certificate_that_is_not_ours_is_not_stored()
    {
        using InvitationCode code = _server.Invite(s_clinic);
        PartyFolder party = PartyFolder.Prepare(Root, Study, s_clinic);
        using X509Certificate2 own = _server.AuthorityCertificate();
        using var liar = FederationAuthority.Create(Study, SystemRandomSource.Instance, TimeProvider.System);
        using X509Certificate2 liarOwn = liar.PublicCertificate();
        using FederationAuthority authority = _server.OpenAuthority();
        byte[] csr = party.RequestToEnrol(code).CertificateRequest.ToArray();
        using X509Certificate2 lied = liar.IssueParty(csr, s_clinic);
        using X509Certificate2 ofAnother = authority.IssueParty(csr, ParticipantId.Parse("st-john"));
        using X509Certificate2 ofOtherKey = authority.IssueParty(OtherRequest(), s_clinic);

        Assert.Equal(PeerCertificateFault.NotIssuedHere, party.Accept(lied, liarOwn, code, Now));
        Assert.Equal(PeerCertificateFault.NotIssuedHere, party.Accept(lied, own, code, Now));
        Assert.Equal(PeerCertificateFault.NoIdentity, party.Accept(ofAnother, own, code, Now));
        Assert.Throws<CryptographicException>(() => party.Accept(ofOtherKey, own, code, Now));
        Assert.False(party.HasJoined);
    }

    [Fact]
    public void A_certificate_is_renewed_with_a_new_key_and_the_protocol_key_stays()
    {
        using InvitationCode code = _server.Invite(s_clinic);
        PartyFolder party = Join(code);
        using X509Certificate2 before = party.OpenCertificate();
        using FederationAuthority authority = _server.OpenAuthority();
        byte[] request = party.RequestToRenew();
        using X509Certificate2 inUse = party.OpenCertificate();
        Assert.Equal(before.Thumbprint, inUse.Thumbprint);
        using X509Certificate2 ofOtherKey = authority.IssueParty(OtherRequest(), s_clinic);
        Assert.Throws<CryptographicException>(() => party.Renew(ofOtherKey, Now));
        using X509Certificate2 issued = authority.IssueParty(request, s_clinic);

        Assert.Equal(PeerCertificateFault.Expired, party.Renew(issued, Now.AddDays(400)));
        Assert.Equal(PeerCertificateFault.None, party.Renew(issued, Now));
        using X509Certificate2 after = party.OpenCertificate();
        using EcdsaP256Signer signer = party.OpenSigner();
        Assert.NotEqual(before.Thumbprint, after.Thumbprint);
        Assert.False(
            before.PublicKey.ExportSubjectPublicKeyInfo().SequenceEqual(after.PublicKey.ExportSubjectPublicKeyInfo())
        );
        Assert.True(_server.Roster[0].SigningKey.Span.SequenceEqual(signer.PublicKey.Span));
    }

    [Fact]
    public void A_renewal_that_was_cut_off_between_its_two_files_is_finished()
    {
        using InvitationCode code = _server.Invite(s_clinic);
        PartyFolder party = Join(code);
        using FederationAuthority authority = _server.OpenAuthority();
        using X509Certificate2 issued = authority.IssueParty(party.RequestToRenew(), s_clinic);

        // The certificate was replaced, the key not yet.
        File.WriteAllText(Path.Combine(Root, "tls.pem"), issued.ExportCertificatePem());
        using X509Certificate2 opened = PartyFolder.Open(Root).OpenCertificate();

        Assert.Equal(issued.Thumbprint, opened.Thumbprint);
        Assert.True(opened.HasPrivateKey);
        Assert.False(File.Exists(Path.Combine(Root, "tls.key.next.pem")));
        using X509Certificate2 again = PartyFolder.Open(Root).OpenCertificate();
        Assert.Equal(issued.Thumbprint, again.Thumbprint);
    }

    private PartyFolder Join(InvitationCode code)
    {
        PartyFolder party = PartyFolder.Prepare(Root, Study, s_clinic);
        using X509Certificate2 certificate = _server.Enrol(party.RequestToEnrol(code), P256Suite.Instance);
        using X509Certificate2 authority = _server.AuthorityCertificate();
        Assert.Equal(PeerCertificateFault.None, party.Accept(certificate, authority, code, Now));
        return party;
    }

    private static byte[] OtherRequest()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequest();
    }
}
