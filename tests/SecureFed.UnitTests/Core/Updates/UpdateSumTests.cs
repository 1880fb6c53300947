using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Updates;

public sealed class UpdateSumTests
{
    [Theory]
    [InlineData(16)]
    [InlineData(45)]
    public void Elements_above_half_the_ring_are_negative(int fractionBits)
    {
        UpdateEncoding encoding = UpdateEncoding.Create(3, 2, clipNorm: 4, fractionBits: fractionBits);
        RingVector values = new(encoding.Ring, 3);
        values[0] = ulong.MaxValue;
        values[1] = 1UL << fractionBits;
        values[2] = unchecked(0 - (3UL << fractionBits));

        UpdateSum sum = Decode(encoding, values, 2);

        Assert.Equal([-1L, 1L << fractionBits, -3L << fractionBits], sum.Integers());
        Assert.Equal([(float)-encoding.GridStep, 1f, -3f], sum.Sum());
        Assert.Equal([(float)(-encoding.GridStep / 2), 0.5f, -1.5f], sum.Average());
        Assert.Equal(2, sum.TotalWeight);
        Assert.True(sum.IsWithinPlan);
    }

    [Fact]
    public void The_weighted_mean_divides_by_the_total_weight()
    {
        // Two contributors of weights 30 and 10 out of at most 40, with values 1 and −1.
        UpdateEncoding encoding = UpdateEncoding.Create(1, 2, clipNorm: 4, fractionBits: 10, maximumWeight: 40);
        RingVector values = new(encoding.Ring, 2);
        values[0] = 768 - 256;
        values[1] = 40;

        UpdateSum sum = Decode(encoding, values, 2);

        Assert.Equal(40, sum.TotalWeight);
        Assert.Equal([0.5f], sum.Average());
        Assert.Equal([0.5f], sum.Sum());
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(80, true)]
    [InlineData(81, false)]
    [InlineData(0, false)]
    [InlineData(-1, false)]
    public void A_total_weight_the_contributors_cannot_have_gives_no_mean(long totalWeight, bool isPossible)
    {
        UpdateEncoding encoding = UpdateEncoding.Create(1, 2, clipNorm: 4, fractionBits: 10, maximumWeight: 40);
        RingVector values = new(encoding.Ring, 2);
        values[1] = unchecked((ulong)totalWeight);

        UpdateSum sum = Decode(encoding, values, 2);

        Assert.Equal(totalWeight, sum.TotalWeight);
        Assert.Equal(isPossible, sum.IsWithinPlan);
        if (isPossible)
        {
            Assert.Equal([0f], sum.Average());
        }
        else
        {
            Assert.Equal(
                UpdateFault.TotalWeightOutOfRange,
                Assert.Throws<UpdateRefusedException>(() => sum.Average()).Fault
            );
        }
    }

    [Fact]
    public void A_coordinate_beyond_what_the_contributors_may_send_shows()
    {
        UpdateEncoding encoding = UpdateEncoding.Create(1, 3, clipNorm: 1, fractionBits: 4);
        RingVector values = new(encoding.Ring, 1);

        values[0] = 32;
        Assert.True(Decode(encoding, values, 2).IsWithinPlan);
        values[0] = 33;
        Assert.False(Decode(encoding, values, 2).IsWithinPlan);
        values[0] = unchecked(0 - 33UL);
        Assert.False(Decode(encoding, values, 2).IsWithinPlan);
    }

    [Fact]
    public void A_sum_without_contributors_or_with_too_many_does_not_exist()
    {
        UpdateEncoding encoding = UpdateEncoding.Create(1, 3, clipNorm: 1, fractionBits: 4);
        RingVector values = new(encoding.Ring, 1);

        Assert.Throws<InvariantViolatedException>(() => Decode(encoding, values, 0));
        Assert.Throws<InvariantViolatedException>(() => Decode(encoding, values, 4));
        Assert.Throws<InvariantViolatedException>(() => Decode(encoding, new RingVector(encoding.Ring, 2), 1));
    }

    private static UpdateSum Decode(UpdateEncoding encoding, RingVector values, int contributors) =>
        new RingSum(encoding, values, [.. Enumerable.Range(0, contributors).Select(ParticipantId.FromIndex)]).Decode();
}
