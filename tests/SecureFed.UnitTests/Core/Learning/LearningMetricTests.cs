using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Core.Learning;

/// <summary>Clip count, loss and area under the curve through the lattice, against what is computed from all examples at once.</summary>
public sealed class LearningMetricTests(ITestOutputHelper output)
{
    [Fact]
    public void The_area_from_histograms_is_within_its_bound_of_the_exact_area() =>
        Prop.ForAll(
                Arb.From(
                    from bins in Gen.Choose(1, 70)
                    from parties in Gen.Choose(1, 5)
                    from decimals in Gen.Choose(1, 4)
                    from seed in Gen.Choose(0, int.MaxValue)
                    select (bins, parties, decimals, seed)
                ),
                testCase =>
                {
                    (int bins, int parties, int decimals, int seed) = testCase;
                    Random random = new(seed);
                    AucMetric metric = new(bins, maximumExamples: 50);
                    List<(double Score, bool Label)> all = [];
                    MetricValues[] reports =
                    [
                        .. Enumerable
                            .Range(0, parties)
                            .Select(_ =>
                            {
                                (double Score, bool Label)[] rows =
                                [
                                    .. Enumerable.Range(0, random.Next(0, 50)).Select(_ => Row(random, decimals)),
                                ];
                                all.AddRange(rows);
                                return metric.AddTo(
                                    MetricValues.None,
                                    [.. rows.Select(row => row.Score)],
                                    [.. rows.Select(row => row.Label)]
                                );
                            }),
                    ];
                    AucEstimate? estimate = metric.Read(SumOf([metric.Block], reports));
                    if (ExactArea(all) is not { } exact)
                    {
                        return estimate is null;
                    }

                    return estimate is not null
                        && Math.Abs(estimate.Area - exact) <= estimate.ErrorBound + 1e-12
                        && estimate.Positives == all.Count(row => row.Label)
                        && estimate.Negatives == all.Count(row => !row.Label);
                }
            )
            .Holds(output, 500);

    [Fact]
    public void The_bound_is_reached_and_without_shared_bins_the_area_is_exact()
    {
        AucMetric coarse = new(bins: 2, maximumExamples: 10);
        double[] scores = [0.1, 0.2, 0.7, 0.8];
        bool[] labels = [false, true, false, true];

        AucEstimate shared = coarse.Read(SumOf([coarse.Block], coarse.AddTo(MetricValues.None, scores, labels)))!;
        AucMetric fine = new(bins: 10, maximumExamples: 10);
        AucEstimate apart = fine.Read(SumOf([fine.Block], fine.AddTo(MetricValues.None, scores, labels)))!;

        // Exact: 3 of 4 pairs. Coarse: one pair won, one lost, two in one bin.
        Assert.Equal((0.75, 0.0), (apart.Area, apart.ErrorBound));
        Assert.Equal((0.5, 0.25), (shared.Area, shared.ErrorBound));
    }

    [Fact]
    public void Equal_scores_count_half_and_scores_outside_go_to_the_end_bins()
    {
        AucMetric metric = new(bins: 4, maximumExamples: 10, lowest: -1, highest: 1);
        double[] scores = [double.NegativeInfinity, -1.5, 1, 1e300, double.PositiveInfinity];
        bool[] labels = [true, false, true, false, false];

        MetricSums sums = SumOf([metric.Block], metric.AddTo(MetricValues.None, scores, labels));

        Assert.Equal<long[]>([1, 0, 0, 1, 1, 0, 0, 2], [.. sums.Integers("auc")]);

        // Pairs: two ties in the end bins count half each, two in the last; one won, two lost.
        AucEstimate estimate = metric.Read(sums)!;
        Assert.Equal((1 + (3 * 0.5)) / 6, estimate.Area);
        Assert.Equal(3 * 0.5 / 6, estimate.ErrorBound);
    }

    [Fact]
    public void An_area_needs_examples_of_both_labels_and_scores_that_are_numbers()
    {
        AucMetric metric = new(bins: 4, maximumExamples: 10);
        Assert.Null(metric.Read(SumOf([metric.Block], metric.AddTo(MetricValues.None, [0.5], [true]))));
        Assert.Null(metric.Read(SumOf([metric.Block], metric.AddTo(MetricValues.None, [], []))));
        UpdateRefusedException refused = Assert.Throws<UpdateRefusedException>(() =>
            metric.AddTo(MetricValues.None, [0.5, double.NaN], [true, false])
        );
        Assert.Equal(("auc", 1), (refused.Metric, refused.CoordinateIndex));
        Assert.Throws<ArgumentException>(() => metric.AddTo(MetricValues.None, [0.5], [true, false]));

        // Eleven positive examples in one bin are more than the plan allows; the refusal names the metric.
        MetricValues many = metric.AddTo(
            MetricValues.None,
            [.. Enumerable.Repeat(0.1, 11)],
            [.. Enumerable.Repeat(true, 11)]
        );
        Assert.Equal("auc", Assert.Throws<UpdateRefusedException>(() => SumOf([metric.Block], many)).Metric);
        AssertRefused(() => _ = new AucMetric(0, 1));
        AssertRefused(() => _ = new AucMetric(2049, 1));
        AssertRefused(() => _ = new AucMetric(4, 0));
        AssertRefused(() => _ = new AucMetric(4, AucMetric.LargestMaximumExamples + 1));
        AssertRefused(() => _ = new AucMetric(4, 1, lowest: 1, highest: 1));
        AssertRefused(() => _ = new AucMetric(4, 1, lowest: double.NaN));
        AssertRefused(() => _ = new AucMetric(4, 1, highest: double.PositiveInfinity));
        Assert.Equal(4096, new AucMetric(2048, AucMetric.LargestMaximumExamples).Block.Count);
    }

    [Fact]
    public void The_mean_loss_is_that_of_all_examples_with_each_counted_up_to_its_limit()
    {
        LossMetric metric = new(maximumExamples: 4, largestLoss: 8, fractionBits: 20);
        double[][] losses =
        [
            [0.1, 0.2, 0.3],
            [],
            [1e300, double.PositiveInfinity, 7.5, 0],
        ];

        double? mean = metric.Read(
            SumOf(metric.Blocks, [.. losses.Select(own => metric.AddTo(MetricValues.None, own))])
        );

        double exact = (0.1 + 0.2 + 0.3 + 8 + 8 + 7.5) / 7;
        Assert.NotNull(mean);
        Assert.InRange(mean.Value, exact - (3 * 0.5 / (1 << 20) / 7), exact + (3 * 0.5 / (1 << 20) / 7));
        Assert.Null(metric.Read(SumOf(metric.Blocks, metric.AddTo(MetricValues.None, []))));
    }

    [Theory]
    [InlineData(0.1, 1000)]
    [InlineData(1 / 3.0, 4096)]
    [InlineData(1e-7, 17)]
    public void A_party_whose_every_loss_is_the_largest_is_within_the_plan(double largestLoss, int examples)
    {
        foreach (int fractionBits in (int[])[0, 16, 40])
        {
            LossMetric metric = new(examples, largestLoss, fractionBits);
            MetricValues full = metric.AddTo(MetricValues.None, [.. Enumerable.Repeat(1e9, examples)]);

            double mean = metric.Read(SumOf(metric.Blocks, full))!.Value;

            // Half a step, and what adding that many doubles one by one can lose.
            double slack = Math.ScaleB(0.5 / examples, -fractionBits) + (largestLoss * examples * 2.3e-16);
            Assert.InRange(mean, largestLoss - slack, largestLoss + slack);
        }
    }

    [Fact]
    public void A_loss_that_is_no_loss_and_too_many_of_them_are_refused()
    {
        LossMetric metric = new(maximumExamples: 2, largestLoss: 8);
        Assert.Equal(1, Index([0.5, double.NaN]));
        Assert.Equal(0, Index([-1e-9]));
        Assert.Null(Index([1, 1, 1]));
        AssertRefused(() => _ = new LossMetric(0, 1));
        AssertRefused(() => _ = new LossMetric(1, 0));
        AssertRefused(() => _ = new LossMetric(1, double.NaN));
        AssertRefused(() => _ = new LossMetric(1, double.PositiveInfinity));
        AssertRefused(() => _ = new LossMetric(1L << 40, 128, 16));
        AssertRefused(() => _ = new LossMetric(1, 1, 61));
        Assert.Equal(1L << 62, new LossMetric(1L << 40, 64, 16).Blocks[0].Maximum);

        int? Index(double[] losses)
        {
            UpdateRefusedException refused = Assert.Throws<UpdateRefusedException>(() =>
                metric.AddTo(MetricValues.None, losses)
            );
            Assert.Equal((UpdateFault.MetricOutOfRange, "loss"), (refused.Fault, refused.Metric));
            return refused.CoordinateIndex;
        }
    }

    [Fact]
    public void The_clip_count_is_the_number_of_updates_that_were_longer_than_the_clip_norm()
    {
        ClipCountMetric metric = new();
        UpdateEncoding encoding = UpdateEncoding.Create(2, 9, 1.0, 18, metrics: [metric.Block]);
        float[][] updates =
        [
            [0.5f, 0.5f],
            [1, 0],
            [1, 0.01f],
            [30, 40],
            [0, 0],
        ];

        MetricSums sums = SumOf(
            [metric.Block],
            [
                .. updates.Select(update =>
                    metric.AddTo(MetricValues.None, ClippedUpdate.Clip(LocalUpdate.Create(update), encoding))
                ),
            ]
        );

        Assert.Equal(2, metric.Read(sums));
        Assert.Throws<ArgumentException>(() => new ClipCountMetric("other").Read(sums));
    }

    // Coarse decimals make ties; a label that depends on the score makes areas away from one half.
    private static (double Score, bool Label) Row(Random random, int decimals)
    {
        double score = Math.Round(random.NextDouble(), decimals);
        return (score, random.NextDouble() < 0.2 + (0.6 * score));
    }

    // Every pair, one by one.
    private static double? ExactArea(List<(double Score, bool Label)> rows)
    {
        double[] positives = [.. rows.Where(row => row.Label).Select(row => row.Score)];
        double[] negatives = [.. rows.Where(row => !row.Label).Select(row => row.Score)];
        double won = positives.Sum(positive =>
            negatives.Sum(negative =>
                positive > negative ? 1
                : positive == negative ? 0.5
                : 0
            )
        );
        return positives.Length == 0 || negatives.Length == 0 ? null : won / positives.Length / negatives.Length;
    }

    private static MetricSums SumOf(IEnumerable<MetricBlock> blocks, params MetricValues[] reports)
    {
        UpdateEncoding encoding = UpdateEncoding.Create(1, 9, 1.0, 18, metrics: blocks);
        RingVector sum = new(encoding.Ring, encoding.RingLength);
        foreach (MetricValues report in reports)
        {
            ClippedUpdate nothing = ClippedUpdate.Clip(LocalUpdate.Create(new float[1]), encoding);
            sum.Add(EncodedUpdate.Encode(nothing, new SeededBytes(1), report).Values);
        }

        return new RingSum(encoding, sum, [.. reports.Select((_, i) => ParticipantId.FromIndex(i))])
            .Decode()
            .Metrics(1)
            .SumsOrThrow();
    }

    private static void AssertRefused(Action create) =>
        Assert.Equal(PlanFault.MetricOutOfRange, Assert.Throws<PlanRefusedException>(create).Fault);
}
