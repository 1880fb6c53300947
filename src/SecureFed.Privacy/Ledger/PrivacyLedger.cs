using System.Collections.Immutable;
using System.Text;
using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>One charge of a ledger and where it left the account.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Charge">What was charged.</param>
/// <param name="EpsilonAfter">ε of everything up to here at the budget's δ, charges that were given back left out.</param>
/// <param name="IsWithheld">Whether it was given back.</param>
public sealed record LedgerLine(long Number, PrivacyCharge Charge, double EpsilonAfter, bool IsWithheld);

/// <summary>
/// A party's account of everything that was released from its data. Charge first, make that durable, then release. spec
/// 02-privacy#ledger-1
/// </summary>
/// <remarks>
/// Immutable and thread-safe: a change gives a new ledger and the entry that a host stores before anything leaves. The
/// same entries give the same ledger. ε is the certified one of the <see cref="RenyiAccountant"/>; a change costs
/// microseconds once a release is known.
/// </remarks>
public sealed class PrivacyLedger
{
    // Null when the charges together promise nothing at any order.
    private readonly RenyiAccountant? _accountant;
    private readonly ImmutableArray<Digest> _heads;
    private readonly ImmutableHashSet<Digest> _references;

    private PrivacyLedger(
        string owner,
        PrivacyBudget budget,
        RenyiAccountant? accountant,
        ImmutableArray<Digest> heads,
        ImmutableHashSet<Digest> references,
        ImmutableArray<LedgerLine> lines
    ) =>
        (Owner, Budget, _accountant, _heads, _references, Lines) = (
            owner,
            budget,
            accountant,
            heads,
            references,
            lines
        );

    /// <summary>Whose ledger: written like a participant id.</summary>
    public string Owner { get; }

    /// <summary>What everything may cost together.</summary>
    public PrivacyBudget Budget { get; }

    /// <summary>The charges, oldest first.</summary>
    public ImmutableArray<LedgerLine> Lines { get; }

    /// <summary>ε of everything charged and not given back, at the budget's δ; infinite when that promises nothing.</summary>
    /// <remarks>Above the budget only in a ledger that was read back and that another version, or another machine, wrote.</remarks>
    public double Spent => EpsilonOf(_accountant);

    /// <summary>How many entries it has.</summary>
    public int Entries => _heads.Length;

    /// <summary>The digest of the first entry: tells apart the ledgers of one owner that differ in budget, unit or relation.</summary>
    public Digest Opening => _heads[0];

    /// <summary>The end of the chain of the entries' digests.</summary>
    public Digest Head => _heads[^1];

    /// <summary>Opens a ledger.</summary>
    /// <param name="owner">Written like a participant id: a party, or a federation at its server.</param>
    /// <param name="budget">What everything may cost together; it never changes.</param>
    /// <param name="entry">What to store first.</param>
    /// <exception cref="ArgumentException">The name is malformed.</exception>
    public static PrivacyLedger Open(string owner, PrivacyBudget budget, out ReadOnlyMemory<byte> entry)
    {
        ArgumentNullException.ThrowIfNull(budget);
        if (!ParticipantId.TryParse(owner, out _))
        {
            throw new ArgumentException(
                "A ledger's owner is written like a participant id (a-z, 0-9, '-', '_', '.').",
                nameof(owner)
            );
        }

        byte[] bytes = new LedgerEntry.Opened(owner, budget).Encode();
        entry = bytes;
        return new(
            owner,
            budget,
            new RenyiAccountant(budget.Relation),
            [Digest.Of(bytes)],
            ImmutableHashSet<Digest>.Empty,
            []
        );
    }

    /// <summary>Reads a ledger back from its entries.</summary>
    /// <remarks>
    /// No charge is refused for its cost: it was made, so it is spent. An accountant that rounds a last digit otherwise
    /// must not make a ledger that was charged to its limit unreadable. spec 02-privacy#ledger-5
    /// </remarks>
    /// <param name="entries">All of them, oldest first; at least one.</param>
    /// <exception cref="LedgerCorruptException">An entry is not what a ledger writes; it is named.</exception>
    public static PrivacyLedger Replay(IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count == 0)
        {
            throw new LedgerCorruptException(0, "there is none.");
        }

        if (LedgerEntry.Decode(0, entries[0].Span) is not LedgerEntry.Opened opened)
        {
            throw new LedgerCorruptException(0, "it does not open a ledger.");
        }

        PrivacyLedger ledger;
        try
        {
            ledger = Open(opened.Owner, opened.Budget, out _);
        }
        catch (ArgumentException failure)
        {
            throw new LedgerCorruptException(0, "its owner has no name.", failure);
        }

        for (int i = 1; i < entries.Count; i++)
        {
            LedgerEntry entry = LedgerEntry.Decode(i, entries[i].Span);
            try
            {
                ledger = entry switch
                {
                    LedgerEntry.Charged charged => ledger.Add(charged.Charge, ledger.With(charged.Charge), out _),
                    LedgerEntry.Withheld withheld => ledger.Withhold(withheld.Number, out _),
                    _ => throw new LedgerCorruptException(i, "a ledger is opened once."),
                };
            }
            catch (InvalidOperationException failure)
            {
                throw new LedgerCorruptException(i, $"it breaks a rule of the ledger: {failure.Message}", failure);
            }
        }

        return ledger;
    }

    /// <summary>Whether a release was charged, given back or not.</summary>
    /// <param name="reference">Names the release.</param>
    public bool HasCharged(Digest reference) => _references.Contains(reference);

    /// <summary>ε with one more charge, at the budget's δ. Charges nothing.</summary>
    /// <param name="charge">Of the ledger's unit and relation.</param>
    /// <returns>ε; infinite when so little noise, or so large a δ, promises nothing.</returns>
    /// <exception cref="ChargeRefusedException">The charge does not belong into this ledger, or was made before.</exception>
    public double EpsilonAfter(PrivacyCharge charge) => EpsilonOf(With(charge));

    /// <summary>How many more of one release the budget allows.</summary>
    /// <param name="release">The release.</param>
    /// <returns>0 to 10^9.</returns>
    /// <exception cref="MixedRelationsException">The release promises under the other relation only.</exception>
    public long Affordable(PrivacyEvent release)
    {
        ArgumentNullException.ThrowIfNull(release);
        const long Most = 1_000_000_000;
        long allowed = 0;
        long refused = 1;
        while (refused <= Most && Fits(release, refused))
        {
            (allowed, refused) = (refused, 2 * refused);
        }

        refused = Math.Min(refused, Most + 1);
        while (refused - allowed > 1)
        {
            long middle = allowed + ((refused - allowed) / 2);
            (allowed, refused) = Fits(release, middle) ? (middle, refused) : (allowed, middle);
        }

        return allowed;
    }

    /// <summary>Charges a release. Store the entry durably before anything of the release leaves. spec 02-privacy#ledger-3</summary>
    /// <param name="charge">Of the ledger's unit and relation, with a reference that it has not seen.</param>
    /// <param name="entry">What to store.</param>
    /// <returns>The ledger after it; this one stays as it is.</returns>
    /// <exception cref="BudgetExceededException">It would cost more than is left.</exception>
    /// <exception cref="ChargeRefusedException">The charge does not belong into this ledger, or was made before.</exception>
    public PrivacyLedger Charge(PrivacyCharge charge, out ReadOnlyMemory<byte> entry)
    {
        RenyiAccountant? accountant = With(charge);
        double would = EpsilonOf(accountant);
        return would <= Budget.Epsilon
            ? Add(charge, accountant, out entry)
            : throw new BudgetExceededException(Budget, Spent, would, Affordable(charge.Release));
    }

    /// <summary>
    /// Gives a charge back, for a release of which nothing has left: neither the noisy vector nor anything computed from
    /// it. Once it has left there is no way back, whatever became of the round. spec 02-privacy#ledger-3
    /// </summary>
    /// <param name="number">The charge.</param>
    /// <param name="entry">What to store.</param>
    /// <exception cref="ChargeRefusedException">There is no such charge, or it was given back before.</exception>
    public PrivacyLedger Withhold(long number, out ReadOnlyMemory<byte> entry)
    {
        if (number < 1 || number > Lines.Length)
        {
            throw new ChargeRefusedException($"There is no charge {number}; the last one is {Lines.Length}.");
        }

        int index = (int)number - 1;
        if (Lines[index].IsWithheld)
        {
            throw new ChargeRefusedException($"Charge {number} was given back before.");
        }

        RenyiAccountant? accountant = new(Budget.Relation);
        foreach (LedgerLine line in Lines.Where(line => !line.IsWithheld && line.Number != number))
        {
            accountant = Compose(accountant, line.Charge.Release, line.Charge.Count);
        }

        byte[] bytes = new LedgerEntry.Withheld(number).Encode();
        entry = bytes;
        return new(
            Owner,
            Budget,
            accountant,
            _heads.Add(Next(bytes)),
            _references,
            Lines.SetItem(index, Lines[index] with { IsWithheld = true })
        );
    }

    /// <summary>The chain of digests after one entry.</summary>
    /// <param name="entry">0 to Entries − 1.</param>
    public Digest HeadAt(int entry) => _heads[entry];

    /// <summary>This ledger, if it is the one that is meant.</summary>
    /// <exception cref="ChargeRefusedException">It is of another owner or budget.</exception>
    public PrivacyLedger RequireSame(string owner, PrivacyBudget budget) =>
        string.Equals(owner, Owner, StringComparison.Ordinal) && Budget.Equals(budget)
            ? this
            : throw new ChargeRefusedException(
                $"The ledger is that of '{Owner}' with {Budget}, not of '{owner}' with {budget}. A budget is fixed when its ledger is opened."
            );

    /// <summary>How far the ledger has come, for somebody else to keep.</summary>
    public LedgerReceipt Receipt() => new(Owner, Opening, Entries, Head);

    /// <summary>Compares the ledger with a receipt that was given for it.</summary>
    /// <param name="receipt">Its signature was verified.</param>
    /// <exception cref="LedgerRolledBackException">The receipt was given for more entries, or for others.</exception>
    public void Compare(LedgerReceipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        if (!string.Equals(receipt.Owner, Owner, StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"The receipt is of '{receipt.Owner}' and the ledger of '{Owner}'.",
                nameof(receipt)
            );
        }

        if (receipt.Opening != Opening)
        {
            throw new LedgerRolledBackException(
                $"The ledger of '{Owner}' was opened otherwise than the one that a receipt was given for: another budget, unit or relation, or another ledger."
            );
        }

        if (receipt.Entries > Entries)
        {
            throw new LedgerRolledBackException(
                $"The ledger of '{Owner}' has {Entries} entries; a receipt was given for {receipt.Entries}."
            );
        }

        if (receipt.Entries < 1 || _heads[receipt.Entries - 1] != receipt.Head)
        {
            throw new LedgerRolledBackException(
                $"The first {receipt.Entries} entries of the ledger of '{Owner}' are not those that a receipt was given for."
            );
        }
    }

    private PrivacyLedger Add(PrivacyCharge charge, RenyiAccountant? accountant, out ReadOnlyMemory<byte> entry)
    {
        byte[] bytes = new LedgerEntry.Charged(charge).Encode();
        entry = bytes;
        return new(
            Owner,
            Budget,
            accountant,
            _heads.Add(Next(bytes)),
            _references.Add(charge.Reference),
            Lines.Add(new LedgerLine(Lines.Length + 1, charge, EpsilonOf(accountant), IsWithheld: false))
        );
    }

    private RenyiAccountant? With(PrivacyCharge charge)
    {
        ArgumentNullException.ThrowIfNull(charge);
        if (charge.Unit != Budget.Unit || charge.Relation != Budget.Relation)
        {
            throw new ChargeRefusedException(
                $"The ledger counts for one {Budget.Unit}, {Budget.Relation}; the charge is for one {charge.Unit}, {charge.Relation}. Keep a ledger for each."
            );
        }

        return _references.Contains(charge.Reference)
            ? throw new ChargeRefusedException(
                "A charge with this reference was made before. A repeated release with fresh noise is another release, with a reference of its own."
            )
            : Compose(_accountant, charge.Release, charge.Count);
    }

    private bool Fits(PrivacyEvent release, long count) =>
        EpsilonOf(Compose(_accountant, release, count)) <= Budget.Epsilon;

    // The numbers of a release were checked when it was made: what is refused here is that no order is left.
    private static RenyiAccountant? Compose(RenyiAccountant? accountant, PrivacyEvent release, long count)
    {
        try
        {
            return accountant?.Compose(release, count);
        }
        catch (PrivacyDomainException)
        {
            return null;
        }
    }

    // The budget's δ was checked when it was made: what is refused here is that releases have consumed it.
    private double EpsilonOf(RenyiAccountant? accountant)
    {
        try
        {
            return accountant?.Epsilon(Budget.Delta).Epsilon ?? double.PositiveInfinity;
        }
        catch (PrivacyDomainException)
        {
            return double.PositiveInfinity;
        }
    }

    private Digest Next(ReadOnlySpan<byte> entry)
    {
        byte[] link = new byte[Digest.SizeInBytes + entry.Length];
        Head.CopyTo(link);
        entry.CopyTo(link.AsSpan(Digest.SizeInBytes));
        return Digest.Of(link);
    }
}
