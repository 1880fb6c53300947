using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>The same parties over many rounds in one process: signing keys and journals stay, replays are refused.</summary>
/// <remarks>
/// Rounds are numbered from one above <c>lastRound</c>. After an attempt that named parties, the next attempt of the round
/// runs without them; the next round has everybody again. Clients refuse a survivor set that differs by one party from one
/// they signed for the same model: <see cref="InProcessOptions.MinimumCohortDifference"/>. Not thread-safe.
/// </remarks>
public sealed class InProcessFederation : IDisposable
{
    private readonly ImmutableSortedDictionary<ParticipantId, FederationMember> _members;
    private readonly RandomSource _random;
    private readonly bool _ownsSigners;
    private readonly HashSet<ParticipantId> _excluded = [];
    private InProcessRound? _current;
    private LedgerReceiptBook? _receipts;

    private InProcessFederation(
        string name,
        ImmutableSortedDictionary<ParticipantId, FederationMember> members,
        ProtocolSuite suite,
        RandomSource random,
        ulong lastRound,
        bool ownsSigners,
        LedgerReceiptBook? receipts
    )
    {
        Name = name;
        _members = members;
        Suite = suite;
        _random = random;
        Round = lastRound;
        _ownsSigners = ownsSigners;
        _receipts = receipts;
    }

    /// <summary>The federation's name.</summary>
    public string Name { get; }

    /// <summary>The members, ascending by name.</summary>
    public ImmutableArray<FederationMember> Members => [.. _members.Values];

    /// <summary>The suite of all rounds.</summary>
    public ProtocolSuite Suite { get; }

    /// <summary>The number of the current round.</summary>
    public ulong Round { get; private set; }

    /// <summary>The current attempt within the round; 0 before the first.</summary>
    public uint Attempt { get; private set; }

    /// <summary>
    /// The newest receipt of each member's ledger, one book for all members together: filled after every attempt with noise,
    /// and compared with a member's <see cref="LedgerGate"/> before it joins one. What it refuses is in
    /// <see cref="RoundOutcome.LedgerReceiptFailures"/>. spec 02-privacy#ledger-7
    /// </summary>
    /// <remarks>Export it to keep it beyond the process; then give it to <see cref="FromMembers"/>, and its receipts to whoever opens a ledger.</remarks>
    public LedgerReceiptBook Receipts =>
        _receipts ??= new LedgerReceiptBook(Suite, _members.Values.Select(member => member.Enrolment));

    /// <summary>Members that are left out of the rest of this round because an attempt named them, ascending.</summary>
    public ImmutableArray<ParticipantId> Excluded => [.. _excluded.Order()];

    /// <summary>Enrols parties with fresh P-256 keys and journals in memory. Disposing wipes the keys.</summary>
    /// <param name="name">The federation's name, written like a participant id.</param>
    /// <param name="parties">Different names, at least 2.</param>
    /// <param name="random">Every key, seed, share, rounding and noise of the rounds is drawn from it.</param>
    /// <param name="gates">Each party's account of rounds with noise; null refuses them.</param>
    /// <exception cref="ArgumentException">A name is malformed or given twice.</exception>
    public static InProcessFederation Create(
        string name,
        IEnumerable<ParticipantId> parties,
        RandomSource random,
        Func<ParticipantId, PrivacyGate>? gates = null
    )
    {
        ArgumentNullException.ThrowIfNull(parties);
        ArgumentNullException.ThrowIfNull(random);
        return Create(
            name,
            parties.Select(id => FederationMember.Generate(id, gates?.Invoke(id))),
            P256Suite.Instance,
            random,
            0,
            ownsSigners: true
        );
    }

    /// <summary>Takes parties that were enrolled before, with their keys and journals.</summary>
    /// <param name="name">The federation's name, written like a participant id.</param>
    /// <param name="members">Different names, at least 2. Their signers stay the caller's.</param>
    /// <param name="suite">The suite that the members' keys belong to.</param>
    /// <param name="random">Every key, seed, share and rounding of the rounds is drawn from it.</param>
    /// <param name="lastRound">The last round these parties took part in; rounds continue above it.</param>
    /// <param name="receipts">The receipts of the members' ledgers that were kept so far, in a book of this suite; null for none.</param>
    /// <exception cref="ArgumentException">A name is malformed or given twice, a key is not of the suite, or the book lacks the key of a member with a ledger.</exception>
    public static InProcessFederation FromMembers(
        string name,
        IEnumerable<FederationMember> members,
        ProtocolSuite suite,
        RandomSource random,
        ulong lastRound = 0,
        LedgerReceiptBook? receipts = null
    )
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(suite);
        ArgumentNullException.ThrowIfNull(random);
        return Create(name, members, suite, random, lastRound, ownsSigners: false, receipts);
    }

    /// <summary>Starts the next round, with everybody.</summary>
    /// <param name="plan">The plan; its n must hold all members.</param>
    /// <param name="options">How to run; null for the defaults.</param>
    public InProcessRound StartRound(AggregationPlan plan, InProcessOptions? options = null)
    {
        Round++;
        Attempt = 0;
        _excluded.Clear();
        _current = null;
        return StartAttempt(plan, options);
    }

    /// <summary>Starts the next attempt of the round, without the parties that its earlier attempts named.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">How to run; null for the defaults.</param>
    /// <exception cref="InvalidOperationException">The round has a sum, or too few parties are left for the plan.</exception>
    public InProcessRound StartAttempt(AggregationPlan plan, InProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (_current?.Outcome is RoundOutcome.Completed)
        {
            throw new InvalidOperationException(
                $"Round {Round} has a sum; two sums of one round could be subtracted. Start the next round."
            );
        }

        if (_current?.Outcome is RoundOutcome.Aborted aborted)
        {
            _excluded.UnionWith(aborted.Named);
        }

        ParticipantId[] enrolled = [.. _members.Keys.Where(id => !_excluded.Contains(id))];
        if (enrolled.Length < Math.Max(plan.MinimumSurvivors, plan.Threshold))
        {
            throw new InvalidOperationException(
                $"{enrolled.Length} parties are left of {_members.Count} after excluding {string.Join(", ", Excluded)}; "
                    + $"the plan needs U = {plan.MinimumSurvivors}. Start the next round, or remove the named parties from the federation."
            );
        }

        Attempt++;
        return _current = InProcessRound.Start(plan, _random, options ?? new InProcessOptions(), this, enrolled);
    }

    /// <summary>Runs the next round, with further attempts as long as they can help.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="contribute">Gives the contributions of one attempt; called for each. Parties that are excluded must be left out: see <see cref="Excluded"/>.</param>
    /// <param name="maximumAttempts">At least 1.</param>
    /// <param name="options">How to run; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the attempt, and no other one is started.</param>
    /// <returns>The outcome of the last attempt.</returns>
    public RoundOutcome RunRound(
        AggregationPlan plan,
        Action<InProcessRound> contribute,
        int maximumAttempts = 3,
        InProcessOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(contribute);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumAttempts, 1);
        for (int attempt = 1; ; attempt++)
        {
            using InProcessRound round = attempt == 1 ? StartRound(plan, options) : StartAttempt(plan, options);
            contribute(round);
            RoundOutcome outcome = round.Complete(cancellationToken);
            bool canHelp =
                outcome is RoundOutcome.Aborted aborted
                && aborted.Reason is not (AbortReason.Cancelled or AbortReason.StorageFailure)
                && _members.Count - _excluded.Union(aborted.Named).Count() >= plan.MinimumSurvivors;
            if (!canHelp || attempt == maximumAttempts)
            {
                return outcome;
            }
        }
    }

    /// <summary>Disposes the keys that this federation made.</summary>
    public void Dispose()
    {
        if (_ownsSigners)
        {
            foreach (FederationMember member in _members.Values)
            {
                (member.Signer as IDisposable)?.Dispose();
            }
        }
    }

    internal FederationMember MemberOf(ParticipantId id) => _members[id];

    /// <summary>A member's account, which a receipt that others keep can refuse.</summary>
    /// <exception cref="InvalidOperationException">The member's gate has the ledger of somebody else.</exception>
    internal PrivacyGate? GateOf(FederationMember member)
    {
        if (member.Gate is not LedgerGate gate)
        {
            return member.Gate;
        }

        string owner = gate.Ledger.Current.Owner;
        return string.Equals(owner, member.Id.ToString(), StringComparison.Ordinal)
            ? gate.Against(Receipts)
            : throw new InvalidOperationException(
                $"The ledger of '{member}' is that of '{owner}'. A party charges a ledger of its own name, or its receipts could not be told from those of others."
            );
    }

    /// <summary>Keeps the receipts of those that an attempt was charged to; those that cannot be kept, and why.</summary>
    internal ImmutableDictionary<ParticipantId, Exception> KeepReceipts(
        RoundDescriptor descriptor,
        IEnumerable<FederationMember> members
    )
    {
        var failures = ImmutableDictionary.CreateBuilder<ParticipantId, Exception>();
        foreach (FederationMember member in members)
        {
            if (member.Gate is not LedgerGate gate)
            {
                continue;
            }

            try
            {
                if (gate.ReceiptAfter(descriptor, member.Signer) is { } receipt)
                {
                    Receipts.Add(receipt);
                }
            }
            catch (LedgerReceiptRefusedException late)
                when (late.Fault == LedgerReceiptFault.GoesBack && gate.Continues(Receipts))
            {
                // Another run charged the same ledger since this receipt was signed, and its newer one is kept.
            }
            catch (Exception failure)
            {
                // The sum is there and the round is charged: nothing that goes wrong now may take the outcome away.
                failures.Add(member.Id, failure);
            }
        }

        return failures.ToImmutable();
    }

    private static InProcessFederation Create(
        string name,
        IEnumerable<FederationMember> members,
        ProtocolSuite suite,
        RandomSource random,
        ulong lastRound,
        bool ownsSigners,
        LedgerReceiptBook? receipts = null
    )
    {
        if (!ParticipantId.TryParse(name, out _))
        {
            throw new ArgumentException(
                $"A federation's name is written like a participant id (a-z, 0-9, '-', '_', '.'); got '{name}'.",
                nameof(name)
            );
        }

        Dictionary<ParticipantId, FederationMember> byId = [];
        foreach (FederationMember member in members)
        {
            if (!byId.TryAdd(member.Id, member))
            {
                throw new ArgumentException(
                    $"'{member.Id}' is given twice. A party is enrolled once.",
                    nameof(members)
                );
            }

            if (receipts is not null && member.Gate is LedgerGate && !receipts.Takes(suite, member.Enrolment))
            {
                throw new ArgumentException(
                    $"The book of receipts has no key of '{member.Id}', another one, or keys of another suite: no receipt of its ledger could be kept. Make the book with the enrolment of every member.",
                    nameof(receipts)
                );
            }

            if (!suite.IsValidSigningPublicKey(member.Signer.PublicKey.Span))
            {
                throw new ArgumentException(
                    $"The signing key of '{member.Id}' is not one of suite {suite.Name}. Enrol it with a key of that suite.",
                    nameof(members)
                );
            }
        }

        return new InProcessFederation(
            name,
            byId.ToImmutableSortedDictionary(),
            suite,
            random,
            lastRound,
            ownsSigners,
            receipts
        );
    }
}
