using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>One enrolled party of a federation in one process: its name, its long-term signing key and its journal.</summary>
/// <remarks>Immutable and as thread-safe as its parts. It does not own the signer: whoever made the key disposes it.</remarks>
public sealed class FederationMember
{
    /// <summary>Creates a member.</summary>
    /// <param name="id">Its name; not the default value.</param>
    /// <param name="signer">Its long-term key, in the suite's encoding.</param>
    /// <param name="journal">What it remembers across rounds.</param>
    /// <param name="gate">Its account of rounds with noise; null refuses them.</param>
    public FederationMember(ParticipantId id, ISigner signer, IClientJournal journal, PrivacyGate? gate = null)
    {
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentNullException.ThrowIfNull(journal);
        if (id.IsDefault)
        {
            throw new ArgumentException("A member needs a name; the default id names nobody.", nameof(id));
        }

        (Id, Signer, Journal, Gate) = (id, signer, journal, gate);
    }

    /// <summary>Its name.</summary>
    public ParticipantId Id { get; }

    /// <summary>Signs with its long-term key.</summary>
    public ISigner Signer { get; }

    /// <summary>What it remembers across rounds.</summary>
    public IClientJournal Journal { get; }

    /// <summary>Its account of rounds with noise; null refuses them.</summary>
    public PrivacyGate? Gate { get; }

    /// <summary>Its entry in the roster.</summary>
    public RosterEntry Enrolment => new(Id, Signer.PublicKey);

    /// <summary>A member with a fresh P-256 key from the platform and a journal in memory.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="gate">Its account of rounds with noise; null refuses them.</param>
    public static FederationMember Generate(ParticipantId id, PrivacyGate? gate = null) =>
        new(id, EcdsaP256Signer.Generate(), new InMemoryClientJournal(), gate);

    /// <summary>The name.</summary>
    public override string ToString() => Id.ToString();
}
