using System.Globalization;
using System.Text;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;
using SecureFed.Protocol;
using SecureFed.Testing;
using SecretRecorder = SecureFed.Tests.Shared.SecretRecorder;

namespace SecureFed.UnitTests.Audit;

/// <summary>What drivers write into audit logs, and that nothing happens that could not be written.</summary>
public sealed class AuditDriverTests
{
    private static readonly AggregationPlan s_plan = FrontDoor.Plans.Masked(length: 3, parties: 5, survivors: 4);

    // spec 06-security#audit-2
    [Fact]
    public void A_round_is_in_the_logs_of_the_server_and_of_each_client_in_order()
    {
        RecordedRound recorded = RecordedRound.Instance;
        List<AuditEvent> server =
        [
            .. RecordedRound.Lines(recorded.Logs[0]).Select(line => RecordedRound.Read(line).Event),
        ];
        List<AuditEvent> client =
        [
            .. RecordedRound.Lines(recorded.Logs[1]).Select(line => RecordedRound.Read(line).Event),
        ];

        Assert.Equal(
            "opened,signed,roundOffered,phaseEntered,phaseEntered,phaseEntered,survivors,phaseEntered,phaseEntered,completed,signed",
            string.Join(
                ',',
                server
                    .Where(happened => happened is not AuditEvent.PartyFault)
                    .Take(11)
                    .Select(happened => happened.Name)
            )
        );
        Assert.Equal(["closed", "signed"], server.TakeLast(2).Select(happened => happened.Name));
        Assert.Equal(
            2,
            client.OfType<AuditEvent.HeadSeen>().Count(seen => seen.Head.Owner == AuditedFederation.Server)
        );
        AuditEvent.Completed said = server.OfType<AuditEvent.Completed>().First();
        Assert.Equal(said.Result, client.OfType<AuditEvent.Completed>().First().Result);
        Assert.Equal((4, 5), (said.Contributors, server.OfType<AuditEvent.PhaseEntered>().First().WaitingFor.Length));
        Assert.Equal(
            server.OfType<AuditEvent.Survivors>().First().Parties.AsEnumerable(),
            client.OfType<AuditEvent.Survivors>().First().Parties.AsEnumerable()
        );
        Assert.Equal(
            [new PeerFault(ParticipantId.FromIndex(2), RoundPhase.AdvertiseKeys, PeerFaultKind.TimedOut)],
            server.OfType<AuditEvent.PartyFault>().Select(fault => fault.Fault).Distinct()
        );
        Assert.True(RecordedRound.Verify(recorded.Roster, recorded.Logs).IsIntact);
    }

    // spec 06-security#audit-2
    [Fact]
    public void A_server_whose_log_refuses_a_line_aborts_and_nobody_gets_a_result()
    {
        int writes;
        using (AuditedFederation whole = new(seed: 2, s_plan))
        {
            int before = whole.Files[0].Flushes;
            Assert.IsType<RoundOutcome.Completed>(whole.Run(exchange: false));
            writes = whole.Files[0].Flushes - before;
        }

        Assert.Equal(6, writes);
        for (int line = 0; line < writes; line++)
        {
            using AuditedFederation federation = new(seed: 2, s_plan);
            federation.Files[0].FlushesLeft = line;

            RoundOutcome outcome = federation.Run(exchange: false);

            Assert.Equal(AbortReason.StorageFailure, Assert.IsType<RoundOutcome.Aborted>(outcome).Reason);
            Assert.DoesNotContain(
                Enumerable.Range(0, 5),
                i => federation.Clients[i].IsCompletedSuccessfully && federation.OutcomeOf(i) is ClientOutcome.Completed
            );
            Assert.DoesNotContain(federation.Heads, head => head.Owner == AuditedFederation.Server);
        }
    }

    [Fact]
    public void A_client_whose_log_refuses_a_line_leaves_and_the_round_goes_on_as_far_as_it_can()
    {
        for (int line = 0; line < 5; line++)
        {
            using AuditedFederation federation = new(seed: 3, s_plan);
            federation.Files[2].FlushesLeft = line;

            RoundOutcome outcome = federation.Run(exchange: false);

            Assert.IsType<RoundOutcome.Completed>(outcome);
            Assert.Equal(
                AbortReason.StorageFailure,
                Assert.IsType<ClientOutcome.Aborted>(federation.OutcomeOf(1)).Reason
            );
        }
    }

    [Fact]
    public void A_result_that_the_store_refuses_is_followed_by_its_abort()
    {
        using AuditedFederation federation = new(seed: 4, s_plan);
        federation.Store.FailAt = 5;
        federation.Store.Fault = AppendFault.Refused;

        RoundOutcome outcome = federation.Run();

        Assert.IsType<RoundOutcome.Aborted>(outcome);
        string[] names =
        [
            .. RecordedRound.Lines(federation.Files[0].Bytes).Select(line => RecordedRound.Read(line).Event.Name),
        ];
        int completed = Array.IndexOf(names, "completed");
        Assert.Equal(["completed", "signed", "aborted", "signed"], names[completed..(completed + 4)]);
    }

    [Fact]
    public void A_server_that_starts_again_says_that_it_resumed()
    {
        using AuditedFederation federation = new(seed: 5, s_plan);
        long[] sum = federation.Run().SumOrThrow().Integers();

        RoundOutcome again = federation.RunServerAgain();

        Assert.Equal(sum, again.SumOrThrow().Integers());
        List<AuditEvent> events =
        [
            .. RecordedRound.Lines(federation.Files[0].Bytes).Select(line => RecordedRound.Read(line).Event),
        ];
        Assert.Equal([false, true], events.OfType<AuditEvent.RoundOffered>().Select(offered => offered.IsResumed));
        Assert.Single(events.OfType<AuditEvent.Completed>().Select(completed => completed.Result).Distinct());
    }

    [Theory]
    [InlineData(DurableRecordKind.ClientCharged, 1)]
    [InlineData(DurableRecordKind.ServerSurvivors, 1)]
    [InlineData(DurableRecordKind.ClientJoined, 0)]
    public void A_charge_is_written_with_the_figures_of_the_ledger(DurableRecordKind kind, int charges)
    {
        AggregationPlan plan = AggregationPlan.Create(
            length: 6,
            maximumParticipants: 5,
            clipNorm: 1,
            fractionBits: 16,
            PrivacyPlan.ForParties(noiseMultiplier: 4, divisor: 5),
            AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 1)
        );
        InMemoryLedger ledger = new(
            "party-000000",
            new PrivacyBudget(8, 1e-5, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne)
        );
        RoundDescriptor descriptor = plan.DescribeFor(
            TestFederation.Members(5).Select(member => member.Enrolment),
            SimulationOptions.Federation,
            round: 1,
            attempt: 1,
            Digest.Of("model"u8),
            SuiteId.P256A256V1
        );
        LedgerGate gate = new(ledger);
        gate.Charge(descriptor);
        MemoryFile file = new();
        using AuditLog log = AuditLog.Open(
            file,
            ParticipantId.FromIndex(0),
            new TestSigner("party-000000"),
            TestSuite.Instance
        );

        new AuditTrail(log, descriptor, gate, isResumed: false).After(
            new DurableRecord(kind, RoundDigests.Descriptor(descriptor), default)
        );

        AuditEvent.Charged[] written =
        [
            .. RecordedRound
                .Lines(file.Bytes)
                .Select(line => RecordedRound.Read(line).Event)
                .OfType<AuditEvent.Charged>(),
        ];
        Assert.Equal(charges, written.Length);
        Assert.All(
            written,
            charged =>
                Assert.Equal(
                    new AuditEvent.Charged(
                        AuditAttempt.Of(descriptor),
                        Charges: 1,
                        ledger.Current.Spent,
                        Delta: 1e-5,
                        ledger.Current.Head
                    ),
                    charged
                )
        );
    }

    // spec 06-security#audit-3
    [Fact]
    public void No_secret_of_a_round_and_no_update_is_in_any_log()
    {
        SecretRecorder suite = new(P256Suite.Instance);
        using AuditedFederation federation = new(
            seed: 6,
            FrontDoor.Plans.Masked(length: 16, parties: 5, survivors: 4),
            suite,
            _ => EcdsaP256Signer.Generate()
        )
        {
            UpdateOf = i => [.. Enumerable.Range(0, 16).Select(k => (float)((123_457 * (i + 1)) + (7_919 * k)) / 1024)],
        };
        Assert.IsType<RoundOutcome.Completed>(federation.Run());
        federation.Close();
        string text = string.Concat(federation.Files.Select(file => Encoding.UTF8.GetString(file.Bytes)));

        Assert.True(suite.Secrets.Count > 100);
        foreach ((string kind, byte[] secret) in suite.Secrets)
        {
            Assert.False(Leaks(text, secret), $"a {kind} is in a log");
        }

        for (int i = 0; i < 5; i++)
        {
            for (int k = 0; k < 16; k++)
            {
                int coordinate = (123_457 * (i + 1)) + (7_919 * k);
                Assert.DoesNotMatch(
                    string.Create(CultureInfo.InvariantCulture, $"(?<![0-9a-f]){coordinate}(?![0-9a-f])"),
                    text
                );
            }
        }

        // The search finds what is there.
        Assert.True(Leaks(text + Convert.ToBase64String(suite.Secrets[0].Bytes), suite.Secrets[0].Bytes));
        Assert.True(Leaks(text, federation.Heads[0].Hash.ToArray()));
    }

    [Fact]
    public void A_client_does_not_write_into_another_partys_log()
    {
        using AuditedFederation federation = new(seed: 7, s_plan);
        (federation.Logs[1], federation.Logs[2]) = (federation.Logs[2], federation.Logs[1]);

        Assert.IsType<RoundOutcome.Aborted>(federation.Run());

        Assert.IsType<ArgumentException>(federation.Clients[0].Exception!.InnerException);
    }

    private static bool Leaks(string text, byte[] secret) =>
        SecretRecorder.TextFormsOf(secret).Any(form => text.Contains(form, StringComparison.Ordinal));
}
