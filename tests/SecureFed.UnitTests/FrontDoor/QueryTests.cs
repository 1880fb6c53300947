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
