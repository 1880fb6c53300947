using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Encoding;

public sealed class RingPackingTests
{
    [Fact]
    public void The_least_significant_bit_comes_first()
    {
        RingVector vector = new(new Ring(5), 4);
        vector[0] = 0b00001;
        vector[1] = 0b00010;
        vector[2] = 0b11111;
        vector[3] = 0b10101;

        Assert.Equal([0b0100_0001, 0b1111_1100, 0b0000_1010], RingPacking.Pack(vector));
    }

    [Fact]
    public void Each_padding_bit_must_be_zero()
    {
        RingVector vector = new(new Ring(5), 4);
        vector[3] = 0b10101;
        byte[] packed = RingPacking.Pack(vector);
        RingVector read = new(new Ring(5), 4);
        Assert.True(RingPacking.TryUnpack(packed, read));

        for (int padding = 4; padding < 8; padding++)
        {
            byte[] bad = (byte[])packed.Clone();
            bad[^1] |= (byte)(1 << padding);
            Assert.False(RingPacking.TryUnpack(bad, read));
            Assert.False(RingPacking.TryUnpackAdd(bad, read));
        }

        Assert.True(read.ContentEquals(vector));
    }

    [Theory]
    [InlineData(-3)]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(9)]
    public void Bytes_of_another_length_are_refused_and_nothing_is_written(int difference)
    {
        RingVector read = new(new Ring(26), 7);
        read[6] = 99;
        byte[] bytes = new byte[RingPacking.PackedSizeInBytes(read.Ring, 7) + difference];

        Assert.False(RingPacking.TryUnpack(bytes, read));
        Assert.False(RingPacking.TryUnpackAdd(bytes, read));
        Assert.Equal(99UL, read[6]);
    }

    [Fact]
    public void Empty_bytes_are_refused()
    {
        Assert.False(RingPacking.TryUnpack([], new RingVector(new Ring(2), 1)));
        Assert.False(RingPacking.TryUnpackAdd([], new RingVector(new Ring(64), 1)));
    }

    [Fact]
    public void Packing_into_a_buffer_of_another_size_is_the_callers_mistake() =>
        Assert.Throws<ArgumentException>(() => RingPacking.Pack(new RingVector(new Ring(26), 7), new byte[24]));

    [Theory]
    [InlineData(26, 1_000_000, 3_250_000)]
    [InlineData(32, 3, 12)]
    [InlineData(64, 3, 24)]
    [InlineData(2, 1, 1)]
    [InlineData(33, 8, 33)]
    public void A_vector_takes_exactly_b_bits_per_element(int bits, int length, int size) =>
        Assert.Equal(size, RingPacking.PackedSizeInBytes(new Ring(bits), length));
}
