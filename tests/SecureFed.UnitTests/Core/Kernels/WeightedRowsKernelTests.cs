using System.Runtime.Intrinsics;
using SecureFed.Core.Kernels;

namespace SecureFed.UnitTests.Core.Kernels;

/// <summary>The kernels of the weighted mean: scalar and vector agree bit for bit with a reference written element by element.</summary>
[Trait("Suite", "Kernels")]
public sealed class WeightedRowsKernelTests
{
    private const int LargestLength = 257;
    private const int LargestOffset = 15;
    private const float Guard = 12345.678f;

    public static TheoryData<string> Bodies => ["scalar", "vector", "chosen"];

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Four_rows_agree_with_the_reference_at_every_length_and_offset(string body)
    {
        float[][] rows = [.. Enumerable.Range(1, 4).Select(seed => Values(seed, LargestLength + LargestOffset))];
        Vector128<float> weights = Vector128.Create(0.1f, 0.3f, 1e-3f, 0.597f);

        for (int length = 0; length <= LargestLength; length++)
        {
            for (int offset = 0; offset <= LargestOffset; offset++)
            {
                bool startsAtZero = (length + offset) % 2 == 0;
                float[] sum = Guarded(length, offset);
                float[] expected = (float[])sum.Clone();
                for (int i = offset; i < offset + length; i++)
                {
                    float s = startsAtZero ? 0 : expected[i];
                    for (int row = 0; row < 4; row++)
                    {
                        float product = weights[row] * rows[row][i];
                        s += product;
                    }

                    expected[i] = s;
                }

                RunFour(body, sum.AsSpan(offset, length), rows, offset, weights, startsAtZero);

                AssertSameBits(expected, sum);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public void One_row_agrees_with_the_reference_at_every_length_and_offset(string body)
    {
        float[] row = Values(9, LargestLength + LargestOffset);
        const float Weight = 0.2357f;

        for (int length = 0; length <= LargestLength; length++)
        {
            for (int offset = 0; offset <= LargestOffset; offset++)
            {
                bool startsAtZero = (length + offset) % 2 == 0;
                float[] sum = Guarded(length, offset);
                float[] expected = (float[])sum.Clone();
                for (int i = offset; i < offset + length; i++)
                {
                    float product = Weight * row[i];
                    expected[i] = (startsAtZero ? 0 : expected[i]) + product;
                }

                RunOne(body, sum.AsSpan(offset, length), row.AsSpan(offset), Weight, startsAtZero);

                AssertSameBits(expected, sum);
            }
        }
    }

    [Theory]
    [InlineData(float.MaxValue)]
    [InlineData(float.MinValue)]
    [InlineData(float.Epsilon)]
    [InlineData(-0f)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NaN)]
    public void Extreme_values_give_the_same_in_every_lane(float extreme)
    {
        const int Length = 3 * 16;
        Vector128<float> weights = Vector128.Create(0.25f, 0.25f, 0.25f, 0.25f);
        for (int lane = 0; lane < Length; lane++)
        {
            float[][] rows = [.. Enumerable.Range(1, 4).Select(seed => Values(seed, Length))];
            rows[lane % 4][lane] = extreme;
            float[] scalar = new float[Length];
            float[] vector = new float[Length];

            RunFour("scalar", scalar, rows, 0, weights, startsAtZero: true);
            RunFour("vector", vector, rows, 0, weights, startsAtZero: true);

            AssertSameBits(scalar, vector);
        }
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Products_are_rounded_before_they_are_added(string body)
    {
        // (1 + 2⁻¹²)² = 1 + 2⁻¹¹ + 2⁻²⁴: the product rounds to 1 + 2⁻¹¹, and a fused multiply-add would keep the 2⁻²⁴.
        float almostOne = 1 + MathF.Pow(2, -12);
        float rounded = 1 + MathF.Pow(2, -11);
        float[] row = [.. Enumerable.Repeat(almostOne, 64)];
        float[] sum = [.. Enumerable.Repeat(-rounded, 64)];

        RunOne(body, sum, row, almostOne, startsAtZero: false);

        Assert.All(sum, value => Assert.Equal(0f, value));
    }

    private static void RunFour(
        string body,
        Span<float> sum,
        float[][] rows,
        int offset,
        Vector128<float> weights,
        bool startsAtZero
    )
    {
        ReadOnlySpan<float> a = rows[0].AsSpan(offset);
        ReadOnlySpan<float> b = rows[1].AsSpan(offset);
        ReadOnlySpan<float> c = rows[2].AsSpan(offset);
        ReadOnlySpan<float> d = rows[3].AsSpan(offset);
        switch (body)
        {
            case "scalar":
                AddFourWeightedRows.Scalar(sum, a, b, c, d, weights, startsAtZero);
                break;
            case "vector":
                AddFourWeightedRows.Vector(sum, a, b, c, d, weights, startsAtZero);
                break;
            default:
                AddFourWeightedRows.Run(sum, a, b, c, d, weights, startsAtZero);
                break;
        }
    }

    private static void RunOne(string body, Span<float> sum, ReadOnlySpan<float> row, float weight, bool startsAtZero)
    {
        switch (body)
        {
            case "scalar":
                AddWeightedRow.Scalar(sum, row, weight, startsAtZero);
                break;
            case "vector":
                AddWeightedRow.Vector(sum, row, weight, startsAtZero);
                break;
            default:
                AddWeightedRow.Run(sum, row, weight, startsAtZero);
                break;
        }
    }

    private static float[] Guarded(int length, int offset)
    {
        float[] sum = Values(77, offset + length + LargestOffset);
        sum.AsSpan(0, offset).Fill(Guard);
        sum.AsSpan(offset + length).Fill(Guard);
        return sum;
    }

    private static float[] Values(int seed, int length)
    {
        var random = new Random(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
        {
            values[i] = (random.NextSingle() - 0.5f) * MathF.Pow(2, random.Next(-20, 20));
        }

        return values;
    }

    // NaNs are compared as NaN: which payload an addition of two NaNs keeps is not part of the promise.
    private static void AssertSameBits(float[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            bool same =
                BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i])
                || (float.IsNaN(expected[i]) && float.IsNaN(actual[i]));
            if (!same)
            {
                Assert.Fail($"index {i}: expected {expected[i]:R}, got {actual[i]:R}, length {expected.Length}");
            }
        }
    }
}
