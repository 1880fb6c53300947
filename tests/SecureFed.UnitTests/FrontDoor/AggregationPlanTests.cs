using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>A plan that exists can run; one that cannot is refused with its numbers.</summary>
public sealed class AggregationPlanTests
{
    [Theory]
    [InlineData(10, 1, 6, 5)]
    [InlineData(3, 1, 3, 2)]
    [InlineData(256, 85, 171, 86)]
    public void The_threshold_is_the_least_admissible(int parties, int c, int threshold, int effective)
    {
        AggregationPlan plan = Plans.Masked(length: 1, parties, survivors: parties, c);

        Assert.Equal(threshold, plan.Threshold);
        Assert.Equal(effective, plan.EffectiveCohort);
        Assert.True(2 * plan.Threshold > parties + c && 2 * (plan.Threshold - 1) <= parties + c);
    }

    [Theory]
    [InlineData(10, 1, 5, null, "U ≥ t")]
    [InlineData(10, 1, 11, null, "U ≤ n")]
    [InlineData(10, 1, 8, 5, "2t > n + c")]
    [InlineData(10, 10, 10, null, "0 ≤ c < n")]
    [InlineData(10, -1, 10, null, "0 ≤ c < n")]
    [InlineData(4097, 1, 4000, null, "at most 4096")]
    [InlineData(257, 100, 179, null, "No sparse graph of n = 257")]
    [InlineData(1, 0, 1, null, "n ≥ 2")]
    public void Numbers_that_do_not_fit_are_refused_with_the_inequality(
        int parties,
        int c,
        int survivors,
        int? threshold,
        string inequality
    )
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => Create(parties, c, survivors, threshold));

        Assert.Contains(inequality, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_largest_collusion_bound_needs_everybody() =>
        Assert.Equal(10, Create(parties: 10, c: 9, survivors: 10, threshold: null).Threshold);

    [Fact]
    public void A_ring_that_does_not_fit_is_refused_by_its_own_exception() =>
        Assert.Throws<PlanRefusedException>(() =>
            AggregationPlan.Create(
                length: 1,
                maximumParticipants: 200,
                clipNorm: 1e9,
                fractionBits: 40,
                PrivacyPlan.None(because: "test"),
                AggregationScheme.PairwiseMasked(minimumSurvivors: 150, collusionBound: 1)
            )
        );

    [Fact]
    public void Equal_plans_have_equal_digests_and_every_number_counts()
    {
        AggregationPlan[] plans =
        [
            Plans.Masked(4, 5, 4),
            Plans.Masked(5, 5, 4),
            Plans.Masked(4, 6, 5),
            Plans.Masked(4, 5, 5),
            Plans.Masked(4, 5, 4, c: 0),
            Plans.Masked(4, 5, 4, maximumWeight: 3),
        ];

        Assert.Equal(Plans.Masked(4, 5, 4).Digest, plans[0].Digest);
        Assert.Equal(plans.Length, plans.Select(plan => plan.Digest).Distinct().Count());
    }

    [Fact]
    public void A_reason_is_required_and_short()
    {
        Assert.Throws<ArgumentException>(() => PrivacyPlan.None(because: " "));
        Assert.Throws<ArgumentException>(() => PrivacyPlan.None(because: new string('é', 101)));
        Assert.Equal(new string('é', 100), PrivacyPlan.None(because: new string('é', 100)).Because);
    }

    [Fact]
    public void A_roster_below_the_minimum_gives_no_descriptor()
    {
        AggregationPlan plan = Plans.Masked(4, parties: 5, survivors: 4);
        RosterEntry[] roster =
        [
            .. Enumerable
                .Range(0, 5)
                .Select(i => new RosterEntry(ParticipantId.FromIndex(i), new byte[] { (byte)i, 1, 2 })),
        ];

        RoundDescriptor descriptor = plan.DescribeFor(
            roster.Reverse(),
            "f",
            1,
            1,
            Digest.Of("m"u8),
            SuiteId.P256A256V1
        );

        Assert.Equal(roster.Select(entry => entry.Id), descriptor.Roster.Select(entry => entry.Id));
        Assert.Equal(plan.Encoding, DescriptorRules.EncodingOf(descriptor));
        ArgumentException refused = Assert.Throws<ArgumentException>(() =>
            plan.DescribeFor(roster[..3], "f", 1, 1, Digest.Of("m"u8), SuiteId.P256A256V1)
        );
        Assert.Contains("t ≤ n", refused.Message, StringComparison.Ordinal);
    }

    private static AggregationPlan Create(int parties, int c, int survivors, int? threshold) =>
        AggregationPlan.Create(
            length: 1,
            parties,
            clipNorm: 1,
            fractionBits: 10,
            PrivacyPlan.None(because: "test"),
            AggregationScheme.PairwiseMasked(survivors, collusionBound: c, threshold)
        );
}
