using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Testing;

/// <summary>What a simulated round is made of. The defaults give an honest round of toy parties.</summary>
public sealed class SimulationOptions
{
    /// <summary>The federation of every simulated round.</summary>
    public const string Federation = "simulation";

    /// <summary>The suite. Default: the toy one.</summary>
    public ProtocolSuite Suite { get; init; } = TestSuite.Instance;

    /// <summary>Makes a party's long-term key, of the suite. Default: the toy key of its name.</summary>
    public Func<ParticipantId, ISigner> Signer { get; init; } = id => new TestSigner(id.ToString());

    /// <summary>The round's number. Default 1.</summary>
    public ulong Round { get; init; } = 1;

    /// <summary>The attempt. Default 1.</summary>
    public uint Attempt { get; init; } = 1;

    /// <summary>The model all parties expect.</summary>
    public Digest ModelDigest { get; init; } = Digest.Of("SecureFed/1 simulated model"u8);

    /// <summary>Changes a party's policy. Default: the one that accepts the plan and nothing weaker.</summary>
    public Func<ParticipantId, ClientPolicy, ClientPolicy> Policy { get; init; } = (_, policy) => policy;

    /// <summary>What a party joined before. Default: nothing.</summary>
    public Func<ParticipantId, ClientHistory> History { get; init; } = _ => ClientHistory.Empty;

    /// <summary>A party's account of rounds with noise. Default: none, which refuses them.</summary>
    public Func<ParticipantId, PrivacyGate?> Gate { get; init; } = _ => null;

    /// <summary>
    /// A party's update. Default: coordinate k of party i is ±(k + 1)·2^(i mod 12) grid steps, clipped: which parties
    /// are in a sum can be read off it, and a doubled or lost one shows.
    /// </summary>
    public Func<int, AggregationPlan, float[]> Values { get; init; } = DistinctValues;

    /// <summary>A party's weight. Default 1.</summary>
    public Func<int, long> Weight { get; init; } = _ => 1;

    /// <summary>A party's metrics. Default: none, for plans without metrics.</summary>
    public Func<int, AggregationPlan, MetricValues> Metrics { get; init; } = (_, _) => MetricValues.None;

    /// <summary>The floors that accept a plan and nothing weaker.</summary>
    public static ClientPolicy PolicyOf(AggregationPlan plan, ImmutableArray<RosterEntry> roster, ProtocolSuite suite)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(suite);
        return new ClientPolicy
        {
            PinnedRoster = roster,
            Federation = Federation,
            MinimumCohort = plan.MinimumSurvivors,
            MinimumCohortForMetrics = plan.MinimumSurvivors,
            MinimumEffectiveCohort = plan.EffectiveCohort,
            CollusionBoundAtLeast = plan.CollusionBound,
            AcceptedSuites = [suite.Id],
            Unprotected = plan.Scheme is AggregationScheme.Plain plain
                ? LocalConsent.Given(plain.Because)
                : LocalConsent.Refused,
            WithoutPrivacyNoise = plan.Privacy is PrivacyPlan.NoNoise none
                ? LocalConsent.Given(none.Because)
                : LocalConsent.Refused,
        };
    }

    private static float[] DistinctValues(int party, AggregationPlan plan)
    {
        float step = (float)plan.Encoding.GridStep;
        return [.. Enumerable.Range(1, plan.Length).Select(k => (k % 2 == 0 ? -step : step) * k * (1 << (party % 12)))];
    }
}
