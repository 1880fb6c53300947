namespace SecureFed.Samples.Shared;

/// <summary>
/// A small multilayer perceptron: p(true | x) = 1/(1 + exp(−score)), score = v·tanh(W·x + b) + a. The model vector is the
/// rows of W, each followed by its b, then v, then a.
/// </summary>
/// <remarks>
/// The loss is the mean log loss plus (λ/2)·(‖W‖² + ‖v‖²), the biases not penalised. All arithmetic is in double in a fixed
/// order; only the model vector is float. Thread-safe.
/// </remarks>
public static class HiddenLayerNetwork
{
    /// <summary>Units of the hidden layer.</summary>
    public const int HiddenUnits = 8;

    // Public and fixed: every party has to start from the same weights, which the model's digest in the round checks.
    private const int InitialSeed = 1;

    // A stream of its own; the streams of rounds and parties are not negative, that of participation is −1.
    private const int InitialStream = -2;

    /// <summary>The length of the model vector for a number of features.</summary>
    public static int ModelLength(int featureCount) => checked((HiddenUnits * (featureCount + 2)) + 1);

    /// <summary>
    /// Where all parties start: normal weights of standard deviation 1/√inputs from a public seed, biases zero. All zero,
    /// as in logistic regression, would keep the hidden units alike for ever.
    /// </summary>
    /// <param name="featureCount">At least 1.</param>
    /// <returns>float[<see cref="ModelLength"/>], the same on every machine.</returns>
    public static float[] Initial(int featureCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(featureCount, 1);
        var random = new DataSplitRandom(InitialSeed, InitialStream);
        float[] model = new float[ModelLength(featureCount)];
        for (int unit = 0; unit < HiddenUnits; unit++)
        {
            for (int j = 0; j < featureCount; j++)
            {
                model[(unit * (featureCount + 1)) + j] = (float)(random.NextNormal() / Math.Sqrt(featureCount));
            }
        }

        for (int unit = 0; unit < HiddenUnits; unit++)
        {
            model[OutputOffset(featureCount) + unit] = (float)(random.NextNormal() / Math.Sqrt(HiddenUnits));
        }

        return model;
    }

    /// <summary>The scores of all rows; higher means more likely true.</summary>
    /// <param name="model">float[<see cref="ModelLength"/>].</param>
    /// <param name="rows">Rows without missing values, on the scale the model was trained on.</param>
    public static double[] Scores(ReadOnlySpan<float> model, LabelledRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        RequireLength(model, rows);
        double[] precise = GradientDescent.ToDouble(model);
        Span<double> hidden = stackalloc double[HiddenUnits];
        double[] scores = new double[rows.Count];
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = Forward(precise, rows.Values[i], hidden);
        }

        return scores;
    }

    /// <summary>The loss on rows, with the penalty.</summary>
    /// <param name="model">float[<see cref="ModelLength"/>].</param>
    /// <param name="rows">At least one row.</param>
    /// <param name="penalty">λ, at least 0.</param>
    public static double Loss(ReadOnlySpan<float> model, LabelledRows rows, double penalty)
    {
        double loss = Metrics.LogLoss(Scores(model, rows), rows.Labels);
        for (int j = 0; j < model.Length; j++)
        {
            if (!IsBias(j, rows.Features.Length))
            {
                loss += 0.5 * penalty * model[j] * model[j];
            }
        }

        return loss;
    }

    /// <summary>The gradient of <see cref="Loss"/>, by back-propagation.</summary>
    /// <param name="model">float[<see cref="ModelLength"/>].</param>
    /// <param name="rows">At least one row.</param>
    /// <param name="penalty">λ, at least 0.</param>
    /// <returns>double[<see cref="ModelLength"/>].</returns>
    public static double[] Gradient(ReadOnlySpan<float> model, LabelledRows rows, double penalty)
    {
        ArgumentNullException.ThrowIfNull(rows);
        RequireLength(model, rows);
        double[] gradient = new double[model.Length];
        Gradient(GradientDescent.ToDouble(model), rows, [.. Enumerable.Range(0, rows.Count)], penalty, gradient);
        return gradient;
    }

    /// <summary>Trains from a model on one party's rows and returns how far it moved.</summary>
    /// <param name="model">float[<see cref="ModelLength"/>], where to start.</param>
    /// <param name="rows">At least one row, private to the party.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="random">Shuffles the rows of each epoch; not used when the batch is all rows.</param>
    /// <returns>float[<see cref="ModelLength"/>]: the trained model minus the given one. It is private to the party.</returns>
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
        int featureCount = rows.Features.Length;
        int output = OutputOffset(featureCount);
        Span<double> hidden = stackalloc double[HiddenUnits];
        Array.Clear(gradient);
        foreach (int i in indices)
        {
            float[] row = rows.Values[i];
            double residual = Metrics.Sigmoid(Forward(model, row, hidden)) - (rows.Labels[i] ? 1 : 0);
            for (int unit = 0; unit < HiddenUnits; unit++)
            {
                gradient[output + unit] += residual * hidden[unit];

                // tanh′ = 1 − tanh².
                double slope = residual * model[output + unit] * (1 - (hidden[unit] * hidden[unit]));
                int offset = unit * (featureCount + 1);
                for (int j = 0; j < featureCount; j++)
                {
                    gradient[offset + j] += slope * row[j];
                }

                gradient[offset + featureCount] += slope;
            }

            gradient[^1] += residual;
        }

        for (int j = 0; j < gradient.Length; j++)
        {
            gradient[j] = (gradient[j] / indices.Length) + (IsBias(j, featureCount) ? 0 : penalty * model[j]);
        }
    }

    private static double Forward(double[] model, float[] row, Span<double> hidden)
    {
        int output = OutputOffset(row.Length);
        double score = model[^1];
        for (int unit = 0; unit < HiddenUnits; unit++)
        {
            int offset = unit * (row.Length + 1);
            double sum = model[offset + row.Length];
            for (int j = 0; j < row.Length; j++)
            {
                sum += model[offset + j] * row[j];
            }

            hidden[unit] = Math.Tanh(sum);
            score += model[output + unit] * hidden[unit];
        }

        return score;
    }

    private static int OutputOffset(int featureCount) => HiddenUnits * (featureCount + 1);

    private static bool IsBias(int index, int featureCount) =>
        index < OutputOffset(featureCount)
            ? index % (featureCount + 1) == featureCount
            : index == OutputOffset(featureCount) + HiddenUnits;

    private static void RequireLength(ReadOnlySpan<float> model, LabelledRows rows)
    {
        if (model.Length != ModelLength(rows.Features.Length))
        {
            throw new ArgumentException(
                $"The model has {model.Length} weights; {rows.Features.Length} features and {HiddenUnits} hidden units need {ModelLength(rows.Features.Length)}.",
                nameof(model)
            );
        }
    }
}
