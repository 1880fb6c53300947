using System.Numerics;
using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Encoding;

public sealed class UpdateEncodingTests
{
    [Theory]
    // n · max(B, W) is given beside each width.
    [InlineData(1, 1, 1.0, 0, 0, 2)] // 1
    [InlineData(1, 1, 2.0, 0, 0, 3)] // 2
    [InlineData(1, 3, 1.0, 0, 0, 3)] // 3
    [InlineData(4, 4, 1.0, 0, 0, 4)] // 4
    [InlineData(1000, 10, 1.0, 18, 0, 23)] // 2,621,440
    [InlineData(1000, 1000, 1.0, 15, 0, 26)] // 32,768,000
    [InlineData(1000, 1000, 1.0, 15, 1000, 26)]
    [InlineData(1000, 1000, 1.0, 15, 1_000_000, 31)] // 10^9
    [InlineData(10, 2, 1.0, 29, 0, 32)] // 2^30
    [InlineData(10, 2, 1.0, 30, 0, 33)] // 2^31
    [InlineData(10, 1, 0.999999, 31, 0, 32)] // just under 2^31
    [InlineData(10, 2, 4.0, 60, 0, 65)] // 2^63: one too many
    [InlineData(10, 1, 4.0, 60, 0, 64)] // 2^62
    public void The_ring_is_as_wide_as_the_largest_sum_needs(
        int length,
        int participants,
        double clipNorm,
        int fractionBits,
        long maximumWeight,
        int ringBits
    )
    {
        if (ringBits > 64)
        {
            Assert.Equal(
                PlanFault.RingTooWide,
                Refusal(length, participants, clipNorm, fractionBits, maximumWeight).Fault
            );
            return;
        }

        UpdateEncoding encoding = UpdateEncoding.Create(length, participants, clipNorm, fractionBits, maximumWeight);

        Assert.Equal(ringBits, encoding.RingBits);
        Assert.Equal(ringBits <= 32 ? 32 : 64, encoding.Ring.LaneBits);
        Assert.Equal(length + (maximumWeight > 0 ? 1 : 0), encoding.RingLength);
        Assert.Equal(((encoding.RingLength * ringBits) + 7) / 8, encoding.PackedSizeInBytes);
    }

    [Theory]
    [InlineData(1.0, 18)]
    [InlineData(0.1, 20)]
    [InlineData(1 / 3.0, 53)]
    [InlineData(1e-9, 60)]
    [InlineData(123456.789, 30)]
    public void The_integer_bounds_are_exact(double clipNorm, int fractionBits)
    {
        UpdateEncoding encoding = UpdateEncoding.Create(1, 1, clipNorm, fractionBits);

        Assert.Equal(ExactArithmetic.CoordinateBound(clipNorm, fractionBits), encoding.CoordinateBound);
        Assert.Equal(ExactArithmetic.SquaredNormBound(clipNorm, fractionBits), (BigInteger)encoding.SquaredNormBound);
    }

    [Theory]
    [InlineData(0, 2, 1.0, 18, 0, PlanFault.LengthOutOfRange)]
    [InlineData(-1, 2, 1.0, 18, 0, PlanFault.LengthOutOfRange)]
    [InlineData(UpdateEncoding.MaximumLength + 1, 2, 1.0, 18, 0, PlanFault.LengthOutOfRange)]
    [InlineData(10, 0, 1.0, 18, 0, PlanFault.ParticipantCountOutOfRange)]
    [InlineData(10, 65_536, 1.0, 18, 0, PlanFault.ParticipantCountOutOfRange)]
    [InlineData(10, 2, 0.0, 18, 0, PlanFault.ClipNormOutOfRange)]
    [InlineData(10, 2, -1.0, 18, 0, PlanFault.ClipNormOutOfRange)]
    [InlineData(10, 2, double.NaN, 18, 0, PlanFault.ClipNormOutOfRange)]
    [InlineData(10, 2, double.PositiveInfinity, 18, 0, PlanFault.ClipNormOutOfRange)]
    [InlineData(10, 2, 1e-30, 18, 0, PlanFault.ClipNormOutOfRange)]
    [InlineData(10, 2, 1.0, -1, 0, PlanFault.FractionBitsOutOfRange)]
    [InlineData(10, 2, 1.0, 61, 0, PlanFault.FractionBitsOutOfRange)]
    [InlineData(10, 2, 1.0, 18, -1, PlanFault.MaximumWeightOutOfRange)]
    [InlineData(10, 2, 1.0, 18, UpdateEncoding.LargestMaximumWeight + 1, PlanFault.MaximumWeightOutOfRange)]
    [InlineData(1, 2, 0.4, 1, 0, PlanFault.GridTooCoarse)]
    [InlineData(1_000_000, 2, 1.0, 8, 0, PlanFault.GridTooCoarse)]
    [InlineData(10, 10, 1024.0, 54, 0, PlanFault.RingTooWide)]
    public void A_senseless_plan_is_refused_with_its_fault(
        int length,
        int participants,
        double clipNorm,
        int fractionBits,
        long maximumWeight,
        PlanFault fault
    ) => Assert.Equal(fault, Refusal(length, participants, clipNorm, fractionBits, maximumWeight).Fault);

    [Fact]
    public void A_plan_that_is_too_wide_names_remedies_that_work()
    {
        PlanRefusedException refusal = Refusal(10, 100, 1.0, 60, 0);

        Assert.Contains("needs a ring of 68 bits", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("at most 56 fraction bits", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("a clip norm of at most 0.0625", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("at most 7 participants", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(64, UpdateEncoding.Create(10, 100, 1.0, 56).RingBits);
        Assert.Equal(64, UpdateEncoding.Create(10, 100, 0.0625, 60).RingBits);
        Assert.Equal(64, UpdateEncoding.Create(10, 7, 1.0, 60).RingBits);
        Assert.Equal(PlanFault.RingTooWide, Refusal(10, 8, 1.0, 60, 0).Fault);
    }

    [Fact]
    public void A_grid_that_is_too_coarse_names_fraction_bits_that_work()
    {
        PlanRefusedException refusal = Refusal(1_000_000, 2, 1.0, 8, 0);

        Assert.Contains("at least 9 fraction bits", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(9, UpdateEncoding.Create(1_000_000, 2, 1.0, 9).FractionBits);
    }

    [Fact]
    public void Encodings_are_equal_when_the_five_numbers_are()
    {
        UpdateEncoding encoding = UpdateEncoding.Create(10, 3, 1.5, 16, 9);

        Assert.Equal(encoding, UpdateEncoding.Create(10, 3, 1.5, 16, 9));
        Assert.Equal(encoding.GetHashCode(), UpdateEncoding.Create(10, 3, 1.5, 16, 9).GetHashCode());
        Assert.NotEqual(encoding, UpdateEncoding.Create(11, 3, 1.5, 16, 9));
        Assert.NotEqual(encoding, UpdateEncoding.Create(10, 4, 1.5, 16, 9));
        Assert.NotEqual(encoding, UpdateEncoding.Create(10, 3, 1.25, 16, 9));
        Assert.NotEqual(encoding, UpdateEncoding.Create(10, 3, 1.5, 17, 9));
        Assert.NotEqual(encoding, UpdateEncoding.Create(10, 3, 1.5, 16, 0));
    }

    [Fact]
    public void The_plan_prints_its_numbers() =>
        Assert.Equal(
            "1000 coordinates on the grid 2^-18, norm ≤ 1, 10 participants, Z_2^23",
            UpdateEncoding.Create(1000, 10, 1.0, 18).ToString()
        );

    private static PlanRefusedException Refusal(
        int length,
        int participants,
        double clipNorm,
        int fractionBits,
        long maximumWeight
    ) =>
        Assert.Throws<PlanRefusedException>(() =>
            UpdateEncoding.Create(length, participants, clipNorm, fractionBits, maximumWeight)
        );
}
