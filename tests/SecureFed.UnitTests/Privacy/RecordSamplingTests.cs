using System.Buffers.Binary;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;

namespace SecureFed.UnitTests.Privacy;

/// <summary>Each record by itself, with exactly the probability that the accountant counts with.</summary>
public sealed class RecordSamplingTests
{
    [Theory]
    [InlineData(0.5, 0x7FFFFFFFFFFFFFFFUL, true)]
    [InlineData(0.5, 0x8000000000000000UL, false)]
    [InlineData(0.25, 0x3FFFFFFFFFFFFFFFUL, true)]
    [InlineData(0.25, 0x4000000000000000UL, false)]
    [InlineData(0.1, 0x19999999999999FFUL, true)]
    [InlineData(0.1, 0x1999999999999A00UL, false)]
    public void A_record_takes_part_when_its_random_number_is_below_the_rate(double rate, ulong word, bool isDrawn) =>
        Assert.Equal(isDrawn ? [0] : [], RecordSampling.Draw(1, rate, new Words(word)).ToArray());

    [Fact]
    public void A_rate_with_more_digits_than_a_word_is_decided_by_the_next_word()
    {
        // 2^-64 + 2^-66: the first word is 1 and the second a quarter.
        double rate = Math.ScaleB(1, -64) + Math.ScaleB(1, -66);
        Assert.Single(RecordSampling.Draw(1, rate, new Words(1, (1UL << 62) - 1)));
        Assert.Empty(RecordSampling.Draw(1, rate, new Words(1, 1UL << 62)));
        Assert.Single(RecordSampling.Draw(1, rate, new Words(0)));
        Assert.Empty(RecordSampling.Draw(1, rate, new Words(2)));
    }

    [Fact]
    public void Every_record_has_the_same_chance_and_a_rate_of_one_takes_all()
    {
        const int Records = 1000;
        const int Rounds = 400;
        int[] counts = new int[Records];
        for (int round = 0; round < Rounds; round++)
        {
            foreach (int record in RecordSampling.Draw(Records, 0.3, SystemRandomSource.Instance))
            {
                counts[record]++;
            }
        }

        // Seven deviations of one record's count, and of the count of all.
        Assert.All(counts, count => Assert.InRange(count, 120 - 65, 120 + 65));
        Assert.InRange(counts.Sum(), (0.3 * Records * Rounds) - 2030, (0.3 * Records * Rounds) + 2030);
        Assert.Equal(Enumerable.Range(0, 5), RecordSampling.Draw(5, 1, new Words()));
        Assert.Empty(RecordSampling.Draw(0, 0.5, new Words()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.1)]
    [InlineData(1.0000001)]
    [InlineData(double.NaN)]
    public void A_rate_outside_its_domain_is_refused(double rate) =>
        Assert.Equal(
            "rate",
            Assert
                .Throws<PrivacyDomainException>(() => RecordSampling.Draw(1, rate, SystemRandomSource.Instance))
                .ParamName
        );

    private sealed class Words(params ulong[] words) : RandomSource
    {
        private int _next;

        public override void Fill(Span<byte> destination) =>
            BinaryPrimitives.WriteUInt64LittleEndian(destination, words[_next++]);
    }
}
