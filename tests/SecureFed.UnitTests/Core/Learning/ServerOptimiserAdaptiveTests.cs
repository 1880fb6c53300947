using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Learning;

public sealed class ServerOptimiserAdaptiveTests
{
    // v starts at 1; Δ = 2, so Δ² = 4: Adagrad 5, Adam and Yogi with β₂ = 0.75: 1.75 and 2.
    [Theory]
    [InlineData(ServerOptimiserKind.Adagrad, 5f)]
    [InlineData(ServerOptimiserKind.Adam, 1.75f)]
    [InlineData(ServerOptimiserKind.Yogi, 2f)]
    public void A_step_and_a_resumed_step_follow_the_rule(ServerOptimiserKind kind, float square)
    {
        ServerOptimiser optimiser = Optimiser(kind, 0.5);
        OptimiserStep first = optimiser.Step(GlobalModel.Zero(1), optimiser.Start(1), [2f]);
        Assert.Equal([1f], first.State.Accumulator(0).ToArray());
        Assert.Equal([square], first.State.Accumulator(1).ToArray());
        Assert.Equal([1f / (MathF.Sqrt(square) + 1f)], first.Model.ToArray());

        var restored = OptimiserState.FromBytes(first.State.ToBytes());
        OptimiserStep direct = optimiser.Step(first.Model, first.State, [-0.3f]);
        OptimiserStep resumed = optimiser.Step(first.Model, restored, [-0.3f]);
        Assert.Equal(direct.Model.Digest, resumed.Model.Digest);
        Assert.Equal(direct.State.ToBytes(), resumed.State.ToBytes());
    }

    [Fact]
    public void Yogi_lowers_v_when_the_update_is_small()
    {
        ServerOptimiser yogi = Optimiser(ServerOptimiserKind.Yogi, 0);
        OptimiserStep step = yogi.Step(GlobalModel.Zero(1), yogi.Start(1), [0.5f]);
        Assert.Equal([0.9375f], step.State.Accumulator(1).ToArray());
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void A_decay_outside_its_range_is_refused(double decay) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimiser(ServerOptimiserKind.Adam, decay));

    [Fact]
    public void A_state_that_would_overflow_is_refused()
    {
        ServerOptimiser adam = Optimiser(ServerOptimiserKind.Adam, 0);
        Assert.Throws<ArgumentException>(() => adam.Step(GlobalModel.Zero(1), adam.Start(1), [1e30f]));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1e-3)]
    [InlineData(1e16)]
    [InlineData(double.NaN)]
    public void A_tau_outside_its_range_is_refused(double tau)
    {
        Assert.Throws<ArgumentOutOfRangeException>("tau", () => ServerOptimiser.Adaptive.Adagrad(1, 0.9, tau));
        Assert.NotNull(ServerOptimiser.Adaptive.Adagrad(1, 0.9, 1e-3));
    }

    [Fact]
    public void A_stored_v_below_zero_is_not_read()
    {
        ServerOptimiser adam = Optimiser(ServerOptimiserKind.Adam, 0.5);
        byte[] bytes = adam.Step(GlobalModel.Zero(1), adam.Start(1), [2f]).State.ToBytes();
        byte[] negative = [.. bytes];
        negative[^1] |= 0x80;

        Assert.NotNull(OptimiserState.FromBytes(bytes));
        Assert.Throws<FormatException>(() => OptimiserState.FromBytes(negative));
    }

    [Theory]
    [InlineData(ServerOptimiserKind.Adagrad)]
    [InlineData(ServerOptimiserKind.Adam)]
    [InlineData(ServerOptimiserKind.Yogi)]
    public void Fifty_steps_follow_the_published_rules_computed_in_double(ServerOptimiserKind kind)
    {
        ServerOptimiser optimiser = Optimiser(kind, 0.5);
        GlobalModel model = GlobalModel.Zero(1);
        OptimiserState state = optimiser.Start(1);
        double theta = 0;
        double mean = 0;
        double square = 1;

        for (int step = 0; step < 50; step++)
        {
            float update = MathF.ScaleB((step * 37 % 19) - 9, -3);
            (model, state) = optimiser.Step(model, state, [update]);
            double squared = (double)update * update;
            mean = (0.5 * mean) + (0.5 * update);
            square = kind switch
            {
                ServerOptimiserKind.Adagrad => square + squared,
                ServerOptimiserKind.Adam => (0.75 * square) + (0.25 * squared),
                _ => square - (0.25 * squared * Math.Sign(square - squared)),
            };
            theta += mean / (Math.Sqrt(square) + 1);

            Assert.Equal(theta, model.ToArray()[0], tolerance: 1e-5);
        }

        Assert.Equal(50, state.StepCount);
    }

    [Theory]
    [InlineData(ServerOptimiserKind.Adagrad)]
    [InlineData(ServerOptimiserKind.Adam)]
    [InlineData(ServerOptimiserKind.Yogi)]
    public void Steps_down_a_quadratic_reach_its_minimum(ServerOptimiserKind kind)
    {
        ServerOptimiser optimiser = Optimiser(kind, 0);
        GlobalModel model = GlobalModel.Zero(1);
        OptimiserState state = optimiser.Start(1);

        for (int step = 0; step < 400; step++)
        {
            // The negative gradient of (θ − 3)² / 2.
            (model, state) = optimiser.Step(model, state, [3f - model.ToArray()[0]]);
        }

        Assert.Equal(3, model.ToArray()[0], tolerance: 1e-3);
    }

    private static ServerOptimiser.Adaptive Optimiser(ServerOptimiserKind kind, double beta1) =>
        kind switch
        {
            ServerOptimiserKind.Adagrad => ServerOptimiser.Adaptive.Adagrad(1, beta1, 1),
            ServerOptimiserKind.Adam => ServerOptimiser.Adaptive.Adam(1, beta1, 0.75, 1),
            _ => ServerOptimiser.Adaptive.Yogi(1, beta1, 0.75, 1),
        };
}
