using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Testing;
using SeededRandomSource = SecureFed.Testing.SeededRandomSource;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>The ledger on a disk that loses, tears and returns old copies.</summary>
public sealed class LedgerFileTests
{
    private static readonly PrivacyBudget s_budget = new(
        epsilon: 8,
        delta: 1e-6,
        PrivacyUnit.Record,
        NeighbouringRelation.AddOrRemoveOne
    );

    [Fact]
    public void LED_01_At_every_crash_point_what_was_released_is_spent_and_what_is_spent_never_falls()
    {
        const int Points = 10_000;
        int crashes = 0;
        int releases = 0;
        for (int seed = 0; crashes < Points; seed++)
        {
            SimulatedDisk disk = new((ulong)seed);
            using SeededRandomSource random = new((ulong)seed, "crash points");
            HashSet<Digest> released = [];
            double reported = 0;
            for (int life = 0; life < 12; life++)
            {
                disk.CrashAfter = random.Next(9);
                try
                {
                    using FileLedger ledger = FileLedger.Open(disk.Open(), "site", s_budget);
                    Check(ledger.Current, released, ref reported);
                    for (int i = 0; i < 6; i++)
                    {
                        PrivacyCharge charge = Charge($"{seed}/{life}/{i}");
                        long number = ledger.Charge(charge);
                        if (random.Next(8) == 0)
                        {
                            // Nothing left, so what is spent may fall by this charge, whether a crash keeps that or not.
                            reported = ledger.Current.Withhold(number, out _).Spent;
                            ledger.Withhold(number);
                        }
                        else
                        {
                            // Only now may it leave, and the world sees it.
                            released.Add(charge.Reference);
                            releases++;
                        }

                        Check(ledger.Current, released, ref reported);
                    }
                }
                catch (SimulatedCrashException)
                {
                    crashes++;
                }
                catch (BudgetExceededException)
                {
                    break;
                }
            }

            disk.CrashAfter = int.MaxValue;
            using FileLedger last = FileLedger.Open(disk.Open(), "site", s_budget);
            Check(last.Current, released, ref reported);
        }

        Assert.True(releases > Points / 2);
    }

    [Fact]
    public void LED_02_A_torn_last_entry_is_cut_off_and_a_flipped_bit_is_named()
    {
        SimulatedDisk disk = new(seed: 1);
        List<int> ends = [];
        using (FileLedger ledger = FileLedger.Open(disk.Open(), "site", s_budget))
        {
            ends.Add(disk.Durable.Length);
            for (int i = 0; i < 3; i++)
            {
                ledger.Charge(Charge($"{i}"));
                ends.Add(disk.Durable.Length);
            }
        }

        byte[] whole = disk.Durable.ToArray();
        for (int length = ends[^2]; length < whole.Length; length++)
        {
            // Cut short, and with the full length but zeros in place of what was not written.
            byte[] holes = new byte[whole.Length];
            whole.AsSpan(0, length).CopyTo(holes);
            foreach (byte[] torn in (byte[][])[whole[..length], holes])
            {
                disk.Restore(torn);
                using FileLedger ledger = FileLedger.Open(disk.Open(), "site", s_budget);

                // The two that were acknowledged stay; the third counts when enough of its check was written to prove it.
                int charges = torn == holes && length > whole.Length - 8 ? 3 : 2;
                Assert.Equal(charges, ledger.Current.Lines.Length);
                ledger.Charge(Charge("after the crash"));
                Assert.Equal(charges + 2, FileLedgerOn(disk).Entries);
            }
        }

        for (int bit = 0; bit < 8 * whole.Length; bit++)
        {
            int at = bit / 8;
            byte[] flipped = [.. whole];
            flipped[at] ^= (byte)(1 << (bit % 8));
            disk.Restore(flipped);
            LedgerCorruptException corrupt = Assert.Throws<LedgerCorruptException>(() =>
                FileLedger.Open(disk.Open(), "site", s_budget)
            );
            Assert.Equal(Math.Max(0, ends.FindIndex(end => at < end)), corrupt.Entry);
            Assert.Contains("Release nothing more", corrupt.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_older_copy_and_a_second_writer_show_against_a_receipt()
    {
        SimulatedDisk disk = new(seed: 2);
        byte[] backup;
        LedgerReceipt early;
        LedgerReceipt late;
        using (FileLedger ledger = FileLedger.Open(disk.Open(), "site", s_budget))
        {
            ledger.Charge(Charge("one"));
            backup = disk.Durable.ToArray();
            early = ledger.Current.Receipt();
            ledger.Charge(Charge("two"));
            late = ledger.Current.Receipt();
            ledger.Current.Compare(early);
            ledger.Current.Compare(late);
        }

        // With the receipt in hand an older copy, an emptied file and a new one are refused before anything is charged.
        foreach (byte[] lost in (byte[][])[backup, backup[..8], []])
        {
            disk.Restore(lost);
            Assert.Throws<LedgerRolledBackException>(() => FileLedger.Open(disk.Open(), "site", s_budget, late));
        }

        disk.Restore(backup);
        FileLedger.Open(disk.Open(), "site", s_budget, early).Dispose();
        Assert.Throws<ArgumentException>(() =>
            FileLedger.Open(disk.Open(), "site", s_budget, early with { Owner = "other" })
        );
        using FileLedger old = FileLedger.Open(disk.Open(), "site", s_budget);
        old.Current.Compare(early);
        Assert.Throws<LedgerRolledBackException>(() => old.Current.Compare(late));
        old.Charge(Charge("another"));
        Assert.Equal(late.Entries, old.Current.Entries);
        Assert.Throws<LedgerRolledBackException>(() => old.Current.Compare(late));
    }

    [Fact]
    public void A_file_is_locked_while_it_is_open_and_keeps_owner_and_budget()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("securefed-ledger").FullName, "ledger");
        try
        {
            using (FileLedger ledger = FileLedger.Open(path, "site", s_budget))
            {
                Assert.Throws<StorageInUseException>(() => FileLedger.Open(path, "site", s_budget));
                ledger.Charge(Charge("one"));
                ledger.Charge(Charge("two"));
                ledger.Withhold(2);
            }

            PrivacyLedger read = FileLedger.Read(path);
            Assert.Equal([false, true], read.Lines.Select(line => line.IsWithheld));
            Assert.Equal(read.Lines[0].EpsilonAfter, read.Spent);
            Assert.Throws<ChargeRefusedException>(() => FileLedger.Open(path, "other", s_budget));
            Assert.Throws<ChargeRefusedException>(() =>
                FileLedger.Open(
                    path,
                    "site",
                    new PrivacyBudget(9, 1e-6, PrivacyUnit.Record, NeighbouringRelation.AddOrRemoveOne)
                )
            );
            using FileLedger again = FileLedger.Open(path, "site", s_budget);
            Assert.Equal(read.Head, again.Current.Head);
            Assert.Throws<FileNotFoundException>(() => FileLedger.Read(path + "-not-there"));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    [Fact]
    public void A_receipt_is_signed_and_kept_by_others_and_nothing_else_reads_as_one()
    {
        TestSigner signer = new("site");
        TestSuite suite = TestSuite.Instance;
        InMemoryLedger ledger = new("site", s_budget);
        ledger.Charge(Charge("one"));
        SignedLedgerReceipt signed = SignedLedgerReceipt.Sign(ledger.Current, signer);
        byte[] bytes = signed.ToBytes();

        SignedLedgerReceipt? read = SignedLedgerReceipt.TryRead(bytes);
        Assert.NotNull(read);
        Assert.Equal(ledger.Current.Receipt(), read.Receipt);
        Assert.True(read.IsSignedBy(suite, signer.PublicKey.Span));
        Assert.False(read.IsSignedBy(suite, new TestSigner("other").PublicKey.Span));
        ledger.Charge(Charge("two"));
        ledger.Current.Compare(read.Receipt);
        Assert.Contains("site: 2 entries", read.ToString(), StringComparison.Ordinal);

        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(true, SignedLedgerReceipt.TryRead(flipped)?.IsSignedBy(suite, signer.PublicKey.Span));
        }

        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.NotEqual(
                true,
                SignedLedgerReceipt.TryRead(bytes.AsSpan(0, length))?.IsSignedBy(suite, signer.PublicKey.Span)
            );
        }

        Assert.Null(SignedLedgerReceipt.TryRead([.. bytes, .. new byte[1024]]));
        Assert.Null(LedgerReceipt.TryRead((ledger.Current.Receipt() with { Entries = 0 }).SignedContent()));
        Assert.Null(LedgerReceipt.TryRead((ledger.Current.Receipt() with { Owner = "No Name" }).SignedContent()));
        Assert.Null(LedgerReceipt.TryRead((ledger.Current.Receipt() with { Entries = 1 }).SignedContent()));
    }

    [Fact]
    public void Charges_from_many_threads_have_numbers_of_their_own_and_stay_within_the_budget()
    {
        SimulatedDisk disk = new(seed: 3);
        System.Collections.Concurrent.ConcurrentBag<long> numbers = [];
        long affordable;
        using (FileLedger ledger = FileLedger.Open(disk.Open(), "site", s_budget))
        {
            affordable = ledger.Current.Affordable(PrivacyEvent.DiscreteGaussian(5));
            Parallel.For(
                0,
                (int)affordable + 20,
                i =>
                {
                    try
                    {
                        numbers.Add(ledger.Charge(Charge($"{i}")));
                    }
                    catch (BudgetExceededException)
                    {
                        // One of the twenty too many.
                    }
                }
            );
            Assert.Equal(Enumerable.Range(1, (int)affordable).Select(number => (long)number), numbers.Order());
        }

        Assert.Equal(affordable, FileLedgerOn(disk).Lines.Length);
    }

    private static PrivacyLedger FileLedgerOn(SimulatedDisk disk)
    {
        using FileLedger ledger = FileLedger.Open(disk.Open(), "site", s_budget);
        return ledger.Current;
    }

    private static PrivacyCharge Charge(string name) =>
        new(
            $"release {name}",
            Digest.Of(System.Text.Encoding.UTF8.GetBytes(name)),
            PrivacyEvent.DiscreteGaussian(5),
            count: 1,
            PrivacyUnit.Record,
            NeighbouringRelation.AddOrRemoveOne
        );

    private static void Check(PrivacyLedger ledger, HashSet<Digest> released, ref double reported)
    {
        Assert.Superset(
            released,
            ledger.Lines.Where(line => !line.IsWithheld).Select(line => line.Charge.Reference).ToHashSet()
        );
        Assert.True(ledger.Spent >= reported);
        Assert.True(ledger.Spent <= s_budget.Epsilon);
        reported = ledger.Spent;
    }
}
