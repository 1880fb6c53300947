using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>Clients that deal, send or reveal wrong things: named, and never a wrong sum.</summary>
public class MaliciousClientTests
{
    private static readonly TestFederation s_five = TestFederation.Of(5);
    private static readonly TestFederation s_seven = TestFederation.Of(7);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void SHR_03_A_forged_share_names_the_liar_and_the_sum_stays_exact_with_enough_honest_shares(int liars)
    {
        // n = 7, t = 5: two liars leave five verified shares of every dealer.
        using MessageRound round = new(s_seven, new RoundPlan());
        round.Hook = sent => Lie(round, sent, sent.From < liars, dealer: 3);

        round.Run();

        round.AssertExact(0, 1, 2, 3, 4, 5, 6);
        Assert.Equal(
            Enumerable.Range(0, liars).Select(s_seven.IdOf),
            round
                .ServerFaults.Where(fault => fault.Kind == PeerFaultKind.ShareCommitmentMismatch)
                .Select(fault => fault.Who!.Value)
        );
    }

    [Fact]
    public void SHR_03_Too_few_honest_shares_end_in_a_typed_abort_that_names_the_liars()
    {
        using MessageRound round = new(s_seven, new RoundPlan());
        round.Hook = sent => Lie(round, sent, sent.From < 3, dealer: 3);

        round.Run();

        Assert.Equal(AbortReason.NotEnoughShares, round.Aborted.Reason);
        Assert.Equal(Ids(s_seven, 0, 1, 2), round.Aborted.Named);
        Assert.DoesNotContain(round.Sent, sent => sent.Type == MessageType.ResultAnnouncement);
    }

    [Fact]
    public void Shares_withheld_without_a_complaint_are_a_fault_and_too_many_of_them_name_who_withheld()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent =>
        {
            if (sent.Type != MessageType.UnmaskShares || sent.From > 1)
            {
                return [sent];
            }

            ProtocolMessage.UnmaskShares honest = Forge.Read<ProtocolMessage.UnmaskShares>(sent.Bytes);
            ISigner signer = s_five.Signers[sent.From!.Value];
            return [sent.With(Forge.Unmask(signer, honest, null, round.Set(0, 1, 2, 3), honest.Shares[..4]))];
        };

        round.Run();

        Assert.Equal(AbortReason.NotEnoughShares, round.Aborted.Reason);
        Assert.Equal(Ids(s_five, 0, 1), round.Aborted.Named);
        Assert.Equal(
            Ids(s_five, 0, 1),
            round
                .ServerFaults.Where(fault => fault.Kind == PeerFaultKind.InvalidShareList)
                .Select(fault => fault.Who!.Value)
        );
    }

    [Fact]
    public void One_client_that_withholds_one_share_costs_nothing()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent =>
            sent is { Type: MessageType.UnmaskShares, From: 1 } ? [sent.With(Withhold(round, sent, 1))] : [sent];

        round.Run();

        round.AssertExact(0, 1, 2, 3, 4);
    }

    [Fact]
    public void Shares_on_no_common_polynomial_name_the_dealer_and_leave_no_sum()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent => Deal(round, sent, honest => Inside.DealInconsistently(round, 1, honest, 0, 2, 3, 4));

        round.Run();

        Assert.Equal(AbortReason.ShareInconsistent, round.Aborted.Reason);
        Assert.Equal(s_five.IdOf(1), Assert.Single(round.Aborted.Named));
        Assert.DoesNotContain(round.ServerFaults, fault => fault.Kind == PeerFaultKind.ShareComplaint);
    }

    [Fact]
    public void Inconsistent_shares_of_a_dropped_dealer_name_it_too()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent =>
            sent is { Type: MessageType.MaskedInput, From: 1 }
                ? []
                : Deal(round, sent, honest => Inside.DealInconsistently(round, 1, honest, 0, 2, 3, 4));

        round.Run();

        Assert.Equal(AbortReason.ShareInconsistent, round.Aborted.Reason);
        Assert.Equal(s_five.IdOf(1), Assert.Single(round.Aborted.Named));
    }

    [Fact]
    public void A_share_that_does_not_open_is_complained_about_and_the_round_completes()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent => Deal(round, sent, honest => Spoil(round, honest, 2));

        round.Run();

        round.AssertExact(0, 1, 2, 3, 4);
        PeerFault complaint = Assert.Single(round.ServerFaults, fault => fault.Kind == PeerFaultKind.ShareComplaint);
        Assert.Equal((s_five.IdOf(2), s_five.IdOf(1)), (complaint.Who, complaint.About));
        (int client, PeerFault seen) = Assert.Single(round.ClientFaults);
        Assert.Equal((2, s_five.IdOf(1), PeerFaultKind.ShareDecryptFailed), (client, seen.Who!.Value, seen.Kind));
    }

    [Fact]
    public void A_share_that_does_not_match_its_commitment_is_complained_about()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent =>
            Deal(
                round,
                sent,
                honest =>
                    Inside.Redeal(
                        round,
                        1,
                        honest,
                        (holder, share) => holder == 2 ? share with { SeedCommitment = Digest.Of([1]) } : share
                    )
            );

        round.Run();

        round.AssertExact(0, 1, 2, 3, 4);
        Assert.Equal(PeerFaultKind.ShareCommitmentMismatch, Assert.Single(round.ClientFaults).Fault.Kind);
    }

    [Fact]
    public void More_bad_shares_than_parties_may_lie_name_the_dealer_alone_and_reveal_nothing()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent => Deal(round, sent, honest => Spoil(round, honest, 2, 3));

        round.Run();

        Assert.Equal(AbortReason.NotEnoughShares, round.Aborted.Reason);
        Assert.Equal(Ids(s_five, 1), round.Aborted.Named);
        Assert.DoesNotContain(round.Sent, sent => sent.Type == MessageType.UnmaskShares);
    }

    [Fact]
    public void Signers_that_stay_silent_at_unmasking_are_named()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent => sent is { Type: MessageType.UnmaskShares, From: 1 or 2 } ? [] : [sent];

        round.Run();

        Assert.Equal(AbortReason.NotEnoughPeers, round.Aborted.Reason);
        Assert.Equal(Ids(s_five, 1, 2), round.Aborted.Named);
    }

    [Fact]
    public void A_result_that_could_not_be_stored_is_forgotten()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Run();
        ReadOnlyMemory<byte> repeat = round
            .Sent.First(sent => sent is { Type: MessageType.UnmaskShares, From: 0 })
            .Bytes;
        RingVector sum = round.Result.Sum.Values;
        Assert.NotEmpty(round.ToServer(0, repeat).Send);

        round.ToServer(new RoundEvent.Stopped(AbortReason.StorageFailure));

        Assert.Empty(round.ToServer(0, repeat).Send);
        Assert.False(sum.NarrowLanes.ContainsAnyExcept(0u));
    }

    [Theory]
    [InlineData("one entry less", PeerFaultKind.InvalidShareList)]
    [InlineData("one entry more", PeerFaultKind.MessageTooLarge)]
    [InlineData("no entries", PeerFaultKind.InvalidShareList)]
    [InlineData("a short ciphertext", PeerFaultKind.InvalidShareList)]
    [InlineData("a ciphertext for itself", PeerFaultKind.InvalidShareList)]
    [InlineData("a signature over another root", PeerFaultKind.BadSignature)]
    public void A_malformed_deal_is_a_fault_and_the_dealer_is_out(string how, PeerFaultKind kind)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery sent = round.Take(MessageType.EncryptedShares, from: 1);
        ProtocolMessage.EncryptedShares honest = Forge.Read<ProtocolMessage.EncryptedShares>(sent.Bytes);
        ImmutableArray<DealtShare> list = honest.Shares;
        ImmutableArray<DealtShare> changed = how switch
        {
            "one entry less" => list[..4],
            "one entry more" => list[..4].AddRange(list[4], list[3]),
            "no entries" => [],
            "a short ciphertext" => list.SetItem(2, list[2] with { Ciphertext = list[2].Ciphertext[..50] }),
            "a ciphertext for itself" => list.SetItem(1, list[1] with { Ciphertext = list[2].Ciphertext }),
            _ => list.SetItem(2, Inside.Unreadable(list[2])),
        };
        ProtocolMessage.EncryptedShares message = new(honest.Session, honest.Sender, changed, honest.Signature);
        Digest before = round.Server.StateFingerprint();

        Step<AggregateResult> step = round.ToServer(1, Forge.Bytes(message));

        Inside.AssertFault(step, kind);
        Assert.Equal(before, round.Server.StateFingerprint());
        round.Run();
        round.AssertExact(0, 2, 3, 4);
    }

    [Fact]
    public void An_input_outside_the_lattice_leaves_no_sum()
    {
        using MessageRound round = new(
            s_five,
            new RoundPlan(),
            new RoundOptions
            {
                Corrupt = (party, values) => values[3] = party == 2 ? 1UL << (values.Ring.Bits - 1) : values[3],
            }
        );

        round.Run();

        Assert.Equal(AbortReason.AggregateOutOfRange, round.Aborted.Reason);
        Assert.DoesNotContain(round.Sent, sent => sent.Type == MessageType.ResultAnnouncement);
    }

    [Theory]
    [InlineData("one byte less", PeerFaultKind.LengthMismatch)]
    [InlineData("one byte more", PeerFaultKind.MessageTooLarge)]
    [InlineData("no bytes", PeerFaultKind.LengthMismatch)]
    [InlineData("padding bits", PeerFaultKind.LengthMismatch)]
    [InlineData("other sharers", PeerFaultKind.SetMismatch)]
    [InlineData("a complaint about itself", PeerFaultKind.UnknownIdentity)]
    [InlineData("a complaint about a stranger", PeerFaultKind.UnknownIdentity)]
    [InlineData("a signature of another", PeerFaultKind.BadSignature)]
    public void A_wrong_masked_input_is_a_fault_and_leaves_the_state_as_it_was(string how, PeerFaultKind kind)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery sent = round.Take(MessageType.MaskedInput, from: 1);
        round.Pending.RemoveAll(pending => pending.Type == MessageType.MaskedInput);
        ProtocolMessage.MaskedInput honest = Forge.Read<ProtocolMessage.MaskedInput>(sent.Bytes);
        ISigner signer = s_five.Signers[how == "a signature of another" ? 2 : 1];
        byte[] vector = honest.PackedVector.ToArray();
        ProtocolMessage.MaskedInput message = how switch
        {
            "one byte less" => Forge.Input(signer, honest, vector: vector.AsMemory(1)),
            "one byte more" => Forge.Input(signer, honest, vector: (byte[])[.. vector, 0]),
            "no bytes" => Forge.Input(signer, honest, vector: Array.Empty<byte>()),
            "padding bits" => Forge.Input(signer, honest, vector: Forge.FlipBit(vector, (vector.Length * 8) - 1)),
            "other sharers" => Forge.Input(signer, honest, sharers: round.Set(0, 1, 2, 3)),
            "a complaint about itself" => Forge.Input(
                signer,
                honest,
                complaints: [new(1, PeerFaultKind.ShareDecryptFailed)]
            ),
            "a complaint about a stranger" => Forge.Input(
                signer,
                honest,
                complaints: [new(4000, PeerFaultKind.ShareDecryptFailed)]
            ),
            _ => Forge.Input(signer, honest),
        };
        Digest before = round.Server.StateFingerprint();

        Step<AggregateResult> step = round.ToServer(1, Forge.Bytes(message));

        Inside.AssertFault(step, kind);
        Assert.Equal(before, round.Server.StateFingerprint());
    }

    [Fact]
    public void A_second_input_with_other_content_is_a_fault_and_the_first_one_counts()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery sent = round.Take(MessageType.MaskedInput, from: 1);
        round.Deliver(sent);
        ProtocolMessage.MaskedInput honest = Forge.Read<ProtocolMessage.MaskedInput>(sent.Bytes);
        Digest before = round.Server.StateFingerprint();

        Step<AggregateResult> other = round.ToServer(
            1,
            Forge.Bytes(Forge.Input(s_five.Signers[1], honest, vector: new byte[honest.PackedVector.Length]))
        );
        Step<AggregateResult> same = round.ToServer(1, sent.Bytes);

        Inside.AssertFault(other, PeerFaultKind.MessageChanged);
        Inside.AssertFault(same, PeerFaultKind.DuplicateMessage);
        Assert.Equal(before, round.Server.StateFingerprint());
        round.Run();
        round.AssertExact(0, 1, 2, 3, 4);
    }

    [Fact]
    public void An_input_after_the_decision_is_late_and_not_in_the_sum()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery late = round.Take(MessageType.MaskedInput, from: 4);
        round.Take(MessageType.SurvivorAnnouncement, to: 0);
        round.Pending.Clear();
        Digest before = round.Server.StateFingerprint();

        Step<AggregateResult> step = round.ToServer(4, late.Bytes);

        Inside.AssertFault(step, PeerFaultKind.LateMessage);
        Assert.Equal(before, round.Server.StateFingerprint());
    }

    [Theory]
    [InlineData("other sharers")]
    [InlineData("other survivors")]
    public void A_consistency_signature_over_other_sets_is_a_fault(string how)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Digest k = Forge.Read<ProtocolMessage>(round.Take(MessageType.ConsistencySignature, from: 1).Bytes).Session;
        PartySet smaller = round.Set(0, 1, 2, 3);
        Digest before = round.Server.StateFingerprint();

        Step<AggregateResult> step = round.ToServer(
            1,
            Forge.Bytes(
                Forge.Consistency(
                    s_five.Signers[1],
                    k,
                    1,
                    how == "other sharers" ? smaller : round.Everyone,
                    how == "other sharers" ? round.Everyone : smaller
                )
            )
        );

        Inside.AssertFault(step, PeerFaultKind.SetMismatch);
        Assert.Equal(before, round.Server.StateFingerprint());
        round.Run();
        round.AssertExact(0, 1, 2, 3, 4);
    }

    [Fact]
    public void Unmask_shares_for_other_survivors_are_a_fault()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        ProtocolMessage.UnmaskShares honest = Forge.Read<ProtocolMessage.UnmaskShares>(
            round.Take(MessageType.UnmaskShares, from: 1).Bytes
        );
        Digest before = round.Server.StateFingerprint();

        Step<AggregateResult> step = round.ToServer(
            1,
            Forge.Bytes(Forge.Unmask(s_five.Signers[1], honest, survivors: round.Set(0, 1, 2, 3)))
        );

        Inside.AssertFault(step, PeerFaultKind.SetMismatch);
        Assert.Equal(before, round.Server.StateFingerprint());
        round.Run();
        round.AssertExact(0, 1, 2, 3, 4);
    }

    private static ParticipantId[] Ids(TestFederation federation, params int[] parties) =>
        [.. parties.Select(federation.IdOf)];

    private static ProtocolMessage.EncryptedShares Spoil(
        MessageRound round,
        ProtocolMessage.EncryptedShares honest,
        params int[] holders
    ) =>
        Inside.Redeal(round, 1, honest, (holder, share) => holders.Contains(holder) ? Inside.Unreadable(share) : share);

    private static IEnumerable<Delivery> Deal(
        MessageRound round,
        Delivery sent,
        Func<ProtocolMessage.EncryptedShares, ProtocolMessage.EncryptedShares> change
    ) =>
        sent is { Type: MessageType.EncryptedShares, From: 1 }
            ? [sent.With(change(Forge.Read<ProtocolMessage.EncryptedShares>(sent.Bytes)))]
            : [sent];

    private static ProtocolMessage.UnmaskShares Withhold(MessageRound round, Delivery sent, int party)
    {
        ProtocolMessage.UnmaskShares honest = Forge.Read<ProtocolMessage.UnmaskShares>(sent.Bytes);
        PartySet without = PartySet.Of(round.Count, honest.Dealers.Members[1..]);
        return Forge.Unmask(round.Federation.Signers[party], honest, null, without, honest.Shares[1..]);
    }

    private static IEnumerable<Delivery> Lie(MessageRound round, Delivery sent, bool lies, int dealer)
    {
        if (sent.Type != MessageType.UnmaskShares || !lies)
        {
            return [sent];
        }

        ProtocolMessage.UnmaskShares honest = Forge.Read<ProtocolMessage.UnmaskShares>(sent.Bytes);
        RevealedShare share = honest.Shares[dealer];
        RevealedShare forged = new(Forge.FlipBit(share.Share, 5), share.Salt);
        ISigner signer = round.Federation.Signers[sent.From!.Value];
        return [sent.With(Forge.Unmask(signer, honest, shares: honest.Shares.SetItem(dealer, forged)))];
    }
}
