using SecureFed.Core;

namespace SecureFed;

/// <summary>A party was not invited or not enrolled. Nothing was changed.</summary>
public sealed class EnrolmentRefusedException : Exception
{
    internal EnrolmentRefusedException(EnrolmentFault fault, ParticipantId party, Exception? inner = null)
        : base(Explain(fault, party), inner) => (Fault, Party) = (fault, party);

    /// <summary>Why.</summary>
    public EnrolmentFault Fault { get; }

    /// <summary>Whose name was asked for.</summary>
    public ParticipantId Party { get; }

    private static string Explain(EnrolmentFault fault, ParticipantId party) =>
        fault switch
        {
            EnrolmentFault.NotInvited =>
                $"There is no open invitation for '{party}'. Ask the operator for a new one; each is good for one name, once.",
            EnrolmentFault.InvitationExpired =>
                $"The invitation of '{party}' has expired. Ask the operator for a new one.",
            EnrolmentFault.NotProven =>
                $"The request of '{party}' does not fit its invitation. Check the code, and that it was made for this name.",
            EnrolmentFault.NameTaken =>
                $"'{party}' is enrolled or was. A name stays with its key: choose another, also for a party that lost its key.",
            EnrolmentFault.FederationFull =>
                $"'{party}' does not fit in: a federation has at most {FederationFolder.MaximumParties} parties, those that left included.",
            _ => $"'{party}' was refused.",
        };
}
