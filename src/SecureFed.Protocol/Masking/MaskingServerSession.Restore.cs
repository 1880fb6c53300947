using SecureFed.Core;

namespace SecureFed.Protocol;

/// <content>How a restarted server takes its stored decisions back, and a late survivor its result. Nothing is believed before it was checked.</content>
public sealed partial class MaskingServerSession
{
    /// <summary>Rebuilds the session from the decisions it stored, in their order, and announces the last one again.</summary>
    /// <param name="setup">The same setup as before the crash.</param>
    /// <param name="records">The records of this attempt, oldest first; may be empty: then the attempt starts anew.</param>
    /// <param name="resumed">What the host must do now.</param>
    /// <exception cref="FormatException">A record is damaged, of another round, or out of order.</exception>
    public static MaskingServerSession Restore(
        ServerSetup setup,
        IReadOnlyList<DurableRecord> records,
        out Step<AggregateResult> resumed
    )
    {
        MaskingServerSession session = new(setup);
        resumed = session.Replay(records);
        return session;
    }

    private protected override RoundEnding<AggregateResult>? Apply(DurableRecord record)
    {
        if (record.Session != CurrentSession)
        {
            throw new FormatException(
                "A stored decision belongs to another round, attempt or cohort. Pass the records of this attempt only."
            );
        }

        switch (record.Kind, CurrentPhase)
        {
            case (DurableRecordKind.ServerCohort, RoundPhase.AdvertiseKeys):
                ApplyCohort(record);
                CurrentPhase = RoundPhase.ShareKeys;
                return null;

            case (DurableRecordKind.ServerSharers, RoundPhase.ShareKeys):
                ApplySharers(record);
                CurrentPhase = RoundPhase.MaskedInput;
                return null;

            case (DurableRecordKind.ServerSurvivors, RoundPhase.MaskedInput):
                ApplySurvivors(record);
                CurrentPhase = RoundPhase.Consistency;
                return null;

            case (DurableRecordKind.ServerSigners, RoundPhase.Consistency):
                ApplySigners(record);
                CurrentPhase = RoundPhase.Unmask;
                return null;

            case (DurableRecordKind.ServerResult, RoundPhase.Unmask):
                RingVector sum = ApplyResult(record);
                return CompletedEnding(sum);

            case (DurableRecordKind.ServerAborted, not RoundPhase.Ended):
                return ApplyAborted(record);

            default:
                throw OutOfOrder(record);
        }
    }

    private void ApplyCohort(DurableRecord record)
    {
        if (
            DecodeStored(record.Content) is not ProtocolMessage.CohortAnnouncement cohort
            || cohort.Session != DescriptorDigest
            || cohort.Advertisements.Length < Descriptor.MinimumSurvivors
            || cohort.Advertisements[^1].Sender >= RosterSize
        )
        {
            throw OutOfOrder(record);
        }

        foreach (ProtocolMessage.KeyAdvertisement advertisement in cohort.Advertisements)
        {
            if (
                !IsSigned(advertisement, MessageCodec.SignedContent(advertisement))
                || AcceptKeys(advertisement) is not null
            )
            {
                throw OutOfOrder(record);
            }

            MarkAccepted(advertisement);
        }

        if (!TryFixCohort(cohort))
        {
            throw OutOfOrder(record);
        }
    }

    private void ApplySharers(DurableRecord record)
    {
        foreach (ReadOnlyMemory<byte> stored in ServerRecords.Unpack(record.Content))
        {
            if (
                DecodeStored(stored) is not ProtocolMessage.EncryptedShares shares
                || shares.Session != Cohort.Digest
                || SignedContentOf(shares) is not { } content
                || !IsSigned(shares, content)
                || !_dealt.TryAdd(shares.Sender, shares)
            )
            {
                throw OutOfOrder(record);
            }

            MarkAccepted(shares);
        }

        _sharers = PartySet.Of(RosterSize, _dealt.Keys);
        if (_sharers.Count < Descriptor.MinimumSurvivors)
        {
            throw OutOfOrder(record);
        }
    }

    private void ApplySurvivors(DurableRecord record)
    {
        bool known = true;
        _survivors = ServerRecords.UnpackSurvivors(
            record.Content,
            RosterSize,
            (dealer, complainant) =>
            {
                known &= _sharers.Contains(complainant) && MayComplain(complainant, dealer);
                _blame.AddComplaint(dealer, complainant);
            },
            out ReadOnlyMemory<byte> masked
        );
        if (!known || !_survivors.IsSubsetOf(_sharers) || _survivors.Count < Descriptor.MinimumSurvivors)
        {
            throw OutOfOrder(record);
        }

        _maskedSum = UnpackSum(masked);
        _paths.Clear();
        MarkAccepted(_survivors, MessageType.MaskedInput);
    }

    private void ApplySigners(DurableRecord record)
    {
        if (
            DecodeStored(record.Content) is not ProtocolMessage.UnmaskRequest request
            || request.Session != Cohort.Digest
            || !request.Survivors.Equals(_survivors)
            || request.Signatures.Length < Descriptor.Threshold
        )
        {
            throw OutOfOrder(record);
        }

        foreach (SurvivorSignature entry in request.Signatures)
        {
            ProtocolMessage.ConsistencySignature signature = new(
                Cohort.Digest,
                entry.Signer,
                _sharers,
                _survivors,
                entry.Signature
            );
            if (
                !_survivors.Contains(entry.Signer)
                || !IsSigned(signature, MessageCodec.SignedContent(signature))
                || !_signatures.TryAdd(entry.Signer, entry)
            )
            {
                throw OutOfOrder(record);
            }

            MarkAccepted(signature);
        }

        FixSigners(PartySet.Of(RosterSize, _signatures.Keys));
    }

    private RingVector ApplyResult(DurableRecord record)
    {
        PartySet contributors = ServerRecords.UnpackSurvivors(
            record.Content,
            RosterSize,
            (_, _) => { },
            out ReadOnlyMemory<byte> result
        );
        if (!contributors.Equals(_survivors))
        {
            throw OutOfOrder(record);
        }

        RingVector sum = UnpackSum(result);
        if (!Unmasking.IsInRange(Encoding, sum, contributors.Count))
        {
            throw OutOfOrder(record);
        }

        MarkAccepted(_signers, MessageType.UnmaskShares);
        FixResult(result.Span);
        return sum;
    }

    private protected override bool AwaitsResult(ProtocolMessage.FromClient late) =>
        _result is not null
        && late is ProtocolMessage.ConsistencySignature signature
        && signature.Sharers.Equals(_sharers)
        && signature.Survivors.Equals(_survivors)
        && IsSigned(signature, MessageCodec.SignedContent(signature));

    private bool IsSigned(ProtocolMessage.FromClient message, byte[] content) =>
        message.Sender < RosterSize
        && Setup.Suite.VerifySignature(
            Descriptor.Roster[message.Sender].SigningKey.Span,
            content,
            message.Signature.Span
        );

    private RingVector UnpackSum(ReadOnlyMemory<byte> packed)
    {
        RingVector sum = new(Encoding.Ring, Encoding.RingLength);
        return RingPacking.TryUnpack(packed.Span, sum)
            ? sum
            : throw new FormatException("A stored sum is damaged: it has another length than the round's vectors.");
    }

    private FormatException OutOfOrder(DurableRecord record) =>
        new(
            $"A stored decision ({record.Kind}) is damaged or does not follow phase {CurrentPhase}. Pass the records of this attempt in their order."
        );
}
