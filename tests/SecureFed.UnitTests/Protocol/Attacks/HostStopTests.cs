using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>What the host does to a session: stops it, ends its phases, loses its peers, restarts it, stores its marks.</summary>
public class HostStopTests
{
    private static readonly TestFederation s_five = TestFederation.Of(5);
    private static readonly MessageType[] s_requests =
    [
        MessageType.CohortAnnouncement,
        MessageType.ShareDelivery,
        MessageType.SurvivorAnnouncement,
        MessageType.UnmaskRequest,
        MessageType.ResultAnnouncement,
    ];

    [Theory]
    [InlineData(AbortReason.Cancelled)]
    [InlineData(AbortReason.DeadlineExceeded)]
    [InlineData(AbortReason.StorageFailure)]
    public void A_client_that_its_host_stops_says_why_and_keeps_no_secret(AbortReason reason)
    {
        foreach (MessageType awaited in s_requests)
        {
            using MessageRound round = new(s_five, new RoundPlan());
            round.Take(awaited, to: 0);
            List<SecretBytes> secrets = Inside.SecretsOf(round.Clients[0]);

            Step<ClientReceipt> step = round.ToClient(0, new RoundEvent.Stopped(reason));

            Assert.Equal(reason, Inside.ReasonOf(step.Ended));
            ProtocolMessage.ClientWithdrawal withdrawal = Forge.Read<ProtocolMessage.ClientWithdrawal>(
                Assert.Single(step.Send).Bytes
            );
            Assert.Equal(reason, withdrawal.Reason);
            Assert.All(secrets, secret => Assert.True(secret.IsDisposed));
        }
    }

    [Fact]
    public void A_client_that_is_stopped_before_it_joined_signs_and_sends_nothing()
    {
        using MessageRound round = new(s_five, new RoundPlan());

        Assert.Empty(round.ToClient(1, new RoundEvent.PhaseEnded(RoundPhase.None)).Send);
        Step<ClientReceipt> step = round.ToClient(0, new RoundEvent.Stopped(AbortReason.Cancelled));

        Assert.Equal(AbortReason.Cancelled, Inside.ReasonOf(step.Ended));
        Assert.Empty(step.Send);
        Assert.Null(step.StoreFirst);
    }

    [Fact]
    public void A_client_whose_phase_ends_leaves_with_DeadlineExceeded_and_an_old_deadline_does_nothing()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Take(MessageType.ShareDelivery, to: 0);

        Assert.Null(round.ToClient(0, new RoundEvent.PhaseEnded(RoundPhase.AdvertiseKeys)).Ended);
        List<SecretBytes> secrets = Inside.SecretsOf(round.Clients[0]);
        Step<ClientReceipt> step = round.ToClient(0, new RoundEvent.PhaseEnded(RoundPhase.ShareKeys));

        Assert.Equal(AbortReason.DeadlineExceeded, Inside.ReasonOf(step.Ended));
        Inside.AssertLeft(step, secrets);
    }

    [Fact]
    public void A_signer_that_fails_does_not_keep_the_secrets_alive()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        ISigner real = s_five.Signers[0];
        FailingSigner signer = new(real);
        using MaskingClientSession session = new(
            new ClientSetup
            {
                Descriptor = round.Descriptor,
                Self = s_five.IdOf(0),
                Signer = signer,
                Suite = P256Suite.Instance,
                Random = new SeededRandomSource(1),
                Policy = new RoundOptions().DefaultPolicy(s_five, round.Descriptor),
                History = ClientHistory.Empty,
                ExpectedModel = round.Descriptor.ModelDigest,
                Update = round.UpdateOf(0),
            }
        );
        session.Advance(new RoundEvent.Started());
        List<SecretBytes> secrets = Inside.SecretsOf(session);
        signer.Fails = true;

        Assert.Throws<InvalidOperationException>(() => session.Advance(new RoundEvent.Stopped(AbortReason.Cancelled)));

        Assert.True(session.HasEnded);
        Assert.NotEmpty(secrets);
        Assert.All(secrets, secret => Assert.True(secret.IsDisposed));
    }

    [Theory]
    [InlineData(AbortReason.Cancelled)]
    [InlineData(AbortReason.DeadlineExceeded)]
    [InlineData(AbortReason.StorageFailure)]
    public void A_server_that_its_host_stops_tells_everybody_and_tells_again_who_asks_again(AbortReason reason)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Take(MessageType.SurvivorAnnouncement, to: 0);
        Delivery last = round.Sent.FindLast(sent => sent is { From: 0, Type: MessageType.MaskedInput })!;

        Step<AggregateResult> step = round.ToServer(new RoundEvent.Stopped(reason));
        Step<AggregateResult> again = round.ToServer(0, last.Bytes);

        Assert.Equal(reason, Inside.ReasonOf(step.Ended));
        Assert.Equal(DurableRecordKind.ServerAborted, step.StoreFirst!.Kind);
        Assert.Equal(5, step.Send.Length);
        Assert.Equal(step.Send[0].Bytes.ToArray(), Assert.Single(again.Send).Bytes.ToArray());
    }

    [Fact]
    public void A_client_stores_joined_then_charged_then_the_survivor_set_each_before_what_it_covers()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        List<(DurableRecordKind? Stored, MessageType Sent)> steps = [];
        Note(round.ToClient(0, round.Take(MessageType.RoundInvitation, to: 0).Bytes));
        foreach (MessageType request in s_requests[..4])
        {
            Note(round.ToClient(0, round.Take(request, to: 0).Bytes));
        }

        Step<ClientReceipt> last = round.ToClient(0, round.Take(MessageType.ResultAnnouncement, to: 0).Bytes);

        Assert.Equal(DurableRecordKind.ClientResult, last.StoreFirst?.Kind);
        Assert.IsType<RoundEnding<ClientReceipt>.Completed>(last.Ended);
        Assert.Equal(
            [
                (DurableRecordKind.ClientJoined, MessageType.KeyAdvertisement),
                (null, MessageType.EncryptedShares),
                (DurableRecordKind.ClientCharged, MessageType.MaskedInput),
                (DurableRecordKind.ClientSurvivorSet, MessageType.ConsistencySignature),
                (null, MessageType.UnmaskShares),
            ],
            steps
        );
        byte[] signed = round
            .ClientRecords.Single(entry =>
                entry.Client == 0 && entry.Record.Kind == DurableRecordKind.ClientSurvivorSet
            )
            .Record.Content[..Digest.SizeInBytes]
            .ToArray();
        Assert.Equal(RoundDigests.SurvivorSets(round.K, round.Everyone, round.Everyone).ToArray(), signed);

        void Note(Step<ClientReceipt> step) => steps.Add((step.StoreFirst?.Kind, Assert.Single(step.Send).Type));
    }

    [Fact]
    public void After_a_restart_the_attempt_is_refused_and_the_next_one_is_joined()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Take(MessageType.UnmaskRequest, to: 0);
        ClientHistory history = ClientHistory.FromRecords(
            round.ClientRecords.Where(entry => entry.Client == 0).Select(entry => entry.Record)
        );
        RoundOptions restarted = new() { HistoryFor = _ => history };
        using ClientSession again = round.ClientOf(0, restarted);
        using MessageRound next = new(s_five, new RoundPlan { Attempt = 2 }, restarted);
        using MessageRound older = new(s_five, new RoundPlan { Round = 0 }, restarted);

        Step<ClientReceipt> refused = again.Advance(new RoundEvent.Started());

        Assert.Equal(AbortReason.RoundReplayed, Inside.ReasonOf(refused.Ended));
        Assert.Empty(refused.Send);
        Assert.Equal(AbortReason.RoundReplayed, Inside.ReasonOf(older.ToClient(0, new RoundEvent.Started()).Ended));
        Assert.Null(next.ToClient(0, new RoundEvent.Started()).Ended);
    }

    [Fact]
    public void Lost_connections_end_a_phase_without_its_deadline()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent => sent.From == 4 && sent.Type != MessageType.KeyAdvertisement ? [] : [sent];
        round.Take(MessageType.CohortAnnouncement, to: 4);

        round.ToServer(new RoundEvent.Disconnected(s_five.IdOf(4)));
        while (round.DeliverNext()) { }

        round.AssertExact(0, 1, 2, 3);
        Assert.DoesNotContain(round.ServerFaults, fault => fault.Kind == PeerFaultKind.TimedOut);
    }

    [Fact]
    public void A_client_that_comes_back_in_time_is_in_the_sum()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery delayed = round.Take(MessageType.EncryptedShares, from: 0);
        round.ToServer(new RoundEvent.Disconnected(s_five.IdOf(0)));

        round.Deliver(delayed);
        round.Run();

        round.AssertExact(0, 1, 2, 3, 4);
    }

    [Fact]
    public void A_withdrawal_before_the_input_drops_the_client_and_one_after_it_does_not()
    {
        foreach (bool after in new[] { false, true })
        {
            using MessageRound round = new(s_five, new RoundPlan());
            MessageType at = after ? MessageType.SurvivorAnnouncement : MessageType.ShareDelivery;
            round.Take(at, to: 2);

            round.ToClient(2, new RoundEvent.Stopped(AbortReason.Cancelled));
            while (round.DeliverNext()) { }

            round.AssertExact(after ? [0, 1, 2, 3, 4] : [0, 1, 3, 4]);
            Assert.Single(round.ServerFaults, fault => fault.Kind == PeerFaultKind.Withdrew);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_withdrawn_client_that_repeats_itself_stays_away_and_a_disconnected_one_is_back(bool withdraws)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Take(MessageType.ShareDelivery, to: 2);
        Delivery slow = round.Take(MessageType.ShareDelivery, to: 3);
        Delivery old = round.Sent.Find(sent => sent is { From: 2, Type: MessageType.EncryptedShares })!;
        if (withdraws)
        {
            round.ToClient(2, new RoundEvent.Stopped(AbortReason.Cancelled));
        }
        else
        {
            round.ToServer(new RoundEvent.Disconnected(s_five.IdOf(2)));
        }

        while (round.DeliverNext()) { }

        Assert.Equal<ParticipantId[]>([s_five.IdOf(3)], [.. round.Server.WaitingFor]);
        Step<AggregateResult> repeated = round.Server.Advance(new RoundEvent.Received(s_five.IdOf(2), old.Bytes));
        Assert.Equal(PeerFaultKind.DuplicateMessage, Assert.Single(repeated.Faults).Kind);
        Assert.Equal(
            withdraws ? [s_five.IdOf(3)] : [s_five.IdOf(2), s_five.IdOf(3)],
            round.Server.WaitingFor.ToArray()
        );

        // Nobody waits for the withdrawn one: the round ends without a deadline.
        round.Deliver(slow);
        while (round.DeliverNext()) { }

        Assert.Equal(withdraws, round.Server.HasEnded);
        if (withdraws)
        {
            round.AssertExact(0, 1, 3, 4);
        }
    }

    // spec 03-masking#server-1
    [Fact]
    public void A_survivor_whose_signature_was_late_gets_a_lost_result_when_it_repeats_the_signature()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery late = round.Take(MessageType.ConsistencySignature, from: 4);
        ProtocolMessage.ConsistencySignature honest = Forge.Read<ProtocolMessage.ConsistencySignature>(late.Bytes);
        round.Hook = sent => sent is { Type: MessageType.ResultAnnouncement, To: 4 } ? [] : [sent];
        round.Run();
        round.AssertExact(0, 1, 2, 3, 4);
        Assert.DoesNotContain(4, round.ClientEndings.Keys);
        Digest before = round.Server.StateFingerprint();
        ProtocolMessage[] others =
        [
            Forge.Consistency(s_five.Signers[3], round.K, 4, honest.Sharers, honest.Survivors),
            Forge.Consistency(s_five.Signers[4], round.K, 4, honest.Sharers, round.Set(0, 1, 2, 4)),
            Forge.Consistency(s_five.Signers[4], round.K, 4, round.Set(0, 1, 2, 4), honest.Survivors),
            Forge.Withdrawal(s_five.Signers[4], round.K, 4, 5),
        ];

        Assert.All(
            others,
            other => Inside.AssertFault(round.ToServer(4, Forge.Bytes(other)), PeerFaultKind.LateMessage)
        );
        Step<AggregateResult> step = round.Server.Advance(new RoundEvent.Received(s_five.IdOf(4), late.Bytes));

        Assert.Equal(PeerFaultKind.LateMessage, Assert.Single(step.Faults).Kind);
        OutgoingMessage result = Assert.Single(step.Send);
        Assert.Equal((s_five.IdOf(4), MessageType.ResultAnnouncement), (result.To, result.Type));
        Assert.Equal(before, round.Server.StateFingerprint());
        Assert.IsType<RoundEnding<ClientReceipt>.Completed>(round.ToClient(4, result.Bytes).Ended);
    }

    [Fact]
    public void A_late_signature_of_a_round_without_a_result_gets_nothing()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery late = round.Take(MessageType.ConsistencySignature, from: 4);
        round.ToServer(new RoundEvent.Stopped(AbortReason.Cancelled));

        Inside.AssertFault(round.ToServer(4, late.Bytes), PeerFaultKind.LateMessage);
    }

    [Fact]
    public void A_forged_withdrawal_drops_nobody()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Take(MessageType.CohortAnnouncement, to: 3);
        Digest before = round.Server.StateFingerprint();

        Step<AggregateResult> forged = round.ToServer(
            3,
            Forge.Bytes(Forge.Withdrawal(s_five.Signers[1], round.D, 3, 5))
        );
        Step<AggregateResult> other = round.ToServer(
            3,
            Forge.Bytes(Forge.Withdrawal(s_five.Signers[3], Digest.Of([1]), 3, 5))
        );

        Inside.AssertFault(forged, PeerFaultKind.BadSignature);
        Inside.AssertFault(other, PeerFaultKind.WrongSession);
        Assert.Equal(before, round.Server.StateFingerprint());
    }

    private sealed class FailingSigner(ISigner real) : ISigner
    {
        public bool Fails { get; set; }

        public ReadOnlyMemory<byte> PublicKey => real.PublicKey;

        public byte[] Sign(ReadOnlySpan<byte> message) =>
            Fails ? throw new InvalidOperationException("the module is gone") : real.Sign(message);
    }
}
