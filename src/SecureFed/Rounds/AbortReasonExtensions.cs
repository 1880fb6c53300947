using System.Globalization;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Reasons in words and where the specification treats them.</summary>
public static class AbortReasonExtensions
{
    /// <summary>The place in the specification, for example "spec/07-registry.md#abort-reasons, number 16".</summary>
    public static string SpecAnchor(this AbortReason reason) =>
        string.Create(CultureInfo.InvariantCulture, $"spec/07-registry.md#abort-reasons, number {(ushort)reason}");

    /// <summary>What happened and what the operator can do, in one or two sentences.</summary>
    public static string Describe(this AbortReason reason) =>
        reason switch
        {
            AbortReason.NotEnoughPeers =>
                "Too few parties took part in a step: fewer than the threshold t or the minimum U. Start the next attempt, with longer deadlines or more parties.",
            AbortReason.NotEnoughSurvivors =>
                "Fewer than U vectors arrived, so a sum would hide each input among too few. Start the next attempt, with longer deadlines or a smaller U that is still at least t.",
            AbortReason.NotEnoughSignatures =>
                "Fewer than t parties signed one survivor set. Start the next attempt; if it happens again, the parties may have been shown different sets.",
            AbortReason.NotEnoughShares =>
                "Fewer than t verified shares of one party's secret arrived. The named parties dealt bad shares or complained about good ones: leave them out of the next attempt.",
            AbortReason.ShareInconsistent =>
                "The shares of the named party are valid one by one but do not give the secret it committed to. Leave it out of the next attempt.",
            AbortReason.AggregateOutOfRange =>
                "The unmasked sum is larger than this many honest inputs can be: some input was not encoded by the plan. Who sent it cannot be seen.",
            AbortReason.RoundReplayed =>
                "A client joined this round and attempt, or a later one, before, or has a result of the round. Start a later attempt, or the next round.",
            AbortReason.CohortDifferencing =>
                "The survivors differ by too few parties from a set that a client signed before; the difference of the two sums would show their updates. Run the round with the same parties as before, or with more of them exchanged.",
            AbortReason.Cancelled => "The host cancelled the round.",
            AbortReason.DeadlineExceeded =>
                "A deadline passed. Start the next attempt, with longer deadlines if the parties are slow rather than gone.",
            AbortReason.StorageFailure =>
                "A durable record could not be stored, so nothing that depends on it was sent. Repair the storage; a server then resumes from its records.",
            AbortReason.UnprotectedRefused =>
                "The round is unprotected and a client's own configuration does not allow that.",
            AbortReason.PrivacyTooWeak =>
                "The round adds no noise, or less than a client's own configuration asks for, or the client keeps no account of it.",
            AbortReason.BudgetExceeded =>
                "A client's privacy budget does not allow the round. Stop here, or agree with the data's owner on a larger budget and open a new ledger.",
            AbortReason.CohortTooSmall or AbortReason.EffectiveCohortTooSmall or AbortReason.ThresholdTooLow =>
                "The round offers less protection than a client's own floors ask for. Raise U, t or the number of parties, or talk to the client's operator.",
            AbortReason.InputRefused => "The client's update does not fit the round's plan.",
            AbortReason.ModelMismatch => "The round is for another model than the one the update was trained from.",
            AbortReason.RosterMismatch or AbortReason.UnknownIdentity =>
                "The roster shows a party or a key that a client has not enrolled. Compare the enrolment of both sides out of band.",
            AbortReason.AbortedByServer => "The server ended the round without a registered reason.",
            _ =>
                $"A check of the protocol failed ({reason}): a peer or the server did not follow it, or the two sides run different versions.",
        };
}
