using System.Collections.Immutable;
using System.Text;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;
using SecureFed.Testing;
using SeededRandomSource = SecureFed.Testing.SeededRandomSource;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Receipts that the parties of rounds with noise keep of each other's ledgers. spec 02-privacy#ledger-6, 02-privacy#ledger-7</summary>
public sealed class LedgerReceiptBookTests
{
    private const int Parties = 5;
    private const int Restored = 2;

    private static readonly AggregationPlan s_plan = AggregationPlan.Create(
        length: 6,
        maximumParticipants: Parties,
        clipNorm: 1,
        fractionBits: 16,
        PrivacyPlan.ForParties(noiseMultiplier: 4, divisor: 5),
        AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 1)
    );

    private static readonly PrivacyBudget s_budget = new(
        epsilon: 50,
        delta: 1e-5,
        PrivacyUnit.Client,
        NeighbouringRelation.AddOrRemoveOne
    );

    private static ImmutableArray<RosterEntry> Owners { get; } =
    [.. Enumerable.Range(0, Parties).Select(i => new RosterEntry(Id(i), SignerOf(i).PublicKey))];

    [Fact]
    public void Over_several_rounds_the_newest_receipt_of_everybody_who_was_charged_is_kept()
    {
        using Ledgers ledgers = new();
        using InProcessFederation federation = ledgers.Federation(receipts: null);
        Assert.Empty(federation.Receipts.Receipts);
        for (int round = 1; round <= 4; round++)
        {
            // A party that drops out after it was charged hands its receipt out like everybody else; before, there is none.
            Assert.IsType<RoundOutcome.Completed>(
                Run(
                    federation,
                    round == 3 ? (0, RoundPhase.Unmask)
                        : round == 4 ? (0, RoundPhase.ShareKeys)
                        : null
                )
            );
            int expected = 1 + round;
            Assert.All(
                Enumerable.Range(0, Parties),
                i =>
                {
                    LedgerReceipt? kept = federation.Receipts.NewestOf($"{Id(i)}", s_budget);
                    Assert.Equal(round == 4 && i == 0 ? expected - 1 : expected, kept?.Entries);
                    Assert.Equal(ledgers[i].Current.Receipt(), kept);
                }
            );
        }

        // A round that is aborted after the charge was charged all the same.
        Assert.IsType<RoundOutcome.Aborted>(Run(federation, (0, RoundPhase.Unmask), (1, RoundPhase.Consistency)));
        Assert.Equal(ledgers[3].Current.Receipt(), federation.Receipts.NewestOf($"{Id(3)}", s_budget));
        Assert.Equal(6, ledgers[3].Current.Entries);
    }

    [Fact]
    public void A_restored_backup_is_refused_where_it_is_opened_and_joins_no_round_where_it_was_opened_blindly()
    {
        using Ledgers ledgers = new();
        LedgerReceiptBook book;
        byte[] backup;
        using (InProcessFederation federation = ledgers.Federation(receipts: null))
        {
            Assert.IsType<RoundOutcome.Completed>(Run(federation));
            backup = ledgers.Disks[Restored].Durable.ToArray();
            Assert.IsType<RoundOutcome.Completed>(Run(federation));
            book = LedgerReceiptBook.Import(TestSuite.Instance, Owners, federation.Receipts.Export());
        }

        ledgers.Restore(Restored, backup);
        Assert.Throws<LedgerRolledBackException>(() =>
            ledgers.Open(Restored, book.NewestOf($"{Id(Restored)}", s_budget))
        );

        // Opened without the receipt: the others compare for it, and go on without it.
        ledgers.Open(Restored, newest: null);
        using InProcessFederation later = ledgers.Federation(book, lastRound: 2);
        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(Run(later));
        Assert.Equal(Id(Restored), Assert.Single(done.Dropped));
        Assert.Equal(AbortReason.StorageFailure, done.ClientAborts[Id(Restored)]);
        Assert.Equal(2, ledgers[Restored].Current.Entries);
        Assert.Equal(3, book.NewestOf($"{Id(Restored)}", s_budget)?.Entries);
        Assert.Equal(4, book.NewestOf($"{Id(0)}", s_budget)?.Entries);

        // Without a book nobody notices: that is what it is for.
        using InProcessFederation forgetful = ledgers.Federation(receipts: null, lastRound: 3);
        Assert.Empty(Assert.IsType<RoundOutcome.Completed>(Run(forgetful)).Dropped);
    }

    [Fact]
    public void A_ledger_that_another_copy_was_charged_past_is_not_charged_between_examination_and_vector()
    {
        LedgerReceiptBook book = new(TestSuite.Instance, Owners);
        InMemoryLedger here = new($"{Id(0)}", s_budget);
        InMemoryLedger copy = new($"{Id(0)}", s_budget);
        LedgerGate gate = new(here, book);
        RoundDescriptor descriptor = Describe();
        Assert.Null(gate.Examine(descriptor));

        copy.Charge(Charge("elsewhere"));
        book.Add(SignedLedgerReceipt.Sign(copy.Current, SignerOf(0)));

        Assert.Throws<IOException>(() => gate.Charge(descriptor));
        Assert.Equal(AbortReason.StorageFailure, gate.Examine(descriptor)?.Reason);
        Assert.Empty(here.Current.Lines);
        Assert.Null(gate.ReceiptAfter(descriptor, SignerOf(0)));
    }

    [Fact]
    public void A_receipt_that_goes_back_or_forks_is_refused_with_owner_and_both_lengths()
    {
        LedgerReceiptBook book = new(TestSuite.Instance, Owners);
        InMemoryLedger ledger = new($"{Id(1)}", s_budget);
        InMemoryLedger fork = new($"{Id(1)}", s_budget);
        SignedLedgerReceipt opened = SignedLedgerReceipt.Sign(ledger.Current, SignerOf(1));
        Assert.True(book.Add(opened));
        ledger.Charge(Charge("one"));
        fork.Charge(Charge("another"));
        SignedLedgerReceipt one = SignedLedgerReceipt.Sign(ledger.Current, SignerOf(1));
        Assert.True(book.Add(one));
        Assert.False(book.Add(one));

        LedgerReceiptRefusedException back = Assert.Throws<LedgerReceiptRefusedException>(() => book.Add(opened));
        Assert.Equal(LedgerReceiptFault.GoesBack, back.Fault);
        Assert.Equal(($"{Id(1)}", 1, 2), (back.Owner, back.Entries, back.KeptEntries ?? 0));

        LedgerReceiptRefusedException forks = Assert.Throws<LedgerReceiptRefusedException>(() =>
            book.Add(SignedLedgerReceipt.Sign(fork.Current, SignerOf(1)))
        );
        Assert.Equal(LedgerReceiptFault.Forks, forks.Fault);
        Assert.Equal(($"{Id(1)}", 2, 2), (forks.Owner, forks.Entries, forks.KeptEntries ?? 0));
        Assert.Equal(one.Receipt, book.NewestOf($"{Id(1)}", s_budget));

        // A fork that is longer cannot be told from receipts alone; the ledger that it left behind can tell.
        fork.Charge(Charge("and one more"));
        Assert.True(book.Add(SignedLedgerReceipt.Sign(fork.Current, SignerOf(1))));
        Assert.Equal(AbortReason.StorageFailure, new LedgerGate(ledger, book).Examine(Describe())?.Reason);
    }

    [Fact]
    public void Two_ledgers_of_one_owner_do_not_stand_in_each_others_way()
    {
        LedgerReceiptBook book = new(TestSuite.Instance, Owners);
        PrivacyBudget records = new(9, 1e-6, PrivacyUnit.Record, NeighbouringRelation.AddOrRemoveOne);
        InMemoryLedger first = new($"{Id(1)}", s_budget);
        InMemoryLedger second = new($"{Id(1)}", records);
        first.Charge(Charge("one"));
        Assert.True(book.Add(SignedLedgerReceipt.Sign(first.Current, SignerOf(1))));

        Assert.True(book.Add(SignedLedgerReceipt.Sign(second.Current, SignerOf(1))));

        Assert.Null(new LedgerGate(first, book).Examine(Describe()));
        Assert.Equal(first.Current.Receipt(), book.NewestOf($"{Id(1)}", s_budget));
        Assert.Equal(second.Current.Receipt(), book.NewestOf($"{Id(1)}", second.Current.Opening));
        Assert.Equal(book.Receipts, Import(book.Export()).Receipts, (one, other) => one.Receipt == other.Receipt);

        // A new ledger in the place of a lost one is the same ledger, and older.
        InMemoryLedger anew = new($"{Id(1)}", s_budget);
        Assert.Equal(AbortReason.StorageFailure, new LedgerGate(anew, book).Examine(Describe())?.Reason);
        Assert.Equal(
            LedgerReceiptFault.GoesBack,
            Assert
                .Throws<LedgerReceiptRefusedException>(() =>
                    book.Add(SignedLedgerReceipt.Sign(anew.Current, SignerOf(1)))
                )
                .Fault
        );
        Assert.Throws<LedgerRolledBackException>(() => second.Current.Compare(first.Current.Receipt()));
    }

    [Fact]
    public void A_book_keeps_a_bounded_number_of_ledgers_of_one_owner()
    {
        LedgerReceiptBook book = new(TestSuite.Instance, Owners);
        InMemoryLedger LedgerOf(int epsilon) =>
            new($"{Id(1)}", new PrivacyBudget(epsilon, 1e-5, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne));
        InMemoryLedger last = LedgerOf(1);
        for (int epsilon = LedgerReceiptBook.MaximumLedgersPerOwner; epsilon >= 1; epsilon--)
        {
            Assert.True(book.Add(SignedLedgerReceipt.Sign(LedgerOf(epsilon).Current, SignerOf(1))));
        }

        LedgerReceiptRefusedException refused = Assert.Throws<LedgerReceiptRefusedException>(() =>
            book.Add(SignedLedgerReceipt.Sign(LedgerOf(50).Current, SignerOf(1)))
        );

        Assert.Equal(LedgerReceiptFault.TooManyLedgers, refused.Fault);
        last.Charge(
            new PrivacyCharge(
                "release",
                Digest.Of("release"u8),
                PrivacyEvent.DiscreteGaussian(50),
                count: 1,
                s_budget.Unit,
                s_budget.Relation
            )
        );
        Assert.True(book.Add(SignedLedgerReceipt.Sign(last.Current, SignerOf(1))));
        Assert.Equal(LedgerReceiptBook.MaximumLedgersPerOwner, Import(book.Export()).Receipts.Length);
        Assert.True(book.Add(SignedLedgerReceipt.Sign(new InMemoryLedger($"{Id(2)}", s_budget).Current, SignerOf(2))));
    }

    [Fact]
    public void A_forged_or_foreign_receipt_is_refused()
    {
        LedgerReceiptBook book = new(TestSuite.Instance, Owners);
        InMemoryLedger ledger = new($"{Id(1)}", s_budget);

        LedgerReceiptRefusedException foreign = Assert.Throws<LedgerReceiptRefusedException>(() =>
            book.Add(SignedLedgerReceipt.Sign(ledger.Current, SignerOf(2)))
        );
        Assert.Equal(LedgerReceiptFault.NotSigned, foreign.Fault);
        Assert.Null(foreign.KeptEntries);

        byte[] forged = SignedLedgerReceipt.Sign(ledger.Current, SignerOf(1)).ToBytes();
        forged[^1] ^= 1;
        Assert.Equal(
            LedgerReceiptFault.NotSigned,
            Assert.Throws<LedgerReceiptRefusedException>(() => book.Add(SignedLedgerReceipt.TryRead(forged)!)).Fault
        );

        InMemoryLedger unknown = new("stranger", s_budget);
        Assert.Equal(
            LedgerReceiptFault.UnknownOwner,
            Assert
                .Throws<LedgerReceiptRefusedException>(() =>
                    book.Add(SignedLedgerReceipt.Sign(unknown.Current, SignerOf(1)))
                )
                .Fault
        );
        Assert.Empty(book.Receipts);
    }

    [Fact]
    public void A_book_is_read_back_whole_or_not_at_all()
    {
        LedgerReceiptBook book = new(TestSuite.Instance, Owners);
        for (int i = 0; i < 3; i++)
        {
            InMemoryLedger ledger = new($"{Id(i)}", s_budget);
            ledger.Charge(Charge($"{i}"));
            book.Add(SignedLedgerReceipt.Sign(ledger.Current, SignerOf(i)));
        }

        byte[] bytes = book.Export();
        LedgerReceiptBook read = Import(bytes);
        Assert.Equal(bytes, read.Export());
        Assert.Equal(book.NewestOf($"{Id(2)}", s_budget), read.NewestOf($"{Id(2)}", s_budget));
        Assert.Empty(Import(new LedgerReceiptBook(TestSuite.Instance, Owners).Export()).Receipts);

        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<FormatException>(() => Import(bytes[..length]));
        }

        // An altered byte is malformed, or another signature or owner; it is never read as something else.
        for (int at = 0; at < bytes.Length; at++)
        {
            byte[] altered = [.. bytes];
            altered[at] ^= 1;
            Exception? refused = Record.Exception(() => Import(altered));
            Assert.True(refused is FormatException or LedgerReceiptRefusedException, $"byte {at}: {refused}");
        }

        Assert.Throws<FormatException>(() => Import([.. bytes, (byte)'\n']));
        Assert.Throws<FormatException>(() => Import(new byte[LedgerReceiptBook.MaximumSizeInBytes + 1]));

        // Sound receipts in another order, one of them twice, or with a space more.
        string[] lines = Encoding.ASCII.GetString(bytes).Split('\n');
        foreach (
            string[] other in (string[][])
                [
                    [lines[0], lines[1], lines[3], lines[2], lines[4], ""],
                    [lines[0], "4", lines[2], lines[2], lines[3], lines[4], ""],
                    [lines[0], lines[1], lines[2] + " ", lines[3], lines[4], ""],
                    [lines[0], "03", lines[2], lines[3], lines[4], ""],
                ]
        )
        {
            Assert.Throws<FormatException>(() => Import(Encoding.ASCII.GetBytes(string.Join('\n', other))));
        }

        // Keys that are no longer pinned are not forgotten in silence.
        Assert.Throws<LedgerReceiptRefusedException>(() =>
            LedgerReceiptBook.Import(TestSuite.Instance, Owners.Skip(1), bytes)
        );
        Assert.Throws<ArgumentException>(() =>
            new LedgerReceiptBook(
                TestSuite.Instance,
                Enumerable.Range(0, LedgerReceiptBook.MaximumOwners + 1).Select(i => new RosterEntry(Id(i), default))
            )
        );
    }

    [Fact]
    public void A_member_with_the_ledger_of_somebody_else_starts_no_round_with_noise()
    {
        using InProcessFederation federation = InProcessFederation.FromMembers(
            "receipts",
            Enumerable
                .Range(0, Parties)
                .Select(i => new FederationMember(
                    Id(i),
                    SignerOf(i),
                    new InMemoryClientJournal(),
                    new LedgerGate(new InMemoryLedger("site", s_budget))
                )),
            TestSuite.Instance,
            new SeededRandomSource(1, "foreign ledger")
        );

        Assert.Contains(
            "site",
            Assert.Throws<InvalidOperationException>(() => Run(federation)).Message,
            StringComparison.Ordinal
        );
    }

    private static ParticipantId Id(int i) => ParticipantId.FromIndex(i);

    private static TestSigner SignerOf(int i) => new($"{Id(i)}");

    private static LedgerReceiptBook Import(byte[] bytes) =>
        LedgerReceiptBook.Import(TestSuite.Instance, Owners, bytes);

    private static PrivacyCharge Charge(string name) =>
        new(
            $"release {name}",
            Digest.Of(Encoding.UTF8.GetBytes(name)),
            PrivacyEvent.DiscreteGaussian(5),
            count: 1,
            s_budget.Unit,
            s_budget.Relation
        );

    private static RoundDescriptor Describe() =>
        s_plan.DescribeFor(Owners, "receipts", 1, 1, Digest.Of("model"u8), SuiteId.P256A256V1);

    private static RoundOutcome Run(InProcessFederation federation, params (int Party, RoundPhase During)?[] drops) =>
        federation.RunRound(
            s_plan,
            round =>
            {
                for (int i = 0; i < Parties; i++)
                {
                    round.Contribute(Id(i), new float[6]);
                }

                foreach ((int Party, RoundPhase During) drop in drops.OfType<(int, RoundPhase)>())
                {
                    round.Drop(Id(drop.Party), drop.During);
                }
            },
            maximumAttempts: 1,
            new InProcessOptions { MinimumCohortDifference = 0 }
        );

    /// <summary>A ledger for each party, on a disk of its own.</summary>
    private sealed class Ledgers : IDisposable
    {
        private readonly FileLedger[] _open = new FileLedger[Parties];

        public Ledgers()
        {
            for (int i = 0; i < Parties; i++)
            {
                Open(i, newest: null);
            }
        }

        public SimulatedDisk[] Disks { get; } =
        [.. Enumerable.Range(0, Parties).Select(i => new SimulatedDisk((ulong)i))];

        public FileLedger this[int i] => _open[i];

        public void Open(int i, LedgerReceipt? newest) =>
            _open[i] = FileLedger.Open(Disks[i].Open(), $"{Id(i)}", s_budget, newest);

        public void Restore(int i, byte[] backup)
        {
            _open[i].Dispose();
            Disks[i].Restore(backup);
        }

        public InProcessFederation Federation(LedgerReceiptBook? receipts, ulong lastRound = 0) =>
            InProcessFederation.FromMembers(
                "receipts",
                Enumerable
                    .Range(0, Parties)
                    .Select(i => new FederationMember(
                        Id(i),
                        SignerOf(i),
                        new InMemoryClientJournal(),
                        new LedgerGate(_open[i])
                    )),
                TestSuite.Instance,
                new SeededRandomSource(lastRound, "receipts"),
                lastRound,
                receipts
            );

        public void Dispose() => Array.ForEach(_open, ledger => ledger.Dispose());
    }
}
