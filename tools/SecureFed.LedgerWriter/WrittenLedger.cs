using System.Text;
using SecureFed.Core;
using SecureFed.Privacy;

namespace SecureFed.LedgerWriter;

/// <summary>The ledger that is written: its owner, its budget and its charges, the same for the process and for its test.</summary>
public static class WrittenLedger
{
    /// <summary>Whose.</summary>
    public const string Owner = "site";

    /// <summary>Never reached: what is tested is that charges are kept, not that they are refused.</summary>
    public static PrivacyBudget Budget { get; } =
        new(epsilon: 1000, delta: 1e-6, PrivacyUnit.Record, NeighbouringRelation.AddOrRemoveOne);

    /// <summary>The charge of a release.</summary>
    /// <param name="name">Names the release and no other one.</param>
    public static PrivacyCharge Charge(string name) =>
        new(
            $"release {name}",
            Digest.Of(Encoding.UTF8.GetBytes(name)),
            PrivacyEvent.DiscreteGaussian(20),
            count: 1,
            Budget.Unit,
            Budget.Relation
        );
}

/// <summary>How the process ends when nobody kills it.</summary>
public static class WriterExit
{
    /// <summary>It was told to stop.</summary>
    public const int Done = 0;

    /// <summary>Its arguments are wrong.</summary>
    public const int Usage = 1;

    /// <summary>Another process has the ledger open.</summary>
    public const int InUse = 2;
}
