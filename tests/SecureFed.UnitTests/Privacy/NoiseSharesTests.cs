using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;
using static SecureFed.UnitTests.Privacy.DpTables;

namespace SecureFed.UnitTests.Privacy;

/// <summary>Enough noise stays unknown for every number of drop-outs and colluders, exactly. spec 02-privacy#shares-1</summary>
public sealed class NoiseSharesTests(ITestOutputHelper output)
{
    [SharedFact(Folder)]
    public void Shares_are_exactly_those_of_the_table() =>
        ForEachRow(
            "h_noise_shares",
            least: 100,
            row =>
            {
                int parties = (int)Of(row, "n");
                int dropped = (int)Of(row, "dropped");
                NoiseShares shares = NoiseShares.Create(
                    Rational.Parse(row.GetProperty("target_central_var").GetString()!),
                    parties,
                    parties - (int)Of(row, "max_dropout"),
                    (int)Of(row, "colluding")
                );
                Assert.Equal(row.GetProperty("share_var").GetString(), shares.ShareVariance.ToString());
                Assert.Equal(
                    row.GetProperty("honest_unknown_var").GetString(),
                    shares.HonestVariance(dropped).ToString()
                );
                Assert.Equal(row.GetProperty("total_var").GetString(), shares.TotalVariance(dropped).ToString());
            }
        );

    [SharedFact(Folder)]
    public void Layers_are_exactly_those_of_the_table() =>
        ForEachRow(
            "h_xnoise",
            least: 50,
            row =>
            {
                int parties = (int)Of(row, "n");
                int dropped = (int)Of(row, "dropped");
                RemovableNoise noise = RemovableNoise.Create(
                    Rational.Parse(row.GetProperty("target_central_var").GetString()!),
                    parties,
                    parties - (int)Of(row, "max_dropout"),
                    colluding: 0
                );
                Assert.Equal(
                    row.GetProperty("components").EnumerateArray().Select(component => component.GetString()),
                    noise.Components.Select(component => component.ToString())
                );
                Assert.Equal(
                    row.GetProperty("removed_components").EnumerateArray().Select(component => component.GetInt32()),
                    Enumerable.Range(0, noise.Components.Length).Skip(noise.FirstRemoved(dropped))
                );
                Assert.Equal(
                    row.GetProperty("var_before_removal").GetString(),
                    noise.VarianceBeforeRemoval(dropped).ToString()
                );
                Assert.Equal(noise.Target, noise.VarianceAfterRemoval(dropped));
            }
        );

    private static Gen<(Rational Target, int Parties, int Survivors, int Colluding, int Dropped)> Plans() =>
        from numerator in Gen.Choose(1, 1_000_000)
        from denominator in Gen.Choose(1, 1000)
        from parties in Gen.Choose(1, 60)
        from survivors in Gen.Choose(1, parties)
        from colluding in Gen.Choose(0, survivors - 1)
        from dropped in Gen.Choose(0, parties - survivors)
        select (new Rational(numerator, denominator), parties, survivors, colluding, dropped);

    [Fact]
    public void What_nobody_knows_is_enough_and_with_one_more_drop_out_it_would_not_be() =>
        Prop.ForAll(
                Arb.From(Plans()),
                plan =>
                {
                    NoiseShares shares = NoiseShares.Create(plan.Target, plan.Parties, plan.Survivors, plan.Colluding);
                    Rational unknown = shares.HonestVariance(plan.Dropped);
                    bool isEnough = unknown >= plan.Target;
                    bool isTight = shares.HonestVariance(plan.Parties - plan.Survivors) == plan.Target;
                    bool wouldFail =
                        shares.ShareVariance * Rational.Of(plan.Survivors - 1 - plan.Colluding) < plan.Target;
                    bool isRoundedUp =
                        Rational.Of(shares.SamplerVariance) >= shares.ShareVariance
                        && Rational.Of(shares.SamplerVariance - 1) < shares.ShareVariance;
                    return (isEnough && isTight && wouldFail && isRoundedUp).Label($"{shares}: {unknown}");
                }
            )
            .Holds(output, 1000);

    [Fact]
    public void Whatever_the_drop_outs_the_same_noise_stays_and_the_colluders_do_not_know_enough_of_it() =>
        Prop.ForAll(
                Arb.From(Plans()),
                plan =>
                {
                    RemovableNoise noise = RemovableNoise.Create(
                        plan.Target,
                        plan.Parties,
                        plan.Survivors,
                        plan.Colluding
                    );
                    Rational whole = plan.Target * new Rational(plan.Survivors, plan.Survivors - plan.Colluding);
                    bool isSame = noise.VarianceAfterRemoval(plan.Dropped) == whole;
                    bool isEnough = noise.HonestVariance(plan.Dropped) >= plan.Target;
                    bool isTight = noise.HonestVariance(plan.Parties - plan.Survivors) == plan.Target;
                    bool isLess = noise.VarianceBeforeRemoval(plan.Dropped) >= whole;

                    // The must-fail neighbour: without the factor, colluders know too much of the same layers.
                    RemovableNoise trusting = RemovableNoise.Create(plan.Target, plan.Parties, plan.Survivors, 0);
                    Rational left =
                        trusting.VarianceAfterRemoval(plan.Dropped)
                        * new Rational(plan.Parties - plan.Dropped - plan.Colluding, plan.Parties - plan.Dropped);
                    bool wouldFail = plan.Colluding == 0 || left < plan.Target;
                    return (isSame && isEnough && isTight && isLess && wouldFail).Label($"{noise}");
                }
            )
            .Holds(output, 500);

    [Fact]
    public void Plans_and_drop_outs_out_of_range_are_refused_by_name()
    {
        Rational one = Rational.Of(1);
        Assert.Equal(
            "target",
            Assert.Throws<PrivacyDomainException>(() => NoiseShares.Create(default, 3, 2, 1)).ParamName
        );
        Assert.Equal(
            "target",
            Assert.Throws<PrivacyDomainException>(() => RemovableNoise.Create(Rational.Of(-1), 3, 2, 1)).ParamName
        );
        Outside("parties", () => NoiseShares.Create(one, 0, 0, 0));
        Outside("survivors", () => NoiseShares.Create(one, 3, 0, 0));
        Outside("survivors", () => RemovableNoise.Create(one, 3, 4, 0));
        Outside("colluding", () => NoiseShares.Create(one, 3, 2, 2));
        Outside("colluding", () => RemovableNoise.Create(one, 3, 2, -1));
        NoiseShares shares = NoiseShares.Create(one, 3, 2, 1);
        RemovableNoise noise = RemovableNoise.Create(one, 3, 2, 1);
        Outside("dropped", () => shares.HonestVariance(2));
        Outside("dropped", () => shares.TotalVariance(-1));
        Outside("dropped", () => noise.FirstRemoved(2));
        Outside("dropped", () => noise.VarianceBeforeRemoval(2));
        Outside("dropped", () => noise.VarianceAfterRemoval(-1));
        Assert.Equal("2 of 3 parties, 1 of them colluding: shares of 1", shares.ToString());
        Assert.Equal("2 layers for 2 to 3 parties, 1 of them colluding", noise.ToString());

        NoiseShares coarse = NoiseShares.Create(Rational.Of((BigInteger.One << 59) + 1), 3, 2, 0);
        Assert.Throws<PrivacyDomainException>(() => coarse.SamplerVariance);
        Assert.Equal(1L << 58, NoiseShares.Create(Rational.Of(BigInteger.One << 59), 3, 2, 0).SamplerVariance);

        static void Outside(string parameter, Func<object> call) =>
            Assert.Equal(parameter, Assert.Throws<ArgumentOutOfRangeException>(call).ParamName);
    }
}
