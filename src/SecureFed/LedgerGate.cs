using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Lets a party join rounds with noise as far as its ledger allows, and charges them. spec 02-privacy#charge-1</summary>
/// <remarks>As thread-safe as the ledger.</remarks>
public sealed class LedgerGate : PrivacyGate
{
    private readonly ImmutableArray<LedgerReceiptBook> _books;

    /// <summary>A gate.</summary>
    /// <param name="ledger">The party's own.</param>
    /// <param name="receipts">What others keep of it: no round is joined with a ledger that is older, or another one. Null when nobody keeps anything.</param>
    public LedgerGate(IPrivacyLedger ledger, LedgerReceiptBook? receipts = null)
        : this(ledger, receipts is null ? [] : ImmutableArray.Create(receipts)) { }

    private LedgerGate(IPrivacyLedger ledger, ImmutableArray<LedgerReceiptBook> books)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        (Ledger, _books) = (ledger, books);
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
            PrivacyLedger ledger = Ledger.Current;
            Compare(ledger);
            ledger.Charge(ChargeOf(descriptor), out _);
            return null;
        }
        catch (LedgerRolledBackException back)
        {
            return new(AbortReason.StorageFailure, back.Message);
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
            Compare(Ledger.Current);
            Ledger.Charge(ChargeOf(descriptor));
        }
        catch (Exception refused)
            when (refused
                    is BudgetExceededException
                        or ChargeRefusedException
                        or PrivacyDomainException
                        or LedgerRolledBackException
            )
        {
            // Another round was charged since this one was examined, here or in a copy of the ledger.
            throw new IOException(refused.Message, refused);
        }
    }

    /// <summary>The receipt that a party hands out after a round it was charged for; null when it was not. spec 02-privacy#ledger-7</summary>
    /// <param name="descriptor">The round.</param>
    /// <param name="signer">Signs with the long-term key of the ledger's owner.</param>
    public SignedLedgerReceipt? ReceiptAfter(RoundDescriptor descriptor, ISigner signer)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return descriptor.Noise is not null && IsCharged(descriptor)
            ? SignedLedgerReceipt.Sign(Ledger.Current, signer)
            : null;
    }

    internal LedgerGate Against(LedgerReceiptBook book) => new(Ledger, _books.Add(book));

    /// <summary>Whether the ledger has come at least as far as the receipt that a book keeps of it.</summary>
    internal bool Continues(LedgerReceiptBook book)
    {
        try
        {
            Compare(Ledger.Current, book);
            return true;
        }
        catch (LedgerRolledBackException)
        {
            return false;
        }
    }

    // spec 02-privacy#ledger-6
    private void Compare(PrivacyLedger ledger)
    {
        foreach (LedgerReceiptBook book in _books)
        {
            Compare(ledger, book);
        }
    }

    // With what is kept of this ledger: another one of the same owner has a receipt of its own.
    private static void Compare(PrivacyLedger ledger, LedgerReceiptBook book)
    {
        if (book.NewestOf(ledger.Owner, ledger.Opening) is { } newest)
        {
            ledger.Compare(newest);
        }
    }
}
