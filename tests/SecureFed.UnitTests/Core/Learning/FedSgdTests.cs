using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Learning;

public sealed class FedSgdTests
{
    private static readonly GlobalModel s_theta = GlobalModel.Create([0.5f]);
    private static readonly float[][] s_twoGradients =
    [
        [0.1f],
        [0.1f],
    ];

    [Fact]
    public void Two_gradients_of_a_tenth_by_sum_move_by_two_thousandths()
    {
        GlobalModel stepped = FedSgd.StepBySum(s_theta, s_twoGradients, learningRate: 0.01);

        Assert.Equal(0.5f - 0.002f, stepped.Weights[0], 1e-7f);
    }

    [Fact]
    public void Two_gradients_of_a_tenth_by_mean_move_by_one_thousandth()
    {
        GlobalModel stepped = FedSgd.StepByMean(s_theta, s_twoGradients, learningRate: 0.01);

        Assert.Equal(0.5f - 0.001f, stepped.Weights[0], 1e-7f);
    }

    [Fact]
    public void One_gradient_gives_the_same_by_sum_and_by_mean()
    {
        GlobalModel bySum = FedSgd.StepBySum(
            s_theta,
            [
                [0.25f],
            ],
            learningRate: 0.1
        );
        GlobalModel byMean = FedSgd.StepByMean(
            s_theta,
            [
                [0.25f],
            ],
            learningRate: 0.1
        );

        Assert.Equal(bySum.Digest, byMean.Digest);
    }

    [Fact]
    public void No_gradients_are_refused() =>
        Assert.Throws<ArgumentException>(() => FedSgd.StepByMean(s_theta, [], learningRate: 0.1));

    [Fact]
    public void A_gradient_of_another_length_is_refused() =>
        Assert.Throws<ArgumentException>(() =>
            FedSgd.StepBySum(
                s_theta,
                [
                    [1f, 2f],
                ],
                learningRate: 0.1
            )
        );

    [Fact]
    public void A_learning_rate_of_zero_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FedSgd.StepBySum(s_theta, s_twoGradients, learningRate: 0));
}
