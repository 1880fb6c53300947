using System.Globalization;

namespace SecureFed.Privacy;

/// <summary>A release would cost more than is left. It was not charged, and must not happen. spec 02-privacy#ledger-3</summary>
public sealed class BudgetExceededException : InvalidOperationException
{
    internal BudgetExceededException(PrivacyBudget budget, double spent, double would, long affordable)
        : base(
            string.Create(
                CultureInfo.InvariantCulture,
                $"The budget is {budget}; {spent:0.####} is spent, and this release would make it {would:0.####}; {affordable} like it still fit. Release less, with more noise or fewer rounds, or agree with whoever owns the data on a larger budget."
            )
        ) => (Budget, Spent, Would, Affordable) = (budget, spent, would, affordable);

    /// <summary>The budget.</summary>
    public PrivacyBudget Budget { get; }

    /// <summary>ε of everything charged so far, at the budget's δ.</summary>
    public double Spent { get; }

    /// <summary>ε with the release that was refused; infinite when that promises nothing.</summary>
    public double Would { get; }

    /// <summary>How many of the release, one by one, the budget still allows: 0 to 10^9.</summary>
    public long Affordable { get; }
}

/// <summary>A charge does not belong into this ledger.</summary>
public sealed class ChargeRefusedException : InvalidOperationException
{
    internal ChargeRefusedException(string message)
        : base(message) { }
}

/// <summary>An entry of a ledger is not what a ledger writes. Nothing may be released on the strength of it. spec 02-privacy#ledger-5</summary>
public sealed class LedgerCorruptException : FormatException
{
    internal LedgerCorruptException(int entry, string problem, Exception? inner = null)
        : base(
            $"Entry {entry} of the privacy ledger is corrupt: {problem} Release nothing more. Restore a good copy that is not older, and compare it with the receipts that others hold.",
            inner
        ) => Entry = entry;

    /// <summary>The same for the storage of a ledger.</summary>
    /// <param name="entry">Which entry, from 0.</param>
    /// <param name="problem">What is wrong, as a sentence.</param>
    /// <param name="inner">What was noticed.</param>
    public static LedgerCorruptException At(int entry, string problem, Exception? inner = null) =>
        new(entry, problem, inner);

    /// <summary>Which entry, from 0.</summary>
    public int Entry { get; }
}

/// <summary>A ledger is older than, or another one than, the one that a receipt was given for. spec 02-privacy#ledger-6</summary>
public sealed class LedgerRolledBackException : InvalidOperationException
{
    internal LedgerRolledBackException(string problem)
        : base(
            $"{problem} A backup was restored, or two processes write ledgers of one name. Release nothing more before the newest ledger is found."
        ) { }
}
