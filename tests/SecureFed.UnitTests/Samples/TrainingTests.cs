using SecureFed.Samples.Shared;

namespace SecureFed.UnitTests.Samples;

public sealed class TrainingTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void The_gradient_is_the_slope_of_the_loss(double penalty)
    {
        LabelledRows rows = RandomRows(count: 40, features: 5, seed: 1);
        float[] model = [0.5f, -0.25f, 1.5f, 0f, -2f, 0.75f];

        double[] gradient = LogisticRegression.Gradient(model, rows, penalty);

        for (int j = 0; j < model.Length; j++)
        {
            // A step of 2⁻⁷ is exact on these weights; the central difference errs by its square.
            const float Step = 1f / 128;
            float[] above = (float[])model.Clone();
            float[] below = (float[])model.Clone();
            above[j] += Step;
            below[j] -= Step;
            double slope =
                (LogisticRegression.Loss(above, rows, penalty) - LogisticRegression.Loss(below, rows, penalty))
                / (2 * Step);
            Assert.Equal(slope, gradient[j], 1e-4);
        }
    }

    [Fact]
    public void One_full_batch_epoch_is_one_step_against_the_gradient()
    {
        LabelledRows rows = RandomRows(count: 40, features: 3, seed: 2);
        float[] model = [0.1f, 0.2f, 0.3f, 0.4f];

        float[] delta = LogisticRegression.Train(model, rows, new LocalTraining(1, 0.5, 0.1), new DataSplitRandom(1));

        double[] gradient = LogisticRegression.Gradient(model, rows, 0.1);
        Assert.All(delta.Zip(gradient), pair => Assert.Equal(-0.5 * pair.Second, pair.First, 1e-7));
    }

    [Fact]
    public void Mini_batches_of_the_same_seed_train_alike_and_of_another_do_not()
    {
        LabelledRows rows = RandomRows(count: 50, features: 3, seed: 3);
        var settings = new LocalTraining(Epochs: 2, LearningRate: 0.5, Penalty: 0, BatchSize: 7);

        float[] first = LogisticRegression.Train(new float[4], rows, settings, new DataSplitRandom(1));
        float[] again = LogisticRegression.Train(new float[4], rows, settings, new DataSplitRandom(1));
        float[] other = LogisticRegression.Train(new float[4], rows, settings, new DataSplitRandom(2));

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void A_model_of_another_length_is_refused() =>
        Assert.Throws<ArgumentException>("model", () => LogisticRegression.Scores(new float[3], RandomRows(4, 3, 1)));

    [Fact]
    public void The_area_under_the_curve_is_the_share_of_pairs_in_the_right_order()
    {
        var random = new DataSplitRandom(7);
        for (int trial = 0; trial < 200; trial++)
        {
            // Few distinct scores, so that ties are common.
            int count = 2 + random.NextIndex(30);
            double[] scores = [.. Enumerable.Range(0, count).Select(_ => (double)random.NextIndex(6))];
            bool[] labels = [.. Enumerable.Range(0, count).Select(i => i == 0 || (i > 1 && random.NextIndex(2) == 0))];

            double expected = (
                from positive in Enumerable.Range(0, count).Where(i => labels[i])
                from negative in Enumerable.Range(0, count).Where(i => !labels[i])
                select scores[positive] > scores[negative] ? 1.0
                : scores[positive] == scores[negative] ? 0.5
                : 0.0
            ).Average();

            Assert.Equal(expected, Metrics.Auc(scores, labels), 1e-12);
        }
    }

    [Fact]
    public void The_area_under_the_curve_of_one_label_only_is_refused() =>
        Assert.Throws<ArgumentException>("labels", () => Metrics.Auc([1, 2], [true, true]));

    [Fact]
    public void Scores_and_labels_of_different_numbers_are_refused() =>
        Assert.Throws<ArgumentException>("labels", () => Metrics.LogLoss([1, 2], [true]));

    [Fact]
    public void The_log_loss_of_undecided_scores_is_the_logarithm_of_two() =>
        Assert.Equal(Math.Log(2), Metrics.LogLoss([0, 0], [true, false]), 1e-15);

    [Fact]
    public void Huge_scores_give_finite_losses() =>
        Assert.Equal(1000, Metrics.LogLoss([2000, -2000], [false, false]), 1e-9);

    [Fact]
    public void Accuracy_counts_the_rows_on_the_right_side() =>
        Assert.Equal(0.75, Metrics.Accuracy([1, -1, 2, 3], [true, false, true, false]));

    [Fact]
    public void A_common_scale_from_sums_of_parts_is_the_scale_of_all_rows()
    {
        LabelledRows rows = RandomRows(count: 300, features: 4, seed: 5);
        var statistics = new StandardisationStatistics(rows.Features, maximumRowCount: 200);
        float[] first = statistics.Of(rows.Select([.. Enumerable.Range(0, 130)]));
        float[] second = statistics.Of(rows.Select([.. Enumerable.Range(130, 170)]));

        var scale = Standardiser.FromSums(statistics, [.. first.Zip(second, (a, b) => a + b)]);
        LabelledRows scaled = scale.Apply(rows);

        for (int j = 0; j < 4; j++)
        {
            double mean = scaled.Values.Average(row => row[j]);
            double variance = scaled.Values.Average(row => (row[j] - mean) * (row[j] - mean));
            Assert.Equal(0, mean, 1e-4);
            Assert.Equal(1, variance, 1e-3);
        }
    }

    [Fact]
    public void Statistics_fit_their_clip_norm_even_with_values_outside_the_range()
    {
        var statistics = new StandardisationStatistics([new Feature("a", 0, 1), new Feature("b", -5, 5)], 3);
        var rows = new LabelledRows(
            statistics.Features,
            [
                [1e30f, -1e30f],
                [9f, -9f],
                [-3f, float.NaN],
            ],
            new bool[3]
        );

        float[] vector = statistics.Of(rows);

        Assert.All(vector, value => Assert.InRange(value, -1f, 1f));
        Assert.True(Math.Sqrt(vector.Sum(value => (double)value * value)) <= statistics.ClipNorm);
    }

    [Fact]
    public void More_rows_than_the_public_bound_are_refused()
    {
        var statistics = new StandardisationStatistics([new Feature("a", 0, 1)], 2);

        Assert.Throws<ArgumentException>("rows", () => statistics.Of(RandomRows(3, 1, 1)));
        Assert.NotNull(statistics.Of(RandomRows(2, 1, 1)));
    }

    [Fact]
    public void A_missing_value_becomes_the_mean_and_a_feature_without_spread_says_nothing()
    {
        var statistics = new StandardisationStatistics(
            [new Feature("a", 0, 10), new Feature("constant", 0, 10), new Feature("absent", 0, 10)],
            4
        );
        float[][] values =
        [
            [1f, 4f, float.NaN],
            [3f, 4f, float.NaN],
            [float.NaN, 4f, float.NaN],
        ];
        var rows = new LabelledRows(statistics.Features, values, new bool[3]);
        var scale = Standardiser.FromSums(statistics, statistics.Of(rows));

        LabelledRows scaled = scale.Apply(
            new LabelledRows(
                statistics.Features,
                [
                    [float.NaN, 9f, 9f],
                    [3f, 4f, float.NaN],
                ],
                new bool[2]
            )
        );

        Assert.Equal([0f, 0f, 0f], scaled.Values[0]);
        Assert.Equal(1f, scaled.Values[1][0], 1e-4f);
        Assert.Equal([0f, 0f], scaled.Values[1][1..]);
    }

    [Fact]
    public void An_empty_public_range_is_refused() =>
        Assert.Throws<ArgumentException>("features", () => new StandardisationStatistics([new Feature("a", 1, 1)], 10));

    private static LabelledRows RandomRows(int count, int features, int seed)
    {
        var random = new DataSplitRandom(seed);
        return new LabelledRows(
            [.. Enumerable.Range(0, features).Select(j => new Feature($"x{j}", -10, 10))],
            [
                .. Enumerable
                    .Range(0, count)
                    .Select(_ =>
                        (float[])[.. Enumerable.Range(0, features).Select(j => (float)(random.NextNormal() + j))]
                    ),
            ],
            [.. Enumerable.Range(0, count).Select(_ => random.NextIndex(2) == 0)]
        );
    }
}
