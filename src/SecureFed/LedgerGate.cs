using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Lets a party join rounds with noise as far as its ledger allows, and charges them. spec 02-privacy#charge-1</summary>
/// <remarks>As thread-safe as the ledger.</remarks>
public sealed class LedgerGate : PrivacyGate
{
    /// <summary>A gate.</summary>
    /// <param name="ledger">The party's own.</param>
    public LedgerGate(IPrivacyLedger ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        Ledger = ledger;
    }

    /// <summary>The ledger.</summary>
    public IPrivacyLedger Ledger { get; }

    /// <summary>The charge of a round.</summary>
    /// <param name="descriptor">A sound descriptor with noise.</param>
    public static PrivacyCharge ChargeOf(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        RoundNoise noise =
            descriptor.Noise ?? throw new ArgumentException("The round has no noise.", nameof(descriptor));
        return new PrivacyCharge(
            $"{descriptor.Federation}: round {descriptor.Round}, attempt {descriptor.Attempt}",
            RoundDigests.Descriptor(descriptor),
            RoundCost.Of(descriptor),
            count: 1,
            noise.Unit,
            noise.Relation
        );
    }

    /// <inheritdoc/>
    public override DescriptorRefusal? Examine(RoundDescriptor descriptor)
    {
        try
        {
            Ledger.Current.Charge(ChargeOf(descriptor), out _);
            return null;
        }
        catch (BudgetExceededException exceeded)
        {
            return new(AbortReason.BudgetExceeded, exceeded.Message);
        }
        catch (Exception refused) when (refused is ChargeRefusedException or PrivacyDomainException)
        {
            return new(AbortReason.PrivacyTooWeak, refused.Message);
        }
    }

    /// <inheritdoc/>
    public override bool IsCharged(RoundDescriptor descriptor) =>
        Ledger.Current.HasCharged(RoundDigests.Descriptor(descriptor));

    /// <inheritdoc/>
    public override void Charge(RoundDescriptor descriptor)
    {
        try
        {
            Ledger.Charge(ChargeOf(descriptor));
        }
        catch (Exception refused)
            when (refused is BudgetExceededException or ChargeRefusedException or PrivacyDomainException)
        {
            // Another round was charged since this one was examined.
            throw new IOException(refused.Message, refused);
        }
    }
}
