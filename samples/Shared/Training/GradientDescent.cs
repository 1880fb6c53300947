namespace SecureFed.Samples.Shared;

/// <summary>Mini-batch gradient descent, the same for every model: all arithmetic in double in a fixed order, the move as floats.</summary>
internal static class GradientDescent
{
    /// <summary>The gradient of a model's loss over some rows.</summary>
    /// <param name="model">double[d].</param>
    /// <param name="indices">Which rows, at least one.</param>
    /// <param name="gradient">double[d], overwritten.</param>
    internal delegate void GradientOf(double[] model, ReadOnlySpan<int> indices, double[] gradient);

    /// <summary>Descends from a model and returns how far it moved.</summary>
    /// <param name="model">float[d], where to start.</param>
    /// <param name="rowCount">How many rows there are, at least 1.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="random">Shuffles the rows of each epoch; not used when the batch is all rows.</param>
    /// <param name="gradientOf">The slope.</param>
    /// <returns>float[d]: the trained model minus the given one.</returns>
    internal static float[] Train(
        ReadOnlySpan<float> model,
        int rowCount,
        LocalTraining settings,
        DataSplitRandom random,
        GradientOf gradientOf
    )
    {
        double[] precise = ToDouble(model);
        double[] gradient = new double[precise.Length];
        int[] order = [.. Enumerable.Range(0, rowCount)];
        int batchSize = Math.Min(settings.BatchSize, rowCount);
        for (int epoch = 0; epoch < settings.Epochs; epoch++)
        {
            if (batchSize < rowCount)
            {
                random.Shuffle(order);
            }

            for (int start = 0; start < rowCount; start += batchSize)
            {
                int count = Math.Min(batchSize, rowCount - start);
                gradientOf(precise, order.AsSpan(start, count), gradient);
                for (int j = 0; j < precise.Length; j++)
                {
                    precise[j] -= settings.LearningRate * gradient[j];
                }
            }
        }

        float[] delta = new float[precise.Length];
        for (int j = 0; j < delta.Length; j++)
        {
            delta[j] = (float)(precise[j] - model[j]);
        }

        return delta;
    }

    /// <summary>double[d] of float[d].</summary>
    internal static double[] ToDouble(ReadOnlySpan<float> model)
    {
        double[] precise = new double[model.Length];
        for (int j = 0; j < precise.Length; j++)
        {
            precise[j] = model[j];
        }

        return precise;
    }
}
