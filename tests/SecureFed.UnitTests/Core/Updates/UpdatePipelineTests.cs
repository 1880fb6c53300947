using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Updates;

public sealed class UpdatePipelineTests
{
    [Theory]
    [InlineData(0, 10)]
    [InlineData(100, 10)]
    [InlineData(0, 40)]
    [InlineData(100, 40)]
    public void The_average_of_three_updates_is_their_mean_to_a_grid_step(long maximumWeight, int fractionBits)
    {
        UpdateEncoding encoding = UpdateEncoding.Create(
            length: 3,
            maximumParticipants: 3,
            clipNorm: 10,
            fractionBits: fractionBits,
            maximumWeight: maximumWeight
        );
        float[][] updates =
        [
            [1, 2, 3],
            [-4, 0.5f, 0],
            [0.125f, -0.25f, 7],
        ];
        long[] weights = [100, 50, 50];
        SeededBytes random = new(1);
        RingVector sum = new(encoding.Ring, encoding.RingLength);

        for (int i = 0; i < 3; i++)
        {
            LocalUpdate local = LocalUpdate.Create(updates[i], weights[i]);
            sum.Add(EncodedUpdate.Encode(ClippedUpdate.Clip(local, encoding), random).Values);
        }

        UpdateSum decoded = new RingSum(
            encoding,
            sum,
            [ParticipantId.FromIndex(0), ParticipantId.FromIndex(1), ParticipantId.FromIndex(2)]
        ).Decode();
        Assert.Equal(maximumWeight == 0 ? 3 : 200, decoded.TotalWeight);
        Assert.True(decoded.IsWithinPlan);
        float[] average = decoded.Average();
        for (int j = 0; j < 3; j++)
        {
            double expected =
                maximumWeight == 0
                    ? updates.Average(update => update[j])
                    : Enumerable.Range(0, 3).Sum(i => updates[i][j] * weights[i]) / 200.0;
            Assert.Equal(expected, average[j], 3 * encoding.GridStep + 1e-6);
        }
    }

    [Fact]
    public void A_packed_update_reads_back()
    {
        UpdateEncoding encoding = UpdateEncoding.Create(5, 7, clipNorm: 1, fractionBits: 16, maximumWeight: 9);
        EncodedUpdate update = EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create([1, -1, 0.5f, 0, 3], 9), encoding),
            new SeededBytes(2)
        );
        RingVector read = new(encoding.Ring, encoding.RingLength);

        Assert.True(RingPacking.TryUnpack(RingPacking.Pack(update.Values), read));
        Assert.True(read.ContentEquals(update.Values));
        Assert.True(RingPacking.TryUnpackAdd(RingPacking.Pack(update.Values), read));
        read.Subtract(update.Values);
        Assert.True(read.ContentEquals(update.Values));
    }
}
