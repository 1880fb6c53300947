using SecureFed.Core;
using SecureFed.Samples.Shared;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Samples;

public sealed class NetworkTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void The_gradient_of_the_network_is_the_slope_of_its_loss(double penalty)
    {
        LabelledRows rows = RandomRows(count: 40, features: 5, seed: 1);
        float[] model = RandomModel(features: 5, seed: 2);

        double[] gradient = HiddenLayerNetwork.Gradient(model, rows, penalty);

        for (int j = 0; j < model.Length; j++)
        {
            // A power of two is exact on weights that are multiples of it; the central difference errs by its square.
            const float Step = 1f / 1024;
            float[] above = (float[])model.Clone();
            float[] below = (float[])model.Clone();
            above[j] += Step;
            below[j] -= Step;
            double slope =
                (HiddenLayerNetwork.Loss(above, rows, penalty) - HiddenLayerNetwork.Loss(below, rows, penalty))
                / (2 * Step);
            Assert.Equal(slope, gradient[j], 1e-5);
        }
    }

    [Fact]
    public void The_biases_of_the_network_are_not_penalised_and_its_weights_are()
    {
        LabelledRows rows = RandomRows(count: 10, features: 3, seed: 1);
        float[] model = RandomModel(features: 3, seed: 2);

        double[] without = HiddenLayerNetwork.Gradient(model, rows, penalty: 0);
        double[] with = HiddenLayerNetwork.Gradient(model, rows, penalty: 1);

        int[] biases =
        [
            .. Enumerable.Range(0, HiddenLayerNetwork.HiddenUnits).Select(unit => (unit * 4) + 3),
            model.Length - 1,
        ];
        for (int j = 0; j < model.Length; j++)
        {
            Assert.Equal(biases.Contains(j) ? 0 : model[j], with[j] - without[j], 1e-12);
        }
    }

    [Fact]
    public void One_full_batch_epoch_of_the_network_is_one_step_against_its_gradient()
    {
        LabelledRows rows = RandomRows(count: 40, features: 3, seed: 2);
        float[] model = RandomModel(features: 3, seed: 3);

        float[] delta = HiddenLayerNetwork.Train(model, rows, new LocalTraining(1, 0.5, 0.1), new DataSplitRandom(1));

        double[] gradient = HiddenLayerNetwork.Gradient(model, rows, 0.1);
        Assert.All(delta.Zip(gradient), pair => Assert.Equal(-0.5 * pair.Second, pair.First, 1e-7));
    }

    [Fact]
    public void A_model_of_another_length_is_refused_by_the_network()
    {
        LabelledRows rows = RandomRows(4, 3, 1);

        Assert.Throws<ArgumentException>(
            "model",
            () => HiddenLayerNetwork.Scores(new float[LogisticRegression.ModelLength(3)], rows)
        );
        Assert.Equal(4, HiddenLayerNetwork.Scores(HiddenLayerNetwork.Initial(3), rows).Length);
    }

    [Fact]
    public void All_parties_start_the_network_from_the_same_weights_and_its_units_differ()
    {
        float[] first = HiddenLayerNetwork.Initial(6);

        Assert.Equal(first, HiddenLayerNetwork.Initial(6));
        Assert.Equal(HiddenLayerNetwork.ModelLength(6), first.Length);
        Assert.Equal(
            HiddenLayerNetwork.HiddenUnits,
            Enumerable.Range(0, HiddenLayerNetwork.HiddenUnits).Select(unit => first[unit * 7]).Distinct().Count()
        );
        Assert.All(
            Enumerable.Range(0, HiddenLayerNetwork.HiddenUnits),
            unit => Assert.Equal(0f, first[(unit * 7) + 6])
        );
        Assert.Equal(RowModel.Network.StartOf(6).Digest, GlobalModel.Create(first).Digest);
        Assert.Equal(RowModel.Logistic.StartOf(6).Digest, GlobalModel.Zero(7).Digest);
    }

    [Fact]
    public void The_network_learns_what_no_straight_line_can()
    {
        // Labels by the sign of x·y: the logistic model stays a coin.
        var random = new DataSplitRandom(4);
        float[][] values =
        [
            .. Enumerable.Range(0, 200).Select(_ => (float[])[(float)random.NextNormal(), (float)random.NextNormal()]),
        ];
        LabelledRows rows = new(
            [new Feature("x", -10, 10), new Feature("y", -10, 10)],
            values,
            [.. values.Select(row => row[0] * row[1] > 0)]
        );
        var settings = new LocalTraining(Epochs: 1500, LearningRate: 0.5, Penalty: 0);

        double AucOf(RowModel model)
        {
            GlobalModel start = model.StartOf(2);
            float[] delta = model.Train(start, rows, settings, new DataSplitRandom(1));
            return Metrics.Auc(model.Scores(start.Moved(delta), rows), rows.Labels);
        }

        Assert.InRange(AucOf(RowModel.Network), 0.95, 1);
        Assert.InRange(AucOf(RowModel.Logistic), 0.3, 0.7);
    }

    [Fact]
    public void No_update_of_the_network_reaches_the_clip_norm_on_Wisconsin() =>
        AssertFits(HospitalFederation.Wisconsin());

    [SharedFact("data/heart-disease/processed.va.data")]
    public void No_update_of_the_network_reaches_the_clip_norm_on_heart_disease() =>
        AssertFits(HospitalFederation.HeartDisease(RepositoryFolders.InShared("data", "heart-disease")));

    private static void AssertFits(HospitalFederation federation)
    {
        TrainingResult result = HospitalStudy.Federated(federation, new PlainAggregate(), model: RowModel.Network);

        Assert.All(
            result.Rounds,
            round => Assert.InRange(round.LargestUpdateNorm, 1e-6, 0.9 * federation.Plan.ClipNorm)
        );
        Assert.Equal(HiddenLayerNetwork.ModelLength(federation.Test.Features.Length), result.Model.Length);
    }

    // Multiples of 2⁻¹⁰, so that a step of the difference quotient is exact.
    private static float[] RandomModel(int features, int seed)
    {
        var random = new DataSplitRandom(seed);
        return
        [
            .. Enumerable
                .Range(0, HiddenLayerNetwork.ModelLength(features))
                .Select(_ => (float)(Math.Round(random.NextNormal() * 512) / 1024)),
        ];
    }

    private static LabelledRows RandomRows(int count, int features, int seed)
    {
        var random = new DataSplitRandom(seed);
        return new LabelledRows(
            [.. Enumerable.Range(0, features).Select(j => new Feature($"x{j}", -10, 10))],
            [
                .. Enumerable
                    .Range(0, count)
                    .Select(_ => (float[])[.. Enumerable.Range(0, features).Select(_ => (float)random.NextNormal())]),
            ],
            [.. Enumerable.Range(0, count).Select(_ => random.NextIndex(2) == 0)]
        );
    }
}
