using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecureFed.Core;
using SecureFed.Crypto;

namespace SecureFed;

/// <summary>What a party keeps of its identity: its two keys, its certificate, and the authority it pinned, in one folder.</summary>
/// <remarks>
/// Keys are made here and never leave. Every file is replaced as a whole, so that a party that is cut off while it joins
/// goes on where it was: the keys stay, and the certificate is the last thing to come. Not thread-safe.
/// </remarks>
public sealed class PartyFolder
{
    private const string ProtocolKeyFile = "protocol.key.pem";
    private const string TlsKeyFile = "tls.key.pem";
    private const string NextTlsKeyFile = "tls.key.next.pem";
    private const string CertificateFile = "tls.pem";
    private const string AuthorityFile = "authority.pem";
    private const string IdentityFile = "identity";
    private const int MaximumFileSize = 64 * 1024;

    private readonly string _path;

    private PartyFolder(string path, string federation, ParticipantId party) =>
        (_path, Federation, Party) = (path, federation, party);

    /// <summary>The federation's name.</summary>
    public string Federation { get; }

    /// <summary>The party's name.</summary>
    public ParticipantId Party { get; }

    /// <summary>Whether a certificate was accepted: the party has joined.</summary>
    public bool HasJoined => File.Exists(PathOf(CertificateFile));

    /// <summary>Makes a party's two keys in a folder; one that it made before for the same name is used again.</summary>
    /// <param name="path">The folder; empty, not there, or this party's.</param>
    /// <param name="federation">The federation's name.</param>
    /// <param name="party">The party's name.</param>
    /// <exception cref="IOException">The folder holds something else, or cannot be written.</exception>
    public static PartyFolder Prepare(string path, string federation, ParticipantId party)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string name = ParticipantId.Parse(federation).ToString();
        if (party.IsDefault)
        {
            throw new ArgumentException("The default participant id names nobody.", nameof(party));
        }

        if (File.Exists(Path.Combine(path, IdentityFile)))
        {
            PartyFolder before = Open(path);
            return before.Party == party && string.Equals(before.Federation, name, StringComparison.Ordinal)
                ? before
                : throw new IOException(
                    $"'{path}' is the folder of '{before.Party}' in '{before.Federation}'. Name another one."
                );
        }

        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new IOException($"'{path}' has something in it. Name a folder that is empty or not there.");
        }

        FolderFile.CreateFolder(path);
        PartyFolder folder = new(Path.GetFullPath(path), name, party);
        folder.WriteNewKey(ProtocolKeyFile);
        folder.WriteNewKey(TlsKeyFile);

        // Last: a folder with an identity has both keys.
        FolderFile.ReplaceSecret(folder.PathOf(IdentityFile), $"{name} {party}");
        return folder;
    }

    /// <summary>Opens a party's folder.</summary>
    /// <exception cref="FileNotFoundException">There is no party in it.</exception>
    /// <exception cref="InvalidDataException">What is in it cannot be read.</exception>
    public static PartyFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string identity = Path.Combine(path, IdentityFile);
        if (!File.Exists(identity))
        {
            throw new FileNotFoundException(
                $"There is no party in '{path}'. Join a federation first, or name the folder of a party.",
                identity
            );
        }

        string[] words = new string(FolderFile.ReadText(identity, 2 * ParticipantId.MaximumLength + 1)).Split(' ');
        return
            words.Length == 2
            && ParticipantId.TryParse(words[0], out ParticipantId federation)
            && ParticipantId.TryParse(words[1], out ParticipantId party)
            ? new PartyFolder(Path.GetFullPath(path), federation.ToString(), party)
            : throw new InvalidDataException($"'{identity}' does not name a federation and a party.");
    }

    /// <summary>Signs with the protocol key. Dispose it.</summary>
    /// <exception cref="CryptographicException">The stored key is damaged.</exception>
    public EcdsaP256Signer OpenSigner()
    {
        char[] pem = FolderFile.ReadText(PathOf(ProtocolKeyFile), MaximumFileSize);
        try
        {
            return EcdsaP256Signer.FromPem(pem);
        }
        finally
        {
            pem.AsSpan().Clear();
        }
    }

    /// <summary>What to send to enrol.</summary>
    /// <param name="code">The invitation.</param>
    public EnrolmentRequest RequestToEnrol(InvitationCode code)
    {
        using EcdsaP256Signer signer = OpenSigner();
        return EnrolmentRequest.Make(Federation, Party, signer, CertificateRequestOf(TlsKeyFile), code);
    }

    /// <summary>Pins the authority and stores the first certificate. After that the party has joined.</summary>
    /// <param name="certificate">What the server issued.</param>
    /// <param name="authority">The authority whose pin the invitation carries.</param>
    /// <param name="code">The invitation.</param>
    /// <param name="now">The time.</param>
    /// <returns>None, or what is wrong with the certificate; nothing is stored then.</returns>
    /// <exception cref="CryptographicException">The certificate is not for the key of this folder.</exception>
    public PeerCertificateFault Accept(
        X509Certificate2 certificate,
        X509Certificate2 authority,
        InvitationCode code,
        DateTimeOffset now
    )
    {
        ArgumentNullException.ThrowIfNull(authority);
        ArgumentNullException.ThrowIfNull(code);
        if (!code.Recognises(authority))
        {
            return PeerCertificateFault.NotIssuedHere;
        }

        if (Judge(certificate, authority, TlsKeyFile, now) is var fault and not PeerCertificateFault.None)
        {
            return fault;
        }

        FolderFile.ReplaceSecret(PathOf(AuthorityFile), authority.ExportCertificatePem());
        FolderFile.ReplaceSecret(PathOf(CertificateFile), certificate.ExportCertificatePem());
        return PeerCertificateFault.None;
    }

    /// <summary>Makes a new TLS key and asks for a certificate for it. The old ones stay in use until <see cref="Renew"/>.</summary>
    /// <returns>A PKCS#10 request, DER.</returns>
    public byte[] RequestToRenew()
    {
        WriteNewKey(NextTlsKeyFile);
        return CertificateRequestOf(NextTlsKeyFile);
    }

    /// <summary>Takes a certificate for the key of <see cref="RequestToRenew"/> into use. The protocol key is untouched.</summary>
    /// <param name="certificate">What the server issued.</param>
    /// <param name="now">The time.</param>
    /// <returns>None, or what is wrong with the certificate; the old one stays in use then.</returns>
    /// <exception cref="CryptographicException">The certificate is not for the new key.</exception>
    public PeerCertificateFault Renew(X509Certificate2 certificate, DateTimeOffset now)
    {
        using X509Certificate2 authority = OpenAuthority();
        if (Judge(certificate, authority, NextTlsKeyFile, now) is var fault and not PeerCertificateFault.None)
        {
            return fault;
        }

        // Two renames: a crash in between leaves the new certificate beside the old key, and OpenCertificate looks at both.
        FolderFile.ReplaceSecret(PathOf(CertificateFile), certificate.ExportCertificatePem());
        File.Move(PathOf(NextTlsKeyFile), PathOf(TlsKeyFile), overwrite: true);
        return PeerCertificateFault.None;
    }

    /// <summary>The certificate in use, with its key, to be shown to the server. Dispose it.</summary>
    /// <exception cref="FileNotFoundException">The party has not joined.</exception>
    /// <exception cref="CryptographicException">Certificate and key do not fit.</exception>
    public X509Certificate2 OpenCertificate()
    {
        if (!HasJoined)
        {
            throw new FileNotFoundException($"'{Party}' has not joined '{Federation}'.", PathOf(CertificateFile));
        }

        char[] certificate = FolderFile.ReadText(PathOf(CertificateFile), MaximumFileSize);
        if (File.Exists(PathOf(NextTlsKeyFile)) && TryPair(certificate, NextTlsKeyFile) is { } renewed)
        {
            File.Move(PathOf(NextTlsKeyFile), PathOf(TlsKeyFile), overwrite: true);
            return renewed;
        }

        return TryPair(certificate, TlsKeyFile)
            ?? throw new CryptographicException(
                $"The certificate and the key in '{_path}' do not fit. Restore both from a copy, or join anew under another name."
            );
    }

    /// <summary>The pinned authority. Dispose it.</summary>
    /// <exception cref="FileNotFoundException">The party has not joined.</exception>
    public X509Certificate2 OpenAuthority() =>
        X509Certificate2.CreateFromPem(FolderFile.ReadText(PathOf(AuthorityFile), MaximumFileSize));

    private PeerCertificateFault Judge(
        X509Certificate2 certificate,
        X509Certificate2 authority,
        string keyFile,
        DateTimeOffset now
    )
    {
        ArgumentNullException.ThrowIfNull(certificate);
        PeerCertificateFault fault = PeerIdentity.Judge(
            certificate,
            authority,
            Federation,
            PeerRole.Party,
            now,
            out PeerIdentity? identity
        );
        if (fault != PeerCertificateFault.None)
        {
            return fault;
        }

        if (identity!.Party != Party)
        {
            return PeerCertificateFault.NoIdentity;
        }

        using X509Certificate2 paired =
            TryPair(certificate.ExportCertificatePem(), keyFile)
            ?? throw new CryptographicException("The certificate is not for the key that was asked for.");
        return PeerCertificateFault.None;
    }

    private X509Certificate2? TryPair(ReadOnlySpan<char> certificate, string keyFile)
    {
        char[] key = FolderFile.ReadText(PathOf(keyFile), MaximumFileSize);
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception unfit) when (unfit is CryptographicException or ArgumentException)
        {
            return null;
        }
        finally
        {
            key.AsSpan().Clear();
        }
    }

    private byte[] CertificateRequestOf(string keyFile)
    {
        char[] pem = FolderFile.ReadText(PathOf(keyFile), MaximumFileSize);
        try
        {
            using ECDsa key = ECDsa.Create();
            key.ImportFromPem(pem);
            X500DistinguishedNameBuilder name = new();
            name.AddCommonName(Party.ToString());
            return new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256).CreateSigningRequest();
        }
        finally
        {
            pem.AsSpan().Clear();
        }
    }

    private void WriteNewKey(string file)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        char[] pem = new char[512];
        try
        {
            if (!key.TryExportPkcs8PrivateKeyPem(pem, out int length))
            {
                throw new InvariantViolatedException("a P-256 key in PEM has fewer than 512 characters");
            }

            FolderFile.ReplaceSecret(PathOf(file), pem.AsSpan(0, length));
        }
        finally
        {
            pem.AsSpan().Clear();
        }
    }

    private string PathOf(string file) => Path.Combine(_path, file);
}
