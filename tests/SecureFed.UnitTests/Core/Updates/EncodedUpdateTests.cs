using System.Buffers.Binary;
using System.Numerics;
using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Updates;

public sealed class EncodedUpdateTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.25)]
    [InlineData(0.7109375)]
    [InlineData(0.0001)]
    [InlineData(0.9999)]
    [InlineData(1.0 / 3)]
    public void Rounding_is_unbiased(double fraction)
    {
        // 2^20 coin flips of probability p; the bound is 6.5 standard deviations, so that a correct rounding fails with
        // probability below 10^-10 per case, and the seed is fixed.
        const int Count = 1 << 20;
        UpdateEncoding encoding = UpdateEncoding.Create(Count, 1, clipNorm: 1 << 20, fractionBits: 4);
        float[] values = new float[Count];
        for (int i = 0; i < Count; i++)
        {
            values[i] = (float)((i % 2 == 0 ? 1 : -1) * (5 + fraction) / 16);
        }

        double probability = Math.Abs(values[0] * 16.0) - 5;
        EncodedUpdate encoded = EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create(values), encoding),
            new SeededBytes(20)
        );

        int[] ups = new int[2];
        for (int i = 0; i < Count; i++)
        {
            long integer = (long)ExactArithmetic.Signed(encoded.Values[i], encoding.RingBits);
            long magnitude = i % 2 == 0 ? integer : -integer;
            Assert.InRange(magnitude, 5, 6);
            ups[i % 2] += (int)magnitude - 5;
        }

        double deviation = Math.Sqrt(Count / 2.0 * probability * (1 - probability));
        Assert.InRange(
            ups[0],
            (Count / 2 * probability) - (6.5 * deviation),
            (Count / 2 * probability) + (6.5 * deviation)
        );
        Assert.InRange(
            ups[1],
            (Count / 2 * probability) - (6.5 * deviation),
            (Count / 2 * probability) + (6.5 * deviation)
        );
    }

    [Theory]
    [InlineData(0x0FFF_FFFFu, 1)]
    [InlineData(0x1000_0001u, 0)]
    public void Where_sixteen_bits_do_not_decide_more_are_drawn(uint next, int expected)
    {
        // 2^-20 of a step: its first sixteen bits are zero, the next thirty-two are 2^28.
        UpdateEncoding encoding = UpdateEncoding.Create(1, 1, clipNorm: 1, fractionBits: 10);
        byte[] script = new byte[6];
        BinaryPrimitives.WriteUInt32LittleEndian(script.AsSpan(2), next);

        foreach (int sign in new[] { 1, -1 })
        {
            EncodedUpdate encoded = EncodedUpdate.Encode(
                ClippedUpdate.Clip(LocalUpdate.Create([sign * MathF.ScaleB(1, -30)]), encoding),
                new ScriptedBytes(script)
            );

            Assert.Equal(sign * expected, (int)ExactArithmetic.Signed(encoded.Values[0], encoding.RingBits));
        }
    }

    [Fact]
    public void Equal_bits_to_the_end_round_down()
    {
        // 2^-16 of a step is ended by the first sixteen bits; 2^-20 by the next thirty-two.
        UpdateEncoding encoding = UpdateEncoding.Create(1, 1, clipNorm: 1, fractionBits: 10);
        byte[] script = [0, 0, 0, 0, 0, 0x10];

        EncodedUpdate encoded = EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create([MathF.ScaleB(1, -30)]), encoding),
            new ScriptedBytes(script)
        );

        Assert.Equal(0UL, encoded.Values[0]);
    }

    [Fact]
    public void Values_on_the_grid_are_encoded_exactly()
    {
        UpdateEncoding encoding = UpdateEncoding.Create(5, 3, clipNorm: 100, fractionBits: 8);

        EncodedUpdate encoded = EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create([1, -1, 0.00390625f, -2.5f, 0]), encoding),
            new SeededBytes(3)
        );

        long[] integers =
        [
            .. Enumerable.Range(0, 5).Select(i => (long)ExactArithmetic.Signed(encoded.Values[i], encoding.RingBits)),
        ];
        Assert.Equal([256, -256, 1, -640, 0], integers);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(40)]
    public void A_source_that_always_rounds_up_ends_in_rounding_toward_zero(int fractionBits)
    {
        const int Count = 10_000;
        UpdateEncoding encoding = UpdateEncoding.Create(Count, 3, clipNorm: 1, fractionBits: fractionBits);
        float[] values = new float[Count];
        Array.Fill(values, 0.0111f);
        AlwaysLow random = new();

        EncodedUpdate encoded = EncodedUpdate.Encode(ClippedUpdate.Clip(LocalUpdate.Create(values), encoding), random);

        Assert.True(Norm(encoded) <= (BigInteger)encoding.SquaredNormBound);
        Assert.Single(Enumerable.Range(0, Count).Select(i => encoded.Values[i]).Distinct());
        Assert.InRange(random.BytesDrawn, Count, 16L * 2 * Count);
        Assert.InRange(encoded.Values[0] * encoding.GridStep, 0.00998, 0.01);
    }

    [Fact]
    public void A_clipped_update_is_rounded_at_random_and_not_toward_zero()
    {
        // The norm is at the bound, and rounding adds d/6 squared steps on average. Without making room, every draw would
        // be refused; then each coordinate would lose half a step, which the mean would show.
        const int Count = 100_000;
        UpdateEncoding encoding = UpdateEncoding.Create(Count, 3, clipNorm: 1, fractionBits: 14);
        Random values = new(8);
        float[] update = [.. Enumerable.Range(0, Count).Select(_ => (float)values.NextDouble())];
        ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create(update), encoding);
        Assert.True(clipped.WasClipped);
        SeededBytes random = new(9);

        EncodedUpdate encoded = EncodedUpdate.Encode(clipped, random);

        double sent = Enumerable.Range(0, Count).Sum(i => (double)encoded.Values[i]) * encoding.GridStep;
        double wanted = clipped.Values.ToArray().Sum(value => (double)value);
        Assert.True(Norm(encoded) <= (BigInteger)encoding.SquaredNormBound);
        Assert.InRange(sent / wanted, 1 - 1e-3, 1 + 1e-3);
        Assert.InRange(random.BytesDrawn, 2 * Count, 3 * 2 * Count);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(40_000)]
    public void The_coarsest_allowed_grid_keeps_the_bound_and_most_of_the_update(int count)
    {
        // 4·C²·2^2f = d exactly: rounding noise alone may be as long as the bound. Each clipped coordinate is half a step,
        // and half of that is sent.
        UpdateEncoding encoding = UpdateEncoding.Create(count, 3, clipNorm: Math.Sqrt(count) / 2, fractionBits: 0);
        float[] values = new float[count];
        Array.Fill(values, 1f);

        EncodedUpdate encoded = EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create(values), encoding),
            new SeededBytes(4)
        );

        Assert.True(Norm(encoded) <= (BigInteger)encoding.SquaredNormBound);
        Assert.InRange(Enumerable.Range(0, count).Sum(i => (double)encoded.Values[i]) / count, 0.2, 0.3);
    }

    [Theory]
    [InlineData(new[] { 3f, -4f }, 5.0)]
    [InlineData(new[] { 1f }, 1.0)]
    [InlineData(new[] { 1f, 1f, -1f, 1f, 0f, 0f, 0f, 0f }, 2.0)]
    public void Integers_on_the_bound_are_encoded_exactly(float[] values, double clipNorm)
    {
        UpdateEncoding encoding = UpdateEncoding.Create(values.Length, 3, clipNorm, fractionBits: 0);

        EncodedUpdate encoded = EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create(values), encoding),
            new SeededBytes(6)
        );

        Assert.Equal(
            values.Select(value => (BigInteger)value),
            Enumerable.Range(0, values.Length).Select(i => ExactArithmetic.Signed(encoded.Values[i], encoding.RingBits))
        );
    }

    [Fact]
    public void The_example_of_the_specification_is_encoded_as_it_says()
    {
        UpdateEncoding encoding = UpdateEncoding.Create(3, 4, clipNorm: 1, fractionBits: 8);

        EncodedUpdate encoded = EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create([0.5f, -0.25f, 0.0078125f]), encoding),
            new SeededBytes(7)
        );

        Assert.Equal(
            (12, 256L, (UInt128)65536),
            (encoding.RingBits, encoding.CoordinateBound, encoding.SquaredNormBound)
        );
        Assert.Equal([0x80, 0x00, 0xFC, 0x02, 0x00], RingPacking.Pack(encoded.Values));
    }

    [Fact]
    public void The_weight_is_the_last_element_and_scales_the_values()
    {
        UpdateEncoding encoding = UpdateEncoding.Create(2, 3, clipNorm: 10, fractionBits: 8, maximumWeight: 4);

        EncodedUpdate encoded = EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create([1, -2], weight: 3), encoding),
            new SeededBytes(5)
        );

        Assert.Equal(3UL, encoded.Values[2]);
        Assert.Equal(192UL, encoded.Values[0]);
        Assert.Equal(-384, (long)ExactArithmetic.Signed(encoded.Values[1], encoding.RingBits));
    }

    internal static BigInteger Norm(EncodedUpdate update)
    {
        BigInteger sum = BigInteger.Zero;
        for (int i = 0; i < update.Encoding.Length; i++)
        {
            sum += BigInteger.Pow(ExactArithmetic.Signed(update.Values[i], update.Encoding.RingBits), 2);
        }

        return sum;
    }

    private sealed class ScriptedBytes(byte[] script) : RandomSource
    {
        private int _position;

        public override void Fill(Span<byte> destination)
        {
            script.AsSpan(_position, destination.Length).CopyTo(destination);
            _position += destination.Length;
        }
    }

    private sealed class AlwaysLow : RandomSource
    {
        public long BytesDrawn { get; private set; }

        public override void Fill(Span<byte> destination)
        {
            destination.Clear();
            BytesDrawn += destination.Length;
        }
    }
}
