using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Why a client leaves, and whom it names.</summary>
internal sealed record ClientRefusal(AbortReason Reason, params ushort[] Named);

/// <summary>What a client checks in a cohort announcement. spec 03-masking#cohort-1 and following.</summary>
internal static class CohortChecks
{
    /// <param name="setup">The client's setup.</param>
    /// <param name="self">This client.</param>
    /// <param name="own">What it advertised.</param>
    /// <param name="announcement">The server's word.</param>
    /// <param name="cohort">The cohort, unless it is refused.</param>
    public static ClientRefusal? Check(
        ClientSetup setup,
        ushort self,
        ProtocolMessage.KeyAdvertisement own,
        ProtocolMessage.CohortAnnouncement announcement,
        out CohortView? cohort
    )
    {
        cohort = null;
        ImmutableArray<ProtocolMessage.KeyAdvertisement> entries = announcement.Advertisements;
        if (entries.FirstOrDefault(entry => entry.Sender >= setup.Descriptor.Roster.Length) is not null)
        {
            return new(AbortReason.UnknownIdentity);
        }

        if ((CheckSize(setup, entries.Length) ?? CheckOwn(self, own, entries)) is { } refused)
        {
            return refused;
        }

        CohortView? fixedCohort = CohortView.TryCreate(setup.Descriptor, announcement.Session, entries);
        if (fixedCohort is null)
        {
            // A6
            return new(AbortReason.GraphMismatch);
        }

        // spec 03-masking#graph-4: whoever neither masks with this client nor holds its shares is vouched for by others.
        PartySet checkedHere = PartySet.Of(
            setup.Descriptor.Roster.Length,
            fixedCohort.Graph.NeighboursOf(self).Append(self)
        );
        if ((CheckKeys(setup, entries, checkedHere) ?? CheckSignatures(setup, entries, checkedHere)) is { } bad)
        {
            return bad;
        }

        cohort = fixedCohort;
        return null;
    }

    // A1, A5, A16: too few peers for the threshold, for the local floor, or for the promised survivors.
    internal static ClientRefusal? CheckSize(ClientSetup setup, int count) =>
        count < setup.Descriptor.Threshold ? new(AbortReason.NotEnoughPeers)
        : count < setup.Policy.LeastCohort(setup.Descriptor) ? new(AbortReason.CohortTooSmall)
        : count < setup.Descriptor.MinimumSurvivors ? new(AbortReason.NotEnoughSurvivors)
        : null;

    // A1: with fewer than t holders left nobody can take this client's masks out of the sum. spec 03-masking#graph-5
    internal static ClientRefusal? CheckHolders(CohortView cohort, ushort self, PartySet present) =>
        cohort.Graph.HoldersOf(self).Count(holder => present.Contains(holder)) < cohort.Graph.Threshold
            ? new(AbortReason.NotEnoughPeers)
            : null;

    // A2, and keys of this client shown as another's.
    private static ClientRefusal? CheckOwn(
        ushort self,
        ProtocolMessage.KeyAdvertisement own,
        ImmutableArray<ProtocolMessage.KeyAdvertisement> entries
    )
    {
        ProtocolMessage.KeyAdvertisement[] mine = [.. entries.Where(entry => entry.Sender == self)];
        if (
            mine.Length != 1
            || !mine[0].ChannelKey.Span.SequenceEqual(own.ChannelKey.Span)
            || !mine[0].MaskKey.Span.SequenceEqual(own.MaskKey.Span)
            || mine[0].SeedCommitment != own.SeedCommitment
        )
        {
            return new(AbortReason.OwnKeyAltered, self);
        }

        foreach (ProtocolMessage.KeyAdvertisement entry in entries)
        {
            if (entry.Sender != self && (IsOwn(entry.ChannelKey.Span) || IsOwn(entry.MaskKey.Span)))
            {
                return new(AbortReason.OwnKeyReflected, entry.Sender);
            }
        }

        return null;

        bool IsOwn(ReadOnlySpan<byte> key) =>
            key.SequenceEqual(own.ChannelKey.Span) || key.SequenceEqual(own.MaskKey.Span);
    }

    // A3 and the validity of every point.
    private static ClientRefusal? CheckKeys(
        ClientSetup setup,
        ImmutableArray<ProtocolMessage.KeyAdvertisement> entries,
        PartySet checkedHere
    )
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (ProtocolMessage.KeyAdvertisement entry in entries)
        {
            if (
                checkedHere.Contains(entry.Sender)
                && (
                    !setup.Suite.IsValidAgreementPublicKey(entry.ChannelKey.Span)
                    || !setup.Suite.IsValidAgreementPublicKey(entry.MaskKey.Span)
                )
            )
            {
                return new(AbortReason.InvalidPoint, entry.Sender);
            }

            if (
                !seen.Add(Convert.ToHexString(entry.ChannelKey.Span))
                || !seen.Add(Convert.ToHexString(entry.MaskKey.Span))
            )
            {
                return new(AbortReason.KeyReused, entry.Sender);
            }
        }

        return null;
    }

    // A4: the entry is signed over D by the pinned key of its sender.
    private static ClientRefusal? CheckSignatures(
        ClientSetup setup,
        ImmutableArray<ProtocolMessage.KeyAdvertisement> entries,
        PartySet checkedHere
    )
    {
        foreach (ProtocolMessage.KeyAdvertisement entry in entries)
        {
            if (
                checkedHere.Contains(entry.Sender)
                && !setup.Suite.VerifySignature(
                    setup.Descriptor.Roster[entry.Sender].SigningKey.Span,
                    MessageCodec.SignedContent(entry),
                    entry.Signature.Span
                )
            )
            {
                return new(AbortReason.BadSignature, entry.Sender);
            }
        }

        return null;
    }
}

/// <summary>What a client checks in a share delivery, and what it complains about. spec 03-masking#shares-3</summary>
internal static class DeliveryChecks
{
    public static ClientRefusal? Check(
        ClientSetup setup,
        ushort self,
        CohortView cohort,
        ProtocolMessage.ShareDelivery delivery
    )
    {
        if (!delivery.Sharers.IsSubsetOf(cohort.Members))
        {
            return new(AbortReason.UnknownIdentity);
        }

        if (!delivery.Sharers.Contains(self))
        {
            return new(AbortReason.NotInSurvivorSet, self);
        }

        if (CohortChecks.CheckSize(setup, delivery.Sharers.Count) is { } tooSmall)
        {
            return tooSmall;
        }

        if (CohortChecks.CheckHolders(cohort, self, delivery.Sharers) is { } tooFew)
        {
            return tooFew;
        }

        // A9: exactly one envelope for each dealer of whom this client is a holder, but itself.
        if (
            !delivery
                .Envelopes.Select(envelope => envelope.Dealer)
                .SequenceEqual(cohort.Graph.NeighboursOf(self).Where(dealer => delivery.Sharers.Contains(dealer)))
        )
        {
            return new(AbortReason.InvalidShare);
        }

        foreach (ShareEnvelope envelope in delivery.Envelopes)
        {
            Digest leaf = ShareTree.Leaf(cohort.Digest, envelope.Dealer, self, envelope.Share);
            if (
                !ShareTree.TryRootFromPath(
                    leaf,
                    cohort.Graph.PlaceOf(self, envelope.Dealer),
                    cohort.Graph.HoldersOf(envelope.Dealer).Length,
                    envelope.Path,
                    out Digest root
                )
                || !setup.Suite.VerifySignature(
                    setup.Descriptor.Roster[envelope.Dealer].SigningKey.Span,
                    MessageCodec.SignedContentOfShares(cohort.Digest, envelope.Dealer, root),
                    envelope.DealerSignature.Span
                )
            )
            {
                // An honest server verified the dealer's signature before: this is not what the dealer signed.
                return new(AbortReason.BadSignature, envelope.Dealer);
            }
        }

        return null;
    }

    /// <summary>Opens every envelope into <paramref name="held"/>; a bad one counts as missing and is complained about (A8).</summary>
    public static ImmutableArray<ShareComplaint> OpenAll(
        ProtocolSuite suite,
        CohortView cohort,
        ushort self,
        ChannelKeys channels,
        ProtocolMessage.ShareDelivery delivery,
        Dictionary<ushort, HeldShare> held
    )
    {
        ImmutableArray<ShareComplaint>.Builder complaints = ImmutableArray.CreateBuilder<ShareComplaint>();
        foreach (ShareEnvelope envelope in delivery.Envelopes)
        {
            HeldShare? pair = HeldShare.TryOpen(
                suite,
                channels.From(envelope.Dealer),
                cohort.Digest,
                envelope.Dealer,
                self,
                envelope.Share.Ciphertext.Span
            );
            if (pair is null)
            {
                complaints.Add(new(envelope.Dealer, PeerFaultKind.ShareDecryptFailed));
            }
            else if (!pair.Matches(cohort.Digest, envelope.Dealer, self, envelope.Share))
            {
                pair.Dispose();
                complaints.Add(new(envelope.Dealer, PeerFaultKind.ShareCommitmentMismatch));
            }
            else
            {
                held.Add(envelope.Dealer, pair);
            }
        }

        return complaints.ToImmutable();
    }
}

/// <summary>What a client checks before it signs a survivor set, and before it reveals shares. spec 03-masking#consistency-1</summary>
internal static class SurvivorChecks
{
    public static ClientRefusal? CheckSet(
        ClientSetup setup,
        ushort self,
        CohortView cohort,
        PartySet sharers,
        PartySet survivors
    )
    {
        if (!survivors.IsSubsetOf(sharers))
        {
            return new(AbortReason.UnknownIdentity);
        }

        if (!survivors.Contains(self))
        {
            return new(AbortReason.NotInSurvivorSet, self);
        }

        // A16: U is counted on U3.
        return survivors.Count < setup.Descriptor.MinimumSurvivors
            ? new(AbortReason.NotEnoughSurvivors)
            : CohortChecks.CheckSize(setup, survivors.Count) ?? CohortChecks.CheckHolders(cohort, self, survivors);
    }

    public static ClientRefusal? CheckSignatures(
        ClientSetup setup,
        CohortView cohort,
        PartySet sharers,
        PartySet survivors,
        ProtocolMessage.UnmaskRequest request
    )
    {
        // spec 03-masking#unmask-1, A11: the set is the one this client signed.
        if (!request.Survivors.Equals(survivors))
        {
            return new(AbortReason.SurvivorSetConflict);
        }

        HashSet<ushort> signers = [];
        foreach (SurvivorSignature entry in request.Signatures)
        {
            if (!survivors.Contains(entry.Signer))
            {
                return new(AbortReason.UnknownIdentity);
            }

            if (!signers.Add(entry.Signer))
            {
                return new(AbortReason.DuplicateIdentity, entry.Signer);
            }

            // spec 03-masking#graph-4: τ valid ones say all there is to say, and verifying is what a large cohort pays for.
            if (setup.Descriptor.Scheme == SchemeKind.MaskedSparse && signers.Count > setup.Descriptor.Threshold)
            {
                continue;
            }

            ProtocolMessage.ConsistencySignature rebuilt = new(
                cohort.Digest,
                entry.Signer,
                sharers,
                survivors,
                entry.Signature
            );
            if (
                !setup.Suite.VerifySignature(
                    setup.Descriptor.Roster[entry.Signer].SigningKey.Span,
                    MessageCodec.SignedContent(rebuilt),
                    entry.Signature.Span
                )
            )
            {
                // Its signer saw other sets, or the server made it up.
                return new(AbortReason.SurvivorSetConflict, entry.Signer);
            }
        }

        // A12: t valid signatures over one and the same survivor set before any share leaves.
        return signers.Count < setup.Descriptor.Threshold ? new(AbortReason.NotEnoughSignatures) : null;
    }
}
