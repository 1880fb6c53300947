namespace SecureFed.Core;

/// <summary>The model and the optimiser's state after a step; a host stores both together.</summary>
/// <param name="Model">The next round's model.</param>
/// <param name="State">The state for the next step.</param>
public sealed record OptimiserStep(GlobalModel Model, OptimiserState State);

/// <summary>
/// How the server turns a mean update into the next model. The mean update plays the part of the negative gradient
/// (Reddi et al., Adaptive Federated Optimization, ICLR 2021, algorithm 2).
/// </summary>
/// <remarks>
/// Immutable and thread-safe: everything that changes is in <see cref="OptimiserState"/>. A closed family. All arithmetic is
/// in float with every product and sum rounded by itself, so that a replay gives the same bits.
/// </remarks>
public abstract partial class ServerOptimiser
{
    private ServerOptimiser() { }

    /// <summary>The number under which the state is stored.</summary>
    public abstract ServerOptimiserKind Kind { get; }

    /// <summary>Plain FedAvg: gradient descent with rate 1, which adds the mean update to the model.</summary>
    public static ServerOptimiser FederatedAverage { get; } = new GradientDescent(1);

    /// <summary>The state before the first step.</summary>
    /// <param name="length">d, the number of the model's weights, at least 1.</param>
    public OptimiserState Start(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, GlobalModel.MaximumLength);
        float[][] accumulators = new float[AccumulatorsOf(Kind)!.Value][];
        for (int i = 0; i < accumulators.Length; i++)
        {
            accumulators[i] = new float[length];
            Array.Fill(accumulators[i], FirstValue(i));
        }

        return new OptimiserState(Kind, length, stepCount: 0, accumulators);
    }

    /// <summary>Takes one step.</summary>
    /// <param name="model">float[d], the model the updates started from.</param>
    /// <param name="state">The state after the previous step, or <see cref="Start"/>'s.</param>
    /// <param name="meanUpdate">float[d], the mean of (local model − global model) over the parties.</param>
    /// <exception cref="ArgumentException">The state is of another kind, the lengths differ, or a weight of the result is not finite.</exception>
    public OptimiserStep Step(GlobalModel model, OptimiserState state, ReadOnlySpan<float> meanUpdate)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(state);
        if (state.Kind != Kind)
        {
            throw new ArgumentException(
                $"The state belongs to {state.Kind} and the optimiser is {Kind}; start a new state when the optimiser changes.",
                nameof(state)
            );
        }

        if (state.Length != model.Length || meanUpdate.Length != model.Length)
        {
            throw new ArgumentException(
                $"The model has {model.Length} weights, the state {state.Length} and the update {meanUpdate.Length}; they must be the same.",
                nameof(meanUpdate)
            );
        }

        return StepCore(model, state, meanUpdate);
    }

    private protected abstract OptimiserStep StepCore(
        GlobalModel model,
        OptimiserState state,
        ReadOnlySpan<float> meanUpdate
    );

    /// <summary>What every element of a vector is before the first step.</summary>
    private protected virtual float FirstValue(int accumulator) => 0;

    /// <summary>How many vectors a kind keeps; null for a number that is not a kind.</summary>
    internal static int? AccumulatorsOf(ServerOptimiserKind kind) =>
        kind switch
        {
            ServerOptimiserKind.GradientDescent => 0,
            ServerOptimiserKind.Momentum => 1,
            ServerOptimiserKind.Adagrad or ServerOptimiserKind.Adam or ServerOptimiserKind.Yogi => 2,
            _ => null,
        };

    /// <summary>A learning rate as float: finite and positive, also after rounding.</summary>
    internal static float CheckedRate(double learningRate, string name)
    {
        float rate = (float)learningRate;
        return float.IsFinite(rate) && rate > 0
            ? rate
            : throw new ArgumentOutOfRangeException(
                name,
                learningRate,
                "A learning rate is a finite positive number, at least 1.4e-45 and at most 3.4e38."
            );
    }

    /// <summary>θ ← θ + η·Δ. With η = 1 this is plain FedAvg, bit for bit.</summary>
    public sealed class GradientDescent : ServerOptimiser
    {
        private readonly float _learningRate;

        /// <param name="learningRate">η, finite and positive; 1 is plain FedAvg.</param>
        /// <exception cref="ArgumentOutOfRangeException">The rate is not finite and positive.</exception>
        public GradientDescent(double learningRate) => _learningRate = CheckedRate(learningRate, nameof(learningRate));

        /// <summary>η.</summary>
        public double LearningRate => _learningRate;

        /// <inheritdoc/>
        public override ServerOptimiserKind Kind => ServerOptimiserKind.GradientDescent;

        private protected override OptimiserStep StepCore(
            GlobalModel model,
            OptimiserState state,
            ReadOnlySpan<float> meanUpdate
        ) => new(model.Moved(meanUpdate, _learningRate), new OptimiserState(Kind, model.Length, state.StepCount + 1));
    }

    /// <summary>FedAvgM: v ← β·v + Δ, θ ← θ + η·v (Hsu, Qi, Brown, arXiv 1909.06335).</summary>
    public sealed class Momentum : ServerOptimiser
    {
        private readonly float _learningRate;
        private readonly float _momentum;

        /// <param name="learningRate">η, finite and positive.</param>
        /// <param name="momentum">β, from 0 (gradient descent) to below 1; 0.9 is usual.</param>
        /// <exception cref="ArgumentOutOfRangeException">The rate is not finite and positive, or β is not in [0, 1).</exception>
        public Momentum(double learningRate, double momentum)
        {
            _learningRate = CheckedRate(learningRate, nameof(learningRate));
            _momentum = (float)momentum;
            if (!(_momentum >= 0 && _momentum < 1))
            {
                throw new ArgumentOutOfRangeException(
                    nameof(momentum),
                    momentum,
                    "Momentum is from 0 to below 1; at 1 old updates never fade."
                );
            }
        }

        /// <summary>η.</summary>
        public double LearningRate => _learningRate;

        /// <summary>β.</summary>
        public double MomentumFactor => _momentum;

        /// <inheritdoc/>
        public override ServerOptimiserKind Kind => ServerOptimiserKind.Momentum;

        private protected override OptimiserStep StepCore(
            GlobalModel model,
            OptimiserState state,
            ReadOnlySpan<float> meanUpdate
        )
        {
            ReadOnlySpan<float> old = state.Accumulator(0);
            float[] velocity = new float[model.Length];
            for (int i = 0; i < velocity.Length; i++)
            {
                // The last term turns a negative zero into zero, which keeps the stored state canonical.
                velocity[i] = (_momentum * old[i]) + meanUpdate[i] + 0f;
            }

            GlobalModel moved = model.Moved(velocity, _learningRate);
            return new OptimiserStep(moved, new OptimiserState(Kind, model.Length, state.StepCount + 1, velocity));
        }
    }
}
