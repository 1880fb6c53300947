using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Founding a federation, inviting, enrolling, removing. spec 06-security#invitations-2</summary>
public sealed class FederationFolderTests : IDisposable
{
    private static readonly ParticipantId s_clinic = ParticipantId.Parse("st-marys");
    private static readonly ParticipantId s_other = ParticipantId.Parse("st-john");

    private readonly string _parent = Directory.CreateTempSubdirectory("securefed-folder-").FullName;
    private readonly SteppedTime _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FederationFolder _folder;

    public FederationFolderTests() =>
        _folder = FederationFolder.Found(Root, "heart-study", SystemRandomSource.Instance, _time);

    private string Root => Path.Combine(_parent, "fed");

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Fact]
    public void An_invited_party_is_enrolled_once_and_found_again()
    {
        using EcdsaP256Signer signer = EcdsaP256Signer.Generate();
        using InvitationCode code = _folder.Invite(s_clinic);
        EnrolmentRequest request = Request(s_clinic, signer, code);
        using X509Certificate2 certificate = _folder.Enrol(request, P256Suite.Instance);
        FederationFolder again = Open();
        using X509Certificate2 authority = again.AuthorityCertificate();

        Assert.Equal("heart-study", again.Federation);
        Assert.Equal([s_clinic], again.Roster.Select(entry => entry.Id));
        Assert.True(again.Roster[0].SigningKey.Span.SequenceEqual(signer.PublicKey.Span));
        Assert.True(code.Recognises(authority));
        Assert.Equal(
            PeerCertificateFault.None,
            PeerIdentity.Judge(certificate, authority, "heart-study", PeerRole.Party, _time.GetUtcNow(), out _)
        );

        // The same request again, and another one with the spent code.
        Assert.Equal(EnrolmentFault.NameTaken, Fault(() => again.Enrol(request, P256Suite.Instance)));
        Assert.Equal(
            EnrolmentFault.NotInvited,
            Fault(() => again.Enrol(Request(s_other, signer, code), P256Suite.Instance))
        );
        Assert.Equal(EnrolmentFault.NameTaken, Fault(() => again.Invite(s_clinic)));
    }

    [Fact]
    public void A_refused_request_changes_nothing()
    {
        using EcdsaP256Signer signer = EcdsaP256Signer.Generate();
        using InvitationCode code = _folder.Invite(s_clinic);
        using InvitationCode otherCode = _folder.Invite(s_other);
        Assert.Equal(
            EnrolmentFault.NotProven,
            Fault(() => _folder.Enrol(Request(s_clinic, signer, otherCode), P256Suite.Instance))
        );
        Assert.Equal(
            EnrolmentFault.NotProven,
            Fault(() =>
                _folder.Enrol(
                    EnrolmentRequest.Make(_folder.Federation, s_clinic, signer, new byte[] { 1, 2, 3 }, code),
                    P256Suite.Instance
                )
            )
        );
        Assert.Empty(_folder.Parties);

        using X509Certificate2 certificate = _folder.Enrol(Request(s_clinic, signer, code), P256Suite.Instance);
        Assert.Single(_folder.Parties);
    }

    [Fact]
    public void An_invitation_ends_and_a_new_one_takes_its_place()
    {
        using EcdsaP256Signer signer = EcdsaP256Signer.Generate();
        using InvitationCode late = _folder.Invite(s_clinic, TimeSpan.FromHours(1));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(
            EnrolmentFault.InvitationExpired,
            Fault(() => _folder.Enrol(Request(s_clinic, signer, late), P256Suite.Instance))
        );
        using InvitationCode first = _folder.Invite(s_clinic);
        using InvitationCode second = _folder.Invite(s_clinic);
        Assert.Equal(
            EnrolmentFault.NotProven,
            Fault(() => _folder.Enrol(Request(s_clinic, signer, first), P256Suite.Instance))
        );
        _time.Advance(FederationFolder.DefaultInvitationLifetime - TimeSpan.FromSeconds(1));
        using X509Certificate2 certificate = _folder.Enrol(Request(s_clinic, signer, second), P256Suite.Instance);
        Assert.Throws<ArgumentOutOfRangeException>(() => _folder.Invite(s_other, TimeSpan.FromDays(31)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _folder.Invite(s_other, TimeSpan.Zero));
    }

    [Fact]
    public void A_party_that_was_removed_is_in_no_roster_and_its_name_stays_taken()
    {
        using EcdsaP256Signer signer = EcdsaP256Signer.Generate();
        using InvitationCode code = _folder.Invite(s_clinic);
        using X509Certificate2 certificate = _folder.Enrol(Request(s_clinic, signer, code), P256Suite.Instance);
        using InvitationCode open = _folder.Invite(s_other);

        Assert.True(_folder.Remove(s_clinic));
        Assert.False(_folder.Remove(s_clinic));
        Assert.False(_folder.Remove(s_other));
        Assert.Empty(Open().Roster);
        Assert.Equal(_time.GetUtcNow(), Assert.Single(Open().Parties).LeftAt);
        Assert.Equal(EnrolmentFault.NameTaken, Fault(() => _folder.Invite(s_clinic)));
        Assert.Equal(
            EnrolmentFault.NotInvited,
            Fault(() => _folder.Enrol(Request(s_other, signer, open), P256Suite.Instance))
        );
    }

    [Fact]
    public async Task Changes_at_the_same_time_lose_nothing()
    {
        ParticipantId[] parties = [.. Enumerable.Range(0, 12).Select(ParticipantId.FromIndex)];
        await Task.WhenAll(
            parties.Select(party =>
                Task.Run(() =>
                {
                    // Two objects on one folder, as two processes have them.
                    using EcdsaP256Signer signer = EcdsaP256Signer.Generate();
                    using InvitationCode code = Open().Invite(party);
                    using X509Certificate2 certificate = _folder.Enrol(
                        Request(party, signer, code),
                        P256Suite.Instance
                    );
                })
            )
        );

        Assert.Equal(parties.Order(), Open().Roster.Select(entry => entry.Id));
    }

    [Fact]
    public void A_folder_that_is_none_or_not_empty_is_refused()
    {
        Assert.Throws<FileNotFoundException>(() => FederationFolder.Open(_parent, SystemRandomSource.Instance, _time));
        Assert.Throws<IOException>(() => FederationFolder.Found(Root, "other", SystemRandomSource.Instance, _time));
        Assert.Throws<FormatException>(() =>
            FederationFolder.Found(Path.Combine(_parent, "x"), "No Name", SystemRandomSource.Instance, _time)
        );
        Assert.False(Directory.Exists(Path.Combine(_parent, "x")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[{}]")]
    [InlineData("[{\"id\":\"a\",\"publicKey\":\"xyz\",\"since\":\"2026-03-01T12:00:00+00:00\",\"leftAt\":null}]")]
    [InlineData("[{\"id\":\"A\",\"publicKey\":\"04\",\"since\":\"2026-03-01T12:00:00+00:00\",\"leftAt\":null}]")]
    [InlineData(
        "[{\"id\":\"a\",\"publicKey\":\"04\",\"since\":\"2026-03-01T12:00:00+00:00\",\"leftAt\":null,\"more\":1}]"
    )]
    public void A_damaged_roster_is_refused_and_not_taken_for_an_empty_one(string content)
    {
        File.WriteAllText(Path.Combine(Root, "roster.json"), content);

        Assert.Throws<InvalidDataException>(Open);
        Assert.Throws<InvalidDataException>(() => _folder.Invite(s_clinic));
    }

    [Fact]
    public void Only_the_owner_reads_the_keys()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using InvitationCode code = _folder.Invite(s_clinic);
        foreach (
            string file in Directory
                .EnumerateFiles(Root, "*.pem")
                .Concat(Directory.EnumerateFiles(Root, "*.invitation", SearchOption.AllDirectories))
        )
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Root)
        );
    }

    private FederationFolder Open() => FederationFolder.Open(Root, SystemRandomSource.Instance, _time);

    private EnrolmentRequest Request(ParticipantId party, ISigner signer, InvitationCode code)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        return EnrolmentRequest.Make(_folder.Federation, party, signer, request, code);
    }

    private static EnrolmentFault Fault(Func<IDisposable> act) =>
        Assert.Throws<EnrolmentRefusedException>(() => act().Dispose()).Fault;

    private sealed class SteppedTime(DateTimeOffset start) : TimeProvider
    {
        private DateTimeOffset _now = start;

        public void Advance(TimeSpan by) => _now += by;

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
