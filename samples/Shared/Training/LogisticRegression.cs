namespace SecureFed.Samples.Shared;

/// <summary>Logistic regression: p(true | x) = 1/(1 + exp(−(w·x + b))). The model vector is w followed by b.</summary>
/// <remarks>
/// The loss is the mean log loss plus (λ/2)·‖w‖², the bias not penalised. All arithmetic is in double in a fixed order; only
/// the model vector is float. Thread-safe.
/// </remarks>
public static class LogisticRegression
{
    /// <summary>The length of the model vector for a number of features.</summary>
    public static int ModelLength(int featureCount) => checked(featureCount + 1);

    /// <summary>The scores w·x + b of all rows; higher means more likely true.</summary>
    /// <param name="model">float[features + 1].</param>
    /// <param name="rows">Rows without missing values, on the scale the model was trained on.</param>
    public static double[] Scores(ReadOnlySpan<float> model, LabelledRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        double[] precise = ToDouble(model, rows);
        double[] scores = new double[rows.Count];
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = Score(precise, rows.Values[i]);
        }

        return scores;
    }

    /// <summary>The loss on rows, with the penalty.</summary>
    /// <param name="model">float[features + 1].</param>
    /// <param name="rows">At least one row.</param>
    /// <param name="penalty">λ, at least 0.</param>
    public static double Loss(ReadOnlySpan<float> model, LabelledRows rows, double penalty)
    {
        double loss = Metrics.LogLoss(Scores(model, rows), rows.Labels);
        for (int j = 0; j < model.Length - 1; j++)
        {
            loss += 0.5 * penalty * model[j] * model[j];
        }

        return loss;
    }

    /// <summary>The gradient of <see cref="Loss"/>.</summary>
    /// <param name="model">float[features + 1].</param>
    /// <param name="rows">At least one row.</param>
    /// <param name="penalty">λ, at least 0.</param>
    /// <returns>double[features + 1].</returns>
    public static double[] Gradient(ReadOnlySpan<float> model, LabelledRows rows, double penalty)
    {
        ArgumentNullException.ThrowIfNull(rows);
        double[] gradient = new double[model.Length];
        Gradient(ToDouble(model, rows), rows, [.. Enumerable.Range(0, rows.Count)], penalty, gradient);
        return gradient;
    }

    /// <summary>Trains from a model on one party's rows and returns how far it moved.</summary>
    /// <param name="model">float[features + 1], where to start.</param>
    /// <param name="rows">At least one row, private to the party.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="random">Shuffles the rows of each epoch; not used when the batch is all rows.</param>
    /// <returns>float[features + 1]: the trained model minus the given one. It is private to the party.</returns>
    public static float[] Train(
        ReadOnlySpan<float> model,
        LabelledRows rows,
        LocalTraining settings,
        DataSplitRandom random
    )
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(random);
        RequireLength(model, rows);
        return GradientDescent.Train(
            model,
            rows.Count,
            settings,
            random,
            (precise, indices, gradient) => Gradient(precise, rows, indices, settings.Penalty, gradient)
        );
    }

    private static void Gradient(
        double[] model,
        LabelledRows rows,
        ReadOnlySpan<int> indices,
        double penalty,
        double[] gradient
    )
    {
        int featureCount = model.Length - 1;
        Array.Clear(gradient);
        foreach (int i in indices)
        {
            float[] row = rows.Values[i];
            double residual = Metrics.Sigmoid(Score(model, row)) - (rows.Labels[i] ? 1 : 0);
            for (int j = 0; j < featureCount; j++)
            {
                gradient[j] += residual * row[j];
            }

            gradient[featureCount] += residual;
        }

        for (int j = 0; j < gradient.Length; j++)
        {
            gradient[j] /= indices.Length;
        }

        for (int j = 0; j < featureCount; j++)
        {
            gradient[j] += penalty * model[j];
        }
    }

    private static double Score(double[] model, float[] row)
    {
        double score = model[^1];
        for (int j = 0; j < row.Length; j++)
        {
            score += model[j] * row[j];
        }

        return score;
    }

    private static double[] ToDouble(ReadOnlySpan<float> model, LabelledRows rows)
    {
        RequireLength(model, rows);
        return GradientDescent.ToDouble(model);
    }

    private static void RequireLength(ReadOnlySpan<float> model, LabelledRows rows)
    {
        if (model.Length != ModelLength(rows.Features.Length))
        {
            throw new ArgumentException(
                $"The model has {model.Length} weights; {rows.Features.Length} features and a bias need {ModelLength(rows.Features.Length)}.",
                nameof(model)
            );
        }
    }
}

/// <summary>How a party trains in a round.</summary>
/// <param name="Epochs">Passes over the party's rows, at least 1.</param>
/// <param name="LearningRate">Positive.</param>
/// <param name="Penalty">λ of the L2 penalty, at least 0.</param>
/// <param name="BatchSize">Rows per step; <see cref="FullBatch"/> for all.</param>
public sealed record LocalTraining(
    int Epochs,
    double LearningRate,
    double Penalty,
    int BatchSize = LocalTraining.FullBatch
)
{
    /// <summary>All rows in one step.</summary>
    public const int FullBatch = int.MaxValue;
}
