using System.Globalization;
using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>What everything that is ever released may cost together. spec 02-privacy#ledger-1</summary>
/// <remarks>Immutable, compared by value.</remarks>
public sealed record PrivacyBudget
{
    /// <summary>A budget.</summary>
    /// <param name="epsilon">ε, above 0 to 100,000.</param>
    /// <param name="delta">δ, 10^-300 to below 1: at most a tenth of one over the number of units.</param>
    /// <param name="unit">Whose presence is hidden.</param>
    /// <param name="relation">How neighbouring data sets differ.</param>
    /// <exception cref="PrivacyDomainException">A number is outside its domain.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Unit or relation are none of theirs.</exception>
    public PrivacyBudget(double epsilon, double delta, PrivacyUnit unit, NeighbouringRelation relation)
    {
        Domain.Epsilon(epsilon);
        Domain.Positive(epsilon, nameof(epsilon), "A budget of 0 allows nothing.");
        Domain.Delta(delta);
        if (!Enum.IsDefined(unit))
        {
            throw new ArgumentOutOfRangeException(nameof(unit), unit, "Name a record or a client.");
        }

        if (!Enum.IsDefined(relation))
        {
            throw new ArgumentOutOfRangeException(nameof(relation), relation, "Name one of the two relations.");
        }

        (Epsilon, Delta, Unit, Relation) = (epsilon, delta, unit, relation);
    }

    /// <summary>ε.</summary>
    public double Epsilon { get; }

    /// <summary>δ.</summary>
    public double Delta { get; }

    /// <summary>Whose presence is hidden.</summary>
    public PrivacyUnit Unit { get; }

    /// <summary>How neighbouring data sets differ.</summary>
    public NeighbouringRelation Relation { get; }

    /// <summary>For example "ε = 3 at δ = 1E-05 for one Record, AddOrRemoveOne".</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"ε = {Epsilon} at δ = {Delta} for one {Unit}, {Relation}");
}
