using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>One attempt of a round with all its parties in one process: the real keys, messages and sessions, only no network.</summary>
/// <remarks>
/// For first steps, simulations and tests: whoever runs it sees every input. Contribute, drop, then complete once. Not
/// thread-safe. Randomness of the protocol comes from the given source; long-term signing keys come from the platform.
/// </remarks>
public sealed class InProcessRound : IDisposable
{
    // The name of a federation that exists for one round.
    private const string OwnFederation = "in-process";

    private readonly InProcessOptions _options;
    private readonly RandomSource _random;
    private readonly InProcessFederation? _federation;
    private readonly SortedDictionary<ParticipantId, EncodedUpdate> _updates = [];
    private readonly Dictionary<ParticipantId, RoundPhase> _drops = [];
    private readonly ImmutableSortedSet<ParticipantId> _enrolled;

    private InProcessRound(
        AggregationPlan plan,
        RandomSource random,
        InProcessOptions options,
        InProcessFederation? federation,
        ImmutableSortedSet<ParticipantId> enrolled
    )
    {
        Plan = plan;
        _random = random;
        _options = options;
        _federation = federation;
        _enrolled = enrolled;
        Round = federation?.Round ?? 1;
        Attempt = federation?.Attempt ?? 1;
        Encoding = plan.EncodingFor(federation?.Name ?? OwnFederation, Round, Attempt, options.ModelDigest);
    }

    /// <summary>The plan.</summary>
    public AggregationPlan Plan { get; }

    /// <summary>The lattice of this attempt: the plan's, in a compressed round with the attempt's rotation. Clip, and add up examples, with it.</summary>
    public UpdateEncoding Encoding { get; }

    /// <summary>The round's number.</summary>
    public ulong Round { get; }

    /// <summary>The attempt within the round, from 1.</summary>
    public uint Attempt { get; }

    /// <summary>How it ended; null before <see cref="Complete"/>.</summary>
    public RoundOutcome? Outcome { get; private set; }

    /// <summary>Starts a round of parties that exist for this round only: whoever contributes is enrolled with a fresh key.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="random">Every key, seed, share and rounding is drawn from it: <see cref="SystemRandomSource"/> outside of tests.</param>
    /// <param name="options">How to run; null for the defaults.</param>
    public static InProcessRound Start(AggregationPlan plan, RandomSource random, InProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(random);
        return new InProcessRound(plan, random, options ?? new InProcessOptions(), null, []);
    }

    internal static InProcessRound Start(
        AggregationPlan plan,
        RandomSource random,
        InProcessOptions options,
        InProcessFederation federation,
        IEnumerable<ParticipantId> enrolled
    ) => new(plan, random, options, federation, [.. enrolled]);

    /// <summary>Gives a party's update: it is copied, clipped, rounded to the grid and checked at once.</summary>
    /// <param name="id">The party, once in a round.</param>
    /// <param name="values">float[d], all finite.</param>
    /// <param name="weight">1 to the plan's largest weight; ignored in a plan without weights.</param>
    /// <param name="metrics">Exactly the metrics of the plan; null for a plan without.</param>
    /// <exception cref="ContributionRefusedException">The update or a metric does not fit the plan, or the party is unknown or has contributed.</exception>
    public void Contribute(ParticipantId id, ReadOnlySpan<float> values, long weight = 1, MetricValues? metrics = null)
    {
        RequireRoomFor(id);
        try
        {
            Add(id, ClippedUpdate.Clip(LocalUpdate.Create(values, weight), Encoding), metrics);
        }
        catch (UpdateRefusedException refused)
        {
            throw Refused(id, refused);
        }
    }

    /// <summary>Gives a party's update after it was clipped: whether it was is then known, and can be a metric.</summary>
    /// <param name="id">The party, once in a round.</param>
    /// <param name="update">Clipped for this round's encoding.</param>
    /// <param name="metrics">Exactly the metrics of the plan; null for a plan without.</param>
    /// <inheritdoc cref="Contribute(ParticipantId, ReadOnlySpan{float}, long, MetricValues)" path="/exception"/>
    /// <exception cref="ArgumentException">The update was clipped for another encoding.</exception>
    public void Contribute(ParticipantId id, ClippedUpdate update, MetricValues? metrics = null)
    {
        ArgumentNullException.ThrowIfNull(update);
        if (!update.Encoding.Equals(Encoding))
        {
            throw new ArgumentException(
                $"The update was clipped for another plan ({update.Encoding}). Clip it with this round's Encoding.",
                nameof(update)
            );
        }

        RequireRoomFor(id);
        try
        {
            Add(id, update, metrics);
        }
        catch (UpdateRefusedException refused)
        {
            throw Refused(id, refused);
        }
    }

    /// <summary>Gives the sum of a party's records, in a plan whose noise hides one record.</summary>
    /// <param name="id">The party, once in a round.</param>
    /// <param name="examples">Made for this round's encoding; it is taken.</param>
    /// <exception cref="ContributionRefusedException">The party is unknown or has contributed.</exception>
    /// <exception cref="ArgumentException">The sum was made for another encoding.</exception>
    public void Contribute(ParticipantId id, ExampleSum examples)
    {
        ArgumentNullException.ThrowIfNull(examples);
        if (!examples.Encoding.Equals(Encoding))
        {
            throw new ArgumentException(
                $"The examples were added up for another plan ({examples.Encoding}). Use this round's Encoding.",
                nameof(examples)
            );
        }

        RequireRoomFor(id);
        Add(id, examples.Take());
    }

    private void Add(ParticipantId id, ClippedUpdate update, MetricValues? metrics)
    {
        // spec 02-privacy#records-1: a vector of all records together moves by more than one record's bound.
        if (Plan.Privacy is PrivacyPlan.DistributedNoise { Unit: PrivacyUnit.Record })
        {
            throw Refused(
                ContributionFault.UpdateRefused,
                $"The noise of this plan hides one record of '{id}', so every record is clipped by itself. Add them up in an ExampleSum and contribute that.",
                id
            );
        }

        Add(id, EncodedUpdate.Encode(update, _random, metrics));
    }

    private void Add(ParticipantId id, EncodedUpdate update)
    {
        if (Plan.Encoding.Noise is not null)
        {
            using NoiseVector share = PartyNoise.Draw(Encoding, _federation?.Suite ?? P256Suite.Instance, _random);
            update.AddNoise(share);
        }

        _updates.Add(id, update);
    }

    private void RequireRoomFor(ParticipantId id)
    {
        RequireOpen();
        RequireEnrolled(id);
        if (_updates.ContainsKey(id))
        {
            throw Refused(
                ContributionFault.DuplicateParty,
                $"'{id}' has contributed to this round. A party counts once; add its vectors before they are clipped.",
                id
            );
        }

        if (_updates.Count == Plan.MaximumParticipants)
        {
            throw Refused(
                ContributionFault.TooManyParties,
                $"The ring is sized for {Plan.MaximumParticipants} updates; '{id}' would be one more. Raise the plan's maximumParticipants.",
                id
            );
        }
    }

    /// <summary>Lets a party vanish: it sends nothing from the given phase on.</summary>
    /// <param name="id">The party.</param>
    /// <param name="during">
    /// AdvertiseKeys to Unmask. Dropped before or during MaskedInput, its update is not in the sum; later, it is.
    /// </param>
    /// <exception cref="ContributionRefusedException">The party is unknown, or the round is over.</exception>
    public void Drop(ParticipantId id, RoundPhase during)
    {
        if (during is < RoundPhase.AdvertiseKeys or > RoundPhase.Unmask)
        {
            throw new ArgumentOutOfRangeException(
                nameof(during),
                during,
                $"A party drops out between {RoundPhase.AdvertiseKeys} and {RoundPhase.Unmask}."
            );
        }

        RequireOpen();
        RequireEnrolled(id);
        _drops[id] = _drops.TryGetValue(id, out RoundPhase earlier) && earlier < during ? earlier : during;
    }

    /// <summary>Runs the whole protocol and returns how it ended.</summary>
    /// <param name="cancellationToken">Cancels between two messages; the outcome is then Aborted with Cancelled.</param>
    /// <exception cref="ContributionRefusedException">Fewer contributions than the plan's minimum, or the round was completed before.</exception>
    /// <exception cref="InvalidOperationException">The store of the options holds a result of this round, or the server's account does not allow it.</exception>
    public RoundOutcome Complete(CancellationToken cancellationToken = default)
    {
        RequireOpen();
        if (_updates.Count < Plan.MinimumSurvivors)
        {
            throw Refused(
                ContributionFault.TooFewContributions,
                $"{_updates.Count} parties have contributed; the plan gives no sum of fewer than U = {Plan.MinimumSurvivors}. "
                    + "Contribute for more parties, or make a plan with a smaller minimumSurvivors (at least its threshold).",
                party: null
            );
        }

        if (_federation is not null)
        {
            return Outcome = Run(_federation, _enrolled, cancellationToken);
        }

        // A federation for this round only; its keys go with it.
        IEnumerable<ParticipantId> ids = _updates.Keys.Union(_drops.Keys);
        using InProcessFederation federation = InProcessFederation.Create(OwnFederation, ids, _random, _ => NoAccount);
        return Outcome = Run(federation, federation.Members.Select(member => member.Id), cancellationToken);
    }

    /// <summary>Drops the encoded updates.</summary>
    public void Dispose() => _updates.Clear();

    private RoundOutcome Run(
        InProcessFederation federation,
        IEnumerable<ParticipantId> enrolled,
        CancellationToken cancellationToken
    )
    {
        ImmutableArray<FederationMember> members = [.. enrolled.Select(federation.MemberOf)];
        RoundDescriptor descriptor = Plan.DescribeFor(
            members.Select(member => member.Enrolment),
            federation.Name,
            Round,
            Attempt,
            _options.ModelDigest,
            federation.Suite.Id
        );
        using InProcessRun run = new(descriptor, federation, _options, _random, _drops)
        {
            MinimumContributorsForMetrics = Plan.MinimumContributorsForMetrics,
        };
        foreach (FederationMember member in members)
        {
            if (_updates.TryGetValue(member.Id, out EncodedUpdate? update))
            {
                run.Add(member, update, PolicyFor(federation));
            }
        }

        return run.ToTheEnd(cancellationToken);
    }

    // Parties that exist for one round have no account over rounds.
    private static PrivacyGate NoAccount { get; } = new OpenGate();

    private sealed class OpenGate : PrivacyGate
    {
        public override DescriptorRefusal? Examine(RoundDescriptor descriptor) => null;

        public override bool IsCharged(RoundDescriptor descriptor) => false;

        public override void Charge(RoundDescriptor descriptor) { }
    }

    // One owner of all parties: its consent is the plan it made, and the floors are the plan's own numbers.
    private ClientPolicy PolicyFor(InProcessFederation federation) =>
        new()
        {
            PinnedRoster = [.. federation.Members.Select(member => member.Enrolment)],
            Federation = federation.Name,
            MinimumCohort = Math.Min(3, Plan.MinimumSurvivors),
            MinimumCohortForMetrics = Plan.MinimumSurvivors,
            MinimumEffectiveCohort = Math.Min(2, Plan.EffectiveCohort),
            CollusionBoundAtLeast = Plan.CollusionBound,
            AcceptedSuites = [federation.Suite.Id],
            MinimumCohortDifference = _options.MinimumCohortDifference,
            Unprotected = Plan.Scheme is AggregationScheme.Plain plain
                ? LocalConsent.Given(plain.Because)
                : LocalConsent.Refused,
            WithoutPrivacyNoise = Plan.Privacy is PrivacyPlan.NoNoise none
                ? LocalConsent.Given(none.Because)
                : LocalConsent.Refused,
        };

    private void RequireOpen()
    {
        if (Outcome is not null)
        {
            throw Refused(
                ContributionFault.RoundOver,
                "This round has been completed. Start another one.",
                party: null
            );
        }
    }

    private void RequireEnrolled(ParticipantId id)
    {
        if (id.IsDefault || (_federation is not null && !_enrolled.Contains(id)))
        {
            throw Refused(
                ContributionFault.UnknownParty,
                id.IsDefault
                    ? "The default participant id names nobody. Parse a name or use ParticipantId.FromIndex."
                    : $"'{id}' is not enrolled in this attempt; {string.Join(", ", _enrolled.Take(8))}{(_enrolled.Count > 8 ? ", …" : string.Empty)} are.",
                id
            );
        }
    }

    private static ContributionRefusedException Refused(ParticipantId id, UpdateRefusedException refused) =>
        new(ContributionFault.UpdateRefused, $"The update of '{id}' is refused: {refused.Message}", id, refused);

    private static ContributionRefusedException Refused(
        ContributionFault fault,
        string message,
        ParticipantId? party
    ) => new(fault, message, party);
}
