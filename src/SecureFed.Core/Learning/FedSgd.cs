namespace SecureFed.Core;

/// <summary>
/// FedSGD (McMahan et al., AISTATS 2017): the server takes one gradient step with the parties' gradients. Sum and mean are
/// two methods because they differ by the number of parties in the effective learning rate, and are easily confused.
/// </summary>
/// <remarks>Thread-safe. The order of the additions is fixed as in <see cref="FederatedAveraging"/>.</remarks>
public static class FedSgd
{
    /// <summary>θ ← θ − η · Σₖ gₖ: every further party makes the step larger.</summary>
    /// <param name="model">θ, float[d].</param>
    /// <param name="gradients">At least one float[d].</param>
    /// <param name="learningRate">η, finite and positive.</param>
    /// <exception cref="ArgumentException">No gradient, lengths that differ, a rate out of range, or a result that is not finite.</exception>
    public static GlobalModel StepBySum(GlobalModel model, float[][] gradients, double learningRate) =>
        Step(model, gradients, learningRate, isSum: true);

    /// <summary>θ ← θ − η · (1/K) Σₖ gₖ, K the number of gradients: the step does not depend on how many parties there are.</summary>
    /// <param name="model">θ, float[d].</param>
    /// <param name="gradients">At least one float[d].</param>
    /// <param name="learningRate">η, finite and positive.</param>
    /// <exception cref="ArgumentException">No gradient, lengths that differ, a rate out of range, or a result that is not finite.</exception>
    public static GlobalModel StepByMean(GlobalModel model, float[][] gradients, double learningRate) =>
        Step(model, gradients, learningRate, isSum: false);

    private static GlobalModel Step(GlobalModel model, float[][] gradients, double learningRate, bool isSum)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(gradients);
        float rate = ServerOptimiser.CheckedRate(learningRate, nameof(learningRate));

        double[] weights = new double[gradients.Length];
        weights.AsSpan().Fill(1);
        float[] mean = new float[model.Length];
        FederatedAveraging.WeightedMean(gradients, weights, mean);
        return model.Moved(mean, isSum ? -(rate * gradients.Length) : -rate);
    }
}
