using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Updates;

public sealed class LocalUpdateTests
{
    public static TheoryData<int, int> Positions()
    {
        // First, last, both sides of each vector boundary, and in the tails behind 4, 8 and 16 lanes.
        TheoryData<int, int> positions = [];
        foreach (int length in new[] { 1, 2, 3, 4, 5, 8, 9, 16, 17, 31, 33, 64, 65, 67, 1000 })
        {
            foreach (int position in new[] { 0, 3, 4, 15, 16, 17, 31, 32, 63, 64, length - 2, length - 1 })
            {
                if (position >= 0 && position < length)
                {
                    positions.Add(length, position);
                }
            }
        }

        return positions;
    }

    [Theory]
    [MemberData(nameof(Positions))]
    public void INP_01_A_value_that_is_not_finite_is_refused_with_its_index(int length, int position)
    {
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            float[] values = new float[length];
            values[position] = bad;

            UpdateRefusedException refusal = Assert.Throws<UpdateRefusedException>(() => LocalUpdate.Create(values));

            Assert.Equal(UpdateFault.NonFinite, refusal.Fault);
            Assert.Equal(position, refusal.CoordinateIndex);
            Assert.Contains($"Coordinate {position} of {length}", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Positions))]
    public void INP_01_Negative_zero_subnormals_and_huge_values_are_encoded_within_the_bound(int length, int position)
    {
        UpdateEncoding encoding = UpdateEncoding.Create(length, 3, clipNorm: 1.0, fractionBits: 16);
        foreach (float odd in new[] { -0f, float.Epsilon, -float.Epsilon, 1.1e-38f, 1e38f, -1e38f, float.MaxValue })
        {
            float[] values = new float[length];
            values[position] = odd;

            ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create(values), encoding);
            RingVector encoded = EncodedUpdate.Encode(clipped, new SeededBytes(position)).Values;

            Assert.True(ExactArithmetic.NormIsAtMost(clipped.Values, 1.0));
            Assert.Equal(Math.Abs(odd) > 1, clipped.WasClipped);
            for (int i = 0; i < length; i++)
            {
                long integer = (long)ExactArithmetic.Signed(encoded[i], encoding.RingBits);
                Assert.InRange(integer, -65536, 65536);
                Assert.True(i == position || integer == 0);
                Assert.True(i != position || Math.Abs(odd) < 1 || integer * Math.Sign(odd) >= 65535);
            }
        }
    }

    [Fact]
    public void The_first_of_several_bad_values_is_named()
    {
        UpdateRefusedException refusal = Assert.Throws<UpdateRefusedException>(() =>
            LocalUpdate.Create([0, 0, float.NaN, 1, float.PositiveInfinity])
        );

        Assert.Equal(2, refusal.CoordinateIndex);
    }

    [Fact]
    public void An_update_is_a_copy()
    {
        float[] values = [1, 2, 3];
        LocalUpdate update = LocalUpdate.Create(values, weight: 5);

        values[1] = 9;

        Assert.Equal([1f, 2f, 3f], update.Values.ToArray());
        Assert.Equal(5, update.Weight);
    }

    [Fact]
    public void A_difference_is_the_new_model_minus_the_old()
    {
        LocalUpdate update = LocalUpdate.Difference(from: [1, 2, 3], to: [1.5f, 0, 3], weight: 7);

        Assert.Equal([0.5f, -2f, 0f], update.Values.ToArray());
        Assert.Equal(7, update.Weight);
    }

    [Fact]
    public void A_difference_that_overflows_is_refused()
    {
        UpdateRefusedException refusal = Assert.Throws<UpdateRefusedException>(() =>
            LocalUpdate.Difference(from: [0, -float.MaxValue], to: [0, float.MaxValue])
        );

        Assert.Equal((UpdateFault.NonFinite, 1), (refusal.Fault, refusal.CoordinateIndex));
    }

    [Fact]
    public void A_difference_of_two_lengths_is_refused() =>
        Assert.Equal(
            UpdateFault.LengthMismatch,
            Assert.Throws<UpdateRefusedException>(() => LocalUpdate.Difference([1, 2], [1])).Fault
        );

    [Fact]
    public void An_empty_update_is_refused() =>
        Assert.Equal(
            UpdateFault.LengthOutOfRange,
            Assert.Throws<UpdateRefusedException>(() => LocalUpdate.Create([])).Fault
        );

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void A_weight_below_one_is_refused(long weight) =>
        Assert.Equal(
            UpdateFault.WeightOutOfRange,
            Assert.Throws<UpdateRefusedException>(() => LocalUpdate.Create([1], weight)).Fault
        );

    [Fact]
    public void Updates_of_every_stage_print_no_value()
    {
        UpdateEncoding encoding = UpdateEncoding.Create(2, 3, clipNorm: 1000, fractionBits: 4);
        LocalUpdate local = LocalUpdate.Create([777, 333]);
        ClippedUpdate clipped = ClippedUpdate.Clip(local, encoding);
        EncodedUpdate encoded = EncodedUpdate.Encode(clipped, new SeededBytes(1));

        foreach (string text in new[] { $"{local}", $"{clipped}", $"{encoded}" })
        {
            Assert.DoesNotContain("777", text, StringComparison.Ordinal);
            Assert.DoesNotContain("333", text, StringComparison.Ordinal);
        }
    }
}
