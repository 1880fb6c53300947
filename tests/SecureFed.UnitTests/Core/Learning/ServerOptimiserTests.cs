using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Learning;

public sealed class ServerOptimiserTests
{
    private static readonly float[] s_update = [0.1f, -2.5f, 1e-7f, 3f];
    private static readonly GlobalModel s_model = GlobalModel.Create([1f, 0.3f, -0.7f, 1e6f]);

    public static TheoryData<string> Optimisers => ["descent", "momentum", "adagrad", "adam", "yogi"];

    [Fact]
    public void Gradient_descent_with_rate_one_is_plain_FedAvg_bit_for_bit()
    {
        float[][] updates =
        [
            [0.1f, 0.2f, 0.3f, 0.4f],
            [-1.1f, 0.7f, 1e-8f, 5f],
            [3f, 1f, 4f, 1f],
        ];
        float[] mean = new float[4];
        FederatedAveraging.WeightedMean(updates, [10, 20, 31], mean);
        float[] plain = [.. Enumerable.Range(0, 4).Select(i => s_model.Weights[i] + mean[i])];

        OptimiserStep step = Step(new ServerOptimiser.GradientDescent(1), mean);

        Assert.Equal(plain, step.Model.ToArray());
        Assert.Equal(Step(ServerOptimiser.FederatedAverage, mean).Model.Digest, step.Model.Digest);
    }

    [Fact]
    public void Gradient_descent_with_rate_one_half_moves_half_as_far()
    {
        OptimiserStep step = Step(new ServerOptimiser.GradientDescent(0.5), [2f, 2f, 2f, 2f]);

        Assert.Equal([2f, 1.3f, 0.3f, 1000001f], step.Model.ToArray());
    }

    [Fact]
    public void Momentum_zero_is_gradient_descent()
    {
        OptimiserStep momentum = Step(new ServerOptimiser.Momentum(0.7, momentum: 0), s_update);
        OptimiserStep descent = Step(new ServerOptimiser.GradientDescent(0.7), s_update);

        Assert.Equal(descent.Model.Digest, momentum.Model.Digest);
    }

    [Fact]
    public void Momentum_carries_the_earlier_updates_on()
    {
        var optimiser = new ServerOptimiser.Momentum(learningRate: 1, momentum: 0.5);
        GlobalModel model = GlobalModel.Zero(1);

        OptimiserStep first = optimiser.Step(model, optimiser.Start(1), [8f]);
        OptimiserStep second = optimiser.Step(first.Model, first.State, [0f]);

        Assert.Equal([8f], first.Model.ToArray());
        Assert.Equal([12f], second.Model.ToArray());
        Assert.Equal(2, second.State.StepCount);
    }

    [Theory]
    [MemberData(nameof(Optimisers))]
    public void A_state_read_back_continues_with_the_same_bits(string name)
    {
        ServerOptimiser optimiser = Optimiser(name);
        OptimiserStep first = Step(optimiser, s_update);

        OptimiserState restored = OptimiserState.FromBytes(first.State.ToBytes());
        OptimiserStep resumed = optimiser.Step(first.Model, restored, s_update);

        OptimiserStep direct = optimiser.Step(first.Model, first.State, s_update);
        Assert.Equal(direct.Model.Digest, resumed.Model.Digest);
        Assert.Equal(direct.State.ToBytes(), resumed.State.ToBytes());
    }

    [Theory]
    [MemberData(nameof(Optimisers))]
    public void A_state_with_a_byte_less_or_more_is_not_read(string name)
    {
        byte[] bytes = Step(Optimiser(name), s_update).State.ToBytes();

        Assert.Throws<FormatException>(() => OptimiserState.FromBytes(bytes.AsSpan(0, bytes.Length - 1)));
        Assert.Throws<FormatException>(() => OptimiserState.FromBytes([.. bytes, 0]));
        Assert.NotNull(OptimiserState.FromBytes(bytes));
    }

    [Fact]
    public void A_state_of_an_unknown_kind_is_not_read()
    {
        byte[] bytes = ServerOptimiser.FederatedAverage.Start(1).ToBytes();
        bytes["SecureFed/1 optimiser state".Length] = 200;

        Assert.Throws<FormatException>(() => OptimiserState.FromBytes(bytes));
    }

    [Fact]
    public void A_step_leaves_the_state_it_started_from_alone()
    {
        var optimiser = new ServerOptimiser.Momentum(1, 0.9);
        OptimiserState start = optimiser.Start(4);
        byte[] before = start.ToBytes();

        optimiser.Step(s_model, start, s_update);

        Assert.Equal(before, start.ToBytes());
    }

    [Fact]
    public void A_state_of_another_optimiser_is_refused()
    {
        OptimiserState foreign = new ServerOptimiser.Momentum(1, 0.9).Start(4);

        Assert.Throws<ArgumentException>(
            "state",
            () => ServerOptimiser.FederatedAverage.Step(s_model, foreign, s_update)
        );
    }

    [Fact]
    public void An_update_of_another_length_is_refused() =>
        Assert.Throws<ArgumentException>(
            "meanUpdate",
            () => ServerOptimiser.FederatedAverage.Step(s_model, ServerOptimiser.FederatedAverage.Start(4), [1f])
        );

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void An_update_that_is_not_finite_gives_no_model(float value) =>
        Assert.Throws<ArgumentException>(() => Step(ServerOptimiser.FederatedAverage, [0f, value, 0f, 0f]));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(1e300)]
    public void A_learning_rate_that_is_not_finite_and_positive_is_refused(double rate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServerOptimiser.GradientDescent(rate));

    [Theory]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void Momentum_outside_zero_to_one_is_refused(double momentum) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServerOptimiser.Momentum(1, momentum));

    private static ServerOptimiser Optimiser(string name) =>
        name switch
        {
            "descent" => new ServerOptimiser.GradientDescent(0.3),
            "momentum" => new ServerOptimiser.Momentum(0.3, 0.9),
            "adagrad" => ServerOptimiser.Adaptive.Adagrad(0.3, 0.9, 1e-3),
            "adam" => ServerOptimiser.Adaptive.Adam(0.3, 0.9, 0.99, 1e-3),
            _ => ServerOptimiser.Adaptive.Yogi(0.3, 0.9, 0.99, 1e-3),
        };

    private static OptimiserStep Step(ServerOptimiser optimiser, float[] meanUpdate) =>
        optimiser.Step(s_model, optimiser.Start(s_model.Length), meanUpdate);
}
