using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Encoding;

public sealed class RingVectorTests
{
    [Fact]
    public void MSK_01_Vectors_of_another_length_are_not_added()
    {
        RingVector vector = new(new Ring(20), 5);

        Assert.Throws<ArgumentException>(() => vector.Add(new RingVector(new Ring(20), 4)));
        Assert.Throws<ArgumentException>(() => vector.Subtract(new RingVector(new Ring(20), 6)));
    }

    [Fact]
    public void MSK_01_Vectors_of_another_ring_are_not_added()
    {
        RingVector vector = new(new Ring(20), 5);

        Assert.Throws<ArgumentException>(() => vector.Add(new RingVector(new Ring(21), 5)));
        Assert.Throws<ArgumentException>(() => vector.Subtract(new RingVector(new Ring(40), 5)));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    public void Reduction_clears_what_full_width_arithmetic_left_above_b(int bits)
    {
        RingVector vector = new(new Ring(bits), 3);
        vector.NarrowLanes.Fill(uint.MaxValue);
        vector.WideLanes.Fill(ulong.MaxValue);

        vector.Reduce();

        Assert.Equal(vector.Ring.Mask, vector[0]);
        Assert.Equal(vector.Ring.Mask, vector[2]);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(64)]
    public void A_copy_has_a_life_of_its_own(int bits)
    {
        RingVector vector = new(new Ring(bits), 3);
        vector[1] = ulong.MaxValue;
        RingVector copy = vector.Copy();

        vector.Clear();

        Assert.Equal(copy.Ring.Mask, copy[1]);
        Assert.Equal(0UL, vector[1]);
        Assert.False(copy.ContentEquals(vector));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(65)]
    public void A_ring_has_2_to_64_bits(int bits) => Assert.Throws<ArgumentOutOfRangeException>(() => new Ring(bits));

    [Fact]
    public void A_vector_without_elements_does_not_exist() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RingVector(new Ring(8), 0));

    [Fact]
    public void A_vector_prints_its_shape_and_no_element()
    {
        RingVector vector = new(new Ring(30), 2);
        vector[0] = 123456789;

        Assert.Equal("RingVector(Z_2^30, 2)", vector.ToString());
    }
}
