using FsCheck;
using FsCheck.Fluent;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;
using static SecureFed.UnitTests.Privacy.DpTables;

namespace SecureFed.UnitTests.Privacy;

/// <summary>Audits bound ε from below, no more often wrong than they say, and catch what is broken. spec 02-privacy#audit-1</summary>
public sealed class AuditTests(ITestOutputHelper output)
{
    [SharedFact(Folder)]
    public void Bounds_by_independent_runs_are_within_1e_10_of_the_table_and_never_above() =>
        ForEachRow(
            "h_audit_clopper_pearson",
            least: 30,
            row =>
            {
                double bound = AttackAudit.LowerBound(
                    (int)Of(row, "canaries_in"),
                    (int)Of(row, "true_positives"),
                    (int)Of(row, "canaries_out"),
                    (int)Of(row, "false_positives"),
                    Of(row, "delta"),
                    1 - Of(row, "confidence")
                );
                Assert.InRange(bound - Of(row, "epsilon_lower_bound"), -1e-10, 1e-12);
            }
        );

    // The table's own search stops 10^-6 short.
    [SharedFact(Folder)]
    public void Bounds_by_one_run_and_their_likelihoods_are_those_of_the_table() =>
        ForEachRow(
            "h_audit_one_run",
            least: 20,
            row =>
            {
                (int canaries, int guesses, int correct) = (
                    (int)Of(row, "canaries"),
                    (int)Of(row, "guesses"),
                    (int)Of(row, "correct")
                );
                double error = 1 - Of(row, "confidence");
                double bound = AttackAudit.OneRunLowerBound(canaries, guesses, correct, Of(row, "delta"), error);
                Assert.InRange(bound - Of(row, "epsilon_lower_bound"), -2e-6, 2e-6);
                double likelihood = AttackAudit.OneRunLikelihood(canaries, guesses, correct, 1, Of(row, "delta"));
                Assert.InRange(likelihood / Of(row, "p_value_at_eps1"), 1 - 1e-9, 1 + 1e-9);
            }
        );

    [Fact]
    public void A_perfect_attack_proves_what_its_closed_form_says()
    {
        Gen<(int Runs, double Delta, double Error)> cases =
            from runs in Gen.Choose(1, 1_000_000)
            from delta in Draw.Logarithmic(1e-12, 0.1)
            from error in Draw.Logarithmic(1e-250, 0.5)
            select (runs, delta, error);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    // No event in n runs: the rate r with (1 − r)^n = α/2.
                    double log = Math.Log(input.Error / 2) / input.Runs;
                    double rate =
                        Math.Abs(log) < 1e-3 ? -log - (log * log / 2) - (log * log * log / 6) : 1 - Math.Exp(log);
                    double expected = Math.Max(0, Math.Log(Math.Max(1e-300, 1 - rate - input.Delta) / rate));
                    double bound = AttackAudit.LowerBound(
                        input.Runs,
                        input.Runs,
                        input.Runs,
                        0,
                        input.Delta,
                        input.Error
                    );

                    // An attack that is always wrong is not turned round after the fact.
                    double opposite = AttackAudit.LowerBound(
                        input.Runs,
                        0,
                        input.Runs,
                        input.Runs,
                        input.Delta,
                        input.Error
                    );
                    return (Math.Abs(bound - expected) < 1e-8 && opposite.Equals(0)).Label(
                        $"{bound:R}, expected {expected:R}"
                    );
                }
            )
            .Holds(output, 300);
    }

    [Fact]
    public void The_likelihood_of_one_run_is_that_of_a_slow_sum_and_never_below_it()
    {
        Gen<(int Guesses, int Correct, double Epsilon, double Share)> cases =
            from guesses in Gen.Choose(1, 300)
            from correct in Gen.Choose(0, guesses)
            from epsilon in Draw.Logarithmic(1e-6, 20)
            from share in Gen.Choose(0, 100)
            select (guesses, correct, epsilon, share / 100.0);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (int guesses, int correct, double epsilon, double share) = input;
                    double delta = share / (2.0 * guesses);
                    double fast = AttackAudit.OneRunLikelihood(guesses, guesses, correct, epsilon, delta);
                    double slow = Slowly(guesses, correct, epsilon, delta);
                    bool holds = slow < 1e-40 ? fast <= 1.0001e-40 : Math.Abs((fast / slow) - 1) < 1e-10;
                    return (holds && fast >= slow * (1 - 1e-14)).Label($"{fast:R}, {slow:R}");
                }
            )
            .Holds(output, 200);
    }

    // The theorem as it stands, in 700-bit arithmetic; every canary is guessed.
    private static double Slowly(int guesses, int correct, double epsilon, double delta)
    {
        if (correct == 0)
        {
            return 1;
        }

        BigReal power = BigReal.Exp(BigReal.Of(epsilon));
        BigReal success = power / (BigReal.Of(1) + power);
        BigReal failure = BigReal.Of(1) - success;
        BigReal[] probabilities = new BigReal[guesses + 1];
        BigReal term = BigReal.Power(success, guesses);
        for (int k = guesses; k >= 0; k--)
        {
            probabilities[k] = term;
            term = term * BigReal.Of(k) / BigReal.Of(guesses - k + 1) * failure / success;
        }

        BigReal tail = BigReal.Of(0);
        for (int k = correct; k <= guesses; k++)
        {
            tail += probabilities[k];
        }

        BigReal steepest = BigReal.Of(0);
        BigReal sum = BigReal.Of(0);
        for (int i = 1; i <= correct; i++)
        {
            sum += probabilities[correct - i];
            BigReal quotient = sum / BigReal.Of(i);
            steepest = quotient > steepest ? quotient : steepest;
        }

        return Math.Min(
            1,
            (tail + (BigReal.Of(2.0 * guesses) * BigReal.Of(delta) * steepest)).Over(BigReal.Of(1e-30)) * 1e-30
        );
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1.0)]
    [InlineData(3.0)]
    public void Randomised_response_is_never_proved_worse_than_it_is_and_worse_randomised_response_is(double epsilon)
    {
        const int Canaries = 5000;
        for (int seed = 0; seed < 100; seed++)
        {
            Random random = new(seed);
            Assert.InRange(Bound(random, epsilon), epsilon * 0.5, epsilon);

            // What promises ε and gives 1.7 times as much is caught.
            Assert.True(Bound(random, epsilon * 1.7) > epsilon);
        }

        static double Bound(Random random, double epsilon)
        {
            double right = 1 / (1 + Math.Exp(-epsilon));
            int correct = Enumerable.Range(0, Canaries).Count(_ => random.NextDouble() < right);
            return AttackAudit.OneRunLowerBound(Canaries, Canaries, correct, delta: 1e-10, errorProbability: 1e-6);
        }
    }

    [Fact]
    public void More_success_proves_more_and_more_certainty_less()
    {
        Gen<(int In, int Out, int Hits, int Alarms, double Error)> cases =
            from canariesIn in Gen.Choose(2, 5000)
            from canariesOut in Gen.Choose(2, 5000)
            from hits in Gen.Choose(1, canariesIn - 1)
            from alarms in Gen.Choose(1, canariesOut - 1)
            from error in Draw.Logarithmic(1e-20, 0.4)
            select (canariesIn, canariesOut, hits, alarms, error);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (int canariesIn, int canariesOut, int hits, int alarms, double error) = input;
                    double bound = AttackAudit.LowerBound(canariesIn, hits, canariesOut, alarms, 1e-5, error);
                    double swapped = AttackAudit.LowerBound(
                        canariesOut,
                        canariesOut - alarms,
                        canariesIn,
                        canariesIn - hits,
                        1e-5,
                        error
                    );
                    bool isBetterThanChance = (double)hits / canariesIn > (double)alarms / canariesOut;
                    bool grows =
                        !isBetterThanChance
                        || AttackAudit.LowerBound(canariesIn, hits + 1, canariesOut, alarms - 1, 1e-5, error) >= bound;
                    double surer = AttackAudit.LowerBound(canariesIn, hits, canariesOut, alarms, 1e-5, error / 10);
                    int guesses = Math.Min(canariesIn, canariesOut);
                    int correct = Math.Min(hits, guesses - 1);
                    double one = AttackAudit.OneRunLowerBound(canariesIn, guesses, correct, 1e-5, error);
                    double oneMore = AttackAudit.OneRunLowerBound(canariesIn, guesses, correct + 1, 1e-5, error);
                    return (
                        Math.Abs(bound - swapped) < 1e-9 && grows && surer <= bound && one <= oneMore + 1e-12
                    ).Label($"{bound:R}, {swapped:R}, {surer:R}, {one:R}, {oneMore:R}");
                }
            )
            .Holds(output, 100);
    }

    // 2mδ over the distance of v from the mean is a floor under the likelihood: many canaries need a small δ.
    [Fact]
    public void A_large_delta_takes_the_proof_away()
    {
        Assert.InRange(AttackAudit.OneRunLowerBound(5000, 5000, 4800, 1e-10, 1e-6), 2.8, 3.2);
        Assert.Equal(0, AttackAudit.OneRunLowerBound(5000, 5000, 4800, 1e-6, 1e-6));
        Assert.InRange(AttackAudit.OneRunLowerBound(5000, 5000, 4800, 1e-6, 1e-3), 2.5, 3.0);
    }

    [Fact]
    public void Nothing_is_proved_by_no_guesses_or_by_chance()
    {
        Assert.Equal(0, AttackAudit.OneRunLowerBound(100, 0, 0, 0, 1e-6));
        Assert.Equal(0, AttackAudit.OneRunLowerBound(100, 100, 50, 0, 1e-6));
        Assert.Equal(1, AttackAudit.OneRunLikelihood(100, 100, 100, 100_000, 0));
        Assert.Equal(0, AttackAudit.LowerBound(100, 50, 100, 50, 0, 1e-6));
        Assert.Equal(0, AttackAudit.LowerBound(100, 100, 100, 0, 0.999, 1e-6));
    }

    [Fact]
    public void Counts_and_probabilities_out_of_range_are_refused_by_name()
    {
        Outside("truePositives", () => AttackAudit.LowerBound(10, 11, 10, 1, 0, 1e-6));
        Outside("truePositives", () => AttackAudit.LowerBound(10, -1, 10, 1, 0, 1e-6));
        Outside("canariesIn", () => AttackAudit.LowerBound(0, 0, 10, 1, 0, 1e-6));
        Outside("falsePositives", () => AttackAudit.LowerBound(10, 1, 10, 11, 0, 1e-6));
        Outside("canariesOut", () => AttackAudit.LowerBound(10, 1, AttackAudit.LargestCount + 1, 1, 0, 1e-6));
        Outside("guesses", () => AttackAudit.OneRunLowerBound(10, 11, 1, 0, 1e-6));
        Outside("canaries", () => AttackAudit.OneRunLowerBound(0, 0, 0, 0, 1e-6));
        Outside("correct", () => AttackAudit.OneRunLikelihood(10, 9, 10, 1, 0));
        Refused("delta", () => AttackAudit.LowerBound(10, 1, 10, 1, 1, 1e-6));
        Refused("delta", () => AttackAudit.LowerBound(10, 1, 10, 1, double.NaN, 1e-6));
        Refused("delta", () => AttackAudit.OneRunLowerBound(10, 10, 10, 0.051, 1e-6));
        Refused("delta", () => AttackAudit.OneRunLikelihood(10, 10, 10, 1, -1));
        Refused("epsilon", () => AttackAudit.OneRunLikelihood(10, 10, 10, -1, 0));
        Refused("errorProbability", () => AttackAudit.LowerBound(10, 1, 10, 1, 0, 0));
        Refused("errorProbability", () => AttackAudit.OneRunLowerBound(10, 10, 10, 0, 0.6));
    }

    private static void Outside(string parameter, Func<object> call) =>
        Assert.Equal(parameter, Assert.Throws<ArgumentOutOfRangeException>(call).ParamName);

    private static void Refused(string parameter, Func<object> call) =>
        Assert.Equal(parameter, Assert.Throws<PrivacyDomainException>(call).ParamName);
}
