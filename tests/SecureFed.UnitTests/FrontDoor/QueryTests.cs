using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Statistics over the records of all parties, as rounds with noise.</summary>
public sealed class QueryTests(ITestOutputHelper output)
{
    private const int Parties = 3;
    private const int RecordsEach = 200;

    [Fact]
    public void A_record_counts_at_most_once_whatever_its_value_is()
    {
        HistogramQuery histogram = HistogramQuery.Create([-1, 0, 0.5, 2]);
        MomentsQuery moments = MomentsQuery.Create(-1, 2);
        Gen<double> values = Gen.OneOf(
            Gen.Choose(-1_000_000, 1_000_000).Select(n => n / 250_000.0),
            Gen.Elements(
                double.NaN,
                double.PositiveInfinity,
                double.NegativeInfinity,
                double.MaxValue,
                -1.0,
                0.0,
                0.5,
                2.0,
                double.Epsilon
            )
        );
        Prop.ForAll(
                Arb.From(values),
                value =>
                {
                    float[] counted = histogram.VectorOf(value);
                    float[] moved = moments.VectorOf(value);

                    // A clip that changes nothing is what keeps the figures right.
                    bool isInside =
                        IsInside(counted) && IsInside(moved) && counted.Sum() == (double.IsNaN(value) ? 0 : 1);
                    int bin = Array.IndexOf(counted, 1f);
                    bool isPlaced =
                        double.IsNaN(value)
                        || (
                            (bin == 0 || histogram.Edges[bin] <= value)
                            && (bin == histogram.Length - 1 || value < histogram.Edges[bin + 1])
                        );
                    return (isInside && isPlaced).Label($"{value:R} in bin {bin}");
                }
            )
            .Holds(output, 1000);
    }

    [Fact]
    public void A_histogram_and_its_quantiles_come_out_within_the_noise_and_the_round_is_charged()
    {
        HistogramQuery query = HistogramQuery.Create(Enumerable.Range(0, 11).Select(i => (double)i));
        UpdateSum sum = Run(query.Length, HistogramQuery.ClipNorm, query.VectorOf);
        NoisyHistogram histogram = query.Read(sum);

        // Values are 0 to 9.95 in steps of 0.05: sixty in each bin. Seven deviations of the noise.
        double deviation = Math.Sqrt(sum.Encoding.Noise!.ShareVariance * (double)Parties) * sum.Encoding.GridStep;
        Assert.InRange(deviation, 0.5, 2);
        Assert.All(histogram.Counts, count => Assert.InRange(count, 60 - (7 * deviation), 60 + (7 * deviation)));
        Assert.InRange(histogram.Quantile(0.5)!.Value, 4.5, 5.5);
        Assert.InRange(histogram.Quantile(0)!.Value, 0, 0.1);
        Assert.InRange(histogram.Quantile(1)!.Value, 9.9, 10);
        Assert.Throws<ArgumentOutOfRangeException>(() => histogram.Quantile(double.NaN));
        Assert.Throws<ArgumentException>(() => HistogramQuery.Create([0, 1]).Read(sum));
    }

    [Fact]
    public void Number_mean_and_variance_come_out_within_the_noise()
    {
        MomentsQuery query = MomentsQuery.Create(0, 10);
        UpdateSum sum = Run(MomentsQuery.Length, MomentsQuery.ClipNorm, query.VectorOf);
        NoisyMoments found = query.Read(sum)!;

        Assert.InRange(found.Count, 600 - 20, 600 + 20);
        Assert.InRange(found.Mean, 4.975 - 0.3, 4.975 + 0.3);
        Assert.InRange(found.Variance, 8.33 - 1, 8.33 + 1);
        Assert.Throws<ArgumentException>(() => query.Read(Run(2, MomentsQuery.ClipNorm, _ => new float[2])));

        // With nobody there the noise is all there is, and no mean is made of it.
        Assert.All(
            Enumerable.Range(0, 8),
            _ =>
            {
                NoisyMoments? nothing = query.Read(Run(MomentsQuery.Length, 1, _ => new float[3]));
                Assert.True(nothing is null || nothing.Mean is >= 0 and <= 10 && nothing.Variance is >= 0 and <= 25);
            }
        );
    }

    [Fact]
    public void The_area_of_counts_is_that_of_all_pairs_one_by_one()
    {
        Gen<(double[] Scores, bool[] Labels)> cases =
            from count in Gen.Choose(2, 60)
            from scores in Gen.ArrayOf(Gen.Choose(-3, 13), count)
            from labels in Gen.ArrayOf(Gen.Elements(true, false), count)
            select (scores.Select(score => (double)score).ToArray(), labels);
        RankingQuery query = RankingQuery.Create([0, 2, 3, 7, 10]);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    double[] counts = new double[query.Length];
                    double[] bins = new double[input.Scores.Length];
                    for (int i = 0; i < bins.Length; i++)
                    {
                        float[] vector = query.VectorOf(input.Scores[i], input.Labels[i]);
                        int place = Array.IndexOf(vector, 1f);
                        bool isOne = IsInside(vector) && vector.Sum() == 1 && (place < 4) == input.Labels[i];
                        bins[i] = isOne ? place % 4 : double.NaN;
                        counts[place]++;
                    }

                    (double pairs, double all) = (0, 0);
                    foreach ((double positive, _) in bins.Zip(input.Labels).Where(record => record.Second))
                    {
                        foreach ((double negative, _) in bins.Zip(input.Labels).Where(record => !record.Second))
                        {
                            pairs +=
                                positive > negative ? 1
                                : positive == negative ? 0.5
                                : 0;
                            all++;
                        }
                    }

                    double? area = new NoisyRanking([.. counts[..4]], [.. counts[4..]]).Area;
                    return (
                        all == 0 ? area is null : area is { } found && Math.Abs(found - (pairs / all)) < 1e-12
                    ).Label($"{area} for {pairs} of {all}");
                }
            )
            .Holds(output, 500);
        Assert.Equal(0, query.VectorOf(double.NaN, true).Sum());
        Assert.Null(new NoisyRanking([-1, 0.5], [3, 4]).Area);
        Assert.Null(new NoisyRanking([1, 0.5], [3, -4]).Area);

        // Noise alone can rank better than perfectly: a share of pairs stays one.
        Assert.Equal(1, new NoisyRanking([-1, 5], [6, -1]).Area);
    }

    [Fact]
    public void The_area_under_the_curve_comes_out_within_the_noise()
    {
        RankingQuery query = RankingQuery.Create(Enumerable.Range(0, 11).Select(i => (double)i));
        UpdateSum perfect = Run(query.Length, RankingQuery.ClipNorm, score => query.VectorOf(score, score >= 5));
        Assert.InRange(query.Read(perfect).Area!.Value, 0.9, 1);
        UpdateSum blind = Run(query.Length, RankingQuery.ClipNorm, score => query.VectorOf(score, score % 0.1 < 0.04));
        Assert.InRange(query.Read(blind).Area!.Value, 0.4, 0.6);
        Assert.Throws<ArgumentException>(() => RankingQuery.Create([0, 1]).Read(blind));
        Assert.Throws<ArgumentException>(() => RankingQuery.Create([1, 1]));
    }

    [Theory]
    [InlineData(new double[] { 1 })]
    [InlineData(new double[] { 1, 1 })]
    [InlineData(new double[] { 2, 1 })]
    [InlineData(new double[] { 0, double.NaN })]
    [InlineData(new double[] { 0, double.PositiveInfinity })]
    public void Edges_that_are_none_are_refused(double[] edges) =>
        Assert.Throws<ArgumentException>(() => HistogramQuery.Create(edges));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(0, double.PositiveInfinity)]
    [InlineData(double.MinValue, double.MaxValue)]
    public void A_range_that_is_none_is_refused(double low, double high) =>
        Assert.Throws<ArgumentException>(() => MomentsQuery.Create(low, high));

    [Fact]
    public void Without_any_count_above_zero_there_is_no_quantile() =>
        Assert.Null(new NoisyHistogram([0, 1, 2], [-3, 0]).Quantile(0.5));

    private static bool IsInside(float[] vector) => vector.Sum(value => (double)value * value) <= 1;

    private static UpdateSum Run(int length, double clipNorm, Func<double, float[]> vectorOf)
    {
        AggregationPlan plan = AggregationPlan.Create(
            length,
            maximumParticipants: Parties,
            clipNorm,
            fractionBits: 20,
            PrivacyPlan.ForRecords(noiseMultiplier: 1, RecordsEach, divisor: 1, SamplingClaim.Nothing),
            AggregationScheme.PairwiseMasked(minimumSurvivors: Parties, collusionBound: 0)
        );
        Assert.NotNull(plan.Cost);
        using InProcessRound round = InProcessRound.Start(plan, SystemRandomSource.Instance);
        for (int party = 0; party < Parties; party++)
        {
            ExampleSum examples = new(plan.Encoding, SystemRandomSource.Instance);
            for (int i = 0; i < RecordsEach; i++)
            {
                examples.Add(vectorOf(i * 0.05));
            }

            round.Contribute(ParticipantId.FromIndex(party), examples);
        }

        return round.Complete().SumOrThrow();
    }
}
