using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Learning;

public sealed class FederatedAveragingTests
{
    [Fact]
    public void The_mean_weighs_each_vector_by_its_share_of_the_total()
    {
        float[] mean = new float[2];

        FederatedAveraging.WeightedMean(
            [
                [1f, 10f],
                [4f, -2f],
            ],
            [3.0, 1.0],
            mean
        );

        Assert.Equal([1.75f, 7f], mean);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(11)]
    public void The_order_of_the_additions_is_the_rows_order_across_block_borders(int rowCount)
    {
        // Longer than two blocks of columns, with an odd tail.
        const int Length = (2 * 32 * 1024) + 129;
        float[][] rows = [.. Enumerable.Range(0, rowCount).Select(row => Values(row, Length))];
        double[] weights = [.. Enumerable.Range(1, rowCount).Select(row => row * 1.7)];
        float[] expected = new float[Length];
        double total = weights.Sum();
        for (int row = 0; row < rowCount; row++)
        {
            float weight = (float)(weights[row] / total);
            for (int i = 0; i < Length; i++)
            {
                float product = weight * rows[row][i];
                expected[i] += product;
            }
        }

        float[] mean = new float[Length];
        FederatedAveraging.WeightedMean(rows, weights, mean);

        Assert.True(expected.AsSpan().SequenceEqual(mean));
    }

    [Fact]
    public void Memory_slices_give_the_same_bits_as_arrays()
    {
        float[] all = Values(5, 3 * 1000);
        float[][] rows = [all[..1000], all[1000..2000], all[2000..]];
        ReadOnlyMemory<float>[] slices = [all.AsMemory(0, 1000), all.AsMemory(1000, 1000), all.AsMemory(2000)];
        float[] fromArrays = new float[1000];
        float[] fromSlices = new float[1000];

        FederatedAveraging.WeightedMean(rows, [1, 2, 3], fromArrays);
        FederatedAveraging.WeightedMean(slices, [1, 2, 3], fromSlices);

        Assert.Equal(fromArrays, fromSlices);
    }

    [Fact]
    public void The_mean_of_equal_updates_is_the_update_within_its_error_bound()
    {
        const int PartyCount = 7;
        float[] update = Values(3, 500);
        float[] mean = new float[500];

        FederatedAveraging.WeightedMean([.. Enumerable.Repeat(update, PartyCount)], [1, 2, 3, 4, 5, 6, 7], mean);

        for (int i = 0; i < mean.Length; i++)
        {
            double bound = (PartyCount + 2) * Math.Pow(2, -24) * Math.Abs(update[i]);
            Assert.InRange(mean[i], update[i] - bound, update[i] + bound);
        }
    }

    [Fact]
    public void Equal_updates_of_a_power_of_two_parties_with_equal_weights_come_back_exactly()
    {
        float[] update = Values(4, 500);
        float[] mean = new float[500];

        FederatedAveraging.WeightedMean([update, update, update, update], [5, 5, 5, 5], mean);

        Assert.Equal(update, mean);
    }

    [Fact]
    public void A_vector_of_weight_zero_does_not_count()
    {
        float[] mean = new float[1];

        FederatedAveraging.WeightedMean(
            [
                [2f],
                [100f],
            ],
            [1.0, 0.0],
            mean
        );

        Assert.Equal([2f], mean);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        float[][] rows = [.. Enumerable.Range(0, 6).Select(row => Values(row, 1000))];
        ReadOnlyMemory<float>[] slices = [.. rows.Select(row => row.AsMemory())];
        double[] weights = [1, 1, 1, 1, 1, 1];
        float[] mean = new float[1000];
        FederatedAveraging.WeightedMean(rows, weights, mean);
        FederatedAveraging.WeightedMean(slices, weights, mean);

        long before = GC.GetAllocatedBytesForCurrentThread();
        FederatedAveraging.WeightedMean(rows, weights, mean);
        FederatedAveraging.WeightedMean(slices, weights, mean);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    public void A_weight_that_is_not_a_finite_number_from_zero_is_refused(double weight)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() =>
            FederatedAveraging.WeightedMean(
                [
                    [1f],
                    [1f],
                ],
                [1, weight],
                new float[1]
            )
        );

        Assert.Contains("Weight 1", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(double.MaxValue, double.MaxValue)]
    public void Weights_whose_sum_is_zero_or_overflows_are_refused(double first, double second)
    {
        Assert.Throws<ArgumentException>(
            "weights",
            () =>
                FederatedAveraging.WeightedMean(
                    [
                        [1f],
                        [1f],
                    ],
                    [first, second],
                    new float[1]
                )
        );
    }

    [Fact]
    public void Vectors_of_another_length_than_the_destination_are_refused()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() =>
            FederatedAveraging.WeightedMean(
                [
                    [1f, 2f],
                    [1f],
                ],
                [1, 1],
                new float[2]
            )
        );

        Assert.Contains("Vector 1 has 1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_number_of_weights_than_vectors_is_refused() =>
        Assert.Throws<ArgumentException>(
            "weights",
            () =>
                FederatedAveraging.WeightedMean(
                    [
                        [1f],
                        [1f],
                    ],
                    [1],
                    new float[1]
                )
        );

    [Fact]
    public void No_vectors_are_refused() =>
        Assert.Throws<ArgumentException>(
            "vectors",
            () => FederatedAveraging.WeightedMean(Array.Empty<float[]>(), [], new float[1])
        );

    [Fact]
    public void A_destination_that_is_one_of_the_vectors_is_refused()
    {
        float[] shared = new float[4];

        Assert.Throws<ArgumentException>(
            "destination",
            () => FederatedAveraging.WeightedMean([shared, new float[4]], [1, 1], shared)
        );
    }

    private static float[] Values(int seed, int length)
    {
        var random = new Random(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }

        return values;
    }
}
