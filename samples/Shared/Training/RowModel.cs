using SecureFed.Core;

namespace SecureFed.Samples.Shared;

/// <summary>A kind of model over rows of features: its shape, where it starts, its scores and its local training. Closed: two instances.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed class RowModel
{
    private readonly Func<int, int> _lengthOf;
    private readonly Func<int, GlobalModel> _startOf;
    private readonly ScoresOf _scores;
    private readonly Training _train;

    private RowModel(
        string name,
        Func<int, int> lengthOf,
        Func<int, GlobalModel> startOf,
        ScoresOf scores,
        Training train
    ) => (Name, _lengthOf, _startOf, _scores, _train) = (name, lengthOf, startOf, scores, train);

    private delegate double[] ScoresOf(ReadOnlySpan<float> model, LabelledRows rows);

    private delegate float[] Training(
        ReadOnlySpan<float> model,
        LabelledRows rows,
        LocalTraining settings,
        DataSplitRandom random
    );

    /// <summary>See <see cref="LogisticRegression"/>; starts from zero.</summary>
    public static RowModel Logistic { get; } =
        new(
            "logistic regression",
            LogisticRegression.ModelLength,
            features => GlobalModel.Zero(LogisticRegression.ModelLength(features)),
            LogisticRegression.Scores,
            LogisticRegression.Train
        );

    /// <summary>See <see cref="HiddenLayerNetwork"/>; starts from public seeded weights.</summary>
    public static RowModel Network { get; } =
        new(
            $"neural network, {HiddenLayerNetwork.HiddenUnits} hidden units",
            HiddenLayerNetwork.ModelLength,
            features => GlobalModel.Create(HiddenLayerNetwork.Initial(features)),
            HiddenLayerNetwork.Scores,
            HiddenLayerNetwork.Train
        );

    /// <summary>For headings.</summary>
    public string Name { get; }

    /// <summary>d for a number of features.</summary>
    public int LengthOf(int featureCount) => _lengthOf(featureCount);

    /// <summary>Where all parties start.</summary>
    public GlobalModel StartOf(int featureCount) => _startOf(featureCount);

    /// <summary>The scores of all rows on the logit scale.</summary>
    public double[] Scores(GlobalModel model, LabelledRows rows)
    {
        ArgumentNullException.ThrowIfNull(model);
        return _scores(model.Weights, rows);
    }

    /// <summary>One party's local training: how far the model moved. Private to the party.</summary>
    public float[] Train(GlobalModel model, LabelledRows rows, LocalTraining settings, DataSplitRandom random)
    {
        ArgumentNullException.ThrowIfNull(model);
        return _train(model.Weights, rows, settings, random);
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
