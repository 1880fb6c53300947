using System.Collections.Immutable;
using System.Text;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;
using SecureFed.Testing;
using SeededRandomSource = SecureFed.Testing.SeededRandomSource;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>A receipt reaches those who keep it however a round ends, and what refuses it takes no outcome away. spec 02-privacy#ledger-7</summary>
public sealed class LedgerReceiptHandOverTests
{
    private static readonly AggregationPlan s_plan = AggregationPlan.Create(
        length: 6,
        maximumParticipants: NoisyFederation.Parties,
        clipNorm: 1,
        fractionBits: 16,
        PrivacyPlan.ForParties(noiseMultiplier: 4, divisor: 5),
        AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 1)
    );

    private static ImmutableArray<RosterEntry> Owners { get; } =
    [.. Enumerable.Range(0, NoisyFederation.Parties).Select(i => new RosterEntry(Id(i), SignerOf(i).PublicKey))];

    [Fact]
    public void A_refused_receipt_is_reported_beside_the_sum()
    {
        LedgerReceiptBook book = new(TestSuite.Instance, Owners);
        using InProcessFederation federation = Federation(book);

        // A copy of the ledger was charged elsewhere and more often; its receipt arrives while the round is under way.
        InMemoryLedger copy = new($"{Id(0)}", NoisyFederation.Budget);
        copy.Charge(Charge("one"));
        copy.Charge(Charge("two"));
        RoundOutcome outcome = Run(
            federation,
            new WhenCharged(Id(0), () => book.Add(SignedLedgerReceipt.Sign(copy.Current, SignerOf(0))))
        );

        Assert.Equal(5, outcome.SumOrThrow().Contributors.Length);
        KeyValuePair<ParticipantId, Exception> failure = Assert.Single(outcome.LedgerReceiptFailures);
        Assert.Equal(Id(0), failure.Key);
        Assert.Equal(LedgerReceiptFault.GoesBack, Assert.IsType<LedgerReceiptRefusedException>(failure.Value).Fault);
        Assert.Equal(2, book.NewestOf($"{Id(1)}", NoisyFederation.Budget)?.Entries);
    }

    [Fact]
    public void A_receipt_that_a_newer_one_of_the_same_ledger_overtook_is_no_failure()
    {
        LedgerReceiptBook book = new(TestSuite.Instance, Owners);
        InMemoryLedger ledger = new($"{Id(0)}", NoisyFederation.Budget);

        // Between reading the ledger and keeping the receipt another round charges it and keeps its own.
        SlowSigner signer = new(
            SignerOf(0),
            () =>
            {
                ledger.Charge(Charge("meanwhile"));
                book.Add(SignedLedgerReceipt.Sign(ledger.Current, SignerOf(0)));
            }
        );
        using InProcessFederation federation = Federation(book, signer, ledger);

        RoundOutcome outcome = Run(federation, observer: null);

        Assert.IsType<RoundOutcome.Completed>(outcome);
        Assert.Empty(outcome.LedgerReceiptFailures);
        Assert.Equal(3, book.NewestOf($"{Id(0)}", NoisyFederation.Budget)?.Entries);
    }

    [Fact]
    public void A_signer_that_fails_after_the_sum_is_reported_beside_it()
    {
        using InProcessFederation federation = Federation(
            new LedgerReceiptBook(TestSuite.Instance, Owners),
            new SlowSigner(SignerOf(0), () => throw new TimeoutException("the token is gone"))
        );

        RoundOutcome outcome = Run(federation, observer: null);

        Assert.IsType<RoundOutcome.Completed>(outcome);
        Assert.IsType<TimeoutException>(outcome.LedgerReceiptFailures[Id(0)]);
    }

    [Fact]
    public void Receipts_are_kept_also_when_the_round_ends_by_an_exception()
    {
        LedgerReceiptBook book = new(TestSuite.Instance, Owners);
        using InProcessFederation federation = Federation(book);

        Assert.Throws<TimeoutException>(() =>
            Run(federation, new WhenCharged(Id(4), () => throw new TimeoutException("observer")))
        );

        Assert.Equal(2, book.NewestOf($"{Id(4)}", NoisyFederation.Budget)?.Entries);
    }

    [Fact]
    public void A_book_that_could_not_take_a_members_receipts_is_refused_when_members_are_set_up()
    {
        RosterEntry[] rekeyed = [.. Owners.Skip(1), new RosterEntry(Id(0), SignerOf(7).PublicKey)];
        foreach (IEnumerable<RosterEntry> owners in new[] { Owners.Skip(1), rekeyed })
        {
            ArgumentException refused = Assert.Throws<ArgumentException>(() =>
                Federation(new LedgerReceiptBook(TestSuite.Instance, owners)).Dispose()
            );
            Assert.Contains($"{Id(0)}", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_client_whose_receipt_nobody_takes_keeps_its_outcome()
    {
        using NoisyFederation federation = new(s_plan)
        {
            ReceiptsOfFirst = _ => throw new TimeoutException("nobody is there"),
        };

        Assert.IsType<RoundOutcome.Completed>(federation.Run());
        federation.Settle();

        ClientOutcome outcome = federation.OutcomeOf(0);
        Assert.IsType<ClientOutcome.Completed>(outcome);
        Assert.IsType<TimeoutException>(outcome.LedgerReceiptFailure);
        Assert.Null(federation.OutcomeOf(1).LedgerReceiptFailure);
    }

    [Fact]
    public void A_client_whose_transport_fails_after_the_charge_hands_its_receipt_out()
    {
        List<SignedLedgerReceipt> receipts = [];
        using NoisyFederation federation = new(s_plan)
        {
            TransportOfFirst = transport => new BreaksAtTheVector(transport),
            ReceiptsOfFirst = receipts.Add,
        };

        Assert.IsType<RoundOutcome.Completed>(federation.Run());
        federation.Settle();

        Assert.Throws<IOException>(() => federation.OutcomeOf(0));
        Assert.Equal(2, Assert.Single(receipts).Receipt.Entries);
    }

    private static ParticipantId Id(int i) => ParticipantId.FromIndex(i);

    private static TestSigner SignerOf(int i) => new($"{Id(i)}");

    private static PrivacyCharge Charge(string name) =>
        new(
            $"release {name}",
            Digest.Of(Encoding.UTF8.GetBytes(name)),
            PrivacyEvent.DiscreteGaussian(50),
            count: 1,
            PrivacyUnit.Client,
            NeighbouringRelation.AddOrRemoveOne
        );

    private static InProcessFederation Federation(
        LedgerReceiptBook book,
        ISigner? signerOfFirst = null,
        InMemoryLedger? ledgerOfFirst = null
    ) =>
        InProcessFederation.FromMembers(
            "receipts",
            Enumerable
                .Range(0, NoisyFederation.Parties)
                .Select(i => new FederationMember(
                    Id(i),
                    (i == 0 ? signerOfFirst : null) ?? SignerOf(i),
                    new InMemoryClientJournal(),
                    new LedgerGate(
                        (i == 0 ? ledgerOfFirst : null) ?? new InMemoryLedger($"{Id(i)}", NoisyFederation.Budget)
                    )
                )),
            TestSuite.Instance,
            new SeededRandomSource(1, "hand over"),
            receipts: book
        );

    private static RoundOutcome Run(InProcessFederation federation, IRoundObserver? observer) =>
        federation.RunRound(
            s_plan,
            round =>
            {
                for (int i = 0; i < NoisyFederation.Parties; i++)
                {
                    round.Contribute(Id(i), new float[6]);
                }
            },
            maximumAttempts: 1,
            new InProcessOptions { Observer = observer }
        );

    private sealed class WhenCharged(ParticipantId who, Action then) : IRoundObserver
    {
        public void OnMessage(RoundMessage message) { }

        public void OnStored(ParticipantId? owner, DurableRecord record)
        {
            if (owner == who && record.Kind == DurableRecordKind.ClientCharged)
            {
                then();
            }
        }
    }

    /// <summary>Something happens before it has signed a receipt.</summary>
    private sealed class SlowSigner(ISigner inner, Action meanwhile) : ISigner
    {
        public ReadOnlyMemory<byte> PublicKey => inner.PublicKey;

        public byte[] Sign(ReadOnlySpan<byte> message)
        {
            if (message.StartsWith("SecureFed/1 ledger receipt"u8))
            {
                meanwhile();
            }

            return inner.Sign(message);
        }
    }

    private sealed class BreaksAtTheVector(IClientTransport inner) : IClientTransport
    {
        public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) =>
            message.Span[3] == (byte)MessageType.MaskedInput
                ? throw new IOException("the connection broke")
                : inner.SendAsync(message, cancellationToken);

        public ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken) =>
            inner.ReceiveAsync(cancellationToken);
    }
}
