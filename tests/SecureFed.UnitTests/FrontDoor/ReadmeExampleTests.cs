using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>The programs in README.md and SECURITY.md, compiled, run, and compared with their page.</summary>
public sealed class ReadmeExampleTests
{
    [Fact]
    public void The_program_of_the_readme_averages_all_five_updates()
    {
        // <readme>
        float[][] updates = [.. Enumerable.Range(1, 5).Select(i => new[] { 0.1f * i, -0.05f * i, 0.5f })];
        AggregationPlan plan = AggregationPlan.Create(
            length: 3,
            maximumParticipants: 5,
            clipNorm: 1.0,
            fractionBits: 18,
            privacy: PrivacyPlan.None(because: "made-up numbers"),
            scheme: AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 1)
        );
        using InProcessRound round = InProcessRound.Start(plan, SystemRandomSource.Instance);
        for (int i = 0; i < updates.Length; i++)
        {
            round.Contribute(ParticipantId.FromIndex(i), updates[i]);
        }

        round.Drop(ParticipantId.FromIndex(3), during: RoundPhase.Unmask);
        float[] mean = round.Complete().SumOrThrow().Average();
        // </readme>

        // Short updates pass unchanged, longer ones are scaled to norm 1; every coordinate is known to a grid step.
        Assert.Equal(5, updates.Length);
        Assert.Equal(Expected(updates), mean, new WithinAGridStep());
    }

    [Fact]
    public void The_policy_of_the_security_page_consents_to_what_the_defaults_refuse()
    {
        const string federation = "hospitals";
        ImmutableArray<RosterEntry> roster = [new(ParticipantId.FromIndex(0), new byte[65])];

        // <policy>
        ClientPolicy policy = new()
        {
            Federation = federation,
            PinnedRoster = roster, // names and keys, obtained out of band
            MinimumCohort = 5,
            MinimumEffectiveCohort = 3,
            CollusionBoundAtLeast = 1,
            MinimumCohortDifference = 3, // c + 2: two honest parties in every difference
            WithoutPrivacyNoise = LocalConsent.Given("the same ten hospitals in every round; agreed in writing"),
        };
        // </policy>

        ClientPolicy defaults = new() { Federation = federation, PinnedRoster = roster };
        Assert.True(policy.WithoutPrivacyNoise.IsGiven);
        Assert.False(defaults.WithoutPrivacyNoise.IsGiven);
        Assert.False(defaults.Unprotected.IsGiven);
        Assert.Equal(
            (3, 2, 1),
            (defaults.MinimumCohort, defaults.MinimumEffectiveCohort, defaults.CollusionBoundAtLeast)
        );
    }

    [Theory]
    [InlineData("readme", "README.md")]
    [InlineData("policy", "SECURITY.md")]
    public void The_page_shows_the_program_that_was_run(string mark, string page)
    {
        string[] source = File.ReadAllLines(
            RepositoryFolders.InRoot("tests", "SecureFed.UnitTests", "FrontDoor", "ReadmeExampleTests.cs")
        );
        int start = Array.FindIndex(source, line => line.Trim() == $"// <{mark}>") + 1;
        int end = Array.FindIndex(source, line => line.Trim() == $"// </{mark}>");

        string program = string.Join('\n', source[start..end].Select(line => line.Length == 0 ? line : line[8..]));

        Assert.Contains(program, File.ReadAllText(RepositoryFolders.InRoot(page)), StringComparison.Ordinal);
    }

    private static float[] Expected(float[][] updates)
    {
        double[] mean = new double[updates[0].Length];
        foreach (float[] update in updates)
        {
            double norm = Math.Sqrt(update.Sum(value => (double)value * value));
            double scale = Math.Min(1, 1 / norm);
            for (int i = 0; i < mean.Length; i++)
            {
                mean[i] += update[i] * scale / updates.Length;
            }
        }

        return [.. mean.Select(value => (float)value)];
    }

    private sealed class WithinAGridStep : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => Math.Abs(x - y) <= 2f / (1 << 18);

        public int GetHashCode(float obj) => 0;
    }
}
