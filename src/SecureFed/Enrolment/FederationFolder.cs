using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>What the server of a federation keeps of its identities: authority, roster and open invitations, in one folder.</summary>
/// <remarks>
/// Thread-safe, and safe beside a second process that invites or removes parties: every change holds a lock file. Every file
/// is replaced as a whole. The folder holds the authority's private key: only its owner may read it.
/// </remarks>
public sealed class FederationFolder
{
    /// <summary>The most parties, those that left included.</summary>
    public const int MaximumParties = 4096;

    /// <summary>How long an invitation is open unless said otherwise.</summary>
    public static readonly TimeSpan DefaultInvitationLifetime = TimeSpan.FromHours(24);

    /// <summary>The longest that an invitation may be open.</summary>
    public static readonly TimeSpan MaximumInvitationLifetime = TimeSpan.FromDays(30);

    private const string NameFile = "federation";
    private const string AuthorityFile = "authority.pem";
    private const string AuthorityKeyFile = "authority.key.pem";
    private const string RosterFile = "roster.json";
    private const string InvitationFolder = "invitations";
    private const string LockFile = "lock";
    private const int MaximumKeyFileSize = 64 * 1024;
    private const int MaximumRosterFileSize = 4 * 1024 * 1024;

    private readonly string _path;
    private readonly RandomSource _random;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();

    private FederationFolder(string path, string federation, RandomSource random, TimeProvider time) =>
        (_path, Federation, _random, _time) = (path, federation, random, time);

    /// <summary>The federation's name.</summary>
    public string Federation { get; }

    /// <summary>Everybody who was ever enrolled, ascending by name.</summary>
    /// <exception cref="InvalidDataException">The list cannot be read.</exception>
    public ImmutableArray<EnrolledParty> Parties => ReadParties();

    /// <summary>The entries of those who take part now, ascending by name: the most that a round's roster can be.</summary>
    public ImmutableArray<RosterEntry> Roster =>
        [.. ReadParties().Where(party => party.IsActive).Select(party => party.Enrolment)];

    /// <summary>Founds a federation in a folder that is empty or not there.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="federation">The federation's name, written like a participant id.</param>
    /// <param name="random">Secrets of invitations and serial numbers are drawn from it.</param>
    /// <param name="time">The clock of all dates.</param>
    /// <exception cref="FormatException">The name is malformed.</exception>
    /// <exception cref="IOException">The folder has something in it, or cannot be written.</exception>
    public static FederationFolder Found(string path, string federation, RandomSource random, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        using FederationAuthority authority = FederationAuthority.Create(federation, random, time);
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new IOException($"'{path}' has something in it. Name a folder that is empty or not there.");
        }

        FolderFile.CreateFolder(path);
        FolderFile.CreateFolder(Path.Combine(path, InvitationFolder));
        FederationFolder folder = new(Path.GetFullPath(path), authority.Federation, random, time);
        using X509Certificate2 certificate = authority.PublicCertificate();
        char[] key = authority.ExportKeyPem();
        try
        {
            FolderFile.ReplaceSecret(folder.PathOf(AuthorityKeyFile), key);
        }
        finally
        {
            key.AsSpan().Clear();
        }

        FolderFile.ReplaceSecret(folder.PathOf(AuthorityFile), certificate.ExportCertificatePem());
        folder.WriteParties([]);

        // Last: a folder with a name is complete.
        FolderFile.ReplaceSecret(folder.PathOf(NameFile), authority.Federation);
        return folder;
    }

    /// <summary>Opens a federation's folder.</summary>
    /// <exception cref="FileNotFoundException">There is no federation in it.</exception>
    /// <exception cref="InvalidDataException">What is in it cannot be read.</exception>
    public static FederationFolder Open(string path, RandomSource random, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(time);
        string nameFile = Path.Combine(path, NameFile);
        if (!File.Exists(nameFile))
        {
            throw new FileNotFoundException(
                $"There is no federation in '{path}'. Found one there first, or name the folder of one.",
                nameFile
            );
        }

        string name = new(FolderFile.ReadText(nameFile, ParticipantId.MaximumLength));
        if (!ParticipantId.TryParse(name, out _))
        {
            throw new InvalidDataException($"'{nameFile}' does not hold the name of a federation.");
        }

        FederationFolder folder = new(Path.GetFullPath(path), name, random, time);
        folder.ReadParties();
        return folder;
    }

    /// <summary>The authority, with its key. Dispose it.</summary>
    /// <exception cref="CryptographicException">The stored certificate and key do not fit.</exception>
    public FederationAuthority OpenAuthority()
    {
        char[] key = FolderFile.ReadText(PathOf(AuthorityKeyFile), MaximumKeyFileSize);
        try
        {
            return FederationAuthority.FromPem(
                Federation,
                FolderFile.ReadText(PathOf(AuthorityFile), MaximumKeyFileSize),
                key,
                _random,
                _time
            );
        }
        finally
        {
            key.AsSpan().Clear();
        }
    }

    /// <summary>The authority's certificate. Dispose it.</summary>
    public X509Certificate2 AuthorityCertificate() =>
        X509Certificate2.CreateFromPem(FolderFile.ReadText(PathOf(AuthorityFile), MaximumKeyFileSize));

    /// <summary>Opens an invitation; an open one of the same name is replaced.</summary>
    /// <param name="party">Whom it is for.</param>
    /// <param name="lifetime">At most <see cref="MaximumInvitationLifetime"/>; null for <see cref="DefaultInvitationLifetime"/>.</param>
    /// <returns>The code, to be handed over on another way than the network. Dispose it.</returns>
    /// <exception cref="EnrolmentRefusedException">The name is taken, or the federation is full.</exception>
    public InvitationCode Invite(ParticipantId party, TimeSpan? lifetime = null)
    {
        TimeSpan open = lifetime ?? DefaultInvitationLifetime;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(open, TimeSpan.Zero, nameof(lifetime));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(open, MaximumInvitationLifetime, nameof(lifetime));
        using FileStream held = Hold();
        RequireRoom(party, ReadParties());
        using X509Certificate2 authority = AuthorityCertificate();
        var code = InvitationCode.Draw(authority, _random);
        char[] text = code.ToText();
        try
        {
            // One line: the end in Unix seconds, a space, the code.
            long end = (_time.GetUtcNow() + open).ToUnixTimeSeconds();
            FolderFile.ReplaceSecret(
                InvitationOf(party),
                [.. string.Create(CultureInfo.InvariantCulture, $"{end} "), .. text]
            );
            return code;
        }
        catch
        {
            code.Dispose();
            throw;
        }
        finally
        {
            text.AsSpan().Clear();
        }
    }

    /// <summary>Enrols a party: its invitation is spent, its key pinned, and its certificate issued.</summary>
    /// <param name="request">The request, as it came over the wire.</param>
    /// <param name="suite">The suite of protocol keys.</param>
    /// <returns>Its certificate.</returns>
    /// <exception cref="EnrolmentRefusedException">It was not enrolled; its invitation is as it was.</exception>
    /// <exception cref="IOException">The folder cannot be written, or another process holds it for longer than ten seconds.</exception>
    public X509Certificate2 Enrol(EnrolmentRequest request, ProtocolSuite suite)
    {
        ArgumentNullException.ThrowIfNull(request);
        using FileStream held = Hold();
        ImmutableArray<EnrolledParty> parties = ReadParties();
        RequireRoom(request.Party, parties);
        DateTimeOffset now = _time.GetUtcNow();
        using (InvitationCode code = ReadInvitation(request.Party, now))
        {
            if (!request.IsProven(Federation, suite, code))
            {
                throw new EnrolmentRefusedException(EnrolmentFault.NotProven, request.Party);
            }
        }

        using FederationAuthority authority = OpenAuthority();
        X509Certificate2 certificate;
        try
        {
            certificate = authority.IssueParty(request.CertificateRequest.Span, request.Party);
        }
        catch (CryptographicException malformed)
        {
            throw new EnrolmentRefusedException(EnrolmentFault.NotProven, request.Party, malformed);
        }

        // Pinned before the invitation is gone: after a crash in between the name is taken, and nobody else can use it.
        WriteParties([
            .. parties,
            new EnrolledParty(new RosterEntry(request.Party, request.ProtocolKey), now, LeftAt: null),
        ]);
        File.Delete(InvitationOf(request.Party));
        return certificate;
    }

    /// <summary>Takes a party off: it is in no round that begins after this, and its name stays taken.</summary>
    /// <returns>False when it was not taking part.</returns>
    public bool Remove(ParticipantId party)
    {
        using FileStream held = Hold();
        ImmutableArray<EnrolledParty> parties = ReadParties();
        File.Delete(InvitationOf(party));
        int at = parties.ToList().FindIndex(known => known.Enrolment.Id == party && known.IsActive);
        if (at < 0)
        {
            return false;
        }

        WriteParties(parties.SetItem(at, parties[at] with { LeftAt = _time.GetUtcNow() }));
        return true;
    }

    private static void RequireRoom(ParticipantId party, ImmutableArray<EnrolledParty> parties)
    {
        if (party.IsDefault)
        {
            throw new ArgumentException("The default participant id names nobody.", nameof(party));
        }

        if (parties.Any(known => known.Enrolment.Id == party))
        {
            throw new EnrolmentRefusedException(EnrolmentFault.NameTaken, party);
        }

        if (parties.Length >= MaximumParties)
        {
            throw new EnrolmentRefusedException(EnrolmentFault.FederationFull, party);
        }
    }

    private InvitationCode ReadInvitation(ParticipantId party, DateTimeOffset now)
    {
        string path = InvitationOf(party);
        if (!File.Exists(path))
        {
            throw new EnrolmentRefusedException(EnrolmentFault.NotInvited, party);
        }

        char[] line = FolderFile.ReadText(path, 1024);
        try
        {
            int space = Array.IndexOf(line, ' ');
            if (
                space < 0
                || !long.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out long end)
            )
            {
                throw new InvalidDataException($"'{path}' is not an invitation. Delete it and invite again.");
            }

            if (now.ToUnixTimeSeconds() >= end)
            {
                throw new EnrolmentRefusedException(EnrolmentFault.InvitationExpired, party);
            }

            return InvitationCode.TryParse(line.AsSpan(space + 1))
                ?? throw new InvalidDataException($"'{path}' is not an invitation. Delete it and invite again.");
        }
        finally
        {
            line.AsSpan().Clear();
        }
    }

    private ImmutableArray<EnrolledParty> ReadParties()
    {
        string path = PathOf(RosterFile);
        try
        {
            StoredParty[] stored =
                JsonSerializer.Deserialize(
                    FolderFile.ReadText(path, MaximumRosterFileSize),
                    RosterJson.Default.StoredPartyArray
                ) ?? throw new FormatException("it is null");
            return
            [
                .. stored
                    .Select(party => new EnrolledParty(
                        new RosterEntry(ParticipantId.Parse(party.Id), Convert.FromHexString(party.PublicKey)),
                        party.Since,
                        party.LeftAt
                    ))
                    .OrderBy(party => party.Enrolment.Id),
            ];
        }
        catch (Exception broken) when (broken is JsonException or FormatException or FileNotFoundException)
        {
            throw new InvalidDataException(
                $"'{path}' is not a list of parties ({broken.Message}). Restore it from a copy; pinned keys cannot be guessed.",
                broken
            );
        }
    }

    private void WriteParties(ImmutableArray<EnrolledParty> parties) =>
        FolderFile.Replace(
            PathOf(RosterFile),
            JsonSerializer.SerializeToUtf8Bytes(
                [
                    .. parties
                        .OrderBy(party => party.Enrolment.Id)
                        .Select(party => new StoredParty(
                            party.Enrolment.Id.ToString(),
                            Convert.ToHexStringLower(party.Enrolment.SigningKey.Span),
                            party.Since,
                            party.LeftAt
                        )),
                ],
                RosterJson.Default.StoredPartyArray
            )
        );

    private string PathOf(string file) => Path.Combine(_path, file);

    // A participant id has no separator and is not "." or "..", because of what follows it here.
    private string InvitationOf(ParticipantId party) => Path.Combine(_path, InvitationFolder, $"{party}.invitation");

    // Two processes that change the folder wait for each other; changes take milliseconds.
    private FileStream Hold()
    {
        const int Attempts = 100;
        using Lock.Scope scope = _lock.EnterScope();
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(PathOf(LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < Attempts)
            {
                using ManualResetEventSlim pause = new();
                pause.Wait(TimeSpan.FromMilliseconds(100));
            }
        }
    }
}
