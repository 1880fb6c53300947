using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Privacy;

/// <summary>The rules of a ledger, without any storage.</summary>
public sealed class PrivacyLedgerTests(ITestOutputHelper output)
{
    private static readonly PrivacyBudget s_budget = new(
        epsilon: 3,
        delta: 1e-5,
        PrivacyUnit.Record,
        NeighbouringRelation.AddOrRemoveOne
    );

    private static readonly PrivacyEvent[] s_releases =
    [
        PrivacyEvent.Gaussian(20),
        PrivacyEvent.DiscreteGaussian(12),
        PrivacyEvent.PoissonSampledGaussian(1.1, 0.01),
        PrivacyEvent.PoissonSampledDiscreteGaussian(2, 0.05),
        PrivacyEvent.SumOfDiscreteGaussians(40, 10, 30, 100),
        PrivacyEvent.Laplace(50),
        PrivacyEvent.Approximate(0.05, 1e-9),
    ];

    [Fact]
    public void The_same_entries_give_the_same_ledger_and_its_epsilon_is_that_of_its_charges()
    {
        Prop.ForAll(
                Arb.From(Gen.Choose(0, 2 * s_releases.Length).ListOf(8)),
                steps =>
                {
                    PrivacyLedger ledger = PrivacyLedger.Open("site", s_budget, out ReadOnlyMemory<byte> entry);
                    List<ReadOnlyMemory<byte>> entries = [entry];
                    int number = 0;
                    foreach (int step in steps)
                    {
                        try
                        {
                            ledger =
                                step < s_releases.Length
                                    ? ledger.Charge(Charge(s_releases[step], $"{number++}"), out entry)
                                    : ledger.Withhold((step % 4) + 1, out entry);
                            entries.Add(entry);
                        }
                        catch (Exception refused) when (refused is ChargeRefusedException or BudgetExceededException)
                        {
                            // The ledger is as it was, and there is nothing to store.
                        }
                    }

                    PrivacyLedger replayed = PrivacyLedger.Replay(entries);
                    RenyiAccountant accountant = new(NeighbouringRelation.AddOrRemoveOne);
                    foreach (LedgerLine line in ledger.Lines.Where(line => !line.IsWithheld))
                    {
                        accountant = accountant.Compose(line.Charge.Release, line.Charge.Count);
                    }

                    return (
                        replayed.Head == ledger.Head
                        && replayed.Spent.Equals(ledger.Spent)
                        && replayed.Lines.SequenceEqual(ledger.Lines)
                        && ledger.Spent.Equals(accountant.Epsilon(1e-5).Epsilon)
                        && ledger.Spent <= s_budget.Epsilon
                    ).Label($"{ledger.Spent:R} after {ledger.Entries} entries");
                }
            )
            .Holds(output, 100);
    }

    [Fact]
    public void An_empty_ledger_has_spent_nothing_and_so_has_one_whose_charges_were_given_back()
    {
        PrivacyLedger ledger = PrivacyLedger.Open("site", s_budget, out _);
        Assert.Equal(0, ledger.Spent);
        ledger = ledger.Charge(Charge(PrivacyEvent.Gaussian(5), "a"), out _);
        Assert.True(ledger.Spent > 0.5);
        Assert.Equal(0, ledger.Withhold(1, out _).Spent);
        Assert.Throws<ChargeRefusedException>(() => ledger.Withhold(2, out _));
        Assert.Throws<ChargeRefusedException>(() => ledger.Withhold(0, out _));
        Assert.Throws<ChargeRefusedException>(() => ledger.Withhold(1, out _).Withhold(1, out _));
    }

    [Fact]
    public void The_last_release_that_fits_is_charged_and_the_next_one_refused_with_the_numbers()
    {
        PrivacyEvent release = PrivacyEvent.DiscreteGaussian(10);
        PrivacyLedger ledger = PrivacyLedger.Open("site", s_budget, out _);
        long affordable = ledger.Affordable(release);
        Assert.InRange(affordable, 10, 60);
        for (int i = 0; i < affordable; i++)
        {
            ledger = ledger.Charge(Charge(release, $"{i}"), out _);
        }

        Assert.Equal(0, ledger.Affordable(release));
        PrivacyCharge over = Charge(release, "over");
        BudgetExceededException refusal = Assert.Throws<BudgetExceededException>(() => ledger.Charge(over, out _));
        Assert.Equal(
            (s_budget, ledger.Spent, ledger.EpsilonAfter(over)),
            (refusal.Budget, refusal.Spent, refusal.Would)
        );
        Assert.True(refusal.Would > s_budget.Epsilon);
        Assert.Contains("is spent", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, refusal.Affordable);

        // As many at once are the same, and one more is not.
        PrivacyLedger fresh = PrivacyLedger.Open("site", s_budget, out _);
        Assert.Equal(ledger.Spent, fresh.Charge(Charge(release, "all", affordable), out _).Spent);
        refusal = Assert.Throws<BudgetExceededException>(() =>
            fresh.Charge(Charge(release, "all", affordable + 1), out _)
        );
        Assert.Equal(affordable, refusal.Affordable);
        Assert.Contains($"{affordable} like it still fit", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_release_that_promises_nothing_is_over_every_budget()
    {
        PrivacyLedger ledger = PrivacyLedger.Open("site", s_budget, out _);
        foreach (
            PrivacyCharge charge in (PrivacyCharge[])
                [
                    Charge(PrivacyEvent.Approximate(0.1, 0.5), "more than all of δ"),
                    Charge(PrivacyEvent.Gaussian(1e-9), "no order is left", count: 1_000_000_000),
                ]
        )
        {
            Assert.Equal(double.PositiveInfinity, ledger.EpsilonAfter(charge));
            BudgetExceededException refusal = Assert.Throws<BudgetExceededException>(() =>
                ledger.Charge(charge, out _)
            );
            Assert.Equal((0, double.PositiveInfinity, 0), (refusal.Spent, refusal.Would, refusal.Affordable));
            Assert.Equal(0, ledger.Affordable(charge.Release));
        }
    }

    // spec 02-privacy#ledger-5: the same charges under a smaller budget stand for those that another accountant let pass.
    [Fact]
    public void What_was_charged_is_spent_when_it_is_read_back_even_above_the_budget()
    {
        PrivacyBudget large = new(90_000, 0.9, PrivacyUnit.Record, NeighbouringRelation.AddOrRemoveOne);
        PrivacyLedger ledger = PrivacyLedger
            .Open("site", large, out _)
            .Charge(Charge(PrivacyEvent.Gaussian(0.5), "a"), out ReadOnlyMemory<byte> first)
            .Charge(Charge(PrivacyEvent.Approximate(0.1, 0.5), "b"), out ReadOnlyMemory<byte> second);
        ledger.Withhold(2, out ReadOnlyMemory<byte> third);
        PrivacyLedger.Open("site", s_budget, out ReadOnlyMemory<byte> opened);
        PrivacyCharge more = Charge(PrivacyEvent.Gaussian(1000), "c");

        PrivacyLedger over = PrivacyLedger.Replay([opened, first]);
        Assert.InRange(over.Spent, s_budget.Epsilon, 100);
        Assert.Equal(0, over.Affordable(more.Release));
        Assert.Throws<BudgetExceededException>(() => over.Charge(more, out _));

        PrivacyLedger nothing = PrivacyLedger.Replay([opened, first, second]);
        Assert.Equal(double.PositiveInfinity, nothing.Spent);
        Assert.Contains("promise: none at δ", PrivacyStatement.Of(nothing).Text, StringComparison.Ordinal);
        Assert.Equal(0, nothing.Affordable(more.Release));
        Assert.Throws<BudgetExceededException>(() => nothing.Charge(more, out _));
        Assert.Equal(over.Spent, PrivacyLedger.Replay([opened, first, second, third]).Spent);
    }

    [Fact]
    public void What_does_not_belong_into_a_ledger_is_refused()
    {
        PrivacyLedger ledger = PrivacyLedger.Open("site", s_budget, out _);
        ledger = ledger.Charge(Charge(PrivacyEvent.Gaussian(50), "a"), out _);
        Assert.Throws<ChargeRefusedException>(() => ledger.Charge(Charge(PrivacyEvent.Gaussian(50), "a"), out _));
        Assert.Throws<ChargeRefusedException>(() =>
            ledger.Charge(
                new PrivacyCharge(
                    "x",
                    Digest.Of("b"u8),
                    PrivacyEvent.Gaussian(50),
                    1,
                    PrivacyUnit.Client,
                    NeighbouringRelation.AddOrRemoveOne
                ),
                out _
            )
        );
        Assert.Throws<ChargeRefusedException>(() =>
            ledger.Charge(
                new PrivacyCharge(
                    "x",
                    Digest.Of("b"u8),
                    PrivacyEvent.Gaussian(50),
                    1,
                    PrivacyUnit.Record,
                    NeighbouringRelation.ReplaceOne
                ),
                out _
            )
        );
        Assert.Throws<MixedRelationsException>(() =>
            new PrivacyCharge(
                "x",
                Digest.Of("b"u8),
                PrivacyEvent.PoissonSampledGaussian(1, 0.1),
                1,
                PrivacyUnit.Record,
                NeighbouringRelation.ReplaceOne
            )
        );
        Assert.Throws<ArgumentException>(() => Charge(PrivacyEvent.Gaussian(1), string.Empty, purpose: " "));
        Assert.Throws<ArgumentException>(() => Charge(PrivacyEvent.Gaussian(1), "a", purpose: new string('x', 201)));
        Assert.Throws<PrivacyDomainException>(() => Charge(PrivacyEvent.Gaussian(1), "a", count: 0));
        Assert.Throws<ArgumentException>(() => PrivacyLedger.Open("No Name", s_budget, out _));
    }

    [Theory]
    [InlineData(0, 1e-5, "epsilon")]
    [InlineData(-1, 1e-5, "epsilon")]
    [InlineData(double.NaN, 1e-5, "epsilon")]
    [InlineData(double.PositiveInfinity, 1e-5, "epsilon")]
    [InlineData(5e-324, 1e-5, "epsilon")]
    [InlineData(200_000, 1e-5, "epsilon")]
    [InlineData(1, 0, "delta")]
    [InlineData(1, 1, "delta")]
    [InlineData(1, double.NaN, "delta")]
    public void DP_03_A_budget_outside_its_domain_is_refused_by_name(double epsilon, double delta, string parameter) =>
        Assert.Equal(
            parameter,
            Assert
                .Throws<PrivacyDomainException>(() =>
                    new PrivacyBudget(epsilon, delta, PrivacyUnit.Record, NeighbouringRelation.AddOrRemoveOne)
                )
                .ParamName
        );

    [Theory]
    [InlineData("""{"entry":"charged"}""")]
    [InlineData(
        """{"entry":"opened","owner":"site","epsilon":3,"delta":1E-05,"unit":"Record","relation":"AddOrRemoveOne"}"""
    )]
    [InlineData("""{"entry":"withheld","number":1}""")]
    [InlineData("""{"entry":"other"}""")]
    [InlineData("""{"entry":"withheld", "number":1}""")]
    [InlineData("""[1]""")]
    [InlineData("")]
    [InlineData("\u0000")]
    public void An_entry_that_no_ledger_writes_is_named(string text)
    {
        PrivacyLedger.Open("site", s_budget, out ReadOnlyMemory<byte> first);
        LedgerCorruptException corrupt = Assert.Throws<LedgerCorruptException>(() =>
            PrivacyLedger.Replay([first, Encoding.UTF8.GetBytes(text)])
        );
        Assert.Equal(1, corrupt.Entry);
    }

    [Fact]
    public void Every_altered_byte_of_an_entry_is_named_or_gives_another_head()
    {
        PrivacyLedger ledger = PrivacyLedger.Open("site", s_budget, out ReadOnlyMemory<byte> first);
        ledger = ledger.Charge(
            Charge(PrivacyEvent.PoissonSampledDiscreteGaussian(2, 0.05), "a"),
            out ReadOnlyMemory<byte> second
        );
        for (int at = 0; at < second.Length; at++)
        {
            byte[] altered = second.ToArray();
            altered[at] ^= 1;
            try
            {
                Assert.NotEqual(ledger.Head, PrivacyLedger.Replay([first, altered]).Head);
            }
            catch (LedgerCorruptException corrupt)
            {
                Assert.Equal(1, corrupt.Entry);
            }
        }
    }

    private static PrivacyCharge Charge(PrivacyEvent release, string name, long count = 1, string purpose = "a test") =>
        new(
            purpose,
            Digest.Of(Encoding.UTF8.GetBytes(name)),
            release,
            count,
            PrivacyUnit.Record,
            NeighbouringRelation.AddOrRemoveOne
        );
}
