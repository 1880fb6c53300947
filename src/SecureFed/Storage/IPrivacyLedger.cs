using SecureFed.Core;
using SecureFed.Privacy;

namespace SecureFed;

/// <summary>Port: a party's privacy ledger with its storage. A charge is durable when it returns. spec 02-privacy#ledger-3</summary>
/// <remarks>Thread-safe. Never restore an older copy: what was released stays released.</remarks>
public interface IPrivacyLedger
{
    /// <summary>The ledger as far as it is durable.</summary>
    PrivacyLedger Current { get; }

    /// <summary>Charges a release and returns when that is durable: only then may anything of the release leave.</summary>
    /// <returns>The number of the charge.</returns>
    /// <exception cref="BudgetExceededException">It would cost more than is left. Nothing was charged.</exception>
    /// <exception cref="ChargeRefusedException">The charge does not belong into this ledger, or was made before.</exception>
    /// <exception cref="IOException">The charge may not be durable. The release must not happen.</exception>
    long Charge(PrivacyCharge charge);

    /// <summary>Gives a charge back of which nothing has left. See <see cref="PrivacyLedger.Withhold"/>.</summary>
    /// <exception cref="ChargeRefusedException">There is no such charge, or it was given back before.</exception>
    /// <exception cref="IOException">That may not be durable; the charge may still count.</exception>
    void Withhold(long number);
}

/// <summary>A ledger in memory: forgotten with the process. For rounds in one process and for tests.</summary>
public sealed class InMemoryLedger : IPrivacyLedger
{
    private readonly Lock _lock = new();
    private PrivacyLedger _current;

    /// <summary>Opens a ledger.</summary>
    /// <param name="owner">Written like a participant id.</param>
    /// <param name="budget">What everything may cost together.</param>
    public InMemoryLedger(string owner, PrivacyBudget budget) => _current = PrivacyLedger.Open(owner, budget, out _);

    /// <inheritdoc/>
    public PrivacyLedger Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <inheritdoc/>
    public long Charge(PrivacyCharge charge)
    {
        lock (_lock)
        {
            _current = _current.Charge(charge, out _);
            return _current.Lines.Length;
        }
    }

    /// <inheritdoc/>
    public void Withhold(long number)
    {
        lock (_lock)
        {
            _current = _current.Withhold(number, out _);
        }
    }
}
