namespace SecureFed.Core;

public abstract partial class ServerOptimiser
{
    /// <summary>
    /// FedAdagrad, FedAdam and FedYogi: m ← β₁·m + (1 − β₁)·Δ, v by the kind's rule, θ ← θ + η·m / (√v + τ)
    /// (Reddi et al., Adaptive Federated Optimization, ICLR 2021, algorithm 2).
    /// </summary>
    /// <remarks>As in the paper, v starts at τ² and there is no bias correction. The state keeps m, then v.</remarks>
    public sealed class Adaptive : ServerOptimiser
    {
        private readonly float _learningRate;
        private readonly float _beta1;
        private readonly float _beta2;
        private readonly float _tau;

        private Adaptive(ServerOptimiserKind kind, double learningRate, double beta1, double beta2, double tau)
        {
            Kind = kind;
            _learningRate = CheckedRate(learningRate, nameof(learningRate));
            _beta1 = CheckedDecay(beta1, nameof(beta1));
            _beta2 = CheckedDecay(beta2, nameof(beta2));
            _tau = (float)tau;
            if (!(_tau >= 1e-15f && _tau <= 1e15f))
            {
                throw new ArgumentOutOfRangeException(nameof(tau), tau, "τ is from 1e-15 to 1e15.");
            }
        }

        /// <inheritdoc/>
        public override ServerOptimiserKind Kind { get; }

        /// <summary>v ← v + Δ².</summary>
        /// <param name="learningRate">η, finite and positive.</param>
        /// <param name="beta1">β₁, in [0, 1).</param>
        /// <param name="tau">τ, from 1e-15 to 1e15; 1e-3 is usual.</param>
        /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
        public static Adaptive Adagrad(double learningRate, double beta1, double tau) =>
            new(ServerOptimiserKind.Adagrad, learningRate, beta1, 0, tau);

        /// <summary>v ← β₂·v + (1 − β₂)·Δ².</summary>
        /// <param name="learningRate">η, finite and positive.</param>
        /// <param name="beta1">β₁, in [0, 1); 0.9 is usual.</param>
        /// <param name="beta2">β₂, in [0, 1); 0.99 is usual.</param>
        /// <param name="tau">τ, from 1e-15 to 1e15; 1e-3 is usual.</param>
        /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
        public static Adaptive Adam(double learningRate, double beta1, double beta2, double tau) =>
            new(ServerOptimiserKind.Adam, learningRate, beta1, beta2, tau);

        /// <summary>v ← v − (1 − β₂)·Δ²·sign(v − Δ²).</summary>
        /// <param name="learningRate">η, finite and positive.</param>
        /// <param name="beta1">β₁, in [0, 1); 0.9 is usual.</param>
        /// <param name="beta2">β₂, in [0, 1); 0.99 is usual.</param>
        /// <param name="tau">τ, from 1e-15 to 1e15; 1e-3 is usual.</param>
        /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
        public static Adaptive Yogi(double learningRate, double beta1, double beta2, double tau) =>
            new(ServerOptimiserKind.Yogi, learningRate, beta1, beta2, tau);

        private protected override float FirstValue(int accumulator) => accumulator == 1 ? _tau * _tau : 0;

        private protected override OptimiserStep StepCore(
            GlobalModel model,
            OptimiserState state,
            ReadOnlySpan<float> meanUpdate
        )
        {
            ReadOnlySpan<float> oldMean = state.Accumulator(0);
            ReadOnlySpan<float> oldSquare = state.Accumulator(1);
            float[] mean = new float[model.Length];
            float[] square = new float[model.Length];
            float[] direction = new float[model.Length];
            for (int i = 0; i < mean.Length; i++)
            {
                // The last term turns a negative zero into zero, which keeps the stored state canonical.
                mean[i] = (_beta1 * oldMean[i]) + ((1 - _beta1) * meanUpdate[i]) + 0f;
                square[i] = NextSquare(oldSquare[i], meanUpdate[i] * meanUpdate[i]) + 0f;
                if (!float.IsFinite(mean[i]) || !float.IsFinite(square[i]) || square[i] < 0)
                {
                    throw new ArgumentException(
                        $"The optimiser's state at weight {i} is not finite or its v is negative.",
                        nameof(meanUpdate)
                    );
                }

                direction[i] = mean[i] / (MathF.Sqrt(square[i]) + _tau);
            }

            GlobalModel moved = model.Moved(direction, _learningRate);
            return new OptimiserStep(moved, new OptimiserState(Kind, model.Length, state.StepCount + 1, mean, square));
        }

        private float NextSquare(float old, float squared) =>
            Kind switch
            {
                ServerOptimiserKind.Adagrad => old + squared,
                ServerOptimiserKind.Adam => (_beta2 * old) + ((1 - _beta2) * squared),
                _ when old > squared => old - ((1 - _beta2) * squared),
                _ when old < squared => old + ((1 - _beta2) * squared),
                _ => old,
            };

        private static float CheckedDecay(double decay, string name)
        {
            float value = (float)decay;
            return value >= 0 && value < 1
                ? value
                : throw new ArgumentOutOfRangeException(name, decay, "A decay is from 0 to below 1.");
        }
    }
}
